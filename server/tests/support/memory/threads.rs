//! No private thread is asked of it.

use async_trait::async_trait;
use pulsestage::id::{MessageId, ParticipantId, QuestionId, TenantId};
use pulsestage::ports::{SecretHash, StoreResult, ThreadReader, ThreadStore, Write};
use pulsestage::tenant::Tenant;
use pulsestage::text::MessageBody;
use pulsestage::thread::Thread;

use super::{MemoryStore, broken};

#[async_trait]
impl ThreadStore for MemoryStore {
    async fn thread(&self, _: TenantId, _: QuestionId, _: ThreadReader) -> StoreResult<Thread> {
        broken()
    }
    async fn thread_link(&self, _: SecretHash) -> StoreResult<Option<(Tenant, QuestionId)>> {
        broken()
    }
    async fn say(&self, _: Write, _: QuestionId, _: ThreadReader, _: MessageId, _: MessageBody) -> StoreResult<Thread> {
        broken()
    }
    async fn set_thread_link(
        &self,
        _: Write,
        _: QuestionId,
        _: ParticipantId,
        _: Option<SecretHash>,
    ) -> StoreResult<()> {
        broken()
    }
}
