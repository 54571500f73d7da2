//! How a tenant's streams are doing.

use super::{RequestContext, Service};
use crate::error::Refusal;
use crate::health::HealthView;
use crate::permission::Action;

impl Service {
    /// How the streams of the caller's own tenant are doing; of another's nothing is told.
    ///
    /// # Errors
    /// When the caller may not see it, or asks for it too often.
    pub fn health(&self, context: &RequestContext) -> Result<HealthView, Refusal> {
        context.require(Action::SeeHealth)?;
        self.rate_limiter.admit(context.tenant.id, context.actor.user.map(|user| user.0), Action::SeeHealth)?;
        Ok(HealthView {
            tenant: context.tenant.clone(),
            role: context.actor.role,
            health: self.stream_health.health(context.tenant.id),
        })
    }
}
