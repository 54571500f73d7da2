//! Whether somebody may read a stream, and for how long.

use std::time::Duration;
use tokio_util::sync::CancellationToken;

use crate::access::StreamAccess;
use crate::state::AppState;
use pulsestage::error::Refusal;
use pulsestage::service::{Credentials, RequestContext};

/// What a reader's stream hangs on, besides its client.
#[derive(Debug, Default)]
pub(crate) struct StreamPermit {
    /// The pass of somebody who is signed in.
    pub(crate) pass: Option<Box<StreamAccess>>,
    /// The pass of everybody else.
    pub(crate) guests: Option<CancellationToken>,
    /// How long their session is still good for.
    pub(crate) life: Option<Duration>,
}

impl StreamPermit {
    /// Lets somebody in. The pass of whoever is signed in is taken before their session is looked at for good: what
    /// ends it earlier is seen there, and what ends it later finds the pass.
    ///
    /// # Errors
    /// When there is no such tenant, or they may not see its board.
    pub(crate) async fn of(
        state: &AppState,
        slug: &str,
        credentials: &Credentials,
    ) -> Result<(RequestContext, Self), Refusal> {
        let first = state.service().authenticate_without_touch(slug, credentials).await?;
        let signed_in = first.actor.user.zip(first.actor.session);
        let (context, access) = match signed_in {
            None => {
                let guests = Some(state.passes().of_guests(first.tenant.id));
                (
                    state.service().authenticate_without_touch(slug, credentials).await?,
                    Self { guests, ..Self::default() },
                )
            }
            Some((user, session)) => {
                let pass = state.passes().issue(first.tenant.id, user, session);
                let context = state.service().authenticate_without_touch(slug, credentials).await?;
                let access = match context.actor.session == Some(session) {
                    true => Self { pass: Some(Box::new(pass)), guests: None, life: life(state, &context) },
                    false => Self::default(),
                };
                (context, access)
            }
        };
        context.require_any_team()?;
        Ok((context, access))
    }
}

fn life(state: &AppState, context: &RequestContext) -> Option<Duration> {
    let left = context.until?.0.saturating_sub(state.clock().now().0);
    Some(Duration::from_millis(u64::try_from(left).unwrap_or_default()))
}
