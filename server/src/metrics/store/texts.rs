//! The same for texts.

use async_trait::async_trait;
use pulsestage::id::{ParticipantId, TenantId, UserId};
use pulsestage::ports::{StoreResult, TextStore, Write};
use pulsestage::retention::{Erased, Retention, Written};

use super::{Kind, TimedStore};

#[async_trait]
impl TextStore for TimedStore {
    async fn retention(&self, tenant: TenantId) -> StoreResult<Retention> {
        self.timed(Kind::Tenant, self.store.retention(tenant)).await
    }

    async fn set_retention(&self, write: Write, new: Retention, by: Option<UserId>) -> StoreResult<Retention> {
        self.timed(Kind::Tenant, self.store.set_retention(write, new, by)).await
    }

    async fn written_by(&self, tenant: TenantId, participant: ParticipantId) -> StoreResult<Written> {
        self.timed(Kind::Report, self.store.written_by(tenant, participant)).await
    }

    async fn erase_written(&self, write: Write, participant: ParticipantId) -> StoreResult<Erased> {
        self.timed_long(Kind::Ask, self.store.erase_written(write, participant)).await
    }
}
