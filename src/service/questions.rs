//! Questions: asked, voted for, answered, tagged, pinned, frozen.

use super::{RequestContext, Service};
use crate::command::{AnswerQuestion, Ask, IdempotencyKey, SetMark, SetTag, SetVote, VoteReceipt};
use crate::error::{Noun, Refusal};
use crate::id::{QuestionId, TeamId};
use crate::permission::Action;
use crate::ports::{Ballot, Change, NewQuestion};
use crate::question::Question;
use crate::text::{AnswerText, Name, QuestionBody};
use crate::user::Role;

impl Service {
    /// The team of a question.
    pub(super) async fn question_team(
        &self,
        context: &RequestContext,
        question: QuestionId,
    ) -> Result<TeamId, Refusal> {
        let team = self.store.team_of(context.tenant.id, question).await?;
        team.ok_or(Refusal::NotFound { what: Noun::Question })
    }

    /// Refuses what the visitor may do neither in the whole tenant nor in the question's team.
    pub(super) async fn require_on(
        &self,
        context: &RequestContext,
        action: Action,
        question: QuestionId,
    ) -> Result<(), Refusal> {
        // Whoever has no team of their own is answered without a look at the question.
        if context.allows(action) || context.actor.memberships.is_empty() {
            return context.require(action);
        }
        context.require_in(action, self.question_team(context, question).await?)
    }

    /// Puts a question to a team, also one that the visitor has asked before.
    ///
    /// # Errors
    /// When the visitor may not ask, nobody may at the moment, the text is not within the tenant's limits, their name is
    /// needed and missing, or the team is not the tenant's.
    pub async fn ask(&self, context: &RequestContext, key: IdempotencyKey, ask: Ask) -> Result<Question, Refusal> {
        self.put(context, key, ask, false).await
    }

    /// Puts a question to a team unless the visitor has one with the same text that has not left the board: somebody who
    /// sends a text twice seldom means to.
    ///
    /// # Errors
    /// As [`Service::ask`], and [`Refusal::ASKED_BEFORE`].
    pub async fn ask_once(&self, context: &RequestContext, key: IdempotencyKey, ask: Ask) -> Result<Question, Refusal> {
        self.put(context, key, ask, true).await
    }

    async fn put(
        &self,
        context: &RequestContext,
        key: IdempotencyKey,
        ask: Ask,
        only_once: bool,
    ) -> Result<Question, Refusal> {
        context.require_in(Action::Ask, ask.team)?;
        if !context.tenant.settings.asking_open {
            return Err(Refusal::AskingClosed);
        }
        let author = context.participant()?;
        let body = QuestionBody::parse(&ask.body, context.tenant.settings.question_length)
            .map_err(|problem| Refusal::field("question", problem))?;
        let author_name = context.settings_in(ask.team).names.author(ask.name.as_deref());
        let author_name = author_name.map_err(|problem| Refusal::field("name", problem))?;
        if let Some(name) = &author_name {
            self.require_free_name(context, ask.team, name).await?;
        }
        let texts = std::iter::once(body.as_str()).chain(author_name.as_ref().map(Name::as_str));
        let hold = texts.filter_map(|text| self.hold(context, ask.team, text)).next();
        // Whoever moderates the team collects questions for others as well.
        let most_open = self.most_open.filter(|_| context.actor.role_in(ask.team) < Role::Moderator);
        let id = self.new_question_id();
        let new = NewQuestion { id, team: ask.team, body, author, hold, author_name, only_once, most_open };
        let (write, _turn) = self.write(context, Action::Ask, key, author.0).await?;
        let question = self.store.ask(write, new).await?;
        self.notifier.notify(context.tenant.id, Change::Facts);
        Ok(question)
    }

    /// Makes the visitor's vote be what they want it to be.
    ///
    /// # Errors
    /// When the visitor may not vote, or the question is not the tenant's or takes no votes.
    pub async fn set_vote(
        &self,
        context: &RequestContext,
        key: IdempotencyKey,
        vote: SetVote,
    ) -> Result<VoteReceipt, Refusal> {
        self.require_vote(context, vote.question).await?;
        let settings = &context.tenant.settings;
        if !settings.voting_open {
            return Err(Refusal::VotesClosed);
        }
        let voter = context.participant()?;
        let ballot = Ballot { question: vote.question, voter, up: vote.up, own_votes: settings.own_votes };
        let (write, _turn) = self.write(context, Action::Vote, key, voter.0).await?;
        let receipt = self.store.set_vote(write, ballot).await?;
        self.notifier.notify(context.tenant.id, Change::Tallies);
        Ok(receipt)
    }

    /// Where some teams take guests and others do not, it depends on the question whether this visitor may vote.
    async fn require_vote(&self, context: &RequestContext, question: QuestionId) -> Result<(), Refusal> {
        if !context.rules.tell_guests_apart() {
            return context.require(Action::Vote);
        }
        context.require_in(Action::Vote, self.question_team(context, question).await?)
    }

    /// Answers a question, or changes its answer.
    ///
    /// # Errors
    /// When the visitor may not answer, the text is empty or too long, or the question is not the tenant's or is frozen.
    pub async fn answer(
        &self,
        context: &RequestContext,
        key: IdempotencyKey,
        answer: AnswerQuestion,
    ) -> Result<Question, Refusal> {
        self.require_on(context, Action::Answer, answer.question).await?;
        let by = context.user()?;
        let text = AnswerText::parse(&answer.text).map_err(|problem| Refusal::field("answer", problem))?;
        let (write, _turn) = self.write(context, Action::Answer, key, by.0).await?;
        let question = self.store.answer(write, answer.question, text, answer.seen, by).await?;
        self.notifier.notify(context.tenant.id, Change::TakenBack);
        Ok(question)
    }

    /// Puts a tag on a question or takes it off.
    ///
    /// # Errors
    /// When the visitor may not tag, or the question or the tag is not the tenant's.
    pub async fn set_tag(
        &self,
        context: &RequestContext,
        key: IdempotencyKey,
        set: SetTag,
    ) -> Result<Question, Refusal> {
        self.require_on(context, Action::Tag, set.question).await?;
        let by = context.user()?;
        let (write, _turn) = self.write(context, Action::Tag, key, by.0).await?;
        let question = self.store.set_tag(write, set.question, set.tag, set.on).await?;
        self.notifier.notify(context.tenant.id, Change::Facts);
        Ok(question)
    }

    /// Pins a question to the top, or lets it go.
    ///
    /// # Errors
    /// When the visitor may not pin, or the question is not the tenant's.
    pub async fn set_pinned(
        &self,
        context: &RequestContext,
        key: IdempotencyKey,
        set: SetMark,
    ) -> Result<Question, Refusal> {
        self.require_on(context, Action::Pin, set.question).await?;
        let by = context.user()?;
        let (write, _turn) = self.write(context, Action::Pin, key, by.0).await?;
        let question = self.store.set_pinned(write, set.question, set.on, by).await?;
        self.notifier.notify(context.tenant.id, Change::Facts);
        Ok(question)
    }

    /// Closes a question to votes and answers, or opens it again.
    ///
    /// # Errors
    /// When the visitor may not freeze, or the question is not the tenant's.
    pub async fn set_frozen(
        &self,
        context: &RequestContext,
        key: IdempotencyKey,
        set: SetMark,
    ) -> Result<Question, Refusal> {
        self.require_on(context, Action::Freeze, set.question).await?;
        let by = context.user()?;
        let (write, _turn) = self.write(context, Action::Freeze, key, by.0).await?;
        let question = self.store.set_frozen(write, set.question, set.on, by).await?;
        self.notifier.notify(context.tenant.id, Change::Facts);
        Ok(question)
    }
}
