//! Joining by a code.

use super::Service;
use crate::error::{Noun, Refusal};
use crate::join::JoinCode;
use crate::ports::FoundTeam;

impl Service {
    /// The team of this code.
    ///
    /// # Errors
    /// `NotFound(Code)` when there is none, whatever the reason: one that was renewed, archived or never was.
    pub async fn find_code(&self, typed: &str) -> Result<(JoinCode, FoundTeam), Refusal> {
        let missing = Refusal::NotFound { what: Noun::Code };
        let code = JoinCode::parse(typed).ok_or(missing.clone())?;
        let found = self.store.team_by_code(&code).await?.ok_or(missing)?;
        Ok((code, found))
    }
}
