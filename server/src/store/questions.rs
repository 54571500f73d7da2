//! Questions: asked, answered, pinned, frozen.

use pulsestage::audience::Audience;
use pulsestage::audit::{Act, Entry};
use pulsestage::error::{Noun, Refusal};
use pulsestage::event::{
    Event, QuestionAnswered, QuestionCreated, QuestionFrozen, QuestionPinned, QuestionRef, QuestionReviewed,
};
use pulsestage::id::{ParticipantId, QuestionId, TeamId, TenantId, UserId};
use pulsestage::moderation::Standing;
use pulsestage::ports::{NewQuestion, Write};
use pulsestage::question::{Question, Status};
use pulsestage::tag::Tag;
use pulsestage::team::TeamState;
use pulsestage::text::{AnswerText, Name};

use super::audit::note;
use super::db_error::DbResult;
use super::facts::LogSlot;
use super::moderation::length;
use super::operations::{Claim, Operation, claim};
use super::quota::{Counted, room_for, room_for_asker};
use super::rows::{QuestionRow, TagRow, tags_by_name};
use super::{SqlStore, Tx, sql, teams};

/// A mark that a moderator puts on a question and takes off again: what differs between the two marks.
struct MarkKind {
    statement: &'static str,
    set: (&'static str, Act),
    unset: (&'static str, Act),
    field: &'static str,
    event: fn(&Question) -> Event,
}

const PIN: MarkKind = MarkKind {
    statement: sql::questions::PIN,
    set: ("pin", Act::Pin),
    unset: ("unpin", Act::Unpin),
    field: "pinned",
    event: |question| Event::Pinned(QuestionPinned::of(question)),
};

const FREEZE: MarkKind = MarkKind {
    statement: sql::questions::FREEZE,
    set: ("freeze", Act::Freeze),
    unset: ("unfreeze", Act::Unfreeze),
    field: "frozen",
    event: |question| Event::Frozen(QuestionFrozen::of(question)),
};

impl SqlStore {
    pub(super) async fn question_team(&self, tenant: TenantId, id: QuestionId) -> DbResult<Option<TeamId>> {
        let team = on!(&self.read, pool => sqlx::query_scalar(sql::questions::TEAM_OF)
            .bind(tenant.0)
            .bind(id.0)
            .fetch_optional(pool)
            .await)?;
        Ok(team.map(TeamId))
    }

    pub(super) async fn insert_question(&self, write: Write, new: NewQuestion) -> DbResult<Question> {
        let operation = {
            let name = new.author_name.as_ref().map(Name::as_str).unwrap_or_default();
            Operation::new("ask", new.id.0, &[new.team.0.as_bytes(), new.body.as_str().as_bytes(), name.as_bytes()])
        };
        written!(self, tx => {
            if let Claim::DbResult(asked) = claim(tx, &write, &operation).await? {
                // Also one that is held back: whoever asked it may know that it arrived.
                let row = row(tx, write.tenant, QuestionId(asked)).await?.ok_or_else(missing)?;
                return with_tags(tx, write.tenant, row).await;
            }
            let place = LogSlot::take(tx, write.tenant).await?;
            room_for(tx, write.tenant, Counted::Questions).await?;
            room_for_asker(tx, write.tenant, new.author, new.most_open).await?;
            let status = if new.hold.is_some() { Status::UnderReview } else { Status::Open };
            let inserted = on!(tx, t => sqlx::query(sql::questions::INSERT)
                .bind(write.tenant.0)
                .bind(new.team.0)
                .bind(new.id.0)
                .bind(new.author.0)
                .bind(new.body.as_str())
                .bind(status.as_str())
                .bind(write.at.0)
                .bind(new.hold.as_ref().map(ToString::to_string))
                .bind(new.author_name.as_ref().map(Name::as_str))
                .execute(&mut **t)
                .await
                .map(|done| done.rows_affected()))?;
            if inserted == 0 {
                // There is no such team, or it says why it takes none.
                let state = teams::team(tx, write.tenant, new.team).await?.state;
                let closed = state == TeamState::Closed;
                return Err(if closed { Refusal::TeamClosed } else { Refusal::AskingClosed }.into());
            }
            let question = Question {
                id: new.id,
                team_id: new.team,
                body: new.body.into_string(),
                upvotes: 0,
                status,
                created_at: write.at.whole_second(),
                tags: Vec::new(),
                answer: None,
                pinned: None,
                frozen: None,
                author_name: new.author_name.map(Name::into_string),
            };
            let facts = match new.hold {
                None => vec![(Audience::Everybody, Event::Created(QuestionCreated::of(&question)))],
                Some(_) => held_back(&question, new.author),
            };
            place.write_all(tx, &write, new.team, facts).await?;
            Ok(question)
        })
    }

    pub(super) async fn answer_question(
        &self,
        write: Write,
        id: QuestionId,
        text: AnswerText,
        seen: Option<i64>,
        by: UserId,
    ) -> DbResult<Question> {
        let operation = Operation::new("answer", id.0, &[id.0.as_bytes(), text.as_str().as_bytes()]);
        let done = written!(self, tx => {
            if let Claim::DbResult(_) = claim(tx, &write, &operation).await? {
                return public(tx, write.tenant, id).await;
            }
            let place = LogSlot::take(tx, write.tenant).await?;
            let before = public(tx, write.tenant, id).await?.answer.map(|answer| answer.response_text);
            let answered: Option<QuestionRow> = on!(tx, t => sqlx::query_as(sql::questions::ANSWER)
                .bind(write.tenant.0)
                .bind(id.0)
                .bind(text.as_str())
                .bind(write.at.0)
                .bind(by.0)
                .bind(seen)
                .fetch_optional(&mut **t)
                .await)?;
            let Some(row) = answered else {
                let now = public(tx, write.tenant, id).await?;
                return Err(if now.frozen.is_some() { Refusal::Frozen } else { Refusal::Changed }.into());
            };
            let question = with_tags(tx, write.tenant, row).await?;
            let entry = Entry::of(by, Act::Answer).team(question.team_id).subject(id);
            let before = before.as_deref().map(length);
            note(tx, &write, entry.change("answerLength", before, length(text.as_str()))).await?;
            let event = Event::Answered(QuestionAnswered {
                id,
                response_text: text.into_string(),
                responded_at: write.at,
                status: question.status,
            });
            place.write(tx, &write, Some(question.team_id), &event).await?;
            Ok(question)
        })?;
        self.truncate_log();
        Ok(done)
    }

    pub(super) async fn pin_question(&self, write: Write, id: QuestionId, on: bool, by: UserId) -> DbResult<Question> {
        self.mark(write, id, &PIN, on, by).await
    }

    pub(super) async fn freeze_question(
        &self,
        write: Write,
        id: QuestionId,
        on: bool,
        by: UserId,
    ) -> DbResult<Question> {
        self.mark(write, id, &FREEZE, on, by).await
    }

    async fn mark(
        &self,
        write: Write,
        id: QuestionId,
        mark: &'static MarkKind,
        on: bool,
        by: UserId,
    ) -> DbResult<Question> {
        let (kind, act) = if on { mark.set } else { mark.unset };
        let operation = Operation::new(kind, id.0, &[id.0.as_bytes()]);
        written!(self, tx => {
            if let Claim::DbResult(_) = claim(tx, &write, &operation).await? {
                return public(tx, write.tenant, id).await;
            }
            let place = LogSlot::take(tx, write.tenant).await?;
            let marked: Option<QuestionRow> = on!(tx, t => sqlx::query_as(mark.statement)
                .bind(write.tenant.0)
                .bind(id.0)
                .bind(on.then_some(by.0))
                .bind(on.then_some(write.at.0))
                .bind(on)
                .fetch_optional(&mut **t)
                .await)?;
            let Some(row) = marked else {
                let question = public(tx, write.tenant, id).await?;
                place.give_back(tx).await?;
                return Ok(question);
            };
            let question = with_tags(tx, write.tenant, row).await?;
            place.write(tx, &write, Some(question.team_id), &(mark.event)(&question)).await?;
            let entry = Entry::of(by, act).team(question.team_id).subject(id).change(mark.field, !on, on);
            note(tx, &write, entry).await?;
            Ok(question)
        })
    }
}

/// The question is not there for whoever asks.
pub(super) fn missing() -> Refusal {
    Refusal::NotFound { what: Noun::Question }
}

/// What is told of a question that waits: that there is one, to moderators and to its asker.
fn held_back(question: &Question, author: ParticipantId) -> Vec<(Audience, Event)> {
    let (question_id, standing) = (question.id, Standing::Waiting);
    vec![
        (Audience::Staff, Event::Moderated(QuestionRef { question_id })),
        (Audience::Asker(author), Event::Reviewed(QuestionReviewed { question_id, standing })),
    ]
}

/// The row of a question in any state.
async fn row(tx: &mut Tx, tenant: TenantId, id: QuestionId) -> DbResult<Option<QuestionRow>> {
    Ok(on!(tx, t => sqlx::query_as(sql::questions::BY_ID).bind(tenant.0).bind(id.0).fetch_optional(&mut **t).await)?)
}

/// The row of a question that everybody sees.
pub(super) async fn public_row(tx: &mut Tx, tenant: TenantId, id: QuestionId) -> DbResult<QuestionRow> {
    let row: Option<QuestionRow> = on!(tx, t => sqlx::query_as(sql::questions::PUBLIC)
        .bind(tenant.0)
        .bind(id.0)
        .fetch_optional(&mut **t)
        .await)?;
    row.ok_or_else(|| missing().into())
}

/// A question that is not held back, as it is now.
pub(super) async fn public(tx: &mut Tx, tenant: TenantId, id: QuestionId) -> DbResult<Question> {
    let row = public_row(tx, tenant, id).await?;
    with_tags(tx, tenant, row).await
}

/// The question of a row, with the tags that are on it now.
pub(super) async fn with_tags(tx: &mut Tx, tenant: TenantId, row: QuestionRow) -> DbResult<Question> {
    let tags = tags_of(tx, tenant, row.id()).await?;
    row.into_question(tags)
}

/// The tags that are on a question now.
pub(super) async fn tags_of(tx: &mut Tx, tenant: TenantId, id: QuestionId) -> DbResult<Vec<Tag>> {
    let tags: Vec<TagRow> = on!(tx, t => sqlx::query_as(sql::questions::TAGS_OF)
        .bind(tenant.0)
        .bind(id.0)
        .fetch_all(&mut **t)
        .await)?;
    Ok(tags_by_name(tags))
}
