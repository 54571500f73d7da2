//! What moderators decide and note, alone and in bulk.

use uuid::Uuid;

use super::{RequestContext, Service};
use crate::audience::StaffOf;
use crate::command::IdempotencyKey;
use crate::error::Refusal;
use crate::id::{OperationId, QuestionId, TeamId};
use crate::moderation::{Case, Hold, MAX_BULK, MOST_CASES, Note, ReviewDecision, ReviewView};
use crate::permission::Action;
use crate::person::Person;
use crate::ports::{Change, Merge};
use crate::text::{QuestionBody, TextProblem, tidy_within};
use crate::text_filter::screen;
use crate::user::Actor;

/// The longest reason that an asker is told, in characters.
const MAX_REASON: u32 = 500;
/// The longest label, in characters.
const MAX_LABEL: u32 = 40;
/// The longest draft of an answer, in characters.
const MAX_DRAFT: u32 = 10_000;

/// What came of one item of a bulk action.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct BulkItem {
    /// Which question.
    pub question: QuestionId,
    /// Why it was not done; absent when it was.
    pub refusal: Option<Refusal>,
}

impl Service {
    /// The cases of the questions that the visitor moderates, newest first: at most [`MOST_CASES`] of the tenant or of
    /// each of their teams, what waits before the rest; and whether there are more.
    ///
    /// # Errors
    /// When the visitor moderates nothing, or asks for them too often.
    pub async fn cases(&self, context: &RequestContext) -> Result<(Vec<Case>, bool), Refusal> {
        context.require_somewhere(Action::Moderate)?;
        self.rate_limiter.admit(context.tenant.id, context.actor.user.map(|user| user.0), Action::SeeBoard)?;
        Ok(match context.actor.staff_of() {
            StaffOf::Everything => self.store.cases(context.tenant.id, None, MOST_CASES).await?,
            StaffOf::Teams(teams) => self.store.cases(context.tenant.id, Some(&teams), MOST_CASES).await?,
            StaffOf::Nobody => (Vec::new(), false),
        })
    }

    /// The case of one question.
    ///
    /// # Errors
    /// When the visitor may not moderate it, it is not there, or they ask too often.
    pub async fn case(&self, context: &RequestContext, question: QuestionId) -> Result<Case, Refusal> {
        self.require_on(context, Action::Moderate, question).await?;
        self.rate_limiter.admit(context.tenant.id, context.actor.user.map(|user| user.0), Action::SeeBoard)?;
        Ok(self.store.case(context.tenant.id, question).await?)
    }

    /// What the review page is drawn from.
    ///
    /// # Errors
    /// As [`Service::cases`].
    pub async fn review(&self, context: &RequestContext) -> Result<ReviewView, Refusal> {
        let (cases, more) = self.cases(context).await?;
        let teams = match context.actor.staff_of() {
            StaffOf::Teams(teams) => Some(teams),
            StaffOf::Everything | StaffOf::Nobody => None,
        };
        Ok(ReviewView { tenant: context.tenant.clone(), role: context.actor.role, teams, cases, more })
    }

    /// Does what a moderator decided about a question, if it is still as they saw it.
    ///
    /// # Errors
    /// When the visitor may not, a text is not within its limits, or the question is not the tenant's, has been changed
    /// since, or stands where this cannot be done.
    pub async fn decide(
        &self,
        context: &RequestContext,
        key: IdempotencyKey,
        question: QuestionId,
        decision: ReviewDecision<String>,
        seen: Option<i64>,
    ) -> Result<Case, Refusal> {
        let decision = check_texts(context, decision)?;
        let action = action_of(&decision);
        self.require_on(context, action, question).await?;
        let by = context.user()?;
        let (write, _turn) = self.write(context, action, key, by.0).await?;
        let case = self.store.decide(write, question, decision, seen, by).await?;
        self.notifier.notify(context.tenant.id, Change::TakenBack);
        Ok(case)
    }

    /// Does the same to many questions, one after the other, and says what came of each. Whoever loses the right to go
    /// on meanwhile does not go on.
    ///
    /// # Errors
    /// When there are too many at once.
    pub async fn decide_all(
        &self,
        context: &RequestContext,
        key: IdempotencyKey,
        questions: Vec<(QuestionId, Option<i64>)>,
        decision: ReviewDecision<String>,
    ) -> Result<Vec<BulkItem>, Refusal> {
        if questions.len() > MAX_BULK {
            let limit = u32::try_from(MAX_BULK).unwrap_or(u32::MAX);
            return Err(Refusal::field("questions", TextProblem::TooLong { max: limit }));
        }
        let decision = check_texts(context, decision)?;
        let by = context.user()?;
        // The whole of it counts as one request.
        self.rate_limiter.admit(context.tenant.id, Some(by.0), action_of(&decision))?;
        let mut done = Vec::with_capacity(questions.len());
        for (question, seen) in questions {
            let refusal = self
                .decide_next(context, key.map(|key| key_of(key, question)), question, decision.clone(), seen)
                .await
                .err();
            done.push(BulkItem { question, refusal });
        }
        Ok(done)
    }

    /// One of many, by somebody who may have lost the right to do it since the one before.
    async fn decide_next(
        &self,
        context: &RequestContext,
        key: IdempotencyKey,
        question: QuestionId,
        decision: ReviewDecision,
        seen: Option<i64>,
    ) -> Result<(), Refusal> {
        let by = context.user()?;
        let person = self.store.person(context.tenant.id, by).await?.filter(Person::is_active);
        let person = person.ok_or(Refusal::NotSignedIn)?;
        let actor = Actor { role: person.role, memberships: person.memberships, ..context.actor.clone() };
        let now = RequestContext { actor, ..context.clone() };
        let action = action_of(&decision);
        self.require_on(&now, action, question).await?;
        let (write, _turn) = self.write_next(context, action, key, by.0).await;
        self.store.decide(write, question, decision, seen, by).await?;
        self.notifier.notify(context.tenant.id, Change::TakenBack);
        Ok(())
    }

    /// Notes something about a question for moderators.
    ///
    /// # Errors
    /// When the visitor may not, the text is too long, or another moderator has claimed the question.
    pub async fn note(
        &self,
        context: &RequestContext,
        key: IdempotencyKey,
        question: QuestionId,
        note: Note,
    ) -> Result<Case, Refusal> {
        self.require_on(context, Action::Review, question).await?;
        let by = context.user()?;
        let note = match note {
            Note::Label(text) => Note::Label(text_within("label", text, MAX_LABEL)?),
            Note::Draft(text) => Note::Draft(text_within("answer", text, MAX_DRAFT)?),
            other => other,
        };
        let (write, _turn) = self.write(context, Action::Review, key, by.0).await?;
        let case = self.store.remark(write, question, note, by).await?;
        self.notifier.notify(context.tenant.id, Change::Facts);
        Ok(case)
    }

    /// Gives the votes of one question to another that says the same, each voter's once.
    ///
    /// # Errors
    /// When the visitor may not, or the two are not on one team's board.
    pub async fn merge(
        &self,
        context: &RequestContext,
        key: IdempotencyKey,
        source: QuestionId,
        target: QuestionId,
    ) -> Result<Case, Refusal> {
        self.require_on(context, Action::Review, source).await?;
        self.require_on(context, Action::Review, target).await?;
        let by = context.user()?;
        let merge = Merge { source, target };
        let (write, _turn) = self.write(context, Action::Review, key, by.0).await?;
        let case = self.store.merge(write, merge, by).await?;
        self.notifier.notify(context.tenant.id, Change::TakenBack);
        self.notifier.notify(context.tenant.id, Change::Tallies);
        Ok(case)
    }

    /// Takes a merge back.
    ///
    /// # Errors
    /// When the visitor may not, or the question was not merged.
    pub async fn split(
        &self,
        context: &RequestContext,
        key: IdempotencyKey,
        source: QuestionId,
    ) -> Result<Case, Refusal> {
        self.require_on(context, Action::Review, source).await?;
        let by = context.user()?;
        let (write, _turn) = self.write(context, Action::Review, key, by.0).await?;
        let case = self.store.split(write, source, by).await?;
        self.notifier.notify(context.tenant.id, Change::TakenBack);
        self.notifier.notify(context.tenant.id, Change::Tallies);
        Ok(case)
    }

    /// Why a new text has to wait for a moderator. One that a moderator wrote waits as everybody's: when a question is
    /// shown must not tell who asked it.
    pub(super) fn hold(&self, context: &RequestContext, team: TeamId, text: &str) -> Option<Hold> {
        if context.settings_in(team).pre_moderation {
            return Some(Hold::PreModeration);
        }
        screen(text, &context.rules.staff.words, &*self.unicode)
    }
}

/// The key of one of many writes that were sent under one.
fn key_of(key: OperationId, question: QuestionId) -> OperationId {
    OperationId(Uuid::from_u128(key.0.as_u128() ^ question.0.as_u128()))
}

/// The decision with its text as it is kept, if that is within its limits. An empty reason is none.
fn check_texts(context: &RequestContext, decision: ReviewDecision<String>) -> Result<ReviewDecision, Refusal> {
    Ok(match decision {
        ReviewDecision::Approve => ReviewDecision::Approve,
        ReviewDecision::Hold => ReviewDecision::Hold,
        ReviewDecision::Decline { reason } => {
            let reason = reason.filter(|reason| !reason.trim().is_empty());
            ReviewDecision::Decline { reason: text_within("reason", reason, MAX_REASON)? }
        }
        ReviewDecision::Restore => ReviewDecision::Restore,
        ReviewDecision::Delete => ReviewDecision::Delete,
        ReviewDecision::Undelete => ReviewDecision::Undelete,
        ReviewDecision::Edit { body } => {
            let body = QuestionBody::parse(&body, context.tenant.settings.question_length);
            ReviewDecision::Edit { body: body.map_err(|problem| Refusal::field("question", problem))? }
        }
        ReviewDecision::Reopen => ReviewDecision::Reopen,
    })
}

/// What somebody must be allowed for this.
const fn action_of(decision: &ReviewDecision) -> Action {
    match decision {
        ReviewDecision::Delete | ReviewDecision::Undelete => Action::DeleteQuestion,
        _ => Action::Review,
    }
}

fn text_within(field: &str, text: Option<String>, max: u32) -> Result<Option<String>, Refusal> {
    let Some(text) = text else { return Ok(None) };
    tidy_within(&text, max).map_err(|problem| Refusal::field(field, problem))
}
