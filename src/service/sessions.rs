//! Sessions: who one is of, a new one, and the end of one.

use super::Service;
use crate::error::Refusal;
use crate::id::{SessionId, UserId};
use crate::ports::{NewSession, SecretHash, SignedIn};
use crate::session::SessionLabel;

/// How long a session lasts, in milliseconds: two weeks.
pub const SESSION_LIFE_MS: i64 = 14 * 24 * 60 * 60 * 1_000;
/// Between two notes of when somebody was here, in milliseconds: each is a write.
const SEEN_EVERY_MS: i64 = 60_000;

impl Service {
    /// Whose session this is, if it is open; takes note that they are here.
    pub(super) async fn signed_in(&self, session: SecretHash) -> Result<Option<SignedIn>, Refusal> {
        let now = self.clock.now();
        let person = self.store.session(session, now).await?;
        let before = now.plus_millis(-SEEN_EVERY_MS);
        if person.as_ref().is_some_and(|person| person.seen_at.is_none_or(|seen| seen <= before)) {
            // Not worth refusing anybody for; the store has logged what was the matter.
            let _noted_next_time = self.store.touch_session(session, now, before).await;
        }
        Ok(person)
    }

    /// A session for somebody, opened now with this browser.
    pub(super) fn new_session(&self, user: UserId, secret: SecretHash, label: SessionLabel) -> NewSession {
        let at = self.clock.now();
        let expires_at = at.plus_millis(SESSION_LIFE_MS);
        NewSession { id: SessionId(self.new_id()), hash: secret, user, label, at, expires_at }
    }

    /// Ends a session.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn sign_out(&self, session: SecretHash) -> Result<(), Refusal> {
        Ok(self.store.end_session(session, self.ending()).await?)
    }
}
