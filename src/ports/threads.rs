//! What is kept of the private threads.

use async_trait::async_trait;

use super::{SecretHash, StoreResult, Write};
use crate::id::{MessageId, ParticipantId, QuestionId, TenantId, UserId};
use crate::tenant::Tenant;
use crate::text::MessageBody;
use crate::thread::Thread;

/// Who reads or writes a thread. Of an asker only their own threads are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThreadReader {
    /// The browser that asked.
    Asker(ParticipantId),
    /// Whoever holds the link of the question.
    Holder,
    /// A moderator.
    Moderator(UserId),
}

/// The private threads. What is true of [`Store`](super::Store) is true of it.
#[async_trait]
pub trait ThreadStore: Send + Sync {
    /// The thread of a question.
    async fn thread(&self, tenant: TenantId, question: QuestionId, reader: ThreadReader) -> StoreResult<Thread>;
    /// The question that a link leads to, unless it is deleted or its tenant is archived.
    async fn thread_link(&self, link: SecretHash) -> StoreResult<Option<(Tenant, QuestionId)>>;
    /// Writes a message and tells the other side that there is one; [`Refusal::NotNow`] when there are as many as there may
    /// be.
    ///
    /// [`Refusal::NotNow`]: crate::error::Refusal::NotNow
    async fn say(
        &self,
        write: Write,
        question: QuestionId,
        writer: ThreadReader,
        id: MessageId,
        body: MessageBody,
    ) -> StoreResult<Thread>;
    /// Makes this the link of an asker's question, or leaves it without one.
    async fn set_thread_link(
        &self,
        write: Write,
        question: QuestionId,
        asker: ParticipantId,
        link: Option<SecretHash>,
    ) -> StoreResult<()>;
}
