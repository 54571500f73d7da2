//! Nobody takes anything away from a store in memory.

use async_trait::async_trait;
use pulsestage::export::{ExportedQuestion, Miscount, QuestionCursor, QuestionFilter, Scope, Voters};
use pulsestage::id::{QuestionId, TeamId, TenantId};
use pulsestage::ports::{ReportStore, StoreResult};
use pulsestage::statistics::{Range, Statistics};
use pulsestage::tag::Tag;
use pulsestage::team::TeamName;
use pulsestage::time::Timestamp;

use super::{MemoryStore, broken};

#[async_trait]
impl ReportStore for MemoryStore {
    async fn teams_within(&self, _: TenantId, _: Scope) -> StoreResult<Vec<TeamName>> {
        broken()
    }
    async fn palette(&self, _: TenantId) -> StoreResult<Vec<Tag>> {
        broken()
    }
    async fn exported_questions(
        &self,
        _: TenantId,
        _: Scope,
        _: &QuestionFilter,
        _: QuestionCursor,
        _: i64,
    ) -> StoreResult<Vec<ExportedQuestion>> {
        broken()
    }
    async fn voters(&self, _: TenantId, _: Scope, _: QuestionId) -> StoreResult<Option<Voters>> {
        broken()
    }
    async fn statistics(
        &self,
        _: TenantId,
        _: Scope,
        _: Option<TeamId>,
        _: Range,
        _: Timestamp,
    ) -> StoreResult<Statistics> {
        broken()
    }
    async fn recount(&self, _: TenantId) -> StoreResult<(i64, Vec<Miscount>)> {
        broken()
    }
    async fn repair_count(&self, _: TenantId, _: QuestionId, _: Timestamp) -> StoreResult<Option<Miscount>> {
        broken()
    }
}
