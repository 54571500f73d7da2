//! Questions: asked, voted for, answered, tagged, pinned, frozen.

use super::{Service, Visit};
use crate::command::{AnswerQuestion, Ask, Key, SetMark, SetTag, SetVote, VoteReceipt};
use crate::error::{Noun, Refusal};
use crate::id::{QuestionId, TeamId};
use crate::permission::Action;
use crate::ports::{Ballot, Look, NewQuestion};
use crate::question::Question;
use crate::text::{AnswerText, Name, QuestionBody};
use crate::user::Role;

impl Service {
    /// The team of a question.
    pub(super) async fn question_team(&self, visit: &Visit, question: QuestionId) -> Result<TeamId, Refusal> {
        let team = self.store.team_of(visit.tenant.id, question).await?;
        team.ok_or(Refusal::NotFound { what: Noun::Question })
    }

    /// Refuses what the visitor may do neither in the whole tenant nor in the question's team.
    pub(super) async fn must_on(&self, visit: &Visit, action: Action, question: QuestionId) -> Result<(), Refusal> {
        // Whoever has no team of their own is answered without a look at the question.
        if visit.may(action) || visit.actor.memberships.is_empty() {
            return visit.must(action);
        }
        visit.must_in(action, self.question_team(visit, question).await?)
    }

    /// Puts a question to a team.
    ///
    /// # Errors
    /// When the visitor may not ask, nobody may at the moment, the text is not within the tenant's limits, their name is
    /// needed and missing, or the team is not the tenant's.
    pub async fn ask(&self, visit: &Visit, key: Key, ask: Ask) -> Result<Question, Refusal> {
        visit.must_in(Action::Ask, ask.team)?;
        if !visit.tenant.settings.asking_open {
            return Err(Refusal::AskingClosed);
        }
        let author = visit.participant()?;
        let body = QuestionBody::parse(&ask.body, visit.tenant.settings.question_length)
            .map_err(|problem| Refusal::field("question", problem))?;
        let author_name = visit.settings_in(ask.team).names.author(ask.name.as_deref());
        let author_name = author_name.map_err(|problem| Refusal::field("name", problem))?;
        if let Some(name) = &author_name {
            self.must_be_free(visit, ask.team, name).await?;
        }
        let texts = std::iter::once(body.as_str()).chain(author_name.as_ref().map(Name::as_str));
        let hold = texts.filter_map(|text| Self::hold(visit, ask.team, text)).next();
        // Whoever moderates the team collects questions for others as well.
        let most_open = self.most_open.filter(|_| visit.actor.role_in(ask.team) < Role::Moderator);
        let id = self.new_question_id();
        let new = NewQuestion { id, team: ask.team, body, author, hold, author_name, most_open };
        let (write, _turn) = self.write(visit, Action::Ask, key, author.0).await?;
        let question = self.store.ask(write, new).await?;
        self.notifier.ring(visit.tenant.id, Look::Facts);
        Ok(question)
    }

    /// Makes the visitor's vote be what they want it to be.
    ///
    /// # Errors
    /// When the visitor may not vote, or the question is not the tenant's or takes no votes.
    pub async fn set_vote(&self, visit: &Visit, key: Key, vote: SetVote) -> Result<VoteReceipt, Refusal> {
        self.must_vote(visit, vote.question).await?;
        let settings = &visit.tenant.settings;
        if !settings.voting_open {
            return Err(Refusal::VotesClosed);
        }
        let voter = visit.participant()?;
        let ballot = Ballot { question: vote.question, voter, up: vote.up, own_votes: settings.own_votes };
        let (write, _turn) = self.write(visit, Action::Vote, key, voter.0).await?;
        let receipt = self.store.set_vote(write, ballot).await?;
        self.notifier.ring(visit.tenant.id, Look::Tallies);
        Ok(receipt)
    }

    /// Where some teams take guests and others do not, it depends on the question whether this visitor may vote.
    async fn must_vote(&self, visit: &Visit, question: QuestionId) -> Result<(), Refusal> {
        if !visit.rules.tell_guests_apart() {
            return visit.must(Action::Vote);
        }
        visit.must_in(Action::Vote, self.question_team(visit, question).await?)
    }

    /// Answers a question, or changes its answer.
    ///
    /// # Errors
    /// When the visitor may not answer, the text is empty or too long, or the question is not the tenant's or is frozen.
    pub async fn answer(&self, visit: &Visit, key: Key, answer: AnswerQuestion) -> Result<Question, Refusal> {
        self.must_on(visit, Action::Answer, answer.question).await?;
        let by = visit.user()?;
        let text = AnswerText::parse(&answer.text).map_err(|problem| Refusal::field("answer", problem))?;
        let (write, _turn) = self.write(visit, Action::Answer, key, by.0).await?;
        let question = self.store.answer(write, answer.question, text, answer.seen, by).await?;
        self.notifier.ring(visit.tenant.id, Look::TakenBack);
        Ok(question)
    }

    /// Puts a tag on a question or takes it off.
    ///
    /// # Errors
    /// When the visitor may not tag, or the question or the tag is not the tenant's.
    pub async fn set_tag(&self, visit: &Visit, key: Key, set: SetTag) -> Result<Question, Refusal> {
        self.must_on(visit, Action::Tag, set.question).await?;
        let by = visit.user()?;
        let (write, _turn) = self.write(visit, Action::Tag, key, by.0).await?;
        let question = self.store.set_tag(write, set.question, set.tag, set.on).await?;
        self.notifier.ring(visit.tenant.id, Look::Facts);
        Ok(question)
    }

    /// Pins a question to the top, or lets it go.
    ///
    /// # Errors
    /// When the visitor may not pin, or the question is not the tenant's.
    pub async fn set_pinned(&self, visit: &Visit, key: Key, set: SetMark) -> Result<Question, Refusal> {
        self.must_on(visit, Action::Pin, set.question).await?;
        let by = visit.user()?;
        let (write, _turn) = self.write(visit, Action::Pin, key, by.0).await?;
        let question = self.store.set_pinned(write, set.question, set.on, by).await?;
        self.notifier.ring(visit.tenant.id, Look::Facts);
        Ok(question)
    }

    /// Closes a question to votes and answers, or opens it again.
    ///
    /// # Errors
    /// When the visitor may not freeze, or the question is not the tenant's.
    pub async fn set_frozen(&self, visit: &Visit, key: Key, set: SetMark) -> Result<Question, Refusal> {
        self.must_on(visit, Action::Freeze, set.question).await?;
        let by = visit.user()?;
        let (write, _turn) = self.write(visit, Action::Freeze, key, by.0).await?;
        let question = self.store.set_frozen(write, set.question, set.on, by).await?;
        self.notifier.ring(visit.tenant.id, Look::Facts);
        Ok(question)
    }
}
