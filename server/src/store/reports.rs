//! Questions and votes as they are exported, and counts put right.

use async_trait::async_trait;
use pulsestage::audit::{Act, Entry};
use pulsestage::export::{ExportedQuestion, Miscount, QuestionCursor, QuestionFilter, Scope, State, Voters};
use pulsestage::id::{ParticipantId, QuestionId, TeamId, TenantId};
use pulsestage::ports::{ReportStore, StoreResult, Write};
use pulsestage::statistics::{Range, Statistics};
use pulsestage::tag::Tag;
use pulsestage::team::TeamName;
use pulsestage::time::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use super::audit::note;
use super::db_error::{DbError, DbResult, store_error};
use super::rows::{TagRow, tags_by_name};
use super::{SqlStore, sql};

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
pub(super) fn reach(scope: Scope) -> Option<Uuid> {
    match scope {
        Scope::Tenant => None,
        Scope::ModeratedBy(user) => Some(user.0),
    }
}

#[async_trait]
impl ReportStore for SqlStore {
    async fn teams_within(&self, tenant: TenantId, scope: Scope) -> StoreResult<Vec<TeamName>> {
        self.read_teams(tenant, scope).await.map_err(store_error)
    }

    async fn palette(&self, tenant: TenantId) -> StoreResult<Vec<Tag>> {
        self.read_palette(tenant).await.map_err(store_error)
    }

    async fn exported_questions(
        &self,
        tenant: TenantId,
        scope: Scope,
        filter: &QuestionFilter,
        after: QuestionCursor,
        limit: i64,
    ) -> StoreResult<Vec<ExportedQuestion>> {
        self.read_questions(tenant, scope, filter, after, limit).await.map_err(store_error)
    }

    async fn voters(&self, tenant: TenantId, scope: Scope, question: QuestionId) -> StoreResult<Option<Voters>> {
        self.read_voters(tenant, scope, question).await.map_err(store_error)
    }

    async fn statistics(
        &self,
        tenant: TenantId,
        scope: Scope,
        team: Option<TeamId>,
        range: Range,
        now: Timestamp,
    ) -> StoreResult<Statistics> {
        self.read_statistics(tenant, scope, team, range, now).await.map_err(store_error)
    }

    async fn recount(&self, tenant: TenantId) -> StoreResult<(i64, Vec<Miscount>)> {
        self.find_miscounts(tenant).await.map_err(store_error)
    }

    async fn repair_count(
        &self,
        tenant: TenantId,
        question: QuestionId,
        now: Timestamp,
    ) -> StoreResult<Option<Miscount>> {
        self.put_right(tenant, question, now).await.map_err(store_error)
    }
}

impl SqlStore {
    async fn read_teams(&self, tenant: TenantId, scope: Scope) -> DbResult<Vec<TeamName>> {
        let rows: Vec<(Uuid, String)> = on!(&self.read, pool => sqlx::query_as(sql::reports::TEAMS)
            .bind(tenant.0)
            .bind(None::<Uuid>)
            .bind(reach(scope))
            .fetch_all(pool)
            .await)?;
        let mut teams: Vec<TeamName> = rows.into_iter().map(|(id, name)| TeamName { id: TeamId(id), name }).collect();
        teams.sort_by_cached_key(|team| (team.name.to_lowercase(), team.id));
        Ok(teams)
    }

    async fn read_palette(&self, tenant: TenantId) -> DbResult<Vec<Tag>> {
        let rows: Vec<TagRow> =
            on!(&self.read, pool => sqlx::query_as(sql::boards::TAGS).bind(tenant.0).fetch_all(pool).await)?;
        Ok(tags_by_name(rows))
    }

    async fn read_questions(
        &self,
        tenant: TenantId,
        scope: Scope,
        filter: &QuestionFilter,
        after: QuestionCursor,
        limit: i64,
    ) -> DbResult<Vec<ExportedQuestion>> {
        let rows: Vec<ExportRow> = on!(&self.read, pool => sqlx::query_as(sql::reports::QUESTIONS)
            .bind(tenant.0)
            .bind(after.at.0)
            .bind(after.id.0)
            .bind(filter.from.map_or(i64::MIN, |from| from.0))
            .bind(filter.until.map_or(i64::MAX, |until| until.0))
            .bind(filter.team.map(|team| team.0))
            .bind(filter.state.map(State::as_str))
            .bind(filter.tag.map(|tag| tag.0))
            .bind(reach(scope))
            .bind(limit.max(0))
            .bind(PART)
            .fetch_all(pool)
            .await)?;
        rows.into_iter().map(ExportRow::into_question).collect()
    }

    async fn read_voters(&self, tenant: TenantId, scope: Scope, question: QuestionId) -> DbResult<Option<Voters>> {
        let rows: Vec<VoterRow> = on!(&self.read, pool => sqlx::query_as(sql::reports::VOTERS)
            .bind(tenant.0)
            .bind(question.0)
            .bind(reach(scope))
            .fetch_all(pool)
            .await)?;
        let Some(total) = rows.first().map(|row| row.upvotes) else { return Ok(None) };
        let voters = rows.into_iter().filter_map(|row| row.voter_id).map(ParticipantId).collect();
        Ok(Some(Voters { question, total, voters }))
    }

    async fn find_miscounts(&self, tenant: TenantId) -> DbResult<(i64, Vec<Miscount>)> {
        tx!(self.begin_read(), tx => {
            let count: i64 = on!(&mut tx, t => sqlx::query_scalar(sql::reports::COUNT)
                .bind(tenant.0)
                .fetch_one(&mut **t)
                .await)?;
            let rows: Vec<MiscountRow> = on!(&mut tx, t => sqlx::query_as(sql::reports::MISCOUNTS)
                .bind(tenant.0)
                .fetch_all(&mut **t)
                .await)?;
            let found = |row: MiscountRow| Miscount { question: QuestionId(row.id), shown: row.upvotes, votes: row.votes };
            Ok((count, rows.into_iter().map(found).collect()))
        })
    }

    async fn put_right(&self, tenant: TenantId, question: QuestionId, now: Timestamp) -> DbResult<Option<Miscount>> {
        written!(self, tx => {
            let held: Option<HeldRow> = on!(tx, t => sqlx::query_as(sql::reports::HOLD)
                .bind(tenant.0)
                .bind(question.0)
                .fetch_optional(&mut **t)
                .await)?;
            let Some(held) = held else { return Ok(None) };
            let votes: i64 = on!(tx, t => sqlx::query_scalar(sql::reports::COUNT_VOTES)
                .bind(tenant.0)
                .bind(question.0)
                .fetch_one(&mut **t)
                .await)?;
            if votes == held.upvotes {
                return Ok(None);
            }
            on!(tx, t => sqlx::query(sql::reports::SET_COUNT)
                .bind(tenant.0)
                .bind(question.0)
                .bind(votes)
                .bind(now.0)
                .execute(&mut **t)
                .await
                .map(drop))?;
            let entry = Entry::of(None, Act::Recount).team(TeamId(held.team_id)).subject(question);
            let write = Write { tenant, operation: pulsestage::id::OperationId(question.0), writer: Uuid::nil(), at: now };
            note(tx, &write, entry.change("upvotes", held.upvotes, votes)).await?;
            Ok(Some(Miscount { question, shown: held.upvotes, votes }))
        })
    }
}
