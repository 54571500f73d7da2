//! What one watched tenant's streams count.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;
use tokio::time::Instant;

use super::history::History;
use crate::histogram::{Distribution, Histogram};
use pulsestage::health::{Health, Pulse, Sample, Stay};

/// Classes of how long streams last, in microseconds: seconds are trouble on the way, a quarter of an hour is a
/// stream's usual life.
pub(super) const STAYS: &[u64] =
    &[1_000_000, 10_000_000, 60_000_000, 300_000_000, 900_000_000, 1_800_000_000, 3_600_000_000, 14_400_000_000];
/// Classes of how late changes are, in microseconds.
pub(super) const LAGS: &[u64] =
    &[2_000, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000];

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(super) enum MeterCount {
    /// Messages that went into the buffer.
    Published,
    /// Messages that were written, for each stream.
    Deliveries,
    /// Their bytes.
    Bytes,
    /// Heartbeats that were written.
    BeatsSent,
    /// Heartbeats that were left out.
    BeatsSkipped,
    /// Streams that were ended because they were too slow.
    Slow,
    /// Clients that had to load the board.
    Resyncs,
    /// Replays that the buffer had.
    RingReplays,
    /// Replays that were read from the database.
    DatabaseReplays,
}

/// How many kinds of counts there are.
const KINDS: usize = 9;

/// Numbers by what they count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct MeterCounts([u64; KINDS]);

impl MeterCounts {
    /// One of them.
    pub(super) const fn of(&self, count: MeterCount) -> u64 {
        self.0[count as usize]
    }

    /// Adds others.
    pub(super) fn add(&mut self, others: &Self) {
        self.0.iter_mut().zip(others.0).for_each(|(sum, more)| *sum += more);
    }

    /// How much more this is than an earlier one.
    pub(super) fn since(&self, earlier: &Self) -> Self {
        let mut more = *self;
        more.0.iter_mut().zip(earlier.0).for_each(|(sum, before)| *sum = sum.saturating_sub(before));
        more
    }
}

/// Everything that a meter has counted.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub(super) counts: MeterCounts,
    /// How long the streams lasted that have ended.
    pub(super) stays: Distribution,
    /// How late changes were in the buffer.
    pub(super) lags: Distribution,
}

impl Default for Reading {
    fn default() -> Self {
        Self { counts: MeterCounts::default(), stays: Distribution::empty(STAYS), lags: Distribution::empty(LAGS) }
    }
}

impl Reading {
    /// Adds another.
    pub(super) fn add(&mut self, other: &Self) {
        self.counts.add(&other.counts);
        self.stays.add(&other.stays);
        self.lags.add(&other.lags);
    }
}

/// What a pass over streams has written. Counted in plain numbers; [`Meter::wrote`] takes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WrittenBytes {
    /// Messages.
    pub frames: usize,
    /// Their bytes.
    pub bytes: usize,
    /// Heartbeats among them.
    pub beats: usize,
    /// Heartbeats that were left out because the stream had just been written to.
    pub skipped: usize,
}

/// Where it was found what a client had missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplaySource {
    /// In the buffer.
    ReplayBuffer,
    /// In the database.
    Database,
}

/// What one tenant's streams count while somebody watches.
#[derive(Debug)]
pub struct Meter {
    since: Instant,
    streams: AtomicUsize,
    counts: [AtomicU64; KINDS],
    stays: Histogram,
    lags: Histogram,
    /// The last lag, in microseconds and one more; 0 before the first.
    last_lag: AtomicU64,
    /// When the last heartbeat was, in milliseconds from the beginning.
    beat_at: AtomicU64,
    /// When the tailer has last looked and seen, likewise.
    looked_at: AtomicU64,
    history: History,
}

impl Default for Meter {
    fn default() -> Self {
        Self {
            since: Instant::now(),
            streams: AtomicUsize::new(0),
            counts: Default::default(),
            stays: Histogram::new(STAYS),
            lags: Histogram::new(LAGS),
            last_lag: AtomicU64::new(0),
            beat_at: AtomicU64::new(0),
            looked_at: AtomicU64::new(0),
            history: History::default(),
        }
    }
}

impl Meter {
    /// MeterCounts a stream in.
    pub fn join(&self) {
        self.streams.fetch_add(1, std::sync::atomic::Ordering::AcqRel);
    }

    /// MeterCounts a stream out.
    pub fn leave(&self) {
        self.streams.fetch_sub(1, std::sync::atomic::Ordering::AcqRel);
    }

    /// How many streams there are.
    #[must_use]
    pub fn streams(&self) -> usize {
        self.streams.load(std::sync::atomic::Ordering::Acquire)
    }

    /// Now, as [`Meter::stayed`] takes it: in milliseconds from the beginning. Four bytes of every stream, good for
    /// seven weeks, after which it stands still.
    #[must_use]
    pub fn mark(&self) -> u32 {
        u32::try_from(self.millis()).unwrap_or(u32::MAX)
    }

    /// A stream has ended that began at this mark; says how long it lasted.
    pub fn stayed(&self, since: u32) -> Duration {
        let lasted = Duration::from_millis(self.millis().saturating_sub(since.into()));
        self.stays.add(lasted);
        lasted
    }

    /// So many messages went into the buffer, the oldest change among them this long ago if that is known.
    pub fn published(&self, frames: usize, lag: Option<Duration>) {
        self.count(MeterCount::Published, frames);
        if let Some(lag) = lag {
            self.lags.add(lag);
            self.last_lag.store(u64::try_from(lag.as_micros()).unwrap_or(u64::MAX - 1) + 1, Relaxed);
        }
    }

    /// A pass over streams has written this.
    pub fn wrote(&self, written: WrittenBytes) {
        let WrittenBytes { frames, bytes, beats, skipped } = written;
        self.count(MeterCount::Deliveries, frames);
        self.count(MeterCount::Bytes, bytes);
        self.count(MeterCount::BeatsSent, beats);
        self.count(MeterCount::BeatsSkipped, skipped);
    }

    /// A client came back and gets what it missed.
    pub fn replayed(&self, from: ReplaySource) {
        self.count(
            if from == ReplaySource::ReplayBuffer { MeterCount::RingReplays } else { MeterCount::DatabaseReplays },
            1,
        );
    }

    /// So many clients must load the board.
    pub fn resynced(&self, clients: usize) {
        self.count(MeterCount::Resyncs, clients);
    }

    /// A stream is ended because its client reads too slowly.
    pub fn slowed(&self) {
        self.count(MeterCount::Slow, 1);
    }

    /// There was a heartbeat.
    pub fn beat(&self) {
        self.beat_at.store(self.millis(), Relaxed);
    }

    /// The tailer has looked at the database and seen all that is new.
    pub fn looked(&self) {
        self.looked_at.store(self.millis(), Relaxed);
    }

    /// Keeps how it stands now for the charts.
    pub fn sample(&self) {
        self.history.add(self.now());
    }

    /// How long ago the last heartbeat was, or the beginning.
    pub(super) fn beat_age(&self) -> Duration {
        self.age(&self.beat_at)
    }

    /// How long ago the tailer has last seen all that is new.
    pub(super) fn look_age(&self) -> Duration {
        self.age(&self.looked_at)
    }

    /// What it has counted.
    pub(super) fn read(&self) -> Reading {
        Reading { counts: self.counts(), stays: self.stays.read(), lags: self.lags.read() }
    }

    /// What it has counted that is told by tenant.
    pub(super) fn counts(&self) -> MeterCounts {
        let mut counts = MeterCounts::default();
        counts.0.iter_mut().zip(&self.counts).for_each(|(sum, count)| *sum = count.load(Relaxed));
        counts
    }

    /// How the tenant's streams are doing, with so much time between heartbeats.
    pub(super) fn health(&self, heartbeat: Duration) -> Health {
        let (counts, stays) = (self.counts(), self.stays.read());
        let stay =
            |(up_to, streams): (Option<u64>, u64)| Stay { up_to_s: up_to.map(|up_to| up_to / 1_000_000), streams };
        let mut samples = self.history.read();
        // The charts end with now.
        samples.push(self.now());
        Health {
            streams: self.streams() as u64,
            published: counts.of(MeterCount::Published),
            deliveries: counts.of(MeterCount::Deliveries),
            bytes: counts.of(MeterCount::Bytes),
            replays: counts.of(MeterCount::RingReplays) + counts.of(MeterCount::DatabaseReplays),
            resyncs: counts.of(MeterCount::Resyncs),
            slow: counts.of(MeterCount::Slow),
            lag_ms: self.last_lag.load(Relaxed).checked_sub(1).map(|micros| micros / 1_000),
            heartbeat: Some(Pulse {
                every_ms: millis(heartbeat),
                age_ms: millis(self.beat_age()),
                sent: counts.of(MeterCount::BeatsSent),
                skipped: counts.of(MeterCount::BeatsSkipped),
            }),
            mean_stay_ms: stays.mean().map(millis),
            stays: stays.classes().map(stay).collect(),
            samples,
        }
    }

    fn now(&self) -> Sample {
        let counts = self.counts();
        Sample {
            at_ms: self.millis(),
            streams: self.streams() as u64,
            published: counts.of(MeterCount::Published),
            deliveries: counts.of(MeterCount::Deliveries),
        }
    }

    fn count(&self, count: MeterCount, more: usize) {
        if more > 0 {
            self.counts[count as usize].fetch_add(more as u64, Relaxed);
        }
    }

    fn age(&self, moment: &AtomicU64) -> Duration {
        Duration::from_millis(self.millis().saturating_sub(moment.load(Relaxed)))
    }

    fn millis(&self) -> u64 {
        millis(self.since.elapsed())
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[path = "meter_tests.rs"]
mod tests;
