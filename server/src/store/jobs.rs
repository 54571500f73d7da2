//! Background jobs: a row for each, leased to one instance at a time.

use pulsestage::id::TenantId;
use pulsestage::ports::StoreResult;
use pulsestage::time::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use crate::store::db_error::DbResult;
use crate::store::{Db, Kind, SqlStore, sql};

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
        self.run(Kind::SignIn, async move |db| {
            written!(db, tx => {
                Ok(execute!(
                    tx,
                    sql::jobs::PUT_JOB,
                    job.id,
                    job.tenant.0,
                    job.kind,
                    job.payload,
                    job.at.0,
                    job.at.0,
                    job.expires_at.0,
                    most,
                )? > 0)
            })
        })
        .await
    }

    /// When the next job of a kind is due.
    ///
    /// # Errors
    /// When the database is in trouble.
    pub async fn next_job_due(&self, kind: &'static str) -> StoreResult<Option<Timestamp>> {
        self.upkeep(async move |db| {
            let due: Option<i64> = fetch_one!(scalar & db.read, sql::jobs::NEXT_JOB_DUE, kind)?;
            Ok(due.map(Timestamp))
        })
        .await
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
        self.upkeep(async move |db| {
            written!(db, tx => {
                Ok(fetch_all!(tx, sql::jobs::TAKE_JOBS, kind, holder, until.0, now.0, most)?)
            })
        })
        .await
    }

    /// Removes a job that is done, or of which no more is to be expected; its payload goes with it. Says whether it was
    /// leased to `holder` still.
    ///
    /// # Errors
    /// When the database is in trouble.
    pub async fn end_job(&self, job: &LeasedJob, holder: Uuid) -> StoreResult<bool> {
        let (tenant, id) = (job.tenant_id, job.id);
        self.upkeep(async move |db| {
            written!(db, tx => {
                Ok(execute!(tx, sql::jobs::END_JOB, tenant, id, holder)? > 0)
            })
        })
        .await
    }

    /// Puts a job off until a moment, and ends its lease.
    ///
    /// # Errors
    /// When the database is in trouble.
    pub async fn put_job_off(&self, job: &LeasedJob, holder: Uuid, until: Timestamp) -> StoreResult<()> {
        let (tenant, id) = (job.tenant_id, job.id);
        self.upkeep(async move |db| {
            written!(db, tx => {
                execute!(tx, sql::jobs::PUT_JOB_OFF, tenant, id, holder, until.0)?;
                Ok(())
            })
        })
        .await
    }

    /// Extends the leases of a holder.
    ///
    /// # Errors
    /// When the database is in trouble.
    pub async fn renew_jobs(&self, kind: &'static str, holder: Uuid, until: Timestamp) -> StoreResult<()> {
        self.upkeep(async move |db| leases(db, sql::jobs::RENEW_JOBS, kind, holder, until).await).await
    }

    /// Ends the leases of a holder: what it has not done is due now, as if it had not been begun.
    ///
    /// # Errors
    /// When the database is in trouble.
    pub async fn release_jobs(&self, kind: &'static str, holder: Uuid, now: Timestamp) -> StoreResult<()> {
        self.upkeep(async move |db| leases(db, sql::jobs::RELEASE_JOBS, kind, holder, now).await).await
    }
}

async fn leases(db: &Db, statement: &'static str, kind: &'static str, holder: Uuid, at: Timestamp) -> DbResult<()> {
    written!(db, tx => {
        execute!(tx, statement, kind, holder, at.0)?;
        Ok(())
    })
}
