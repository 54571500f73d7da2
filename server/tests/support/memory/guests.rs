//! Nobody comes in by a store in memory, so no guest becomes an account.

use async_trait::async_trait;
use pulsestage::id::{ParticipantId, TenantId};
use pulsestage::ports::{GuestJoin, GuestStore, StoreResult};

use super::{MemoryStore, broken};

#[async_trait]
impl GuestStore for MemoryStore {
    async fn has_taken_part(&self, _: TenantId, _: ParticipantId) -> StoreResult<bool> {
        broken()
    }

    async fn join_guest(&self, _: GuestJoin) -> StoreResult<()> {
        broken()
    }
}
