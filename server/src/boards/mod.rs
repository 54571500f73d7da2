//! The public boards in memory: one for each tenant whose board is read, made once however many ask at the same time.
//!
//! * `following`: how a board goes from one moment to the next: by the facts and counts that the log has, as a stream does
//! * `shared`: a board with the answers that were made of it, which are the same for everybody who may read it
//! * `line`: the pages of newcomers, which are kept from one board to the next
//!
//! A board is right at the moment at which it is asked for. Everybody who asks gets the outcome of a look at the database
//! that *began* after they asked, so it has every write that was acknowledged before, also those of other instances: a
//! text that was removed is never read again. A look is one short statement; what changed is read only when something
//! did. Looks of one tenant follow each other, and one answers all who asked before it began.

mod answer_cache;
mod following;
mod line;
mod shared;

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::OwnedMutexGuard;
use tokio::time::{Instant, sleep_until};
use tracing::Instrument;

use self::following::{BoardSource, Following};
use pulsestage::id::TenantId;
use pulsestage::ports::{Change, Clock, Notifier, PortError, SeenBoardReader, Store, StoreError, StoreResult};
use pulsestage::service::TeamFilter;
use pulsestage::window::SeenBoard;

pub use shared::SharedBoard;

/// The time from one look to the next at the same board: thousands who join cost the database some hundred looks a second.
const SPACING: Duration = Duration::from_millis(1);
/// After a look that found something new there is a pause as long as that look took, at most so long: to bring a large
/// board up to date takes milliseconds, and is to take no more than half of the time.
const LONGEST_PAUSE: Duration = Duration::from_millis(20);
/// So much memory all boards may take, in bytes, with the answers that were made of them. The one that was not read for the
/// longest time goes first.
const MOST_BYTES: usize = 128 * 1024 * 1024;

/// The public boards of one instance. Cheap to clone.
#[derive(Clone)]
pub struct BoardCache(Arc<CacheInner>);

struct CacheInner {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    slots: Mutex<HashMap<TenantId, Arc<BoardSlot>>>,
    /// Counts the reads, to know which board was not read for the longest time.
    reads: AtomicU64,
    counts: BoardCounters,
    most_bytes: usize,
}

/// How boards were read since the start. The hook for metrics.
#[derive(Debug, Default)]
pub struct BoardCounters {
    looks: AtomicU64,
    followed: AtomicU64,
    loaded: AtomicU64,
    dropped: AtomicU64,
}

/// A look at what [`BoardCounters`] count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BoardReads {
    /// Boards that somebody asked for.
    pub asked: u64,
    /// Looks at the end of a log.
    pub looks: u64,
    /// Boards that were brought up to date by what had changed.
    pub followed: u64,
    /// Boards that were read as a whole.
    pub loaded: u64,
    /// Boards that made room for others.
    pub dropped: u64,
    /// Boards that are kept now.
    pub kept: usize,
    /// About how much memory they take.
    pub bytes: usize,
}

/// What is kept of one tenant.
struct BoardSlot {
    /// How many have asked.
    arrivals: AtomicU64,
    /// How often this instance changed something.
    changes: AtomicU64,
    /// The number of the last read of any board when this one was read.
    read: AtomicU64,
    /// How much memory it takes.
    bytes: AtomicUsize,
    kept: Arc<tokio::sync::Mutex<SlotState>>,
}

#[derive(Default)]
struct SlotState {
    /// The outcome of the last look is for everybody who asked up to here.
    answered: u64,
    outcome: Option<StoreResult<Arc<SharedBoard>>>,
    following: Option<Following>,
    /// When the next look may begin.
    next_look: Option<Instant>,
}

impl fmt::Debug for BoardCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BoardCache").field(&self.reads()).finish()
    }
}

impl BoardCache {
    /// Boards of this store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self::bounded(store, clock, MOST_BYTES)
    }

    /// The same with so much memory for all of them, in bytes.
    #[must_use]
    pub fn bounded(store: Arc<dyn Store>, clock: Arc<dyn Clock>, most_bytes: usize) -> Self {
        let (slots, reads, counts) = (Mutex::default(), AtomicU64::new(0), BoardCounters::default());
        Self(Arc::new(CacheInner { store, clock, slots, reads, counts, most_bytes }))
    }

    /// How boards were read so far.
    #[must_use]
    pub fn reads(&self) -> BoardReads {
        let slots = self.0.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let BoardCounters { looks, followed, loaded, dropped } = &self.0.counts;
        BoardReads {
            asked: count(&self.0.reads),
            looks: count(looks),
            followed: count(followed),
            loaded: count(loaded),
            dropped: count(dropped),
            kept: slots.len(),
            bytes: slots.values().map(|slot| slot.bytes.load(Ordering::Relaxed)).sum(),
        }
    }

    /// The board with the teams that the filter has, with everything that was written before it was asked for.
    ///
    /// # Errors
    /// When the database has no answer.
    pub async fn board(&self, tenant: TenantId, teams: Option<TeamFilter>) -> StoreResult<Arc<SharedBoard>> {
        let slot = self.slot(tenant);
        let arrival = slot.arrivals.fetch_add(1, Ordering::SeqCst) + 1;
        let kept = slot.kept.clone().lock_owned().await;
        let whole = match &kept.outcome {
            Some(outcome) if kept.answered >= arrival => outcome.clone(),
            _ => self.look(tenant, &slot, kept).await,
        };
        Ok(whole?.seen_through(teams))
    }

    /// Looks, in a task of its own: whoever goes away does not take along what others wait for.
    async fn look(
        &self,
        tenant: TenantId,
        slot: &Arc<BoardSlot>,
        mut kept: OwnedMutexGuard<SlotState>,
    ) -> StoreResult<Arc<SharedBoard>> {
        let (cache, slot) = (self.clone(), slot.clone());
        let looking = async move {
            if let Some(at) = kept.next_look {
                sleep_until(at).await;
            }
            let began = Instant::now();
            // Both are read before the database is: what is asked or changed from now on needs another look.
            let arrivals = slot.arrivals.load(Ordering::SeqCst);
            let changes = slot.changes.load(Ordering::SeqCst);
            let source =
                BoardSource { tenant, store: &*cache.0.store, clock: &*cache.0.clock, counts: &cache.0.counts };
            let outcome = source.next(kept.following.as_ref(), changes).await;
            let took = began.elapsed();
            let outcome = outcome.map(|following| (following.board.clone(), kept.following.replace(following)));
            let is_new = |(now, before): &(Arc<SharedBoard>, Option<Following>)| {
                before.as_ref().is_none_or(|before| !Arc::ptr_eq(now, &before.board))
            };
            let pause = if outcome.as_ref().is_ok_and(is_new) { took.min(LONGEST_PAUSE) } else { Duration::ZERO };
            kept.next_look = Some(began + SPACING.max(took + pause));
            let outcome = outcome.map(|(board, _)| board);
            kept.answered = arrivals;
            kept.outcome = Some(outcome.clone());
            drop(kept);
            slot.bytes.store(outcome.as_ref().map_or(0, |board| board.bytes()), Ordering::Relaxed);
            cache.make_room(tenant);
            outcome
        };
        let looked = tokio::spawn(looking.in_current_span()).await;
        looked.unwrap_or(Err(StoreError::Port(PortError::Broken)))
    }

    fn slot(&self, tenant: TenantId) -> Arc<BoardSlot> {
        let read = self.0.reads.fetch_add(1, Ordering::Relaxed) + 1;
        let mut slots = self.0.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = slots.entry(tenant).or_insert_with(|| {
            let number = || AtomicU64::new(0);
            let (arrivals, changes, read, bytes) = (number(), number(), number(), AtomicUsize::new(0));
            Arc::new(BoardSlot { arrivals, changes, read, bytes, kept: Arc::default() })
        });
        slot.read.store(read, Ordering::Relaxed);
        slot.clone()
    }

    /// Drops what was not read for the longest time until all of it fits, save the board that was just made.
    fn make_room(&self, made: TenantId) {
        let mut slots = self.0.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let size = |slot: &BoardSlot| slot.bytes.load(Ordering::Relaxed);
        let mut all: usize = slots.values().map(|slot| size(slot)).sum();
        while all > self.0.most_bytes {
            let others = slots.iter().filter(|(tenant, _)| **tenant != made);
            let oldest = others.min_by_key(|(_, slot)| slot.read.load(Ordering::Relaxed)).map(|(tenant, _)| *tenant);
            let Some(dropped) = oldest.and_then(|tenant| slots.remove(&tenant)) else { return };
            all -= size(&dropped).min(all);
            self.0.counts.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Notes that this instance changed something of a tenant's.
    fn changed(&self, tenant: TenantId) {
        let slots = self.0.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slots.get(&tenant) {
            slot.changes.fetch_add(1, Ordering::SeqCst);
        }
    }
}

#[async_trait]
impl SeenBoardReader for BoardCache {
    async fn seen_board(&self, tenant: TenantId, teams: Option<TeamFilter>) -> StoreResult<Arc<SeenBoard>> {
        Ok(self.board(tenant, teams).await?.seen.clone())
    }
}

/// Notes what this instance changes before everybody else is notified of it.
pub struct BoardNotifier {
    /// Whose boards change.
    pub boards: BoardCache,
    /// Who is notified next.
    pub next: Arc<dyn Notifier>,
}

impl Notifier for BoardNotifier {
    fn notify(&self, tenant: TenantId, look: Change) {
        self.boards.changed(tenant);
        self.next.notify(tenant, look);
    }
}
