//! Nobody takes anything away from a store in memory.

use async_trait::async_trait;
use pulsestage::export::{ExportedQuestion, Miscount, QuestionFilter, QuestionMark, Scope, Voters};
use pulsestage::id::{QuestionId, TeamId, TenantId};
use pulsestage::ports::{ReportStore, Stored};
use pulsestage::statistics::{Range, Statistics};
use pulsestage::tag::Tag;
use pulsestage::team::TeamName;
use pulsestage::time::Timestamp;

use super::{MemoryStore, broken};

#[async_trait]
impl ReportStore for MemoryStore {
    async fn teams_within(&self, _: TenantId, _: Scope) -> Stored<Vec<TeamName>> {
        broken()
    }
    async fn palette(&self, _: TenantId) -> Stored<Vec<Tag>> {
        broken()
    }
    async fn exported_questions(
        &self,
        _: TenantId,
        _: Scope,
        _: &QuestionFilter,
        _: QuestionMark,
        _: i64,
    ) -> Stored<Vec<ExportedQuestion>> {
        broken()
    }
    async fn voters(&self, _: TenantId, _: Scope, _: QuestionId) -> Stored<Option<Voters>> {
        broken()
    }
    async fn statistics(&self, _: TenantId, _: Scope, _: Option<TeamId>, _: Range, _: Timestamp) -> Stored<Statistics> {
        broken()
    }
    async fn recount(&self, _: TenantId) -> Stored<(i64, Vec<Miscount>)> {
        broken()
    }
    async fn repair_count(&self, _: TenantId, _: QuestionId, _: Timestamp) -> Stored<Option<Miscount>> {
        broken()
    }
}
