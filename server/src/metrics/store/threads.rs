//! The private threads, timed.

use async_trait::async_trait;

use super::{Kind, TimedStore};
use pulsestage::id::{MessageId, ParticipantId, QuestionId, TenantId};
use pulsestage::ports::{Party, SecretHash, Stored, ThreadStore, Write};
use pulsestage::tenant::Tenant;
use pulsestage::text::MessageBody;
use pulsestage::thread::Thread;

#[async_trait]
impl ThreadStore for TimedStore {
    async fn thread(&self, tenant: TenantId, question: QuestionId, reader: Party) -> Stored<Thread> {
        self.timed(Kind::Moderate, self.store.thread(tenant, question, reader)).await
    }

    async fn thread_link(&self, link: SecretHash) -> Stored<Option<(Tenant, QuestionId)>> {
        self.timed(Kind::Moderate, self.store.thread_link(link)).await
    }

    async fn say(
        &self,
        write: Write,
        question: QuestionId,
        writer: Party,
        id: MessageId,
        body: MessageBody,
    ) -> Stored<Thread> {
        self.timed(Kind::Moderate, self.store.say(write, question, writer, id, body)).await
    }

    async fn set_thread_link(
        &self,
        write: Write,
        question: QuestionId,
        asker: ParticipantId,
        link: Option<SecretHash>,
    ) -> Stored<()> {
        self.timed(Kind::Moderate, self.store.set_thread_link(write, question, asker, link)).await
    }
}
