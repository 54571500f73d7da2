//! Turns at the database: who writes next when more want to than can.
//!
//! A rate alone is not fair. An audience that votes at one moment is within its limit and must be, yet a thousand writes in
//! the queue of SQLite's one writer make the neighbour's vote the thousand-and-first. So only a few writes are with the
//! database at a time; the others wait here, each lane in its own line, and the lanes take turns. A neighbour then waits
//! for those few, however many wait beside it.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// Lets a few in at a time, lane by lane.
pub(super) struct Turns<L: Lane>(Arc<Mutex<Lines<L>>>);

struct Lines<L: Lane> {
    /// How many more may be let in; none while anybody waits.
    free: usize,
    waiting: HashMap<L, VecDeque<oneshot::Sender<LanePermit<L>>>>,
    /// The lanes in which somebody waits; the first is next.
    order: VecDeque<L>,
}

/// Somebody's turn. Dropping it lets the next one in.
pub(super) struct LanePermit<L: Lane>(Option<Turns<L>>);

/// What tells those apart who take turns.
pub(super) trait Lane: Copy + Eq + Hash + Send + 'static {}

impl<L: Copy + Eq + Hash + Send + 'static> Lane for L {}

impl<L: Lane> Turns<L> {
    /// Lets so many in at a time.
    pub(super) fn new(at_once: usize) -> Self {
        let lines = Lines { free: at_once.max(1), waiting: HashMap::new(), order: VecDeque::new() };
        Self(Arc::new(Mutex::new(lines)))
    }

    /// Waits for a turn. Whoever stops waiting gives up their place.
    pub(super) async fn take(&self, lane: L) -> LanePermit<L> {
        let turn = match self.join(lane) {
            Ok(turn) => return turn,
            Err(line) => line.await,
        };
        // The line is let go by handing out a turn and in no other way.
        turn.unwrap_or(LanePermit(None))
    }

    /// A turn at once, or a place in the line.
    fn join(&self, lane: L) -> Result<LanePermit<L>, oneshot::Receiver<LanePermit<L>>> {
        let mut lines = self.lines();
        if lines.free > 0 {
            lines.free -= 1;
            return Ok(LanePermit(Some(Self(self.0.clone()))));
        }
        let (credentials, line) = oneshot::channel();
        let Lines { waiting, order, .. } = &mut *lines;
        let others = waiting.entry(lane).or_insert_with(|| {
            order.push_back(lane);
            VecDeque::new()
        });
        others.push_back(credentials);
        Err(line)
    }

    /// Somebody is done: calls the next one of the next lane.
    fn pass_on(self) {
        loop {
            let Some(next) = self.lines().call() else { return };
            let Err(mut unwanted) = next.send(LanePermit(Some(Self(self.0.clone())))) else { return };
            // They have gone away. Taken apart, the turn does not call anybody itself.
            unwanted.0 = None;
        }
    }

    /// How many wait. Those who have gone away are counted until it would be their turn.
    pub(super) fn waiting(&self) -> usize {
        self.lines().waiting.values().map(VecDeque::len).sum()
    }

    fn lines(&self) -> MutexGuard<'_, Lines<L>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<L: Lane> Lines<L> {
    /// Who is to be called next; when nobody is there, one more may be let in.
    fn call(&mut self) -> Option<oneshot::Sender<LanePermit<L>>> {
        while let Some(lane) = self.order.pop_front() {
            let Some(line) = self.waiting.get_mut(&lane) else { continue };
            let first = line.pop_front();
            if line.is_empty() {
                self.waiting.remove(&lane);
            } else {
                self.order.push_back(lane);
            }
            if first.is_some() {
                return first;
            }
        }
        self.free += 1;
        None
    }
}

impl<L: Lane> Drop for LanePermit<L> {
    fn drop(&mut self) {
        if let Some(turns) = self.0.take() {
            turns.pass_on();
        }
    }
}

impl<L: Lane> fmt::Debug for Turns<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.lines();
        f.debug_struct("Turns").field("free", &lines.free).field("lanes", &lines.order.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use futures::future::join_all;
    use std::sync::atomic::{AtomicUsize, Ordering};

    impl<L: Lane> Turns<L> {
        fn is_idle(&self, at_once: usize) -> bool {
            let lines = self.lines();
            lines.free == at_once && lines.waiting.is_empty() && lines.order.is_empty()
        }
    }

    #[test]
    fn lanes_take_turns_however_long_their_lines_are() {
        let turns = Turns::new(1);
        let mut inside = turns.take('a').now_or_never();
        assert!(inside.is_some());
        let mut lines: Vec<_> = "aaaaabbc".chars().map(|lane| (lane, Box::pin(turns.take(lane)))).collect();
        // Each takes its place when it is first asked.
        assert!(lines.iter_mut().all(|(_, line)| line.as_mut().now_or_never().is_none()));
        let mut order = String::new();
        while !lines.is_empty() {
            drop(inside.take());
            let called = lines
                .iter_mut()
                .enumerate()
                .find_map(|(place, (lane, line))| line.as_mut().now_or_never().map(|turn| (place, *lane, turn)));
            let (place, lane, turn) = called.expect("the next one is called");
            order.push(lane);
            inside = Some(turn);
            drop(lines.remove(place));
        }
        assert_eq!(order, "abcabaaa");
        drop(inside);
        assert!(turns.is_idle(1));
    }

    #[test]
    fn who_gives_up_waiting_is_passed_over_at_any_moment() {
        let turns = Turns::new(1);
        let inside = turns.take(1).now_or_never().unwrap();
        let mut lines: Vec<_> = (0..100_000).map(|lane| Box::pin(turns.take(lane % 7))).collect();
        assert!(lines.iter_mut().all(|line| line.as_mut().now_or_never().is_none()));
        let mut last = lines.pop().unwrap();
        // The first is called and goes away with its turn untaken; the others go away before they are called.
        let called = lines.remove(0);
        drop(lines);
        drop(inside);
        drop(called);
        assert!(last.as_mut().now_or_never().is_some());
        drop(last);
        assert!(turns.is_idle(1));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn never_more_than_a_few_at_once_and_everybody_in_the_end() {
        const AT_ONCE: usize = 3;
        let turns = Arc::new(Turns::new(AT_ONCE));
        let inside = Arc::new(AtomicUsize::new(0));
        let tasks = (0..2_000_usize).map(|n| {
            let (turns, inside) = (turns.clone(), inside.clone());
            tokio::spawn(async move {
                let turn = if n % 3 == 0 {
                    // Impatient: asks once, and goes away if it is not its turn.
                    let mut line = Box::pin(turns.take(n % 5));
                    let Some(turn) = line.as_mut().now_or_never() else { return 0 };
                    turn
                } else {
                    turns.take(n % 5).await
                };
                assert!(inside.fetch_add(1, Ordering::SeqCst) < AT_ONCE);
                tokio::task::yield_now().await;
                inside.fetch_sub(1, Ordering::SeqCst);
                drop(turn);
                1
            })
        });
        let done: usize = join_all(tasks).await.into_iter().map(Result::unwrap).sum();
        assert!(done >= 2_000 - 667, "{done}");
        assert!(turns.is_idle(AT_ONCE), "{turns:?}");
    }
}
