//! Questions: asked, answered, pinned, frozen.

use async_trait::async_trait;
use pulsestage::audience::Audience;
use pulsestage::audit::{Act, Entry};
use pulsestage::error::{Noun, Refusal};
use pulsestage::event::{
    Event, QuestionAnswered, QuestionCreated, QuestionFrozen, QuestionPinned, QuestionRef, QuestionReviewed,
};
use pulsestage::id::{ParticipantId, QuestionId, TeamId, TenantId, UserId};
use pulsestage::moderation::Standing;
use pulsestage::ports::{NewQuestion, QuestionStore, StoreResult, Write};
use pulsestage::question::{Question, Status};
use pulsestage::search::same_text;
use pulsestage::tag::Tag;
use pulsestage::team::TeamState;
use pulsestage::text::{AnswerText, Name};

use crate::store::audit::note;
use crate::store::db_error::DbResult;
use crate::store::log::facts::LogSlot;
use crate::store::moderation::length;
use crate::store::operations::{KeyClaim, Operation, claim};
use crate::store::rows::{QuestionRow, TagRow, tags_by_name};
use crate::store::tenancy::quota::{Counted, room_for, room_for_asker};
use crate::store::tenancy::teams;
use crate::store::{Db, Kind, SqlStore, Tx, sql};

pub(in crate::store) mod boards;
mod tags;
mod texts;
pub(in crate::store) mod threads;
mod votes;

/// A mark that a moderator puts on a question and takes off again: what differs between the two marks.
struct MarkKind {
    statement: &'static str,
    set: (&'static str, Act),
    unset: (&'static str, Act),
    field: &'static str,
    event: fn(&Question) -> Event,
}

const PIN: MarkKind = MarkKind {
    statement: sql::questions::SET_PINNED,
    set: ("pin", Act::Pin),
    unset: ("unpin", Act::Unpin),
    field: "pinned",
    event: |question| Event::Pinned(QuestionPinned::of(question)),
};

const FREEZE: MarkKind = MarkKind {
    statement: sql::questions::SET_FROZEN,
    set: ("freeze", Act::Freeze),
    unset: ("unfreeze", Act::Unfreeze),
    field: "frozen",
    event: |question| Event::Frozen(QuestionFrozen::of(question)),
};

#[async_trait]
impl QuestionStore for SqlStore {
    async fn team_of(&self, tenant: TenantId, id: QuestionId) -> StoreResult<Option<TeamId>> {
        self.run(Kind::Moderate, async move |db| {
            let team = fetch_optional!(scalar & db.read, sql::questions::TEAM_OF, tenant.0, id.0)?;
            Ok(team.map(TeamId))
        })
        .await
    }

    async fn ask(&self, write: Write, new: NewQuestion) -> StoreResult<Question> {
        self.run(Kind::Ask, async move |db| {
            let operation = {
                let name = new.author_name.as_ref().map(Name::as_str).unwrap_or_default();
                Operation::new("ask", new.id.0, &[new.team.0.as_bytes(), new.body.as_str().as_bytes(), name.as_bytes()])
            };
            written!(db, tx => {
                if let KeyClaim::Repeated(asked) = claim(tx, &write, &operation).await? {
                    // Also one that is held back: whoever asked it may know that it arrived.
                    let row = row(tx, write.tenant, QuestionId(asked)).await?.ok_or_else(missing)?;
                    return with_tags(tx, write.tenant, row).await;
                }
                let place = LogSlot::take(tx, write.tenant).await?;
                room_for(tx, write.tenant, Counted::Questions).await?;
                if new.only_once {
                    not_asked_yet(tx, write.tenant, &new).await?;
                }
                room_for_asker(tx, write.tenant, new.author, new.most_open).await?;
                let status = if new.hold.is_some() { Status::UnderReview } else { Status::Open };
                let inserted = execute!(
                    tx,
                    sql::questions::ASK,
                    write.tenant.0,
                    new.team.0,
                    new.id.0,
                    new.author.0,
                    new.body.as_str(),
                    status.as_str(),
                    write.at.0,
                    new.hold.as_ref().map(ToString::to_string),
                    new.author_name.as_ref().map(Name::as_str),
                )?;
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
        })
        .await
    }

    async fn answer(
        &self,
        write: Write,
        id: QuestionId,
        text: AnswerText,
        seen: Option<i64>,
        by: UserId,
    ) -> StoreResult<Question> {
        self.run(Kind::Moderate, async move |db| {
            let operation = Operation::new("answer", id.0, &[id.0.as_bytes(), text.as_str().as_bytes()]);
            let done = written!(db, tx => {
                if let KeyClaim::Repeated(_) = claim(tx, &write, &operation).await? {
                    return public(tx, write.tenant, id).await;
                }
                let place = LogSlot::take(tx, write.tenant).await?;
                let before = public(tx, write.tenant, id).await?.answer.map(|answer| answer.response_text);
                let answered: Option<QuestionRow> = fetch_optional!(
                    tx, sql::questions::ANSWER, write.tenant.0, id.0, text.as_str(), write.at.0, by.0, seen
                )?;
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
            db.truncate_log();
            Ok(done)
        })
        .await
    }

    async fn set_pinned(&self, write: Write, id: QuestionId, on: bool, by: UserId) -> StoreResult<Question> {
        self.run(Kind::Moderate, async move |db| db.mark(write, id, &PIN, on, by).await).await
    }

    async fn set_frozen(&self, write: Write, id: QuestionId, on: bool, by: UserId) -> StoreResult<Question> {
        self.run(Kind::Moderate, async move |db| db.mark(write, id, &FREEZE, on, by).await).await
    }
}

impl Db {
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
            if let KeyClaim::Repeated(_) = claim(tx, &write, &operation).await? {
                return public(tx, write.tenant, id).await;
            }
            let place = LogSlot::take(tx, write.tenant).await?;
            let marked: Option<QuestionRow> = fetch_optional!(
                tx, mark.statement, write.tenant.0, id.0, on.then_some(by.0), on.then_some(write.at.0), on
            )?;
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

/// Refuses a text that its asker has on the board already. The transaction has a place in the tenant's log, so that of two
/// that are sent at once one comes second.
async fn not_asked_yet(tx: &mut Tx, tenant: TenantId, new: &NewQuestion) -> DbResult<()> {
    let texts: Vec<String> = fetch_all!(scalar tx, sql::questions::TEXTS_OF_ASKER, tenant.0, new.author.0)?;
    match texts.iter().any(|text| same_text(text, new.body.as_str())) {
        true => Err(Refusal::ASKED_BEFORE.into()),
        false => Ok(()),
    }
}

/// The question is not there for whoever asks.
pub(in crate::store) fn missing() -> Refusal {
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
    Ok(fetch_optional!(tx, sql::questions::BY_ID, tenant.0, id.0)?)
}

/// The row of a question that everybody sees.
pub(in crate::store) async fn public_row(tx: &mut Tx, tenant: TenantId, id: QuestionId) -> DbResult<QuestionRow> {
    let row: Option<QuestionRow> = fetch_optional!(tx, sql::questions::PUBLIC, tenant.0, id.0)?;
    row.ok_or_else(|| missing().into())
}

/// A question that is not held back, as it is now.
pub(in crate::store) async fn public(tx: &mut Tx, tenant: TenantId, id: QuestionId) -> DbResult<Question> {
    let row = public_row(tx, tenant, id).await?;
    with_tags(tx, tenant, row).await
}

/// The question of a row, with the tags that are on it now.
pub(in crate::store) async fn with_tags(tx: &mut Tx, tenant: TenantId, row: QuestionRow) -> DbResult<Question> {
    let tags = tags_of(tx, tenant, row.id()).await?;
    row.into_question(tags)
}

/// The tags that are on a question now.
pub(in crate::store) async fn tags_of(tx: &mut Tx, tenant: TenantId, id: QuestionId) -> DbResult<Vec<Tag>> {
    let tags: Vec<TagRow> = fetch_all!(tx, sql::questions::TAGS_OF, tenant.0, id.0)?;
    Ok(tags_by_name(tags))
}
