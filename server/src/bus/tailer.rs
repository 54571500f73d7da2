//! The tailer: one task per watched tenant. Woken by the bell or by a slow tick, it reads what is new from the
//! database and puts it into the ring. The bell is a hint; the database is the truth.

use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep};
use tokio_util::sync::CancellationToken;

use super::channel::{Channel, Looks};
use super::frame::{Batch, Frame};
use pulsestage::event::Tally;
use pulsestage::ports::{Clock, Store, StoreError};

/// How often the database is looked at without a ring: bounds how late a lost ring can make a screen.
const ANTI_ENTROPY: Duration = Duration::from_secs(3);
/// How far back counts are looked at after a ring. A vote's time is taken before its commit, and two
/// instances' clocks differ; what has not changed since is not sent again.
const TALLY_SLACK_MS: i64 = 10_000;
/// The same for the slow tick, wide enough for a transaction that took its time.
const WIDE_TALLY_SLACK_MS: i64 = 120_000;
/// Facts read in one go.
const PAGE: i64 = 500;
/// Slow ticks without a stream after which a channel is given up: a reload finds it still warm.
const IDLE_TICKS: u32 = 10;
/// The longest wait before a database in trouble is asked again.
const MAX_BACKOFF: Duration = Duration::from_secs(5);

/// What a tailer works with.
pub(super) struct Tailer {
    /// Where it puts what it reads.
    pub channel: Arc<Channel>,
    /// Where it reads.
    pub store: Arc<dyn Store>,
    /// For the envelopes of counts and heartbeats.
    pub clock: Arc<dyn Clock>,
    /// How long changes are gathered after some were sent.
    pub window: Duration,
    /// Time between heartbeats.
    pub heartbeat: Duration,
    /// Ends it at once.
    pub stop: CancellationToken,
}

impl Tailer {
    /// Runs until it is stopped, or until `may_go` says that nobody needs the channel any more.
    pub(super) async fn run(self, may_go: impl Fn(&Arc<Channel>) -> bool) {
        let mut slow = interval_at(Instant::now() + ANTI_ENTROPY, ANTI_ENTROPY);
        let mut beat = interval_at(Instant::now() + self.heartbeat, self.heartbeat);
        slow.set_missed_tick_behavior(MissedTickBehavior::Delay);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut idle_ticks = 0;
        let mut failures = 0;
        loop {
            let looks = tokio::select! {
                () = self.stop.cancelled() => return,
                () = self.channel.rung() => self.channel.take_looks(),
                _ = slow.tick() => {
                    idle_ticks = if self.channel.streams() == 0 { idle_ticks + 1 } else { 0 };
                    if idle_ticks >= IDLE_TICKS && may_go(&self.channel) {
                        return;
                    }
                    Looks::ALL
                }
                _ = beat.tick() => {
                    self.channel.push(Batch::beat(self.channel.tenant, self.clock.now()));
                    continue;
                }
            };
            match self.look(looks).await {
                Ok(published) => {
                    failures = 0;
                    if published {
                        self.wait(self.window).await;
                    }
                }
                Err(error) => {
                    tracing::warn!(tenant.id = %self.channel.tenant, %error, "could not read what is new; trying again");
                    // What the bell rang for is still to be looked at.
                    self.channel.ring(pulsestage::ports::Look::Tallies);
                    failures += 1;
                    self.wait(backoff(failures)).await;
                }
            }
        }
    }

    async fn wait(&self, time: Duration) {
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = sleep(time) => {}
        }
    }

    /// Reads what is new and puts it into the ring; says whether there was anything.
    async fn look(&self, looks: Looks) -> Result<bool, StoreError> {
        // Counts are read before facts and sent after them: a count is then never ahead of the fact that makes
        // its question known.
        let tallies = if looks.tallies() { self.changed_tallies(looks).await? } else { Vec::new() };
        let mut frames = self.new_facts().await?;
        let now = self.clock.now();
        frames.extend(tallies.iter().map(|tally| Frame::tally(self.channel.tenant, tally, now)));
        if frames.is_empty() {
            return Ok(false);
        }
        tracing::debug!(tenant.id = %self.channel.tenant, frames = frames.len(), "published");
        // Not before: a look that fails half-way has told nobody anything.
        self.channel.tells(&tallies);
        self.channel.push(Batch::new(frames, now));
        Ok(true)
    }

    async fn new_facts(&self) -> Result<Vec<Frame>, StoreError> {
        let (_, mut seq) = self.channel.tail();
        let mut frames = Vec::new();
        loop {
            let facts = self.store.facts_after(self.channel.tenant, seq, PAGE).await?;
            let Some(last) = facts.last() else {
                return Ok(frames);
            };
            seq = last.seq;
            frames.extend(facts.iter().map(|fact| Frame::fact(self.channel.epoch, fact)));
            if i64::try_from(facts.len()).unwrap_or(PAGE) < PAGE {
                return Ok(frames);
            }
        }
    }

    async fn changed_tallies(&self, looks: Looks) -> Result<Vec<Tally>, StoreError> {
        let slack = if looks == Looks::ALL { WIDE_TALLY_SLACK_MS } else { TALLY_SLACK_MS };
        let since = self.clock.now().plus_millis(-slack);
        let tallies = self.store.tallies_since(self.channel.tenant, since).await?;
        Ok(self.channel.untold(tallies))
    }
}

/// A quarter of a second, doubled with each failure in a row, up to the longest.
fn backoff(failures: u32) -> Duration {
    Duration::from_millis(250).saturating_mul(1 << failures.min(5)).min(MAX_BACKOFF)
}
