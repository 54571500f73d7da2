//! A channel: what one tenant's streams share. A bounded ring of batches; each stream keeps only its place in it.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, watch};

use super::frame::Batch;
use pulsestage::event::{Cursor, Epoch, Tally};
use pulsestage::id::{QuestionId, TenantId};
use pulsestage::ports::Look;

/// Most batches that a ring keeps: at 20 batches a second a stream may stall for most of a minute.
const MAX_BATCHES: usize = 1_024;
/// Most bytes that a ring keeps; one batch is always kept however large it is.
const MAX_BYTES: usize = 4 << 20;

/// What one tenant's streams and its tailer share.
#[derive(Debug)]
pub struct Channel {
    /// Whose it is.
    pub tenant: TenantId,
    /// The life of the log that it follows.
    pub epoch: Epoch,
    // A plain mutex: held for a few instructions, never across an await.
    ring: Mutex<Ring>,
    /// Each question's count as it was last put into the ring.
    told: Mutex<HashMap<QuestionId, i64>>,
    /// How many batches there have ever been; streams wait on it.
    pushed: watch::Sender<u64>,
    /// What the bell rang for since the tailer last looked.
    rung: AtomicU8,
    bell: Notify,
    /// How many streams are reading.
    streams: AtomicUsize,
}

#[derive(Debug)]
struct Ring {
    batches: VecDeque<Arc<Batch>>,
    bytes: usize,
    /// The number of the oldest batch kept.
    oldest: u64,
    /// The last fact that is in the ring or went through it.
    seq: i64,
}

/// What a stream finds in the ring at its place.
#[derive(Debug)]
pub enum Found {
    /// These batches, and its next place.
    Batches(Vec<Arc<Batch>>, u64),
    /// Nothing yet.
    Nothing,
    /// The ring has moved past its place: the stream was too slow and has missed something.
    Missed,
}

impl Channel {
    /// A channel that follows the log from this cursor on.
    #[must_use]
    pub fn new(tenant: TenantId, head: Cursor) -> Self {
        Self {
            tenant,
            epoch: head.epoch,
            ring: Mutex::new(Ring { batches: VecDeque::new(), bytes: 0, oldest: 0, seq: head.seq }),
            told: Mutex::default(),
            pushed: watch::Sender::new(0),
            rung: AtomicU8::new(0),
            bell: Notify::new(),
            streams: AtomicUsize::new(0),
        }
    }

    fn ring_lock(&self) -> MutexGuard<'_, Ring> {
        // Nothing in here panics half-way, so a poisoned ring is a whole one.
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a batch into the ring and wakes the streams.
    pub fn push(&self, batch: Batch) {
        let pushed = {
            let mut ring = self.ring_lock();
            ring.bytes += batch.whole.len();
            ring.seq = batch.facts.map_or(ring.seq, |(_, last)| last);
            ring.batches.push_back(Arc::new(batch));
            while ring.batches.len() > MAX_BATCHES || (ring.bytes > MAX_BYTES && ring.batches.len() > 1) {
                if let Some(gone) = ring.batches.pop_front() {
                    ring.bytes -= gone.whole.len();
                    ring.oldest += 1;
                }
            }
            ring.oldest + ring.batches.len() as u64
        };
        // The lock is released before anybody wakes.
        self.pushed.send_replace(pushed);
    }

    /// Where the live tail starts now: the next batch's number, and the last fact before it.
    #[must_use]
    pub fn tail(&self) -> (u64, i64) {
        let ring = self.ring_lock();
        (ring.oldest + ring.batches.len() as u64, ring.seq)
    }

    /// Everything in the ring from this place on.
    #[must_use]
    pub fn read(&self, place: u64) -> Found {
        let ring = self.ring_lock();
        let end = ring.oldest + ring.batches.len() as u64;
        let Some(skip) = place.checked_sub(ring.oldest) else {
            return Found::Missed;
        };
        if place >= end {
            return Found::Nothing;
        }
        let skip = usize::try_from(skip).unwrap_or(usize::MAX);
        Found::Batches(ring.batches.iter().skip(skip).cloned().collect(), end)
    }

    /// Those of these counts that the ring does not say already.
    #[must_use]
    pub fn untold(&self, mut tallies: Vec<Tally>) -> Vec<Tally> {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        tallies.retain(|tally| told.get(&tally.question) != Some(&tally.upvotes));
        tallies
    }

    /// Remembers counts that go into the ring now.
    pub fn tells(&self, tallies: &[Tally]) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.extend(tallies.iter().map(|tally| (tally.question, tally.upvotes)));
    }

    /// Takes note that one stream read these counts from the database itself. Where the ring says another, a count
    /// that goes back to the ring's before the tailer looks would be no news to it, and that stream would be left
    /// with the count in between; so the ring forgets what it said and is made to say it again.
    pub fn told_aside(&self, tallies: &[Tally]) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
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
        self.streams.fetch_add(1, Ordering::AcqRel);
    }

    /// Counts a stream out.
    pub fn leave(&self) {
        self.streams.fetch_sub(1, Ordering::AcqRel);
    }

    /// How many streams are reading.
    #[must_use]
    pub fn streams(&self) -> usize {
        self.streams.load(Ordering::Acquire)
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
    }
}

#[cfg(test)]
mod tests {
    use super::super::frame::Frame;
    use super::*;
    use pulsestage::time::Timestamp;
    use uuid::Uuid;

    fn channel() -> Channel {
        Channel::new(TenantId(Uuid::nil()), Cursor { epoch: Epoch(1), seq: 7 })
    }

    fn beat(channel: &Channel) {
        channel.push(Batch::new(vec![Frame::heartbeat(channel.tenant, Timestamp(0))]));
    }

    #[test]
    fn a_reader_gets_what_came_since_its_place() {
        let channel = channel();
        let (place, seq) = channel.tail();
        assert_eq!((place, seq), (0, 7));
        assert!(matches!(channel.read(place), Found::Nothing));
        beat(&channel);
        beat(&channel);
        let Found::Batches(batches, next) = channel.read(place) else { panic!("two batches are there") };
        assert_eq!((batches.len(), next), (2, 2));
        assert!(matches!(channel.read(next), Found::Nothing));
    }

    #[test]
    fn a_reader_that_is_too_slow_is_told_so() {
        let channel = channel();
        for _ in 0..=MAX_BATCHES {
            beat(&channel);
        }
        assert!(matches!(channel.read(0), Found::Missed));
        assert!(matches!(channel.read(1), Found::Batches(batches, _) if batches.len() == MAX_BATCHES));
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
}
