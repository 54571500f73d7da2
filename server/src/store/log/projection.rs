//! The log as it is told: each fact with the texts and names that are there when it is read.
//!
//! A row of `events` names what it speaks of. What is said of it is read from where it lives, in the same moment: a
//! question that was edited comes with the text that it has now, and a fact about something that nobody sees any more
//! moves the cursor and says nothing. Whoever goes on from any cursor therefore never learns what was taken back, and
//! ends with the board as it is, for facts tell how things are and not what has changed.

use std::collections::HashMap;

use pulsestage::audience::Audience;
use pulsestage::event::{
    Envelope, Event, EventType, Fact, FactIdentity, Gone, LogPage, QuestionAnswered, QuestionCreated, QuestionFrozen,
    QuestionMerged, QuestionPinned, QuestionRef, QuestionReviewed, QuestionTags, QuestionUpdated,
};
use pulsestage::id::{ParticipantId, QuestionId, TagId, TeamId, TenantId};
use pulsestage::moderation::{Removal, Standing};
use pulsestage::question::{Question, Status};
use pulsestage::tag::Tag;
use pulsestage::team::Team;
use pulsestage::tenant::Tenant;
use pulsestage::time::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use crate::store::db_error::{DbError, DbResult};
use crate::store::rows::{QuestionRow, TagRow, TeamRow, TenantRow, tags_by_name};
use crate::store::{Db, Tx, sql};

/// A row of `events`.
#[derive(FromRow)]
struct FactRow {
    seq: i64,
    #[sqlx(rename = "type")]
    kind: String,
    team_id: Option<Uuid>,
    audience: String,
    asker_id: Option<Uuid>,
    subject_id: Option<Uuid>,
    into_id: Option<Uuid>,
    at: i64,
}

/// A question that a fact speaks of.
#[derive(FromRow)]
struct SubjectRow {
    #[sqlx(flatten)]
    question: QuestionRow,
    removal: Option<String>,
    is_archived: bool,
}

/// A tag on a question that a fact speaks of.
#[derive(FromRow)]
struct OnQuestionRow {
    question_id: Uuid,
    #[sqlx(flatten)]
    tag: TagRow,
}

/// A question that a fact speaks of, as it is now.
struct CurrentQuestion {
    /// As everybody sees it, if anybody does.
    public: Option<Question>,
    standing: Standing,
}

/// What some facts speak of, as it is now.
#[derive(Default)]
struct CurrentState {
    questions: HashMap<QuestionId, CurrentQuestion>,
    teams: HashMap<TeamId, Team>,
    tags: HashMap<TagId, Tag>,
    tenant: Option<Tenant>,
}

/// The facts after `seq`, at most so many, and what the fact at `seq` is.
pub(in crate::store) async fn page(db: &Db, tenant: TenantId, seq: i64, limit: i64) -> DbResult<LogPage> {
    // SQLite takes a negative limit for none, PostgreSQL for an error.
    let limit = limit.max(0);
    let is_there: Option<i64> = fetch_optional!(scalar & db.read, sql::facts::NEXT, tenant.0, seq, limit)?;
    // Asked for after every vote, and then there is nothing: that is one trip.
    if is_there.is_none() {
        return Ok(LogPage { known: None, facts: Vec::new() });
    }
    tx!(db.begin_read(), tx => {
        let mut rows: Vec<FactRow> = fetch_all!(&mut tx, sql::facts::LOG_PAGE, tenant.0, seq, limit.saturating_add(1))?;
        let known = rows.first().filter(|row| row.seq == seq).map(FactRow::identity);
        if known.is_some() {
            rows.remove(0);
        }
        rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let now = read_now(&mut tx, tenant, seq, &rows).await?;
        let facts = rows.into_iter().map(|row| row.into_fact(tenant, &now)).collect::<DbResult<Vec<Fact>>>()?;
        Ok(LogPage { known, facts })
    })
}

/// Reads what these facts after `seq` speak of, as far as there are such facts.
async fn read_now(tx: &mut Tx, tenant: TenantId, seq: i64, rows: &[FactRow]) -> DbResult<CurrentState> {
    let mut now = CurrentState::default();
    let Some(last) = rows.last().map(|row| row.seq) else { return Ok(now) };
    let is_there = |of: &str| rows.iter().any(|row| row.kind.starts_with(of));
    if is_there("question:") {
        now.questions = questions(tx, tenant, (seq, last)).await?;
    }
    if is_there("team:") {
        let teams: Vec<TeamRow> = fetch_all!(&mut *tx, sql::facts::TEAMS, tenant.0, seq, last)?;
        now.teams = teams.into_iter().map(Team::from).map(|team| (team.id, team)).collect();
    }
    if is_there("tag:") {
        let tags: Vec<TagRow> = fetch_all!(&mut *tx, sql::facts::TAGS, tenant.0, seq, last)?;
        now.tags = tags.into_iter().map(Tag::from).map(|tag| (tag.id, tag)).collect();
    }
    if is_there("tenant:") {
        let row: Option<TenantRow> = fetch_optional!(&mut *tx, sql::tenants::BY_ID, tenant.0)?;
        now.tenant = row.map(TenantRow::into_tenant).transpose()?;
    }
    Ok(now)
}

async fn questions(
    tx: &mut Tx,
    tenant: TenantId,
    (seq, last): (i64, i64),
) -> DbResult<HashMap<QuestionId, CurrentQuestion>> {
    let rows: Vec<SubjectRow> = fetch_all!(&mut *tx, sql::facts::QUESTIONS, tenant.0, seq, last)?;
    let on_questions: Vec<OnQuestionRow> = fetch_all!(&mut *tx, sql::facts::QUESTION_TAGS, tenant.0, seq, last)?;
    let mut tags: HashMap<QuestionId, Vec<TagRow>> = HashMap::new();
    for row in on_questions {
        tags.entry(QuestionId(row.question_id)).or_default().push(row.tag);
    }
    let subject = |row: SubjectRow| {
        let id = row.question.id();
        let tags = tags_by_name(tags.remove(&id).unwrap_or_default());
        Ok((id, row.into_subject(tags)?))
    };
    rows.into_iter().map(subject).collect()
}

impl SubjectRow {
    fn into_subject(self, tags: Vec<Tag>) -> DbResult<CurrentQuestion> {
        let unknown = |_| DbError::Unreadable("removal", "unknown word".to_owned());
        let removal: Option<Removal> = self.removal.map(|word| word.parse()).transpose().map_err(unknown)?;
        let status = self.question.status()?;
        let is_public = removal.is_none() && status != Status::UnderReview && !self.is_archived;
        let public = if is_public { Some(self.question.into_question(tags)?) } else { None };
        Ok(CurrentQuestion { public, standing: Standing::of(removal, status) })
    }
}

impl FactRow {
    fn identity(&self) -> FactIdentity {
        FactIdentity { at: Timestamp(self.at), subject: self.subject_id }
    }

    fn into_fact(self, tenant: TenantId, now: &CurrentState) -> DbResult<Fact> {
        let audience = match self.audience.as_str() {
            "all" => Audience::Everybody,
            "staff" => Audience::Staff,
            "asker" if let Some(asker) = self.asker_id => Audience::Asker(ParticipantId(asker)),
            other => return Err(DbError::Unreadable("audience", other.to_owned())),
        };
        let event = now.tell(&self)?;
        let at = Timestamp(self.at);
        // When a question was asked is told to the second, here as in the question itself.
        let timestamp = if matches!(event, Some(Event::Created(_))) { at.whole_second() } else { at };
        Ok(Fact {
            seq: self.seq,
            team: self.team_id.map(TeamId),
            audience,
            at,
            subject: self.subject_id,
            envelope: event.map(|event| Envelope { tenant_id: tenant, event, timestamp }),
        })
    }
}

impl CurrentState {
    /// What a fact says now; nothing when what it speaks of is not there for its audience any more.
    fn tell(&self, row: &FactRow) -> DbResult<Option<Event>> {
        let id = row.subject_id.ok_or_else(|| DbError::Unreadable("event", "it speaks of nothing".to_owned()))?;
        let question_id = QuestionId(id);
        let question = || self.questions.get(&question_id).and_then(|subject| subject.public.as_ref());
        let (team, tag) = (|| self.teams.get(&TeamId(id)).cloned(), || self.tags.get(&TagId(id)).cloned());
        let unknown = || DbError::Unreadable("event", row.kind.clone());
        Ok(match row.kind.parse().map_err(|_| unknown())? {
            EventType::Created => question().map(QuestionCreated::of).map(Event::Created),
            EventType::Answered => question().and_then(QuestionAnswered::of).map(Event::Answered),
            EventType::Updated => question().map(QuestionUpdated::of).map(Event::Updated),
            EventType::Tagged => question().map(tags_of).map(Event::Tagged),
            EventType::Untagged => question().map(tags_of).map(Event::Untagged),
            EventType::Pinned => question().map(QuestionPinned::of).map(Event::Pinned),
            EventType::Frozen => question().map(QuestionFrozen::of).map(Event::Frozen),
            EventType::Removed => Some(Event::Removed(QuestionRef { question_id })),
            EventType::Moderated => Some(Event::Moderated(QuestionRef { question_id })),
            EventType::Merged => {
                let into = row.into_id.map(QuestionId);
                let into = into.ok_or_else(|| DbError::Unreadable("event", "merged into nothing".to_owned()))?;
                Some(Event::Merged(QuestionMerged { question_id, into }))
            }
            EventType::Reviewed => self
                .questions
                .get(&question_id)
                .map(|subject| Event::Reviewed(QuestionReviewed { question_id, standing: subject.standing })),
            EventType::TeamCreated => team().map(Event::TeamCreated),
            EventType::TeamUpdated => team().map(Event::TeamUpdated),
            EventType::TeamRestored => team().map(Event::TeamRestored),
            EventType::TeamArchived => Some(Event::TeamArchived(Gone { id })),
            EventType::TagCreated => tag().map(Event::TagCreated),
            EventType::TagUpdated => tag().map(Event::TagUpdated),
            EventType::TagDeleted => Some(Event::TagDeleted(Gone { id })),
            EventType::TenantUpdated => self.tenant.clone().map(Event::TenantUpdated),
            EventType::Upvoted
            | EventType::TeamCounted
            | EventType::Connected
            | EventType::Cursor
            | EventType::Heartbeat
            | EventType::Stale
            | EventType::Closing
            | EventType::Resync => return Err(unknown()),
        })
    }
}

fn tags_of(question: &Question) -> QuestionTags {
    QuestionTags { question_id: question.id, tags: question.tags.clone() }
}
