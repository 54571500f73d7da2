//! What askers do with their own questions, and participants with others'.

use super::{RequestContext, Service};
use crate::command::IdempotencyKey;
use crate::error::Refusal;
use crate::id::QuestionId;
use crate::moderation::OwnQuestion;
use crate::permission::Action;
use crate::ports::Change;
use crate::text::{QuestionBody, tidy_within};

/// The longest reason of a report, in characters.
const MAX_REASON: u32 = 500;

impl Service {
    /// What this browser has asked, newest first, wherever it stands. Nothing for a browser that brought no cookie.
    ///
    /// # Errors
    /// When the visitor may not see the board, or asks too often.
    pub async fn own_questions(&self, context: &RequestContext) -> Result<Vec<OwnQuestion>, Refusal> {
        context.require(Action::SeeBoard)?;
        let Some(asker) = context.actor.participant else { return Ok(Vec::new()) };
        self.rate_limiter.admit(context.tenant.id, Some(asker.0), Action::SeeBoard)?;
        Ok(self.store.own_questions(context.tenant.id, asker).await?)
    }

    /// Changes the text of a question that this browser asked, while it is open.
    ///
    /// # Errors
    /// When the visitor may not ask, the text is not within the tenant's limits, or the question is not theirs or no longer
    /// open.
    pub async fn edit_own(
        &self,
        context: &RequestContext,
        key: IdempotencyKey,
        question: QuestionId,
        text: &str,
    ) -> Result<OwnQuestion, Refusal> {
        context.require(Action::Ask)?;
        let asker = context.participant()?;
        let body = QuestionBody::parse(text, context.tenant.settings.question_length)
            .map_err(|problem| Refusal::field("question", problem))?;
        let team = self.question_team(context, question).await?;
        let hold = self.hold(context, team, body.as_str());
        let (write, _turn) = self.write(context, Action::Ask, key, asker.0).await?;
        let own = self.store.edit_own(write, question, asker, body, hold).await?;
        self.notifier.notify(context.tenant.id, Change::TakenBack);
        Ok(own)
    }

    /// Takes a question that this browser asked off the board, while it is open.
    ///
    /// # Errors
    /// When the question is not theirs or no longer open.
    pub async fn withdraw_own(
        &self,
        context: &RequestContext,
        key: IdempotencyKey,
        question: QuestionId,
    ) -> Result<OwnQuestion, Refusal> {
        context.require(Action::SeeBoard)?;
        let asker = context.participant()?;
        let (write, _turn) = self.write(context, Action::Ask, key, asker.0).await?;
        let own = self.store.withdraw_own(write, question, asker).await?;
        self.notifier.notify(context.tenant.id, Change::TakenBack);
        Ok(own)
    }

    /// Says to the moderators that a question of somebody else's should not be there.
    ///
    /// # Errors
    /// When the reason is too long, or there is no such question on the board.
    pub async fn report(
        &self,
        context: &RequestContext,
        key: IdempotencyKey,
        question: QuestionId,
        reason: &str,
    ) -> Result<(), Refusal> {
        context.require(Action::SeeBoard)?;
        let reporter = context.participant()?;
        // One line: moderators see the reasons of a question below each other.
        let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
        let reason = tidy_within(&reason, MAX_REASON).map_err(|problem| Refusal::field("reason", problem))?;
        let reason = reason.unwrap_or_default();
        let (write, _turn) = self.write(context, Action::Vote, key, reporter.0).await?;
        self.store.report(write, question, reporter, reason).await?;
        self.notifier.notify(context.tenant.id, Change::TakenBack);
        Ok(())
    }
}
