//! How long the database takes, by what is asked of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use pulsestage::ports::{PortError, StoreError, StoreResult};
use tokio::time::Instant;

use crate::deadline::Work;
use crate::histogram::{Distribution, Histogram};

/// Classes of how long the database takes, in microseconds.
const TIMES: &[u64] = &[
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
    5_000_000,
];

/// What is asked of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(in crate::store) enum Kind {
    /// Which tenants there are, and new ones.
    Tenant,
    /// A board for a page.
    Board,
    /// What is new, for the tailers and for clients that come back.
    Log,
    /// A new question.
    Ask,
    /// A vote.
    Vote,
    /// What moderators do.
    Moderate,
    /// Who somebody is.
    SignIn,
    /// Who there is, and what they may do.
    People,
    /// What was done.
    Audit,
    /// Exports, statistics and recounts.
    Report,
}

impl Kind {
    /// Whether it may take long where there is much of it.
    pub(in crate::store) const fn work(self) -> Work {
        match self {
            Self::Report | Self::Audit => Work::Long,
            _ => Work::Short,
        }
    }
}

/// The names of the kinds, in their order.
const KINDS: [&str; 10] = ["tenant", "board", "log", "ask", "vote", "moderate", "sign_in", "people", "audit", "report"];

/// How long the database took. Cheap to clone; all clones are one.
#[derive(Clone, Debug)]
pub struct StoreTimes(Arc<Observed>);

#[derive(Debug)]
struct Observed {
    times: [Times; KINDS.len()],
    /// Whether it had no room for what was written last, as far as anybody knows.
    is_full: AtomicBool,
}

#[derive(Debug)]
struct Times {
    histogram: Histogram,
    failures: AtomicU64,
}

impl Default for StoreTimes {
    fn default() -> Self {
        let times = KINDS.map(|_| Times { histogram: Histogram::new(TIMES), failures: AtomicU64::new(0) });
        Self(Arc::new(Observed { times, is_full: AtomicBool::new(false) }))
    }
}

impl StoreTimes {
    /// For each kind: its name, how long it took, and how often the database failed.
    pub(crate) fn read(&self) -> impl Iterator<Item = (&'static str, Distribution, u64)> {
        KINDS
            .into_iter()
            .zip(self.0.times.iter())
            .map(|(name, times)| (name, times.histogram.read(), times.failures.load(Ordering::Relaxed)))
    }

    /// Whether the database had no room for what was written last. It stays so until something was written again by
    /// [`Store::probe`](pulsestage::ports::Store::probe).
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.0.is_full.load(Ordering::Acquire)
    }

    /// Something was written: there is room.
    pub(in crate::store) fn has_room(&self) {
        self.0.is_full.store(false, Ordering::Release);
    }

    /// Takes note of how long an operation takes and what comes of it.
    pub(in crate::store) async fn observe<T>(
        &self,
        kind: Kind,
        work: impl Future<Output = StoreResult<T>>,
    ) -> StoreResult<T> {
        let began = Instant::now();
        let done = work.await;
        let times = &self.0.times[kind as usize];
        times.histogram.add(began.elapsed());
        // A refusal is an answer.
        if matches!(done, Err(StoreError::Port(_))) {
            times.failures.fetch_add(1, Ordering::Relaxed);
        }
        if matches!(done, Err(StoreError::Port(PortError::Full))) {
            self.0.is_full.store(true, Ordering::Release);
        }
        done
    }
}
