//! A channel: what one tenant's streams share. A bounded ring of batches; each stream keeps only its place in it.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, watch};

use super::frame::{Batch, Frame};
use super::replays::Replays;
use super::retractions::Retractions;
use super::ring::{Found, Ring};
use crate::metrics::Meter;
use pulsestage::event::{Cursor, Epoch, Tally};
use pulsestage::id::{QuestionId, TenantId};
use pulsestage::ports::Look;
use pulsestage::time::Timestamp;

/// Hears of every batch of the channels that it listens to, on the thread that makes it. Must not block.
pub trait Listener: Send + Sync {
    /// There is a batch more in the channel of this tenant.
    fn pushed(&self, tenant: TenantId);
}

/// What one tenant's streams and its tailer share.
pub struct Channel {
    /// Whose it is.
    pub tenant: TenantId,
    /// The life of the log that it follows.
    pub epoch: Epoch,
    // A plain mutex: held for a few instructions, never across an await.
    ring: Mutex<Ring>,
    /// What clients that came back had missed.
    replays: Mutex<Replays>,
    /// Each question's count as it was last put into the ring.
    told: Mutex<HashMap<QuestionId, i64>>,
    /// How many batches there have ever been; streams that are tasks wait on it.
    pushed: watch::Sender<u64>,
    /// Those who feed many streams at once.
    listeners: Mutex<Vec<Arc<dyn Listener>>>,
    /// How often the bell rang for something that was taken back.
    rung_back: AtomicU64,
    /// Up to which of these the tailer has looked: while it is less, ring and replays may say what is gone.
    settled: AtomicU64,
    /// How often something was taken out of the ring.
    retracted: AtomicU64,
    /// What the bell rang for since the tailer last looked.
    rung: AtomicU8,
    bell: Notify,
    /// What the streams count, how many they are among it.
    meter: Arc<Meter>,
}

impl Channel {
    /// A channel that follows the log from this cursor on.
    #[must_use]
    pub fn new(tenant: TenantId, head: Cursor, now: Timestamp) -> Self {
        Self {
            tenant,
            epoch: head.epoch,
            ring: Mutex::new(Ring::new(head.seq, now)),
            replays: Mutex::default(),
            told: Mutex::default(),
            pushed: watch::Sender::new(0),
            listeners: Mutex::default(),
            rung_back: AtomicU64::new(0),
            settled: AtomicU64::new(0),
            retracted: AtomicU64::new(0),
            rung: AtomicU8::new(0),
            bell: Notify::new(),
            meter: Arc::default(),
        }
    }

    /// Puts a batch into the ring and wakes the streams.
    pub fn push(&self, batch: Batch) {
        self.push_if(batch, || true);
    }

    /// The same, unless the bell rang for something that was taken back since `known` was read: the batch may say it,
    /// and whoever came since then must not be told it. Says whether it was put in.
    #[must_use]
    pub(super) fn push_unless_taken_back(&self, batch: Batch, known: Known) -> bool {
        // Asked under the ring's lock, which a stream that comes takes to learn its place.
        self.push_if(batch, || self.rung_back.load(Ordering::Acquire) == known.0)
    }

    fn push_if(&self, batch: Batch, may: impl FnOnce() -> bool) -> bool {
        let pushed = {
            let mut ring = lock(&self.ring);
            if !may() {
                return false;
            }
            ring.push(batch);
            ring.tail().0
        };
        // The ring is free before anybody wakes.
        self.pushed.send_replace(pushed);
        lock(&self.listeners).iter().for_each(|listener| listener.pushed(self.tenant));
        true
    }

    /// Where the live tail starts now: the next batch's number, and the last fact before it.
    #[must_use]
    pub fn tail(&self) -> (u64, i64) {
        lock(&self.ring).tail()
    }

    /// What is in the ring from this place on, as far as it is read in one go.
    #[must_use]
    pub fn read(&self, place: u64) -> Found {
        let batches = lock(&self.ring).read(place);
        Found::of(place, batches)
    }

    /// Whether nothing is missed yet by going on from this place.
    #[must_use]
    pub fn has(&self, place: u64) -> bool {
        lock(&self.ring).has(place)
    }

    /// What a client that has everything up to this fact misses before this place, when no database has to be asked: it
    /// has to be after something was taken back, until the ring knows of it.
    #[must_use]
    pub fn missed(&self, seq: i64, place: u64, slack_ms: i64, now: Timestamp) -> Option<Arc<Batch>> {
        let known = self.retractions();
        if !self.is_settled() {
            return None;
        }
        if let Some(kept) = lock(&self.replays).get(seq, place) {
            return Some(kept);
        }
        let frames = lock(&self.ring).missed(seq, place, slack_ms)?;
        Some(self.keep_missed(seq, place, Batch::new(frames, now), known))
    }

    /// Keeps what was found for such a client for others who come back to the same place with the same cursor, unless
    /// something was taken back since it was looked for: `known` was read before.
    #[must_use]
    pub fn keep_missed(&self, seq: i64, place: u64, missed: Batch, known: Known) -> Arc<Batch> {
        let missed = Arc::new(missed);
        // Compared under the lock under which they are forgotten.
        let mut replays = lock(&self.replays);
        if self.is_settled() && self.retractions() == known {
            replays.keep(seq, place, missed.clone());
        }
        missed
    }

    /// What is known by now of what was taken back; to be read before what is to be kept.
    #[must_use]
    pub fn retractions(&self) -> Known {
        Known(self.rung_back.load(Ordering::Acquire), self.retracted.load(Ordering::Acquire))
    }

    /// Whether the tailer has looked since the bell last rang for something that was taken back.
    fn is_settled(&self) -> bool {
        self.settled.load(Ordering::Acquire) == self.rung_back.load(Ordering::Acquire)
    }

    /// The first and the last fact in the ring that these make stale.
    pub(super) fn stale(&self, retractions: &Retractions) -> Option<(i64, i64)> {
        lock(&self.ring).stale(|frame| retractions.concerns(frame))
    }

    /// Takes what these took back out of the ring and forgets the replays. `now` has the stale facts as they are now;
    /// one that is not there says nothing any more.
    pub(super) fn retract(&self, retractions: &Retractions, now: &HashMap<i64, Frame>) {
        lock(&self.ring).renew(|frame| {
            let cursor = frame.cursor.filter(|_| retractions.concerns(frame))?;
            Some(now.get(&cursor.seq).cloned().unwrap_or_else(|| Frame::blank(cursor)))
        });
        // After the ring: whoever reads this number from here on has read the ring as it is now.
        let mut replays = lock(&self.replays);
        self.retracted.fetch_add(1, Ordering::AcqRel);
        replays.clear();
    }

    /// Says that the tailer has looked since this was read.
    pub(super) fn settle(&self, known: Known) {
        self.settled.fetch_max(known.0, Ordering::AcqRel);
    }

    /// Those of these counts that the ring does not say already.
    #[must_use]
    pub fn untold(&self, mut tallies: Vec<Tally>) -> Vec<Tally> {
        let told = lock(&self.told);
        tallies.retain(|tally| told.get(&tally.question) != Some(&tally.upvotes));
        tallies
    }

    /// Remembers counts that go into the ring now.
    pub fn tells(&self, tallies: &[Tally]) {
        let mut told = lock(&self.told);
        told.extend(tallies.iter().map(|tally| (tally.question, tally.upvotes)));
    }

    /// Forgets them again: the ring does not say them after all.
    pub(super) fn tells_not(&self, tallies: &[Tally]) {
        let mut told = lock(&self.told);
        for tally in tallies {
            told.remove(&tally.question);
        }
    }

    /// Takes note that one stream read these counts from the database itself. Where the ring says another, a count
    /// that goes back to the ring's before the tailer looks would be no news to it, and that stream would be left
    /// with the count in between; so the ring forgets what it said and is made to say it again.
    pub fn told_aside(&self, tallies: &[Tally]) {
        let mut told = lock(&self.told);
        let before = told.len();
        for tally in tallies {
            if told.get(&tally.question).is_some_and(|upvotes| *upvotes != tally.upvotes) {
                told.remove(&tally.question);
            }
        }
        if told.len() < before {
            self.ring(Look::Tallies);
        }
    }

    /// Lets somebody hear of every further batch.
    pub fn listen(&self, listener: Arc<dyn Listener>) {
        lock(&self.listeners).push(listener);
    }

    /// Lets them hear no more.
    pub fn unlisten(&self, listener: &Arc<dyn Listener>) {
        lock(&self.listeners).retain(|other| !Arc::ptr_eq(other, listener));
    }

    /// A handle to wait on for further batches.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.pushed.subscribe()
    }

    /// Says that there is something to look at.
    pub fn ring(&self, look: Look) {
        if look == Look::TakenBack {
            self.rung_back.fetch_add(1, Ordering::AcqRel);
        }
        self.rung.fetch_or(bit(look), Ordering::Release);
        self.bell.notify_one();
    }

    /// Waits for the bell.
    pub async fn rung(&self) {
        self.bell.notified().await;
    }

    /// What the bell rang for since the last time this was asked.
    #[must_use]
    pub fn take_looks(&self) -> Looks {
        Looks(self.rung.swap(0, Ordering::AcqRel))
    }

    /// Counts a stream in.
    pub fn join(&self) {
        self.meter.join();
    }

    /// Counts a stream out.
    pub fn leave(&self) {
        self.meter.leave();
    }

    /// What the streams count.
    #[must_use]
    pub const fn meter(&self) -> &Arc<Meter> {
        &self.meter
    }

    /// How many streams are reading.
    #[must_use]
    pub fn streams(&self) -> usize {
        self.meter.streams()
    }
}

/// What an instance knows of what was taken back: how often the bell rang for it, and how often the ring was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known(u64, u64);

/// What to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Looks(u8);

impl Looks {
    /// Look at everything, as the slow tick does.
    pub const ALL: Self = Self(u8::MAX);

    /// Whether the counts are to be looked at.
    #[must_use]
    pub const fn tallies(self) -> bool {
        self.0 & bit(Look::Tallies) != 0
    }
}

const fn bit(look: Look) -> u8 {
    match look {
        Look::Facts | Look::TakenBack => 1,
        Look::Tallies => 2,
        // Nothing of a channel's: the bus hears of it.
        Look::Access => 0,
    }
}

/// Nothing under these locks panics half-way, so what a panic elsewhere has poisoned is whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (tenant, streams, tail) = (self.tenant, self.streams(), self.tail());
        f.debug_struct("Channel").field("tenant", &tenant).field("streams", &streams).field("tail", &tail).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;
    use uuid::Uuid;

    fn channel() -> Channel {
        Channel::new(TenantId(Uuid::nil()), Cursor { epoch: Epoch(1), seq: 7 }, Timestamp(0))
    }

    #[test]
    fn the_bell_says_what_to_look_at_once() {
        let channel = channel();
        channel.ring(Look::Facts);
        assert!(!channel.take_looks().tallies());
        channel.ring(Look::Tallies);
        channel.ring(Look::Facts);
        assert!(channel.take_looks().tallies());
        assert!(!channel.take_looks().tallies());
    }

    #[test]
    fn what_was_read_before_something_was_taken_back_is_not_put_in() {
        let channel = channel();
        let batch = || Batch::beat(channel.tenant, Timestamp(1));
        let known = channel.retractions();
        assert!(channel.push_unless_taken_back(batch(), known));
        channel.ring(Look::Facts);
        assert!(channel.push_unless_taken_back(batch(), known));
        channel.ring(Look::TakenBack);
        assert!(!channel.push_unless_taken_back(batch(), known));
        assert_eq!(channel.tail().0, 2);
        assert!(channel.push_unless_taken_back(batch(), channel.retractions()));
    }

    #[test]
    fn listeners_hear_of_every_batch_until_they_leave() {
        #[derive(Default)]
        struct Ears(AtomicUsize);
        impl Listener for Ears {
            fn pushed(&self, tenant: TenantId) {
                assert_eq!(tenant, TenantId(Uuid::nil()));
                self.0.fetch_add(1, Ordering::Relaxed);
            }
        }
        let (channel, ears) = (channel(), Arc::new(Ears::default()));
        let listener: Arc<dyn Listener> = ears.clone();
        channel.listen(listener.clone());
        channel.push(Batch::beat(channel.tenant, Timestamp(1)));
        channel.push(Batch::beat(channel.tenant, Timestamp(2)));
        channel.unlisten(&listener);
        channel.push(Batch::beat(channel.tenant, Timestamp(3)));
        assert_eq!((ears.0.load(Ordering::Relaxed), channel.tail()), (2, (3, 7)));
    }
}
