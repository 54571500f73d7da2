//! What is read from the database, and how it becomes the domain's. One struct serves both engines.

pub(in crate::store) mod account;
pub(in crate::store) mod people;
pub(in crate::store) mod second_factor;

use pulsestage::error::Refusal;
use pulsestage::event::{Cursor, Epoch, Tally, TeamTotals};
use pulsestage::id::{QuestionId, TagId, TeamId, TenantId, UserId};
use pulsestage::moderation::{Case, Draft, Removed};
use pulsestage::question::{Answer, Question, Stamp, Status};
use pulsestage::tag::Tag;
use pulsestage::team::{Team, TeamState};
use pulsestage::tenant::Tenant;
use pulsestage::text::sort_key;
use pulsestage::time::Timestamp;
use pulsestage::user::{Membership, Role};
use sqlx::FromRow;
use uuid::Uuid;

use crate::store::db_error::{DbError, DbResult};

/// A row of `tenants`.
#[derive(FromRow)]
pub(in crate::store) struct TenantRow {
    id: Uuid,
    slug: String,
    name: String,
    settings: String,
}

impl TenantRow {
    /// The settings as they are stored.
    pub(in crate::store) fn settings(&self) -> &str {
        &self.settings
    }

    pub(in crate::store) fn into_tenant(self) -> DbResult<Tenant> {
        let settings = serde_json::from_str(&self.settings).map_err(|e| DbError::json("tenant settings", &e))?;
        Ok(Tenant { id: TenantId(self.id), slug: self.slug, name: self.name, settings })
    }
}

/// Where a tenant's log ends.
#[derive(FromRow)]
pub(in crate::store) struct HeadRow {
    epoch: i64,
    seq: i64,
}

impl From<HeadRow> for Cursor {
    fn from(row: HeadRow) -> Self {
        Self { epoch: Epoch(row.epoch.cast_unsigned()), seq: row.seq }
    }
}

/// A row of `teams`.
#[derive(FromRow)]
pub(in crate::store) struct TeamRow {
    id: Uuid,
    slug: String,
    name: String,
    state: String,
}

impl From<TeamRow> for Team {
    fn from(row: TeamRow) -> Self {
        Self { id: TeamId(row.id), slug: row.slug, name: row.name, state: row.state.into() }
    }
}

/// A row of `tags`.
#[derive(FromRow)]
pub(in crate::store) struct TagRow {
    id: Uuid,
    name: String,
    color: String,
}

impl From<TagRow> for Tag {
    fn from(row: TagRow) -> Self {
        Self { id: TagId(row.id), name: row.name, color: row.color }
    }
}

/// Puts teams in the order in which a board keeps them.
pub(in crate::store) fn teams_by_name(rows: Vec<TeamRow>) -> Vec<Team> {
    let mut teams: Vec<Team> = rows.into_iter().map(Team::from).collect();
    teams.sort_by_cached_key(|team| (sort_key(&team.name), team.id));
    teams
}

/// Puts tags in the order in which a board and a question keep them.
pub(in crate::store) fn tags_by_name(rows: Vec<TagRow>) -> Vec<Tag> {
    let mut tags: Vec<Tag> = rows.into_iter().map(Tag::from).collect();
    tags.sort_by_cached_key(|tag| (sort_key(&tag.name), tag.id));
    tags
}

/// A row of `questions`, without its author and its tags.
#[derive(FromRow)]
pub(in crate::store) struct QuestionRow {
    id: Uuid,
    team_id: Uuid,
    body: String,
    status: String,
    upvotes: i64,
    created_at: i64,
    response_text: Option<String>,
    responded_at: Option<i64>,
    pinned_by: Option<Uuid>,
    pinned_at: Option<i64>,
    frozen_by: Option<Uuid>,
    frozen_at: Option<i64>,
    author_name: Option<String>,
}

impl QuestionRow {
    pub(in crate::store) fn id(&self) -> QuestionId {
        QuestionId(self.id)
    }

    pub(in crate::store) fn status(&self) -> DbResult<Status> {
        status(&self.status)
    }

    pub(in crate::store) fn into_question(self, tags: Vec<Tag>) -> DbResult<Question> {
        Ok(Question {
            status: self.status()?,
            id: QuestionId(self.id),
            team_id: TeamId(self.team_id),
            body: self.body,
            upvotes: self.upvotes,
            // The millisecond is nobody's business; whoever sorts rows has it.
            created_at: Timestamp(self.created_at).whole_second(),
            tags,
            answer: self
                .response_text
                .zip(self.responded_at)
                .map(|(response_text, at)| Answer { response_text, responded_at: Timestamp(at) }),
            pinned: mark(self.pinned_by, self.pinned_at),
            frozen: mark(self.frozen_by, self.frozen_at),
            author_name: self.author_name,
        })
    }
}

fn mark(by: Option<Uuid>, at: Option<i64>) -> Option<Stamp> {
    by.zip(at).map(|(by, at)| Stamp { by: UserId(by), at: Timestamp(at) })
}

fn status(word: &str) -> DbResult<Status> {
    word.parse().map_err(|_| DbError::Unreadable("question status", "unknown word".to_owned()))
}

/// Reads a stored role.
pub(in crate::store) fn role(word: &str) -> DbResult<Role> {
    word.parse().map_err(|_| DbError::Unreadable("role", "unknown word".to_owned()))
}

/// A row of `questions` as its moderators see it.
#[derive(FromRow)]
pub(in crate::store) struct CaseRow {
    #[sqlx(flatten)]
    question: QuestionRow,
    version: i64,
    hold_reason: Option<String>,
    removal: Option<String>,
    removed_by: Option<Uuid>,
    removed_at: Option<i64>,
    removal_reason: Option<String>,
    merged_into: Option<Uuid>,
    original_body: Option<String>,
    starred_at: Option<i64>,
    label: Option<String>,
    draft_text: Option<String>,
    draft_by: Option<Uuid>,
    draft_at: Option<i64>,
    claimed_by: Option<Uuid>,
    claimed_at: Option<i64>,
    reports: i64,
    report_reasons: Option<String>,
    unanswered: i64,
    replies: i64,
}

impl CaseRow {
    pub(in crate::store) fn id(&self) -> QuestionId {
        self.question.id()
    }

    /// What cases are sorted by: when it was asked, and which it is.
    pub(in crate::store) fn asked(&self) -> (i64, Uuid) {
        (self.question.created_at, self.question.id)
    }

    pub(in crate::store) fn into_case(self, tags: Vec<Tag>) -> DbResult<Case> {
        let unknown = |what| move |_| DbError::Unreadable(what, "unknown word".to_owned());
        let hold = self.hold_reason.map(|word| word.parse()).transpose().map_err(unknown("hold"))?;
        let removal = self.removal.map(|word| word.parse()).transpose().map_err(unknown("removal"))?;
        let draft = self.draft_text.zip(self.draft_by.zip(self.draft_at));
        Ok(Case {
            question: self.question.into_question(tags)?,
            version: self.version,
            hold,
            removed: removal.zip(self.removed_at).map(|(removal, at)| Removed {
                removal,
                by: self.removed_by.map(UserId),
                at: Timestamp(at),
                reason: self.removal_reason,
                into: self.merged_into.map(QuestionId),
            }),
            original: self.original_body,
            starred: self.starred_at.is_some(),
            label: self.label,
            draft: draft.map(|(text, (by, at))| Draft { text, by: UserId(by), at: Timestamp(at) }),
            claim: mark(self.claimed_by, self.claimed_at),
            reports: self.reports,
            report_reasons: self.report_reasons.iter().flat_map(|reasons| reasons.lines()).map(str::to_owned).collect(),
            unanswered: self.unanswered,
            replies: self.replies,
        })
    }
}

/// A row of `question_tags`.
#[derive(FromRow)]
pub(in crate::store) struct QuestionTagRow {
    pub(in crate::store) question_id: Uuid,
    pub(in crate::store) tag_id: Uuid,
}

/// How a question stands for one voter.
#[derive(FromRow)]
pub(in crate::store) struct StandingRow {
    pub(in crate::store) upvotes: i64,
    status: String,
    frozen: bool,
    own: bool,
    pub(in crate::store) up: bool,
    team: String,
    archived: bool,
}

impl StandingRow {
    /// Why this question does not take this voter's vote; `None` when it does. One under review is as good as absent.
    pub(in crate::store) fn closed(&self, own_votes: bool) -> DbResult<Option<Refusal>> {
        Ok(match status(&self.status)? {
            Status::UnderReview => Some(crate::store::questions::missing()),
            _ if self.archived => Some(crate::store::questions::missing()),
            Status::Open | Status::Answered if self.frozen => Some(Refusal::Frozen),
            Status::Answered => Some(Refusal::VotingClosed),
            Status::Open if TeamState::from(self.team.clone()) == TeamState::Closed => Some(Refusal::TeamClosed),
            Status::Open if self.own && !own_votes => Some(Refusal::OwnQuestion),
            Status::Open => None,
        })
    }
}

/// A count.
#[derive(FromRow)]
pub(in crate::store) struct TallyRow {
    id: Uuid,
    team_id: Uuid,
    upvotes: i64,
}

impl From<TallyRow> for Tally {
    fn from(row: TallyRow) -> Self {
        Self { question: QuestionId(row.id), team: TeamId(row.team_id), upvotes: row.upvotes }
    }
}

/// How many questions a team has.
#[derive(FromRow)]
pub(in crate::store) struct TeamTotalsRow {
    team_id: Uuid,
    received: i64,
    shown: i64,
    declined: i64,
}

impl From<TeamTotalsRow> for TeamTotals {
    fn from(row: TeamTotalsRow) -> Self {
        let count = |count: i64| u32::try_from(count).unwrap_or(u32::MAX);
        let TeamTotalsRow { team_id, received, shown, declined } = row;
        Self { id: TeamId(team_id), received: count(received), shown: count(shown), declined: count(declined) }
    }
}

/// What an idempotency key was used for.
#[derive(FromRow)]
pub(in crate::store) struct OperationRow {
    pub(in crate::store) kind: String,
    pub(in crate::store) subject: Uuid,
    pub(in crate::store) asked: Vec<u8>,
}

/// A link that was just used up.
#[derive(FromRow)]
pub(in crate::store) struct LinkRow {
    pub(in crate::store) tenant_id: Uuid,
    pub(in crate::store) role: String,
}

/// A row of `memberships`.
#[derive(FromRow)]
pub(in crate::store) struct MembershipRow {
    team_id: Uuid,
    role: String,
}

impl MembershipRow {
    pub(in crate::store) fn into_membership(self) -> DbResult<Membership> {
        Ok(Membership { team: TeamId(self.team_id), role: role(&self.role)? })
    }
}
