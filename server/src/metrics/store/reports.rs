//! How long the database takes for exports, statistics and recounts.

use async_trait::async_trait;
use pulsestage::export::{ExportedQuestion, Miscount, QuestionCursor, QuestionFilter, Scope, Voters};
use pulsestage::id::{QuestionId, TeamId, TenantId};
use pulsestage::ports::{ReportStore, StoreResult};
use pulsestage::statistics::{Range, Statistics};
use pulsestage::tag::Tag;
use pulsestage::team::TeamName;
use pulsestage::time::Timestamp;

use super::{Kind, TimedStore};

#[async_trait]
impl ReportStore for TimedStore {
    async fn teams_within(&self, tenant: TenantId, scope: Scope) -> StoreResult<Vec<TeamName>> {
        self.timed(Kind::Report, self.store.teams_within(tenant, scope)).await
    }

    async fn palette(&self, tenant: TenantId) -> StoreResult<Vec<Tag>> {
        self.timed(Kind::Report, self.store.palette(tenant)).await
    }

    async fn exported_questions(
        &self,
        tenant: TenantId,
        scope: Scope,
        filter: &QuestionFilter,
        after: QuestionCursor,
        limit: i64,
    ) -> StoreResult<Vec<ExportedQuestion>> {
        self.timed(Kind::Report, self.store.exported_questions(tenant, scope, filter, after, limit)).await
    }

    async fn voters(&self, tenant: TenantId, scope: Scope, question: QuestionId) -> StoreResult<Option<Voters>> {
        self.timed(Kind::Report, self.store.voters(tenant, scope, question)).await
    }

    async fn statistics(
        &self,
        tenant: TenantId,
        scope: Scope,
        team: Option<TeamId>,
        range: Range,
        now: Timestamp,
    ) -> StoreResult<Statistics> {
        self.timed(Kind::Report, self.store.statistics(tenant, scope, team, range, now)).await
    }

    async fn recount(&self, tenant: TenantId) -> StoreResult<(i64, Vec<Miscount>)> {
        self.timed(Kind::Report, self.store.recount(tenant)).await
    }

    async fn repair_count(
        &self,
        tenant: TenantId,
        question: QuestionId,
        now: Timestamp,
    ) -> StoreResult<Option<Miscount>> {
        self.timed(Kind::Report, self.store.repair_count(tenant, question, now)).await
    }
}
