//! Housekeeping: what has done its work is removed, a little at a time, by one instance at a time.
//!
//! A round goes through the tenants. Everything that is removed is removed in batches, each a transaction of its own with
//! a pause behind it, so that nobody who writes waits for more than one batch. A round that takes too long ends, and the
//! next one begins with the tenant that it had come to.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::metrics::KnownSizes;
use crate::store::{Spent, SqlStore};
use crate::streams::MAX_REPLAY;
use pulsestage::id::{OperationId, TenantId, uuid_v7};
use pulsestage::ports::{Change, Clock, Notifier, Rng, StoreResult, TenantStore, Write};
use pulsestage::time::{DAY_MS, Timestamp};

/// The time between two rounds.
const EVERY: Duration = Duration::from_secs(60);
/// The longest round.
const ROUND: Duration = Duration::from_secs(20);
/// The most rows of one batch.
pub const BATCH: i64 = 500;
/// The most texts of each kind that are removed in one go: each is a transaction.
const TEXTS_AT_ONCE: i64 = 50;
/// The pause after a batch.
const PAUSE: Duration = Duration::from_millis(20);
/// The task that one instance at a time does.
const TASK: &str = "housekeeping";
/// How long an instance may do it without asking again: one that died is followed by another after that.
const LEASE_MS: i64 = 120_000;
/// How long links that are worth nothing and facts beyond the replay are kept.
pub const KEPT_MS: i64 = DAY_MS;
/// How long idempotency keys are kept: twice as long as a browser keeps what it could not send, so that the last attempt
/// finds the key of the first whatever the two clocks say.
pub const KEYS_KEPT_MS: i64 = 2 * DAY_MS;
/// How long background jobs are kept after their time.
const JOBS_KEPT_MS: i64 = 10 * 60 * 1_000;

/// What a round came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Whether this instance did it: another may have it.
    pub is_ours: bool,
    /// Rows that were removed.
    pub removed: u64,
    /// Whether there may be more to remove.
    pub is_cut_short: bool,
}

/// Who does it.
#[derive(Clone)]
pub struct Housekeeper {
    store: SqlStore,
    clock: Arc<dyn Clock>,
    /// Told of texts that were removed.
    notifier: Arc<dyn Notifier>,
    /// What this instance is called where one of several is chosen.
    name: Uuid,
    /// How old an entry of the audit may become, in days; any age when absent.
    audit_days: Option<u32>,
    rng: Arc<dyn Rng>,
    /// How large the tables are, as was last looked.
    sizes: KnownSizes,
    /// The tenant at which the round before ended.
    reached: Arc<Mutex<Option<TenantId>>>,
}

impl Housekeeper {
    /// Keeps this store tidy.
    #[must_use]
    pub fn new(store: SqlStore, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>, notifier: Arc<dyn Notifier>) -> Self {
        let mut random = [0; 10];
        rng.fill(&mut random);
        let name = uuid_v7(clock.now(), random);
        let (audit_days, sizes, reached) = (None, KnownSizes::default(), Arc::default());
        Self { store, clock, notifier, name, audit_days, rng, sizes, reached }
    }

    /// The same, with entries of the audit removed that are older than so many days.
    #[must_use]
    pub fn pruning_audit(self, audit_days: Option<u32>) -> Self {
        Self { audit_days, ..self }
    }

    /// The same, with how large the tables are told here.
    #[must_use]
    pub fn measuring_for(self, sizes: KnownSizes) -> Self {
        Self { sizes, ..self }
    }

    /// Changes how large the tables are.
    pub async fn measure(&self) {
        // Trouble was logged by the store; what was known stays.
        if let Ok(sizes) = self.store.sizes().await {
            self.sizes.set(sizes);
        }
    }

    /// Does a round every minute until it is told to stop.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            self.measure().await;
            tokio::select! {
                () = stop.cancelled() => break,
                () = sleep(EVERY) => {}
            }
            // Trouble was logged by the store; the next round may go better.
            if let Ok(round) = self.round(&stop).await
                && round.removed > 0
            {
                tracing::debug!(rows = round.removed, more = round.is_cut_short, "removed what had done its work");
            }
        }
        // Another instance need not wait for the lease to run out.
        let _runs_out_by_itself = self.store.end_lease(TASK, self.name).await;
    }

    /// Does one round now, unless another instance does.
    ///
    /// # Errors
    /// When the database is in trouble; what was removed until then is removed.
    pub async fn round(&self, stop: &CancellationToken) -> StoreResult<Round> {
        let mut round = Round::default();
        if !self.has_lease().await? {
            return Ok(round);
        }
        round.is_ours = true;
        let deadline = Instant::now() + ROUND;
        let mut tenants: Vec<TenantId> = self.store.tenants().await?.into_iter().map(|tenant| tenant.id).collect();
        let reached = *self.reached.lock().unwrap_or_else(PoisonError::into_inner);
        let begin = tenants.iter().position(|tenant| Some(*tenant) == reached).unwrap_or_default();
        tenants.rotate_left(begin);
        for tenant in tenants {
            *self.reached.lock().unwrap_or_else(PoisonError::into_inner) = Some(tenant);
            if Instant::now() >= deadline || stop.is_cancelled() || !self.has_lease().await? {
                round.is_cut_short = true;
                return Ok(round);
            }
            round.removed += self.tidy(tenant, stop, deadline).await?;
        }
        *self.reached.lock().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(round)
    }

    async fn has_lease(&self) -> StoreResult<bool> {
        let now = self.clock.now();
        self.store.lease(TASK, self.name, now, now.plus_millis(LEASE_MS)).await
    }

    /// The frame of what this does to a tenant's texts.
    fn write(&self, tenant: TenantId) -> Write {
        Write { tenant, operation: OperationId(self.name), writer: self.name, at: self.clock.now() }
    }

    /// Removes what a tenant needs no more.
    async fn tidy(&self, tenant: TenantId, stop: &CancellationToken, deadline: Instant) -> StoreResult<u64> {
        let now = self.clock.now();
        let mut removed = 0;
        for what in Spent::ALL {
            let before = Self::worth_nothing_before(what, now);
            let batch = || self.store.remove_spent(what, tenant, before, BATCH);
            removed += in_batches(batch, BATCH, stop, deadline).await?;
        }
        let batch = || self.store.remove_expired(self.write(tenant), TEXTS_AT_ONCE);
        let texts = in_batches(batch, TEXTS_AT_ONCE, stop, deadline).await?;
        if texts > 0 {
            self.notifier.notify(tenant, Change::Facts);
        }
        removed += self.prune(tenant, now, stop, deadline).await?;
        let keep = i64::try_from(MAX_REPLAY).unwrap_or(i64::MAX);
        let batch = || self.store.remove_facts(tenant, keep, now.plus_millis(-KEPT_MS), BATCH);
        Ok(removed + texts + in_batches(batch, BATCH, stop, deadline).await?)
    }

    /// Removes entries of the audit that are too old. Days are whole, so that an audit tells of it once a day at most.
    async fn prune(
        &self,
        tenant: TenantId,
        now: Timestamp,
        stop: &CancellationToken,
        deadline: Instant,
    ) -> StoreResult<u64> {
        let Some(days) = self.audit_days else { return Ok(0) };
        let before = now.plus_millis(-i64::from(days) * DAY_MS).day();
        let pruned = in_batches(|| self.store.prune_audit(tenant, before, BATCH), BATCH, stop, deadline).await?;
        if pruned > 0 {
            let mut random = [0; 10];
            self.rng.fill(&mut random);
            self.store.note_pruned(tenant, before, pruned, uuid_v7(now, random), now).await?;
        }
        Ok(pruned)
    }

    const fn worth_nothing_before(what: Spent, now: Timestamp) -> Timestamp {
        match what {
            Spent::Operations => now.plus_millis(-KEYS_KEPT_MS),
            Spent::SignInLinks | Spent::PersonLinks | Spent::ThreadLinks => now.plus_millis(-KEPT_MS),
            Spent::Sessions | Spent::AddressChanges | Spent::PendingSignIns => now,
            // Whoever does jobs removes them sooner, and says so.
            Spent::Jobs => now.plus_millis(-JOBS_KEPT_MS),
        }
    }
}

/// Goes on until a batch is less than `most`, it is told to stop, or the time is up.
async fn in_batches<F: Future<Output = StoreResult<u64>>>(
    batch: impl Fn() -> F,
    most: i64,
    stop: &CancellationToken,
    deadline: Instant,
) -> StoreResult<u64> {
    let mut all = 0;
    loop {
        let removed = batch().await?;
        all += removed;
        if removed < most.unsigned_abs() || stop.is_cancelled() || Instant::now() >= deadline {
            return Ok(all);
        }
        sleep(PAUSE).await;
    }
}
