//! The log: what is new in it, and where the logs of many tenants end.

use async_trait::async_trait;
use pulsestage::event::{Cursor, Epoch, Fact, FactIdentity, LogHead, LogPage, Tally, TeamTotals};
use pulsestage::id::TenantId;
use pulsestage::ports::{LogStore, Rng, StoreResult};
use pulsestage::time::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use crate::store::questions::boards::team_totals;
use crate::store::rows::{HeadRow, TallyRow, TenantRow};
use crate::store::{Kind, SqlStore, sql};

use self::epochs::renew_all;
use self::facts::missing;

pub(in crate::store) mod epochs;
pub(in crate::store) mod facts;
mod projection;

/// A row of what is asked.
#[derive(FromRow)]
struct WatchedRow {
    id: Uuid,
    epoch: i64,
    seq: i64,
    at: Option<i64>,
    subject_id: Option<Uuid>,
    voted_at: Option<i64>,
}

#[async_trait]
impl LogStore for SqlStore {
    async fn log_heads(&self, tenants: &[TenantId]) -> StoreResult<Vec<LogHead>> {
        self.run(Kind::Log, async move |db| {
            let mut heads = Vec::with_capacity(tenants.len());
            for some in tenants.chunks(sql::watched::MOST) {
                // Places that are left over name the last one again.
                let Some(last) = some.last() else { break };
                let places = some.iter().chain(std::iter::repeat(last)).take(sql::watched::MOST);
                let rows: Vec<WatchedRow> = on!(&db.read, pool => places
                    .fold(sqlx::query_as(sql::watched::LOG_HEADS), |query, tenant| query.bind(tenant.0))
                    .fetch_all(pool)
                    .await)?;
                heads.extend(rows.into_iter().map(LogHead::from));
            }
            Ok(heads)
        })
        .await
    }

    async fn log_head(&self, tenant: TenantId) -> StoreResult<Option<LogHead>> {
        self.run(Kind::Log, async move |db| {
            let row: Option<WatchedRow> = fetch_optional!(&db.read, sql::watched::LOG_HEAD, tenant.0)?;
            Ok(row.map(LogHead::from))
        })
        .await
    }

    async fn tallies_since(&self, tenant: TenantId, since: Timestamp) -> StoreResult<Vec<Tally>> {
        self.run(Kind::Log, async move |db| {
            let rows: Vec<TallyRow> = fetch_all!(&db.read, sql::votes::TALLIES_SINCE, tenant.0, since.0)?;
            Ok(rows.into_iter().map(Tally::from).collect())
        })
        .await
    }

    async fn tallies(&self, tenant: TenantId) -> StoreResult<Vec<Tally>> {
        self.run(Kind::Log, async move |db| {
            let rows: Vec<TallyRow> = fetch_all!(&db.read, sql::votes::TALLIES, tenant.0)?;
            Ok(rows.into_iter().map(Tally::from).collect())
        })
        .await
    }

    async fn team_totals(&self, tenant: TenantId) -> StoreResult<Vec<TeamTotals>> {
        self.run(Kind::Log, async move |db| {
            tx!(db.begin_read(), tx => {
                let about: Option<TenantRow> = fetch_optional!(&mut tx, sql::tenants::BY_ID, tenant.0)?;
                let about = about.ok_or_else(missing)?.into_tenant()?;
                team_totals(&mut tx, &about).await
            })
        })
        .await
    }

    async fn head(&self, tenant: TenantId) -> StoreResult<Cursor> {
        self.run(Kind::Log, async move |db| {
            let row: Option<HeadRow> = fetch_optional!(&db.read, sql::facts::HEAD, tenant.0)?;
            row.map(Cursor::from).ok_or_else(|| missing().into())
        })
        .await
    }

    async fn log_floor(&self, tenant: TenantId) -> StoreResult<i64> {
        self.run(Kind::Log, async move |db| {
            let floor: Option<i64> = fetch_optional!(scalar & db.read, sql::facts::LOG_FLOOR, tenant.0)?;
            floor.ok_or_else(|| missing().into())
        })
        .await
    }

    async fn fact_time(&self, tenant: TenantId, seq: i64) -> StoreResult<Option<Timestamp>> {
        self.run(Kind::Log, async move |db| {
            let at: Option<i64> = fetch_optional!(scalar & db.read, sql::facts::FACT_TIME, tenant.0, seq)?;
            Ok(at.map(Timestamp))
        })
        .await
    }

    async fn facts_after(&self, tenant: TenantId, seq: i64, limit: i64) -> StoreResult<Vec<Fact>> {
        self.run(Kind::Log, async move |db| Ok(projection::page(db, tenant, seq, limit).await?.facts)).await
    }

    async fn log_page(&self, tenant: TenantId, seq: i64, limit: i64) -> StoreResult<LogPage> {
        self.run(Kind::Log, async move |db| projection::page(db, tenant, seq, limit).await).await
    }

    async fn renew_epochs_if(&self, tenant: TenantId, seen: Epoch, rng: &dyn Rng) -> StoreResult<bool> {
        self.run(Kind::Tenant, async move |db| {
            tx!(db.begin(), tx => {
                // The row that all who renew take first: whoever waits for it sees what the one before has done.
                let first: Option<Uuid> =
                    fetch_optional!(scalar &mut tx, sql::epochs::TENANTS)?;
                execute!(&mut tx, sql::epochs::HOLD_ROW, first)?;
                let now: Option<i64> = fetch_optional!(scalar &mut tx, sql::epochs::EPOCH, tenant.0)?;
                let is_same = now == Some(seen.0.cast_signed());
                if is_same {
                    renew_all(&mut tx,rng).await?;
                }
                Ok(is_same)
            })
        })
        .await
    }
}

impl From<WatchedRow> for LogHead {
    fn from(row: WatchedRow) -> Self {
        Self {
            tenant: TenantId(row.id),
            cursor: Cursor { epoch: Epoch(row.epoch.cast_unsigned()), seq: row.seq },
            last: row.at.map(|at| FactIdentity { at: Timestamp(at), subject: row.subject_id }),
            voted_at: row.voted_at.map(Timestamp),
        }
    }
}
