//! How long anybody waits for the database: the one place.
//!
//! Whatever is asked of the store is answered within [`DEADLINE`], or given up: a database that hangs costs every request
//! the same few seconds, and what it was asked is told to come again (503 with `Retry-After`). A write that is given up may
//! have been done or not; a repetition under its idempotency key is safe.
//!
//! Once somebody has waited in vain the database is asked, by itself and again and again, whether it answers at all. Until
//! it does nobody else waits that long: each gives up after [`STALLED`]. So requests do not pile up while it hangs, those
//! that ask several things end in time as well, and all go on the moment it is back.
//!
//! What may be long work, a report or an import, is given up only when the database does not answer beside it either.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

use pulsestage::ports::{PortError, StoreResult};

/// How long the store may take for one thing.
pub const DEADLINE: Duration = Duration::from_millis(3_500);
/// The same while it is known not to answer.
pub const STALLED: Duration = Duration::from_millis(250);
/// How long it may take to say that it is there, beside long work.
const BESIDE: Duration = Duration::from_secs(1);
/// The pause between two questions whether it answers.
const PAUSE: Duration = Duration::from_millis(200);
/// A line about what was given up is written this often at most.
const LINE: Duration = Duration::from_secs(1);

/// What can be asked whether it answers.
pub(crate) trait Ping: Clone + Send + Sync + 'static {
    /// Whether it does.
    fn ping(&self) -> impl Future<Output = bool> + Send;
}

/// What is asked of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// What takes milliseconds.
    Short,
    /// What may take long where there is much of it.
    Long,
}

/// Gives up in time. Cheap to clone; all clones are one.
#[derive(Clone, Debug)]
pub(crate) struct Deadlines(Arc<DatabaseHealth>);

#[derive(Debug)]
struct DatabaseHealth {
    /// Whether the database was found not to answer, and is asked whether it does again.
    is_stalled: AtomicBool,
    began: Instant,
    /// When the last line was written, in milliseconds after `began`, and how much was given up since.
    told: AtomicU64,
    given_up: AtomicU64,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self(Arc::new(DatabaseHealth {
            is_stalled: AtomicBool::new(false),
            began: Instant::now(),
            told: AtomicU64::new(0),
            given_up: AtomicU64::new(0),
        }))
    }
}

impl Deadlines {
    /// Whether the database is known not to answer at the moment.
    fn is_stalled(&self) -> bool {
        self.0.is_stalled.load(Ordering::Acquire)
    }

    /// Waits for this, but not too long.
    ///
    /// # Errors
    /// [`PortError::Busy`] when it took too long, beside its own.
    pub(crate) async fn keep<T>(
        &self,
        store: &impl Ping,
        kind: Work,
        work: impl Future<Output = StoreResult<T>>,
    ) -> StoreResult<T> {
        let mut work = std::pin::pin!(work);
        loop {
            let patience = if self.is_stalled() { STALLED } else { DEADLINE };
            if let Ok(done) = timeout(patience, work.as_mut()).await {
                return done;
            }
            if kind == Work::Long && timeout(BESIDE.min(patience), store.ping()).await == Ok(true) {
                continue;
            }
            self.stalls(store);
            self.tell();
            return Err(PortError::Busy.into());
        }
    }

    /// From now on nobody waits long, until the database answers again.
    fn stalls(&self, store: &impl Ping) {
        if !self.0.is_stalled.swap(true, Ordering::AcqRel) {
            tokio::spawn(watch(Arc::downgrade(&self.0), store.clone()));
        }
    }

    fn tell(&self) {
        let known = &self.0;
        let now = u64::try_from(known.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let told = known.told.load(Ordering::Relaxed);
        known.given_up.fetch_add(1, Ordering::Relaxed);
        let is_due = told == 0 || now.saturating_sub(told) >= u64::try_from(LINE.as_millis()).unwrap_or(u64::MAX);
        if is_due && known.told.compare_exchange(told, now.max(1), Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            let count = known.given_up.swap(0, Ordering::Relaxed);
            tracing::warn!(count, "the database does not answer in time; what was asked of it is told to come again");
        }
    }
}

/// Asks until there is an answer, or nobody is left who wants to know.
async fn watch(known: Weak<DatabaseHealth>, store: impl Ping) {
    let since = Instant::now();
    while known.strong_count() > 0 {
        if timeout(DEADLINE, store.ping()).await == Ok(true) {
            if let Some(known) = known.upgrade() {
                known.is_stalled.store(false, Ordering::Release);
            }
            // A single thing that took long, while all else was answered, is no news.
            if since.elapsed() > BESIDE {
                tracing::info!(seconds = since.elapsed().as_secs(), "the database answers again");
            }
            return;
        }
        sleep(PAUSE).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Is always there.
    #[derive(Clone)]
    struct There;

    impl Ping for There {
        async fn ping(&self) -> bool {
            true
        }
    }

    #[tokio::test(start_paused = true)]
    async fn long_work_is_not_cut_off_while_the_database_answers() {
        let deadlines = Deadlines::default();
        let work = || async {
            sleep(DEADLINE * 3).await;
            Ok(7)
        };
        let (long, short) =
            tokio::join!(deadlines.keep(&There, Work::Long, work()), deadlines.keep(&There, Work::Short, work()));
        assert_eq!((long, short), (Ok(7), Err(PortError::Busy.into())));
        // One thing that was slow does not keep others short.
        assert!(!deadlines.is_stalled());
    }
}
