//! Demo data: two made-up companies in the middle of their town halls, so that a first look shows a workspace in use.
//!
//! # Layout
//!
//! * `content`: who asks what, as tables
//! * `timeline`: the tables as one list of actions, each with its moment
//! * `play`: does the actions through [`pulsestage::service::Service`], so that the log, the counts and every rule hold as they do for people
//! * `clock`: the time that the play moves

mod clock;
mod content;
mod play;
mod timeline;

use std::sync::Arc;

use pulsestage::error::{Noun, Refusal};
use pulsestage::ports::{Pseudonyms, Rng, Store};
use pulsestage::time::Timestamp;

use crate::compose::offline_service;
use clock::StageClock;
use play::Play;

/// What the demo data is made with. The time it happens in is its own.
pub struct DemoPorts {
    /// Where it goes.
    pub store: Arc<dyn Store>,
    /// The server's randomness.
    pub rng: Arc<dyn Rng>,
    /// The server's pseudonyms.
    pub pseudonyms: Arc<dyn Pseudonyms>,
    /// The moment the audience is in; all that is seeded lies in the hour before it.
    pub now: Timestamp,
}

/// What [`seed`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seeded {
    /// The store was empty and has demo data now.
    Filled {
        /// In so many questions.
        questions: usize,
    },
    /// The store has tenants already and was left alone.
    HasData,
}

/// Fills an empty store with demo data; does nothing to one that has any tenant.
///
/// # Errors
/// When the store is in trouble. What was written until then stays.
pub async fn seed(ports: DemoPorts) -> Result<Seeded, Refusal> {
    let DemoPorts { store, rng, pseudonyms, now } = ports;
    if !store.tenants().await?.is_empty() {
        return Ok(Seeded::HasData);
    }
    let clock = Arc::new(StageClock::starting(now));
    let service = offline_service(store, clock.clone(), rng, pseudonyms);
    let play = Play { service, clock, now };
    let mut questions = 0;
    for (place, script) in (0..).zip(content::TENANTS) {
        questions += match play.run(place, script).await {
            // Another process was quicker, with demo data or a tenant of its own.
            Err(Refusal::NameTaken { what: Noun::Tenant }) => return Ok(Seeded::HasData),
            played => played?,
        };
    }
    Ok(Seeded::Filled { questions })
}
