//! The private thread between the asker of a question and the moderators of its team.

use super::{RequestContext, Service};
use crate::command::IdempotencyKey;
use crate::error::Refusal;
use crate::id::{MessageId, QuestionId};
use crate::permission::Action;
use crate::ports::{Change, SecretHash, ThreadReader};
use crate::tenant::Tenant;
use crate::text::MessageBody;
use crate::thread::{Side, Thread};

impl Service {
    /// The thread of a question, as this caller sees it from one of its sides.
    ///
    /// # Errors
    /// When the caller does not moderate the question, or did not ask it: then it is not there.
    pub async fn thread(&self, context: &RequestContext, question: QuestionId, side: Side) -> Result<Thread, Refusal> {
        let (party, who) = self.party(context, question, side).await?;
        self.rate_limiter.admit(context.tenant.id, Some(who), Action::SeeBoard)?;
        Ok(self.store.thread(context.tenant.id, question, party).await?)
    }

    /// Writes to the other side.
    ///
    /// # Errors
    /// As [`Service::thread`]; when there is nothing in the message, it is too long, or one too many.
    pub async fn say(
        &self,
        context: &RequestContext,
        key: IdempotencyKey,
        question: QuestionId,
        side: Side,
        text: &str,
    ) -> Result<Thread, Refusal> {
        let (party, who) = self.party(context, question, side).await?;
        let action = if side == Side::Asker { Action::Ask } else { Action::Review };
        let body = message(text)?;
        let (write, _turn) = self.write(context, action, key, who).await?;
        let thread = self.store.say(write, question, party, MessageId(self.new_id()), body).await?;
        self.notifier.notify(context.tenant.id, Change::Facts);
        Ok(thread)
    }

    /// Makes a link to the thread of a question that this browser asked; the one before is worth nothing then. Without a
    /// secret there is none afterwards.
    ///
    /// # Errors
    /// When the question is not theirs.
    pub async fn set_thread_link(
        &self,
        context: &RequestContext,
        key: IdempotencyKey,
        question: QuestionId,
        link: Option<SecretHash>,
    ) -> Result<(), Refusal> {
        context.require(Action::SeeBoard)?;
        let asker = context.participant()?;
        let (write, _turn) = self.write(context, Action::Ask, key, asker.0).await?;
        Ok(self.store.set_thread_link(write, question, asker, link).await?)
    }

    /// Where a link leads. Looking does not use it up.
    ///
    /// # Errors
    /// [`Refusal::LinkSpent`] when it was taken back or never was, or the question is deleted: all look alike.
    pub async fn thread_link(&self, link: SecretHash) -> Result<(Tenant, QuestionId), Refusal> {
        self.store.thread_link(link).await?.ok_or(Refusal::LinkSpent)
    }

    /// The thread that a link leads to: that question, and nothing else of the tenant.
    ///
    /// # Errors
    /// As [`Service::thread_link`].
    pub async fn thread_by_link(&self, link: SecretHash) -> Result<(Tenant, QuestionId, Thread), Refusal> {
        let (tenant, question) = self.thread_link(link).await?;
        self.rate_limiter.admit(tenant.id, Some(question.0), Action::SeeBoard)?;
        let thread = self.store.thread(tenant.id, question, ThreadReader::Holder).await?;
        Ok((tenant, question, thread))
    }

    /// Writes to the moderators by a link. Its holder is known by the question alone.
    ///
    /// # Errors
    /// As [`Service::thread_link`] and [`Service::say`].
    pub async fn say_by_link(
        &self,
        context: &RequestContext,
        key: IdempotencyKey,
        link: SecretHash,
        text: &str,
    ) -> Result<Thread, Refusal> {
        let (tenant, question) = self.thread_link(link).await?;
        if tenant.id != context.tenant.id {
            return Err(Refusal::LinkSpent);
        }
        let body = message(text)?;
        let (write, _turn) = self.write(context, Action::Ask, key, question.0).await?;
        let thread = self.store.say(write, question, ThreadReader::Holder, MessageId(self.new_id()), body).await?;
        self.notifier.notify(context.tenant.id, Change::Facts);
        Ok(thread)
    }

    async fn party(
        &self,
        context: &RequestContext,
        question: QuestionId,
        side: Side,
    ) -> Result<(ThreadReader, uuid::Uuid), Refusal> {
        match side {
            Side::Moderators => {
                self.require_on(context, Action::Review, question).await?;
                let by = context.user()?;
                Ok((ThreadReader::Moderator(by), by.0))
            }
            Side::Asker => {
                let asker = context.participant()?;
                Ok((ThreadReader::Asker(asker), asker.0))
            }
        }
    }
}

fn message(text: &str) -> Result<MessageBody, Refusal> {
    MessageBody::parse(text).map_err(|problem| Refusal::field("text", problem))
}
