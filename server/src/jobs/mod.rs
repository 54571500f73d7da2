//! Background jobs: work that was promised and is done although the process ends or a server that it needs is away.
//!
//! A job is a row of `jobs`. It is done **at least once**: an instance leases it, does it, and deletes it. When the
//! instance ends in between, the lease runs out and another attempt is made, so whatever a job does must bear being done
//! twice. A job that fails is tried again after a growing pause, until it succeeds, its time is over, or it was tried
//! [`MAX_ATTEMPTS`] times; the log and a metric say when one is given up.
//!
//! * [`JobQueue`] adds jobs of one kind, `seal` keeps their payload from whoever reads the database
//! * [`JobRunner`] does them; a [`JobHandler`] says how one is done
//!
//! A new kind of job is a type that implements [`JobHandler`], a queue and a runner where the server is composed.

mod queue;
mod runner;
mod seal;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use pulsestage::id::TenantId;

pub use queue::{JobPorts, JobQueue};
pub use runner::{JobRunner, LEASE, MAX_ATTEMPTS};

/// Does the jobs of one kind.
#[async_trait]
pub trait JobHandler: Send + Sync {
    /// Does a job. It may have been done before, or partly.
    async fn run(&self, tenant: TenantId, payload: &[u8]) -> Result<(), JobError>;
}

/// Why a job was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobError {
    /// It may be done in a while.
    Retry,
    /// It will never be done, and why.
    GiveUp(&'static str),
}

/// How attempts at the jobs of one kind ended. Cheap to clone: clones count together.
#[derive(Clone, Debug, Default)]
pub struct JobCounts(Arc<[AtomicU64; 3]>);

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AttemptOutcome {
    Done,
    PutOff,
    GivenUp,
}

impl JobCounts {
    fn count(&self, outcome: AttemptOutcome) {
        self.0[outcome as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// How often each outcome was reached, with its name.
    #[must_use]
    pub fn read(&self) -> [(&'static str, u64); 3] {
        let of = |outcome: AttemptOutcome| self.0[outcome as usize].load(Ordering::Relaxed);
        [
            ("done", of(AttemptOutcome::Done)),
            ("retried", of(AttemptOutcome::PutOff)),
            ("given_up", of(AttemptOutcome::GivenUp)),
        ]
    }
}
