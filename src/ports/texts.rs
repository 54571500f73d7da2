//! What keeping, taking away and erasing texts needs of the store.

use async_trait::async_trait;

use super::{StoreResult, Write};
use crate::id::{ParticipantId, TenantId, UserId};
use crate::retention::{Erased, Retention, Written};

/// The part of the [`Store`](super::Store) that knows how long texts are kept. What holds there holds here.
#[async_trait]
pub trait TextStore: Send + Sync {
    /// How long a tenant keeps texts.
    async fn retention(&self, tenant: TenantId) -> StoreResult<Retention>;
    /// Changes that, at the wish of a person or, when there is none, of the operator. A hold that goes on keeps its
    /// beginning.
    async fn set_retention(&self, write: Write, new: Retention, by: Option<UserId>) -> StoreResult<Retention>;
    /// Everything that a participant wrote and did.
    async fn written_by(&self, tenant: TenantId, participant: ParticipantId) -> StoreResult<Written>;
    /// Removes the texts of everything that a participant wrote; their questions leave the board. Votes and counts stay.
    /// Doing it again is no error: it removes what was written since.
    async fn erase_written(&self, write: Write, participant: ParticipantId) -> StoreResult<Erased>;
}
