//! Whether this instance is to be sent anybody.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use crate::store::StoreTimes;
use pulsestage::ports::Store;
use pulsestage::text::Slug;
use pulsestage::time::Timestamp;

/// How long an answer of the database stands: however often somebody asks us, the database is asked once.
const FRESH: Duration = Duration::from_secs(1);
/// How long the database may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// Why nobody is to be sent here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unready {
    /// We are about to end.
    Stopping,
    /// The database does not answer, or says no.
    Store,
    /// The database can be read and has no room for anything new.
    Full,
}

impl fmt::Display for Unready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stopping => "stopping",
            Self::Store => "the database does not answer",
            Self::Full => "the disk of the database is full",
        })
    }
}

/// Whether we are to be sent anybody. Cheap to clone; all clones are one.
#[derive(Clone, Debug, Default)]
pub struct Readiness(Arc<LastProbe>);

#[derive(Debug, Default)]
struct LastProbe {
    is_stopping: AtomicBool,
    /// When the database was last asked, and what came of it. Held while it is asked.
    store: Mutex<Option<(Instant, Result<(), Unready>)>>,
}

impl Readiness {
    /// From now on nobody is to be sent here.
    pub fn set_stopping(&self) {
        self.0.is_stopping.store(true, Ordering::Release);
    }

    /// Whether we are ready.
    ///
    /// # Errors
    /// Why not.
    pub async fn check(&self, store: &dyn Store, times: &StoreTimes, now: Timestamp) -> Result<(), Unready> {
        if self.0.is_stopping.load(Ordering::Acquire) {
            return Err(Unready::Stopping);
        }
        self.ask(store, times, now).await
    }

    async fn ask(&self, store: &dyn Store, times: &StoreTimes, now: Timestamp) -> Result<(), Unready> {
        let mut known = self.0.store.lock().await;
        if let Some((at, answer)) = *known
            && at.elapsed() < FRESH
        {
            return answer;
        }
        let answered = timeout(PATIENCE, store.tenant_by_slug(&Slug::default_tenant())).await;
        let answer = match answered {
            Ok(Ok(_)) if !times.is_full() => Ok(()),
            // Nobody is sent here while we say so, so nobody else finds out when there is room again.
            Ok(Ok(_)) => match timeout(PATIENCE, store.probe(now)).await {
                Ok(Ok(())) => Ok(()),
                Ok(Err(_)) | Err(_) => Err(Unready::Full),
            },
            Ok(Err(_)) | Err(_) => Err(Unready::Store),
        };
        *known = Some((Instant::now(), answer));
        answer
    }
}
