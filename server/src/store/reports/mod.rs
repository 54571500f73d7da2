//! Questions and votes as they are exported, and counts put right.

use async_trait::async_trait;
use pulsestage::audit::{Act, Entry};
use pulsestage::export::{ExportedQuestion, Miscount, QuestionCursor, QuestionFilter, Scope, State, Voters};
use pulsestage::id::{ParticipantId, QuestionId, TeamId, TenantId};
use pulsestage::ports::{ReportStore, StoreResult, Write};
use pulsestage::tag::Tag;
use pulsestage::team::TeamName;
use pulsestage::time::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use crate::store::audit::note;
use crate::store::db_error::{DbError, DbResult};
use crate::store::rows::{TagRow, tags_by_name};
use crate::store::{Kind, SqlStore, sql};

mod statistics;

/// What parts the names of tags where they are read as one text. No name has it in it.
const PART: &str = "\u{1f}";

/// A question with the names of what it refers to.
#[derive(FromRow)]
struct ExportRow {
    id: Uuid,
    upvotes: i64,
    team: String,
    state: String,
    created_at: i64,
    body: String,
    original_body: Option<String>,
    response_text: Option<String>,
    responded_at: Option<i64>,
    responded_by_name: Option<String>,
    pinned: bool,
    frozen: bool,
    starred: bool,
    label: Option<String>,
    removal_reason: Option<String>,
    merged_into: Option<Uuid>,
    tags: Option<String>,
}

impl ExportRow {
    fn into_question(self) -> DbResult<ExportedQuestion> {
        let unknown = || DbError::Unreadable("question state", "unknown word".to_owned());
        let mut tags: Vec<String> = self
            .tags
            .as_deref()
            .unwrap_or_default()
            .split(PART)
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect();
        tags.sort_by_cached_key(|name| name.to_lowercase());
        Ok(ExportedQuestion {
            id: QuestionId(self.id),
            votes: self.upvotes,
            team: self.team,
            state: State::of_word(&self.state).ok_or_else(unknown)?,
            asked_at: Timestamp(self.created_at),
            text: self.body,
            original_text: self.original_body,
            tags,
            answer: self.response_text,
            answered_at: self.responded_at.map(Timestamp),
            answered_by: self.responded_by_name,
            pinned: self.pinned,
            frozen: self.frozen,
            starred: self.starred,
            label: self.label,
            reason: self.removal_reason,
            merged_into: self.merged_into.map(QuestionId),
        })
    }
}

/// A vote beside the count of its question.
#[derive(FromRow)]
struct VoterRow {
    upvotes: i64,
    voter_id: Option<Uuid>,
}

/// A count beside what it should be.
#[derive(FromRow)]
struct MiscountRow {
    id: Uuid,
    upvotes: i64,
    votes: i64,
}

/// A question whose row was taken.
#[derive(FromRow)]
struct HeldRow {
    team_id: Uuid,
    upvotes: i64,
}

/// Whose reach a statement is bound to; null is everybody's.
pub(in crate::store) fn reach(scope: Scope) -> Option<Uuid> {
    match scope {
        Scope::Tenant => None,
        Scope::ModeratedBy(user) => Some(user.0),
    }
}

#[async_trait]
impl ReportStore for SqlStore {
    async fn teams_within(&self, tenant: TenantId, scope: Scope) -> StoreResult<Vec<TeamName>> {
        self.run(Kind::Report, async move |db| {
            let rows: Vec<(Uuid, String)> =
                fetch_all!(&db.read, sql::reports::TEAMS_WITHIN, tenant.0, None::<Uuid>, reach(scope))?;
            let mut teams: Vec<TeamName> =
                rows.into_iter().map(|(id, name)| TeamName { id: TeamId(id), name }).collect();
            teams.sort_by_cached_key(|team| (team.name.to_lowercase(), team.id));
            Ok(teams)
        })
        .await
    }

    async fn palette(&self, tenant: TenantId) -> StoreResult<Vec<Tag>> {
        self.run(Kind::Report, async move |db| {
            let rows: Vec<TagRow> = fetch_all!(&db.read, sql::boards::TAGS, tenant.0)?;
            Ok(tags_by_name(rows))
        })
        .await
    }

    async fn exported_questions(
        &self,
        tenant: TenantId,
        scope: Scope,
        filter: &QuestionFilter,
        after: QuestionCursor,
        limit: i64,
    ) -> StoreResult<Vec<ExportedQuestion>> {
        self.run(Kind::Report, async move |db| {
            let rows: Vec<ExportRow> = fetch_all!(
                &db.read,
                sql::reports::EXPORTED_QUESTIONS,
                tenant.0,
                after.at.0,
                after.id.0,
                filter.from.map_or(i64::MIN, |from| from.0),
                filter.until.map_or(i64::MAX, |until| until.0),
                filter.team.map(|team| team.0),
                filter.state.map(State::as_str),
                filter.tag.map(|tag| tag.0),
                reach(scope),
                limit.max(0),
                PART,
            )?;
            rows.into_iter().map(ExportRow::into_question).collect()
        })
        .await
    }

    async fn voters(&self, tenant: TenantId, scope: Scope, question: QuestionId) -> StoreResult<Option<Voters>> {
        self.run(Kind::Report, async move |db| {
            let rows: Vec<VoterRow> = fetch_all!(&db.read, sql::reports::VOTERS, tenant.0, question.0, reach(scope))?;
            let Some(total) = rows.first().map(|row| row.upvotes) else { return Ok(None) };
            let voters = rows.into_iter().filter_map(|row| row.voter_id).map(ParticipantId).collect();
            Ok(Some(Voters { question, total, voters }))
        })
        .await
    }

    async fn recount(&self, tenant: TenantId) -> StoreResult<(i64, Vec<Miscount>)> {
        self.run(Kind::Report, async move |db| {
            tx!(db.begin_read(), tx => {
                let count: i64 = fetch_one!(scalar &mut tx, sql::reports::COUNT, tenant.0)?;
                let rows: Vec<MiscountRow> = fetch_all!(&mut tx, sql::reports::RECOUNT, tenant.0)?;
                let found = |row: MiscountRow| Miscount { question: QuestionId(row.id), shown: row.upvotes, votes: row.votes };
                Ok((count, rows.into_iter().map(found).collect()))
            })
        })
        .await
    }

    async fn repair_count(
        &self,
        tenant: TenantId,
        question: QuestionId,
        now: Timestamp,
    ) -> StoreResult<Option<Miscount>> {
        self.run(Kind::Report, async move |db| {
            written!(db, tx => {
                let held: Option<HeldRow> = fetch_optional!(tx, sql::reports::HOLD, tenant.0, question.0)?;
                let Some(held) = held else { return Ok(None) };
                let votes: i64 = fetch_one!(scalar tx, sql::reports::COUNT_VOTES, tenant.0, question.0)?;
                if votes == held.upvotes {
                    return Ok(None);
                }
                execute!(tx, sql::reports::REPAIR_COUNT, tenant.0, question.0, votes, now.0)?;
                let entry = Entry::of(None, Act::Recount).team(TeamId(held.team_id)).subject(question);
                let write = Write { tenant, operation: pulsestage::id::OperationId(question.0), writer: Uuid::nil(), at: now };
                note(tx, &write, entry.change("upvotes", held.upvotes, votes)).await?;
                Ok(Some(Miscount { question, shown: held.upvotes, votes }))
            })
        })
        .await
    }
}
