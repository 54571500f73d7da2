//! Adding jobs.

use std::fmt;
use std::sync::Arc;

use pulsestage::id::{TenantId, uuid_v7};
use pulsestage::ports::{Clock, PortError, Rng, StoreResult};
use tokio::sync::Notify;

use super::{JobCounts, seal};
use crate::store::{NewJob, SqlStore};
use crate::system::InstallationKey;

/// The most jobs of one kind that a tenant may have waiting: whoever asks for one more is told that we are busy.
const MOST_WAITING: i64 = 1_000;

/// What jobs need.
#[derive(Clone)]
pub struct JobPorts {
    /// Keeps them.
    pub store: SqlStore,
    /// Seals them.
    pub key: InstallationKey,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids, and how far pauses differ.
    pub rng: Arc<dyn Rng>,
}

/// Takes jobs of one kind. Cheap to clone.
#[derive(Clone)]
pub struct JobQueue {
    pub(super) kind: &'static str,
    pub(super) ports: JobPorts,
    /// Wakes the runner of this process.
    pub(super) added: Arc<Notify>,
    pub(super) counts: JobCounts,
}

impl JobQueue {
    /// The queue for one kind.
    #[must_use]
    pub fn new(kind: &'static str, ports: JobPorts) -> Self {
        Self { kind, ports, added: Arc::default(), counts: JobCounts::default() }
    }

    /// What its jobs need.
    #[must_use]
    pub const fn ports(&self) -> &JobPorts {
        &self.ports
    }

    /// How attempts at its jobs ended.
    #[must_use]
    pub const fn counts(&self) -> &JobCounts {
        &self.counts
    }

    /// Adds a job. When this is over well, it will be done, as long as that is possible within `life_ms`.
    ///
    /// # Errors
    /// When the database is in trouble, or too many jobs of the tenant wait already.
    pub async fn push(&self, tenant: TenantId, payload: &[u8], life_ms: i64) -> StoreResult<()> {
        let JobPorts { store, key, clock, rng } = &self.ports;
        let (now, mut random) = (clock.now(), [0; 10]);
        rng.fill(&mut random);
        let id = uuid_v7(now, random);
        let payload = seal::seal(key, id, tenant, payload).ok_or(PortError::Broken)?;
        let job = NewJob { id, tenant, kind: self.kind, payload, at: now, expires_at: now.plus_millis(life_ms) };
        if !store.put_job(job, MOST_WAITING).await? {
            tracing::warn!(
                kind = self.kind,
                most = MOST_WAITING,
                "a job was not added: too many of its tenant wait, or the tenant is archived"
            );
            return Err(PortError::Busy.into());
        }
        // The request's span is around this line: it is how a job is found by the request, and the other way round.
        tracing::info!(job.id = %id, job.kind = self.kind, "added a job");
        self.added.notify_one();
        Ok(())
    }

    /// Has the runner of this process look for what is due now.
    pub fn wake(&self) {
        self.added.notify_one();
    }
}

impl fmt::Debug for JobQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobQueue").field("kind", &self.kind).finish_non_exhaustive()
    }
}
