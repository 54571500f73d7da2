//! How a tenant's streams are doing.

use super::{Service, Visit};
use crate::error::Refusal;
use crate::health::HealthView;
use crate::permission::Action;

impl Service {
    /// How the streams of the visitor's own tenant are doing; of another's nothing is told.
    ///
    /// # Errors
    /// When the visitor may not see it, or asks for it too often.
    pub fn health(&self, visit: &Visit) -> Result<HealthView, Refusal> {
        visit.must(Action::SeeHealth)?;
        self.pace.admit(visit.tenant.id, visit.actor.user.map(|user| user.0), Action::SeeHealth)?;
        Ok(HealthView {
            tenant: visit.tenant.clone(),
            role: visit.actor.role,
            health: self.vitals.health(visit.tenant.id),
        })
    }
}
