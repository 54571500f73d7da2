//! No private thread is asked of it.

use async_trait::async_trait;
use pulsestage::id::{MessageId, ParticipantId, QuestionId, TenantId};
use pulsestage::ports::{Party, SecretHash, Stored, ThreadStore, Write};
use pulsestage::tenant::Tenant;
use pulsestage::text::MessageBody;
use pulsestage::thread::Thread;

use super::{MemoryStore, broken};

#[async_trait]
impl ThreadStore for MemoryStore {
    async fn thread(&self, _: TenantId, _: QuestionId, _: Party) -> Stored<Thread> {
        broken()
    }
    async fn thread_link(&self, _: SecretHash) -> Stored<Option<(Tenant, QuestionId)>> {
        broken()
    }
    async fn say(&self, _: Write, _: QuestionId, _: Party, _: MessageId, _: MessageBody) -> Stored<Thread> {
        broken()
    }
    async fn set_thread_link(&self, _: Write, _: QuestionId, _: ParticipantId, _: Option<SecretHash>) -> Stored<()> {
        broken()
    }
}
