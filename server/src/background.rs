//! Work that a request began and nobody waits for, such as a letter: counted, so that a server that stops finishes it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

/// The work that is under way. Cheap to clone; all clones count together.
#[derive(Clone, Default)]
pub struct Background(Arc<Shared>);

#[derive(Default)]
struct Shared {
    tasks: TaskTracker,
    /// How much of each kind is under way.
    open: Mutex<BTreeMap<&'static str, usize>>,
}

/// Counts a piece of work out, also when it panics.
struct Counted(Background, &'static str);

impl Background {
    /// Begins a piece of work of this kind. What it logs is told as the request's that began it.
    pub fn spawn(&self, kind: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        *self.open().entry(kind).or_default() += 1;
        let counted = Counted(self.clone(), kind);
        let work = async move {
            work.await;
            drop(counted);
        };
        self.0.tasks.spawn(work.in_current_span());
    }

    /// Waits until all of it is done, for so long at most, and says in the log what is not.
    pub async fn finish(&self, deadline: Duration) {
        self.0.tasks.close();
        if timeout(deadline, self.0.tasks.wait()).await.is_err() {
            let left = self.open().iter().map(|(kind, count)| format!("{kind}: {count}")).collect::<Vec<_>>();
            tracing::warn!(work = left.join(", "), "work that was begun did not finish in time and was given up");
        }
    }

    fn open(&self) -> MutexGuard<'_, BTreeMap<&'static str, usize>> {
        // Nothing in here panics half-way.
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let Self(background, kind) = self;
        let mut open = background.open();
        if let Some(count) = open.get_mut(kind) {
            *count -= 1;
            if *count == 0 {
                open.remove(kind);
            }
        }
    }
}

impl fmt::Debug for Background {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Background").field("open", &*self.open()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;
    use tokio::time::{Instant, sleep};

    #[tokio::test(start_paused = true)]
    async fn what_was_begun_is_finished_and_what_takes_too_long_is_given_up() {
        let (background, began) = (Background::default(), Instant::now());
        background.spawn("mail", sleep(Duration::from_secs(2)));
        background.spawn("mail", async { panic!("a mistake of ours counts as done") });
        background.finish(Duration::from_secs(5)).await;
        assert_eq!(began.elapsed(), Duration::from_secs(2));
        assert!(background.open().is_empty(), "{background:?}");
        background.spawn("mail", pending());
        background.finish(Duration::from_secs(5)).await;
        assert_eq!(began.elapsed(), Duration::from_secs(7));
        assert_eq!(background.open().get("mail"), Some(&1));
    }
}
