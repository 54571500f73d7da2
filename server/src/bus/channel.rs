//! A channel: what one tenant's streams share. A bounded buffer of batches; each stream keeps only its position in it.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::changes::Changes;
use super::frame::{Batch, Frame};
use super::freshness::Freshness;
use super::replay_buffer::{BufferRead, ReplayBuffer};
use super::replays::Replays;
use super::retractions::Retractions;
use crate::metrics::Meter;
use pulsestage::event::{Cursor, Epoch, FactIdentity, LogHead, Tally};
use pulsestage::id::{QuestionId, TenantId};
use pulsestage::ports::Change;
use pulsestage::time::Timestamp;

/// Gets every batch of the channels that it listens to, on the thread that makes it. Must not block.
pub trait BatchListener: Send + Sync {
    /// There is a batch more in this channel.
    fn pushed(&self, channel: ChannelId);
}

/// Tells a channel from every other one of this process, of the same tenant as well: while the streams of one that is
/// closed end, there may be another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChannelId(u64);

/// The last fact that streams were sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LastFact {
    /// Its number.
    pub(super) seq: i64,
    /// Which fact it is.
    pub(super) identity: Option<FactIdentity>,
}

/// What one tenant's streams and its tailer share.
pub struct Channel {
    /// Which it is.
    pub id: ChannelId,
    /// Whose it is.
    pub tenant: TenantId,
    /// The life of the log that it follows.
    pub epoch: Epoch,
    // A plain mutex: held for a few instructions, never across an await.
    buffer: Mutex<ReplayBuffer>,
    /// What clients that came back had missed.
    replays: Mutex<Replays>,
    /// Each question's count as it was last put into the buffer.
    told: Mutex<HashMap<QuestionId, i64>>,
    /// How many batches there have ever been; streams that are tasks wait on it.
    pushed: watch::Sender<u64>,
    /// Those who feed many streams at once.
    listeners: Mutex<Vec<Arc<dyn BatchListener>>>,
    /// How often the notifier reported that something was taken back.
    rung_back: AtomicU64,
    /// Up to which of these the tailer has looked: while it is less, buffer and replays may say what is gone.
    settled: AtomicU64,
    /// How often something was taken out of the buffer.
    retracted: AtomicU64,
    /// What the notifier reported since the tailer last looked.
    notified: AtomicU8,
    to_tailer: Notify,
    /// WrittenBytes by the tailer alone.
    last_fact: Mutex<LastFact>,
    freshness: Mutex<Freshness>,
    /// Whether the tailer has seen that the log is another one.
    is_doubted: AtomicBool,
    /// Nothing is put into it any more, and its streams end.
    is_closed: AtomicBool,
    /// How often in a row the poller has found it without a stream.
    idle: AtomicU32,
    /// What the streams count, how many they are among it.
    meter: Arc<Meter>,
}

impl Channel {
    /// A channel that follows the log from its end on; `now` is from before that was read.
    #[must_use]
    pub fn new(head: &LogHead, now: Timestamp) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let Cursor { epoch, seq } = head.cursor;
        Self {
            id: ChannelId(NEXT.fetch_add(1, Ordering::Relaxed)),
            tenant: head.tenant,
            epoch,
            buffer: Mutex::new(ReplayBuffer::new(seq, now)),
            replays: Mutex::default(),
            told: Mutex::default(),
            pushed: watch::Sender::new(0),
            listeners: Mutex::default(),
            rung_back: AtomicU64::new(0),
            settled: AtomicU64::new(0),
            retracted: AtomicU64::new(0),
            notified: AtomicU8::new(0),
            to_tailer: Notify::new(),
            last_fact: Mutex::new(LastFact { seq, identity: head.last }),
            freshness: Mutex::new(Freshness::new(now, head.voted_at)),
            is_doubted: AtomicBool::new(false),
            is_closed: AtomicBool::new(false),
            idle: AtomicU32::new(0),
            meter: Arc::default(),
        }
    }

    /// The channel that takes the place of this one, and counts on where it counted.
    pub(super) fn successor(&self, head: &LogHead, now: Timestamp) -> Self {
        Self { meter: self.meter.clone(), ..Self::new(head, now) }
    }

    /// Puts a batch into the buffer and wakes the streams.
    pub fn push(&self, batch: Batch) {
        self.push_if(batch, || true);
    }

    /// Closes it: nothing comes after this batch, and the streams end once they were sent it.
    pub(super) fn close(&self, last: Option<Batch>) {
        // Closed under the buffer's lock: who has read the last batch sees that it is the last.
        self.push_with(|buffer| {
            if !self.is_closed() {
                last.into_iter().for_each(|batch| buffer.push(batch));
                self.is_closed.store(true, Ordering::Release);
            }
            true
        });
        self.to_tailer.notify_one();
    }

    /// Whether it is closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Acquire)
    }

    /// Whether a stream that has come to this place is at its end.
    #[must_use]
    pub fn ends_at(&self, place: u64) -> bool {
        self.is_closed() && place >= self.tail().0
    }

    /// The same, unless something was reported as taken back since `known` was read: the batch may say it,
    /// and streams opened since then must not get it. Says whether it was put in.
    #[must_use]
    pub(super) fn push_unless_taken_back(&self, batch: Batch, known: KnownRetractions) -> bool {
        // Asked under the buffer's lock, which a stream that comes takes to learn its place.
        self.push_if(batch, || self.rung_back.load(Ordering::Acquire) == known.0)
    }

    fn push_if(&self, batch: Batch, may: impl FnOnce() -> bool) -> bool {
        self.push_with(|buffer| {
            let is_put_in = !self.is_closed() && may();
            if is_put_in {
                buffer.push(batch);
            }
            is_put_in
        })
    }

    /// Changes the buffer, and wakes the streams if that says so.
    fn push_with(&self, change: impl FnOnce(&mut ReplayBuffer) -> bool) -> bool {
        let pushed = {
            let mut buffer = lock(&self.buffer);
            if !change(&mut buffer) {
                return false;
            }
            buffer.tail().0
        };
        // The buffer is free before anybody wakes.
        self.pushed.send_replace(pushed);
        lock(&self.listeners).iter().for_each(|listener| listener.pushed(self.id));
        true
    }

    /// Where the live tail starts now: the next batch's number, and the last fact before it.
    #[must_use]
    pub fn tail(&self) -> (u64, i64) {
        lock(&self.buffer).tail()
    }

    /// What is in the buffer from this place on, as far as it is read in one go.
    #[must_use]
    pub fn read(&self, place: u64) -> BufferRead {
        let batches = lock(&self.buffer).read(place);
        BufferRead::of(place, batches)
    }

    /// Whether nothing is missed yet by going on from this place.
    #[must_use]
    pub fn has(&self, place: u64) -> bool {
        lock(&self.buffer).has(place)
    }

    /// What a client that has everything up to this fact misses before this place, when no database has to be asked: it
    /// has to be after something was taken back, until the buffer knows of it.
    #[must_use]
    pub fn missed(&self, seq: i64, place: u64, slack_ms: i64, now: Timestamp) -> Option<Arc<Batch>> {
        let known = self.retractions();
        if !self.is_settled() {
            return None;
        }
        if let Some(kept) = lock(&self.replays).get(seq, place) {
            return Some(kept);
        }
        let frames = lock(&self.buffer).missed(seq, place, slack_ms)?;
        Some(self.keep_missed(seq, place, Batch::new(self.tenant, frames, now), known))
    }

    /// Keeps what was found for such a client for others who come back to the same place with the same cursor, unless
    /// something was taken back since it was looked for: `known` was read before.
    #[must_use]
    pub fn keep_missed(&self, seq: i64, place: u64, missed: Batch, known: KnownRetractions) -> Arc<Batch> {
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
    pub fn retractions(&self) -> KnownRetractions {
        KnownRetractions(self.rung_back.load(Ordering::Acquire), self.retracted.load(Ordering::Acquire))
    }

    /// Whether the tailer has looked since something was last reported as taken back.
    fn is_settled(&self) -> bool {
        self.settled.load(Ordering::Acquire) == self.rung_back.load(Ordering::Acquire)
    }

    /// The first and the last fact in the buffer that these make stale.
    pub(super) fn outdated(&self, retractions: &Retractions) -> Option<(i64, i64)> {
        lock(&self.buffer).stale(|frame| retractions.concerns(frame))
    }

    /// Takes what these took back out of the buffer and forgets the replays. `now` has the stale facts as they are now;
    /// one that is not there says nothing any more.
    pub(super) fn retract(&self, retractions: &Retractions, now: &HashMap<i64, Frame>) {
        lock(&self.buffer).renew(|frame| {
            let cursor = frame.cursor.filter(|_| retractions.concerns(frame))?;
            Some(now.get(&cursor.seq).cloned().unwrap_or_else(|| Frame::blank(cursor)))
        });
        // After the buffer: whoever reads this number from here on has read the buffer as it is now.
        let mut replays = lock(&self.replays);
        self.retracted.fetch_add(1, Ordering::AcqRel);
        replays.clear();
    }

    /// Says that the tailer has looked since this was read.
    pub(super) fn settle(&self, known: KnownRetractions) {
        self.settled.fetch_max(known.0, Ordering::AcqRel);
    }

    /// Those of these counts that the buffer does not say already.
    #[must_use]
    pub fn untold(&self, mut tallies: Vec<Tally>) -> Vec<Tally> {
        let told = lock(&self.told);
        tallies.retain(|tally| told.get(&tally.question) != Some(&tally.upvotes));
        tallies
    }

    /// Remembers counts that go into the buffer now.
    pub fn tells(&self, tallies: &[Tally]) {
        let mut told = lock(&self.told);
        told.extend(tallies.iter().map(|tally| (tally.question, tally.upvotes)));
    }

    /// Forgets them again: the buffer does not say them after all.
    pub(super) fn tells_not(&self, tallies: &[Tally]) {
        let mut told = lock(&self.told);
        for tally in tallies {
            told.remove(&tally.question);
        }
    }

    /// Takes note that one stream read these counts from the database itself. Where the buffer says another, a count
    /// that goes back to the buffer's before the tailer looks would be no news to it, and that stream would be left
    /// with the count in between; so the buffer forgets what it said and is made to say it again.
    pub fn told_aside(&self, tallies: &[Tally]) {
        let mut told = lock(&self.told);
        let before = told.len();
        for tally in tallies {
            if told.get(&tally.question).is_some_and(|upvotes| *upvotes != tally.upvotes) {
                told.remove(&tally.question);
            }
        }
        if told.len() < before {
            self.notify(Change::Tallies);
        }
    }

    /// Adds a listener for every further batch.
    pub fn listen(&self, listener: Arc<dyn BatchListener>) {
        lock(&self.listeners).push(listener);
    }

    /// Removes the listener.
    pub fn unlisten(&self, listener: &Arc<dyn BatchListener>) {
        lock(&self.listeners).retain(|other| !Arc::ptr_eq(other, listener));
    }

    /// A handle to wait on for further batches.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.pushed.subscribe()
    }

    /// Says that there is something to look at.
    pub fn notify(&self, look: Change) {
        if look == Change::TakenBack {
            self.rung_back.fetch_add(1, Ordering::AcqRel);
        }
        self.wake(Changes::of(look));
    }

    /// Has the tailer look.
    pub(super) fn wake(&self, looks: Changes) {
        self.notified.fetch_or(looks.bits(), Ordering::Release);
        self.to_tailer.notify_one();
    }

    /// Waits for a notification.
    pub async fn notified(&self) {
        self.to_tailer.notified().await;
    }

    /// What the notifier reported since the last time this was asked.
    #[must_use]
    pub fn take_looks(&self) -> Changes {
        Changes::from_bits(self.notified.swap(0, Ordering::AcqRel))
    }

    /// The last fact that streams were sent.
    pub(super) fn last_fact(&self) -> LastFact {
        *lock(&self.last_fact)
    }

    /// Takes note of the last fact that streams were sent.
    pub(super) fn has_sent(&self, last: LastFact) {
        *lock(&self.last_fact) = last;
    }

    /// Takes note that the last fact is another one in the database.
    pub(super) fn doubt(&self) {
        self.is_doubted.store(true, Ordering::Release);
    }

    /// Whether the last fact was found to be another one.
    pub(super) fn is_doubted(&self) -> bool {
        self.is_doubted.load(Ordering::Acquire)
    }

    /// Puts a heartbeat into the buffer, or says that what is shown is old.
    pub(super) fn beat(&self, now: Timestamp) {
        let freshness = lock(&self.freshness);
        self.push(match freshness.stale_since() {
            Some(since) => Batch::stale(self.tenant, since, now).left_out_if_lively(true),
            None => Batch::beat(self.tenant, now),
        });
        self.meter.beat();
    }

    /// A look that began at this time has failed: after some time streams are sent `stale`.
    pub(super) fn failed(&self, began: Instant, now: Timestamp) {
        // Sent under the lock, so that no heartbeat comes in between.
        let mut freshness = lock(&self.freshness);
        let is_news = freshness.fail(began, Instant::now());
        if is_news && let Some(since) = freshness.stale_since() {
            self.push(Batch::stale(self.tenant, since, now));
        }
    }

    /// A look that began at this time has left nothing out: streams that were sent `stale` get a heartbeat.
    pub(super) fn is_current(&self, began: Timestamp, now: Timestamp) {
        let mut freshness = lock(&self.freshness);
        if freshness.succeed(began) {
            self.push(Batch::beat(self.tenant, now).left_out_if_lively(false));
        }
        drop(freshness);
        self.meter.looked();
    }

    /// Since when what streams show is old, if it is.
    #[must_use]
    pub fn stale_since(&self) -> Option<Timestamp> {
        lock(&self.freshness).stale_since()
    }

    /// Whether the last look failed.
    pub(super) fn is_failing(&self) -> bool {
        lock(&self.freshness).is_failing()
    }

    /// What there is to look at, now that this is the latest change of a count in the database.
    pub(super) fn heard(&self, voted_at: Option<Timestamp>, now: Timestamp) -> Option<Changes> {
        let mut freshness = lock(&self.freshness);
        let looks = freshness.heard(voted_at, now);
        match (freshness.stale_since(), freshness.is_failing()) {
            (Some(_), _) => Some(Changes::RETELL_COUNTS),
            (None, true) => Some(looks.unwrap_or(Changes::FACTS).and(Changes::ALL_COUNTS)),
            (None, false) => looks,
        }
    }

    /// From when on a look that begins now has to look for counts.
    pub(super) fn reach_back(&self, now: Timestamp) -> Timestamp {
        lock(&self.freshness).reach_back(now)
    }

    /// How often in a row it was found without a stream, this time included.
    pub(super) fn count_idle(&self) -> u32 {
        let idle = if self.streams() == 0 { self.idle.load(Ordering::Relaxed) + 1 } else { 0 };
        self.idle.store(idle, Ordering::Relaxed);
        idle
    }

    /// MeterCounts a stream in.
    pub fn join(&self) {
        self.meter.join();
    }

    /// MeterCounts a stream out.
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

/// What an instance knows of what was taken back: how often the notifier reported it, and how often the buffer was
/// changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownRetractions(u64, u64);

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
    use pulsestage::event::EventType;
    use std::sync::atomic::AtomicUsize;
    use uuid::Uuid;

    fn channel() -> Channel {
        let cursor = Cursor { epoch: Epoch(1), seq: 7 };
        Channel::new(&LogHead { tenant: TenantId(Uuid::nil()), cursor, last: None, voted_at: None }, Timestamp(0))
    }

    #[test]
    fn nothing_comes_after_the_end_and_whoever_has_read_it_sees_that_it_is_the_end() {
        let channel = channel();
        channel.push(Batch::beat(channel.tenant, Timestamp(1)));
        assert!(!channel.ends_at(1));
        channel.close(Some(Batch::beat(channel.tenant, Timestamp(2))));
        channel.push(Batch::beat(channel.tenant, Timestamp(3)));
        channel.close(Some(Batch::beat(channel.tenant, Timestamp(4))));
        assert_eq!(channel.tail().0, 2);
        assert!(!channel.ends_at(1) && channel.ends_at(2));
        assert!(!channel.push_unless_taken_back(Batch::beat(channel.tenant, Timestamp(5)), channel.retractions()));
    }

    #[test]
    fn a_channel_that_is_late_says_so_once_and_instead_of_heartbeats() {
        let channel = channel();
        let long_ago = Instant::now() - std::time::Duration::from_secs(5);
        for _ in 0..3 {
            channel.failed(long_ago, Timestamp(3));
        }
        channel.beat(Timestamp(4));
        channel.is_current(Timestamp(5), Timestamp(6));
        channel.is_current(Timestamp(7), Timestamp(8));
        channel.beat(Timestamp(9));
        let BufferRead::Chunk(chunk) = channel.read(0) else { panic!("nothing") };
        let beats: Vec<_> = chunk
            .batches
            .iter()
            .flat_map(|batch| batch.frames.iter().map(|frame| (frame.event_type, batch.is_beat)))
            .collect();
        let (stale, heartbeat) = (Some(EventType::Stale), Some(EventType::Heartbeat));
        assert_eq!(beats, [(stale, false), (stale, true), (heartbeat, false), (heartbeat, true)]);
    }

    #[test]
    fn a_notification_says_once_what_to_look_at() {
        let channel = channel();
        channel.notify(Change::Facts);
        assert!(!channel.take_looks().tallies());
        channel.notify(Change::Tallies);
        channel.notify(Change::Facts);
        assert!(channel.take_looks().tallies());
        assert!(!channel.take_looks().tallies());
    }

    #[test]
    fn what_was_read_before_something_was_taken_back_is_not_put_in() {
        let channel = channel();
        let batch = || Batch::beat(channel.tenant, Timestamp(1));
        let known = channel.retractions();
        assert!(channel.push_unless_taken_back(batch(), known));
        channel.notify(Change::Facts);
        assert!(channel.push_unless_taken_back(batch(), known));
        channel.notify(Change::TakenBack);
        assert!(!channel.push_unless_taken_back(batch(), known));
        assert_eq!(channel.tail().0, 2);
        assert!(channel.push_unless_taken_back(batch(), channel.retractions()));
    }

    #[test]
    fn listeners_hear_of_every_batch_until_they_leave() {
        #[derive(Default)]
        struct Ears(AtomicUsize);
        impl BatchListener for Ears {
            fn pushed(&self, _: ChannelId) {
                self.0.fetch_add(1, Ordering::Relaxed);
            }
        }
        let (channel, ears) = (channel(), Arc::new(Ears::default()));
        let listener: Arc<dyn BatchListener> = ears.clone();
        channel.listen(listener.clone());
        channel.push(Batch::beat(channel.tenant, Timestamp(1)));
        channel.push(Batch::beat(channel.tenant, Timestamp(2)));
        channel.unlisten(&listener);
        channel.push(Batch::beat(channel.tenant, Timestamp(3)));
        assert_eq!((ears.0.load(Ordering::Relaxed), channel.tail()), (2, (3, 7)));
    }
}
