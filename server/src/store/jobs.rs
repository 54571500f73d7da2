//! Background jobs: a row for each, leased to one instance at a time.

use pulsestage::id::TenantId;
use pulsestage::ports::StoreResult;
use pulsestage::time::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use super::db_error::{DbResult, store_error};
use super::{SqlStore, sql};

/// A job to be added.
#[derive(Clone)]
pub struct NewJob {
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub tenant: TenantId,
    /// Which worker does it.
    pub kind: &'static str,
    /// What is to be done, sealed.
    pub payload: Vec<u8>,
    /// When it is added, and due.
    pub at: Timestamp,
    /// From then on it is of no use.
    pub expires_at: Timestamp,
}

/// A job that is leased to this instance.
#[derive(Clone, FromRow)]
pub struct LeasedJob {
    id: Uuid,
    tenant_id: Uuid,
    payload: Vec<u8>,
    attempts: i64,
    expires_at: i64,
}

impl LeasedJob {
    /// Its id.
    #[must_use]
    pub const fn id(&self) -> Uuid {
        self.id
    }

    /// Whose it is.
    #[must_use]
    pub const fn tenant(&self) -> TenantId {
        TenantId(self.tenant_id)
    }

    /// What is to be done, sealed.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// How often it was begun, this time included.
    #[must_use]
    pub const fn attempts(&self) -> i64 {
        self.attempts
    }

    /// From then on it is of no use.
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        Timestamp(self.expires_at)
    }
}

impl SqlStore {
    /// Adds a job; says whether there was room for it. A tenant has at most `most` of a kind.
    ///
    /// # Errors
    /// When the database is in trouble.
    pub async fn put_job(&self, job: NewJob, most: i64) -> StoreResult<bool> {
        let done: DbResult<bool> = async {
            written!(self, tx => {
                Ok(on!(tx, t => sqlx::query(sql::jobs::PUT_JOB)
                    .bind(job.id)
                    .bind(job.tenant.0)
                    .bind(job.kind)
                    .bind(job.payload)
                    .bind(job.at.0)
                    .bind(job.at.0)
                    .bind(job.expires_at.0)
                    .bind(most)
                    .execute(&mut **t)
                    .await
                    .map(|done| done.rows_affected() > 0))?)
            })
        }
        .await;
        done.map_err(store_error)
    }

    /// When the next job of a kind is due.
    ///
    /// # Errors
    /// When the database is in trouble.
    pub async fn next_job_due(&self, kind: &'static str) -> StoreResult<Option<Timestamp>> {
        let done: DbResult<Option<i64>> = async {
            Ok(on!(&self.read, pool => sqlx::query_scalar(sql::jobs::NEXT_JOB_DUE).bind(kind).fetch_one(pool).await)?)
        }
        .await;
        done.map(|due| due.map(Timestamp)).map_err(store_error)
    }

    /// Leases at most so many jobs of a kind that are due to `holder`, until `until`.
    ///
    /// # Errors
    /// When the database is in trouble.
    pub async fn take_jobs(
        &self,
        kind: &'static str,
        holder: Uuid,
        (now, until): (Timestamp, Timestamp),
        most: i64,
    ) -> StoreResult<Vec<LeasedJob>> {
        let done: DbResult<Vec<LeasedJob>> = async {
            written!(self, tx => {
                Ok(on!(tx, t => sqlx::query_as(sql::jobs::TAKE_JOBS)
                    .bind(kind)
                    .bind(holder)
                    .bind(until.0)
                    .bind(now.0)
                    .bind(most)
                    .fetch_all(&mut **t)
                    .await)?)
            })
        }
        .await;
        done.map_err(store_error)
    }

    /// Removes a job that is done, or of which no more is to be expected; its payload goes with it. Says whether it was
    /// leased to `holder` still.
    ///
    /// # Errors
    /// When the database is in trouble.
    pub async fn end_job(&self, job: &LeasedJob, holder: Uuid) -> StoreResult<bool> {
        let (tenant, id) = (job.tenant_id, job.id);
        let done: DbResult<bool> = async {
            written!(self, tx => {
                Ok(on!(tx, t => sqlx::query(sql::jobs::END_JOB)
                    .bind(tenant)
                    .bind(id)
                    .bind(holder)
                    .execute(&mut **t)
                    .await
                    .map(|done| done.rows_affected() > 0))?)
            })
        }
        .await;
        done.map_err(store_error)
    }

    /// Puts a job off until a moment, and ends its lease.
    ///
    /// # Errors
    /// When the database is in trouble.
    pub async fn put_job_off(&self, job: &LeasedJob, holder: Uuid, until: Timestamp) -> StoreResult<()> {
        let (tenant, id) = (job.tenant_id, job.id);
        let done: DbResult<()> = async {
            written!(self, tx => {
                on!(tx, t => sqlx::query(sql::jobs::PUT_JOB_OFF)
                    .bind(tenant)
                    .bind(id)
                    .bind(holder)
                    .bind(until.0)
                    .execute(&mut **t)
                    .await
                    .map(drop))?;
                Ok(())
            })
        }
        .await;
        done.map_err(store_error)
    }

    /// Extends the leases of a holder.
    ///
    /// # Errors
    /// When the database is in trouble.
    pub async fn renew_jobs(&self, kind: &'static str, holder: Uuid, until: Timestamp) -> StoreResult<()> {
        self.leases(sql::jobs::RENEW_JOBS, kind, holder, until).await.map_err(store_error)
    }

    /// Ends the leases of a holder: what it has not done is due now, as if it had not been begun.
    ///
    /// # Errors
    /// When the database is in trouble.
    pub async fn release_jobs(&self, kind: &'static str, holder: Uuid, now: Timestamp) -> StoreResult<()> {
        self.leases(sql::jobs::RELEASE_JOBS, kind, holder, now).await.map_err(store_error)
    }

    async fn leases(&self, statement: &'static str, kind: &'static str, holder: Uuid, at: Timestamp) -> DbResult<()> {
        written!(self, tx => {
            on!(tx, t => sqlx::query(statement)
                .bind(kind)
                .bind(holder)
                .bind(at.0)
                .execute(&mut **t)
                .await
                .map(drop))?;
            Ok(())
        })
    }
}
