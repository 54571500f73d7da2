//! What the bus reads of the store.

use async_trait::async_trait;

use super::{Rng, StoreResult};
use crate::event::{Cursor, Epoch, Fact, LogHead, LogPage, Tally, TeamTotals};
use crate::id::TenantId;
use crate::time::Timestamp;

/// The log of each tenant, and the counts that are told beside it: what the bus reads.
#[async_trait]
pub trait LogStore: Send + Sync {
    /// Where the tenant's log ends now.
    async fn head(&self, tenant: TenantId) -> StoreResult<Cursor>;
    /// Where the logs of these tenants end, in any order; those that are not there are left out.
    async fn log_heads(&self, tenants: &[TenantId]) -> StoreResult<Vec<LogHead>>;
    /// Where the log of one tenant ends; `None` when there is no such tenant.
    async fn log_head(&self, tenant: TenantId) -> StoreResult<Option<LogHead>> {
        Ok(self.log_heads(&[tenant]).await?.pop())
    }
    /// Gives every log a new epoch, so that no cursor from before is good any more, if this tenant's log has this epoch
    /// still: several servers may find out at once. Says whether it had.
    async fn renew_epochs_if(&self, tenant: TenantId, seen: Epoch, rng: &dyn Rng) -> StoreResult<bool>;
    /// At most `limit` facts after `seq`, in order.
    async fn facts_after(&self, tenant: TenantId, seq: i64, limit: i64) -> StoreResult<Vec<Fact>>;
    /// The same, with what the fact at `seq` is, so that the reader sees whether it is the one that they know.
    async fn log_page(&self, tenant: TenantId, seq: i64, limit: i64) -> StoreResult<LogPage>;
    /// The number up to which facts were removed: nobody can resume from a cursor before it. What is read *after* some
    /// facts were says whether these have a gap before them.
    async fn log_floor(&self, tenant: TenantId) -> StoreResult<i64>;
    /// When the fact at `seq` was written; `None` when there is none.
    async fn fact_time(&self, tenant: TenantId, seq: i64) -> StoreResult<Option<Timestamp>>;
    /// The counts of the public questions whose votes changed at `since` or later.
    async fn tallies_since(&self, tenant: TenantId, since: Timestamp) -> StoreResult<Vec<Tally>>;
    /// The counts of all public questions.
    async fn tallies(&self, tenant: TenantId) -> StoreResult<Vec<Tally>>;
    /// How many questions each team has that is not archived, by team; none where the tenant does not show that.
    async fn team_totals(&self, tenant: TenantId) -> StoreResult<Vec<TeamTotals>>;
}
