//! A channel: what one tenant's streams share. A bounded ring of batches; each stream keeps only its place in it.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, watch};

use super::frame::Batch;
use super::replays::Replays;
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
            rung: AtomicU8::new(0),
            bell: Notify::new(),
            meter: Arc::default(),
        }
    }

    /// Puts a batch into the ring and wakes the streams.
    pub fn push(&self, batch: Batch) {
        let pushed = {
            let mut ring = lock(&self.ring);
            ring.push(batch);
            ring.tail().0
        };
        // The ring is free before anybody wakes.
        self.pushed.send_replace(pushed);
        lock(&self.listeners).iter().for_each(|listener| listener.pushed(self.tenant));
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

    /// What a client that has everything up to this fact misses before this place, when no database has to be asked.
    #[must_use]
    pub fn missed(&self, seq: i64, place: u64, slack_ms: i64, now: Timestamp) -> Option<Arc<Batch>> {
        if let Some(known) = lock(&self.replays).get(seq, place) {
            return Some(known);
        }
        let frames = lock(&self.ring).missed(seq, place, slack_ms)?;
        Some(self.keep_missed(seq, place, Batch::new(frames, now)))
    }

    /// Keeps what was found for such a client for others who come back to the same place with the same cursor.
    #[must_use]
    pub fn keep_missed(&self, seq: i64, place: u64, missed: Batch) -> Arc<Batch> {
        let missed = Arc::new(missed);
        lock(&self.replays).keep(seq, place, missed.clone());
        missed
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
        Look::Facts => 1,
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
