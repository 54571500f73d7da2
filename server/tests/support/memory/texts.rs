//! No text is kept for long in it.

use async_trait::async_trait;
use pulsestage::id::{ParticipantId, TenantId, UserId};
use pulsestage::ports::{StoreResult, TextStore, Write};
use pulsestage::retention::{Erased, Retention, Written};

use super::{MemoryStore, broken};

#[async_trait]
impl TextStore for MemoryStore {
    async fn retention(&self, _: TenantId) -> StoreResult<Retention> {
        broken()
    }
    async fn set_retention(&self, _: Write, _: Retention, _: Option<UserId>) -> StoreResult<Retention> {
        broken()
    }
    async fn written_by(&self, _: TenantId, _: ParticipantId) -> StoreResult<Written> {
        broken()
    }
    async fn erase_written(&self, _: Write, _: ParticipantId) -> StoreResult<Erased> {
        broken()
    }
}
