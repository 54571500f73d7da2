//! Housekeeping: what has done its work is removed, a batch at a time. Each batch is a transaction of its own.

use pulsestage::audit::{Act, Entry};
use pulsestage::id::{OperationId, TenantId};
use pulsestage::ports::{StoreResult, Write};
use pulsestage::time::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use crate::store::audit::note;
use crate::store::{SqlStore, sql};

/// What is removed by its age alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Spent {
    /// Idempotency keys.
    Operations,
    /// One-time links that make whoever brings them.
    SignInLinks,
    /// One-time links of people.
    PersonLinks,
    /// Links to threads of questions that are deleted.
    ThreadLinks,
    /// Sessions that have run out.
    Sessions,
    /// Addresses that nobody has confirmed in time.
    AddressChanges,
    /// Sign-ins whose second factor nobody has given in time.
    PendingSignIns,
    /// Background jobs that nobody does: there is no mail server any more.
    Jobs,
}

impl Spent {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Operations,
        Self::SignInLinks,
        Self::PersonLinks,
        Self::ThreadLinks,
        Self::Sessions,
        Self::AddressChanges,
        Self::PendingSignIns,
        Self::Jobs,
    ];

    const fn statement(self) -> &'static str {
        match self {
            Self::Operations => sql::housekeeping::OPERATIONS,
            Self::SignInLinks => sql::housekeeping::SIGN_IN_LINKS,
            Self::PersonLinks => sql::housekeeping::PERSON_LINKS,
            Self::ThreadLinks => sql::housekeeping::THREAD_LINKS,
            Self::Sessions => sql::housekeeping::SESSIONS,
            Self::AddressChanges => sql::housekeeping::ADDRESS_CHANGES,
            Self::PendingSignIns => sql::housekeeping::PENDING_SIGN_INS,
            Self::Jobs => sql::housekeeping::JOBS,
        }
    }
}

/// The number of a fact, and when it was written.
#[derive(FromRow)]
struct FactAge {
    seq: i64,
    at: i64,
}

impl SqlStore {
    /// Takes a task that one instance does at a time, until `until`, or goes on with it; says whether it is `holder`'s.
    ///
    /// # Errors
    /// When the database is in trouble.
    pub async fn lease(&self, task: &'static str, holder: Uuid, now: Timestamp, until: Timestamp) -> StoreResult<bool> {
        self.upkeep(async move |db| {
            written!(db, tx => {
                let held: Option<Uuid> = fetch_optional!(
                    scalar tx, sql::housekeeping::LEASE, task, holder, until.0, now.0
                )?;
                Ok(held.is_some())
            })
        })
        .await
    }

    /// Gives a task back before its time.
    ///
    /// # Errors
    /// When the database is in trouble.
    pub async fn end_lease(&self, task: &'static str, holder: Uuid) -> StoreResult<()> {
        self.upkeep(async move |db| {
            written!(db, tx => {
                execute!(tx, sql::housekeeping::END_LEASE, task, holder)?;
                Ok(())
            })
        })
        .await
    }

    /// Removes at most so many rows of a tenant that have been worth nothing since before a moment; says how many.
    ///
    /// # Errors
    /// When the database is in trouble.
    pub async fn remove_spent(&self, what: Spent, tenant: TenantId, before: Timestamp, most: i64) -> StoreResult<u64> {
        self.upkeep(async move |db| {
            written!(db, tx => {
                Ok(execute!(tx, what.statement(), tenant.0, before.0, most)?)
            })
        })
        .await
    }

    /// Removes at most so many of a tenant's oldest facts, those that were written before a moment, and never any of the
    /// newest `keep`; says how many. What is removed is the log's beginning: what is left has no gap.
    ///
    /// # Errors
    /// When the database is in trouble.
    pub async fn remove_facts(&self, tenant: TenantId, keep: i64, before: Timestamp, most: i64) -> StoreResult<u64> {
        self.upkeep(async move |db| {
            let oldest: Vec<FactAge> = fetch_all!(&db.read, sql::housekeeping::OLDEST_FACTS, tenant.0, keep, most)?;
            let Some(last) = oldest.iter().take_while(|fact| fact.at < before.0).last().map(|fact| fact.seq) else {
                return Ok(0);
            };
            written!(db, tx => {
                // The tenant's row before its facts, as every write has it.
                execute!(tx, sql::housekeeping::RAISE_FLOOR, tenant.0, last)?;
                Ok(execute!(tx, sql::housekeeping::FACTS, tenant.0, last)?)
            })
        })
        .await
    }

    /// Removes at most so many entries of a tenant's audit that were made before a moment; says how many. For the
    /// operator alone: the database takes it from no other transaction.
    ///
    /// # Errors
    /// When the database is in trouble.
    pub async fn prune_audit(&self, tenant: TenantId, before: Timestamp, most: i64) -> StoreResult<u64> {
        self.upkeep(async move |db| {
            written!(db, tx => {
                execute!(tx, sql::housekeeping::OPEN_PRUNING, before.0)?;
                let pruned = execute!(tx, sql::housekeeping::PRUNE_AUDIT, tenant.0, before.0, most)?;
                execute!(tx, sql::housekeeping::CLOSE_PRUNING)?;
                Ok(pruned)
            })
        })
        .await
    }

    /// Notes in a tenant's audit that so many entries before a moment are gone; `once` is an id of this note's own.
    ///
    /// # Errors
    /// When the database is in trouble.
    pub async fn note_pruned(
        &self,
        tenant: TenantId,
        before: Timestamp,
        pruned: u64,
        once: Uuid,
        now: Timestamp,
    ) -> StoreResult<()> {
        let write = Write { tenant, operation: OperationId(once), writer: once, at: now };
        self.upkeep(async move |db| {
            written!(db, tx => {
                let entry = Entry::of(None, Act::PruneAudit).subject(tenant);
                let entry = entry.after("until", before).after("entries", i64::try_from(pruned).unwrap_or(i64::MAX));
                note(tx, &write, entry).await
            })
        })
        .await
    }
}
