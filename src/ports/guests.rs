//! What a person did in a browser before they signed in there.

use async_trait::async_trait;

use super::StoreResult;
use crate::id::{ParticipantId, TenantId};
use crate::time::Timestamp;

/// A guest who turns out to be somebody with an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuestJoin {
    /// The tenant.
    pub tenant: TenantId,
    /// As what their browser took part.
    pub guest: ParticipantId,
    /// As what they take part from now on.
    pub account: ParticipantId,
    /// Whether people may vote for their own questions here.
    pub own_votes: bool,
    /// The clock's time.
    pub at: Timestamp,
}

/// Joins guests to accounts.
#[async_trait]
pub trait GuestStore: Send + Sync {
    /// Whether this participant has asked, voted, reported or written anything.
    async fn has_taken_part(&self, tenant: TenantId, participant: ParticipantId) -> StoreResult<bool>;
    /// Makes everything of a guest the account's: questions, votes, reports, threads, idempotency keys, and the facts that
    /// are for the asker alone. Where both have voted for or reported one question it counts once, and a vote for what is now
    /// their own question is taken back unless such votes count here. To do it again changes nothing.
    async fn join_guest(&self, join: GuestJoin) -> StoreResult<()>;
}
