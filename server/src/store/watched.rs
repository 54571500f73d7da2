//! Where the logs of many tenants end: what is asked all the time, whether anything happens or not.

use pulsestage::event::{Cursor, Epoch, FactIdentity, LogHead};
use pulsestage::id::TenantId;
use pulsestage::time::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use super::db_error::DbResult;
use super::{SqlStore, sql};

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

impl SqlStore {
    pub(super) async fn read_log_heads(&self, tenants: &[TenantId]) -> DbResult<Vec<LogHead>> {
        let mut heads = Vec::with_capacity(tenants.len());
        for some in tenants.chunks(sql::watched::MOST) {
            // Places that are left over name the last one again.
            let Some(last) = some.last() else { break };
            let places = some.iter().chain(std::iter::repeat(last)).take(sql::watched::MOST);
            let rows: Vec<WatchedRow> = on!(&self.read, pool => places
                .fold(sqlx::query_as(sql::watched::HEADS), |query, tenant| query.bind(tenant.0))
                .fetch_all(pool)
                .await)?;
            heads.extend(rows.into_iter().map(LogHead::from));
        }
        Ok(heads)
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
