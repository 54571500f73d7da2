//! How long the database takes for guests who sign in.

use async_trait::async_trait;
use pulsestage::id::{ParticipantId, TenantId};
use pulsestage::ports::{GuestJoin, GuestStore, StoreResult};

use super::{Kind, TimedStore};

#[async_trait]
impl GuestStore for TimedStore {
    async fn has_taken_part(&self, tenant: TenantId, participant: ParticipantId) -> StoreResult<bool> {
        self.timed(Kind::SignIn, self.store.has_taken_part(tenant, participant)).await
    }

    async fn join_guest(&self, join: GuestJoin) -> StoreResult<()> {
        self.timed(Kind::SignIn, self.store.join_guest(join)).await
    }
}
