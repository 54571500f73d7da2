//! The private threads, timed.

use async_trait::async_trait;

use super::{Kind, TimedStore};
use pulsestage::id::{MessageId, ParticipantId, QuestionId, TenantId};
use pulsestage::ports::{SecretHash, StoreResult, ThreadReader, ThreadStore, Write};
use pulsestage::tenant::Tenant;
use pulsestage::text::MessageBody;
use pulsestage::thread::Thread;

#[async_trait]
impl ThreadStore for TimedStore {
    async fn thread(&self, tenant: TenantId, question: QuestionId, reader: ThreadReader) -> StoreResult<Thread> {
        self.timed(Kind::Moderate, self.store.thread(tenant, question, reader)).await
    }

    async fn thread_link(&self, link: SecretHash) -> StoreResult<Option<(Tenant, QuestionId)>> {
        self.timed(Kind::Moderate, self.store.thread_link(link)).await
    }

    async fn say(
        &self,
        write: Write,
        question: QuestionId,
        writer: ThreadReader,
        id: MessageId,
        body: MessageBody,
    ) -> StoreResult<Thread> {
        self.timed(Kind::Moderate, self.store.say(write, question, writer, id, body)).await
    }

    async fn set_thread_link(
        &self,
        write: Write,
        question: QuestionId,
        asker: ParticipantId,
        link: Option<SecretHash>,
    ) -> StoreResult<()> {
        self.timed(Kind::Moderate, self.store.set_thread_link(write, question, asker, link)).await
    }
}
