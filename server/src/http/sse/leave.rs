//! Whether somebody may read a stream, and for how long.

use std::time::Duration;
use tokio_util::sync::CancellationToken;

use crate::access::Pass;
use crate::state::AppState;
use pulsestage::error::Refusal;
use pulsestage::service::{Caller, Visit};

/// What a reader's stream hangs on, besides its client.
#[derive(Debug, Default)]
pub(super) struct Leave {
    /// The pass of somebody who is signed in.
    pub(super) pass: Option<Box<Pass>>,
    /// The pass of everybody else.
    pub(super) guests: Option<CancellationToken>,
    /// How long their session is still good for.
    pub(super) life: Option<Duration>,
}

impl Leave {
    /// Lets somebody in. The pass of whoever is signed in is taken before their session is looked at for good: what
    /// ends it earlier is seen there, and what ends it later finds the pass.
    ///
    /// # Errors
    /// When there is no such tenant, or they may not see its board.
    pub(super) async fn of(state: &AppState, slug: &str, caller: &Caller) -> Result<(Visit, Self), Refusal> {
        let first = state.service().enter_without_touch(slug, caller).await?;
        let signed_in = first.actor.user.zip(first.actor.session);
        let (visit, leave) = match signed_in {
            None => {
                let guests = Some(state.passes().of_guests(first.tenant.id));
                (state.service().enter_without_touch(slug, caller).await?, Self { guests, ..Self::default() })
            }
            Some((user, session)) => {
                let pass = state.passes().issue(first.tenant.id, user, session);
                let visit = state.service().enter_without_touch(slug, caller).await?;
                let leave = match visit.actor.session == Some(session) {
                    true => Self { pass: Some(Box::new(pass)), guests: None, life: life(state, &visit) },
                    false => Self::default(),
                };
                (visit, leave)
            }
        };
        visit.must_see()?;
        Ok((visit, leave))
    }
}

fn life(state: &AppState, visit: &Visit) -> Option<Duration> {
    let left = visit.until?.0.saturating_sub(state.clock().now().0);
    Some(Duration::from_millis(u64::try_from(left).unwrap_or_default()))
}
