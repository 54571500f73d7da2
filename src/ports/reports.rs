//! What exports, statistics and recounts need of the store.

use async_trait::async_trait;

use super::StoreResult;
use crate::export::{ExportedQuestion, Miscount, QuestionCursor, QuestionFilter, Scope, Voters};
use crate::id::{QuestionId, TeamId, TenantId};
use crate::statistics::{Range, Statistics};
use crate::tag::Tag;
use crate::team::TeamName;
use crate::time::Timestamp;

/// Reads much at once, of one tenant.
#[async_trait]
pub trait ReportStore: Send + Sync {
    /// The teams within this scope, by name.
    async fn teams_within(&self, tenant: TenantId, scope: Scope) -> StoreResult<Vec<TeamName>>;
    /// The tenant's tags, by name.
    async fn palette(&self, tenant: TenantId) -> StoreResult<Vec<Tag>>;
    /// At most `limit` questions that were asked after the mark, in the order in which they were asked. What the filter
    /// says of texts is left to [`QuestionFilter::matches`].
    async fn exported_questions(
        &self,
        tenant: TenantId,
        scope: Scope,
        filter: &QuestionFilter,
        after: QuestionCursor,
        limit: i64,
    ) -> StoreResult<Vec<ExportedQuestion>>;
    /// Who voted for a question; `None` when it is not there, or not in this scope.
    async fn voters(&self, tenant: TenantId, scope: Scope, question: QuestionId) -> StoreResult<Option<Voters>>;
    /// How many questions the tenant has, and those whose count is not the number of their votes.
    async fn recount(&self, tenant: TenantId) -> StoreResult<(i64, Vec<Miscount>)>;
    /// Makes a question's count the number of its votes, as it is at the moment of writing. The count that was wrong
    /// and the one that is right, or none when it was right already.
    async fn repair_count(
        &self,
        tenant: TenantId,
        question: QuestionId,
        now: Timestamp,
    ) -> StoreResult<Option<Miscount>>;
}

/// Counts what was asked, voted and answered.
#[async_trait]
pub trait StatisticsStore: Send + Sync {
    /// How much was asked, voted and answered up to now.
    async fn statistics(
        &self,
        tenant: TenantId,
        scope: Scope,
        team: Option<TeamId>,
        range: Range,
        now: Timestamp,
    ) -> StoreResult<Statistics>;
}
