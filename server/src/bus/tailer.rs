//! The tailer: one task per watched tenant. Woken by the bell or by a slow tick, it reads what is new from the
//! database and puts it into the ring. The bell is a hint; the database is the truth.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep};
use tokio_util::sync::CancellationToken;

use super::channel::{Channel, Looks};
use super::frame::{Batch, Frame};
use super::retractions::Retractions;
use pulsestage::event::{Event, Fact, Tally};
use pulsestage::ports::{Clock, Look, Store, StoreError};
use pulsestage::time::Timestamp;

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
                    self.channel.meter().sample();
                    idle_ticks = if self.channel.streams() == 0 { idle_ticks + 1 } else { 0 };
                    if idle_ticks >= IDLE_TICKS && may_go(&self.channel) {
                        return;
                    }
                    Looks::ALL
                }
                _ = beat.tick() => {
                    self.channel.push(Batch::beat(self.channel.tenant, self.clock.now()));
                    self.channel.meter().beat();
                    continue;
                }
            };
            match self.look(looks).await {
                Ok(published) => {
                    failures = 0;
                    self.channel.meter().looked();
                    if published {
                        self.wait(self.window).await;
                    }
                }
                Err(error) => {
                    tracing::warn!(tenant.id = %self.channel.tenant, %error, "could not read what is new; trying again");
                    // What the bell rang for is still to be looked at.
                    self.channel.ring(Look::Tallies);
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
        let known = self.channel.retractions();
        let (mut frames, oldest) = self.new_facts().await?;
        self.retract(&frames).await?;
        self.channel.settle(known);
        let now = self.clock.now();
        frames.extend(tallies.iter().map(|tally| Frame::tally(self.channel.tenant, tally, now)));
        if frames.is_empty() {
            return Ok(false);
        }
        tracing::debug!(tenant.id = %self.channel.tenant, frames = frames.len(), "published");
        // Not before: a look that fails half-way has told nobody anything.
        self.channel.tells(&tallies);
        let published = frames.len();
        if !self.channel.push_unless_taken_back(Batch::new(frames, now), known) {
            // Another look reads it as it is by now; the bell that rang for it is still to be answered.
            self.channel.tells_not(&tallies);
            self.channel.ring(Look::Tallies);
            return Ok(false);
        }
        let lag = oldest.map(|at| Duration::from_millis(now.0.saturating_sub(at.0).max(0).unsigned_abs()));
        self.channel.meter().published(published, lag);
        Ok(true)
    }

    /// The facts that are not in the ring yet, and when the oldest of them was written.
    async fn new_facts(&self) -> Result<(Vec<Frame>, Option<Timestamp>), StoreError> {
        let (_, mut seq) = self.channel.tail();
        let (mut frames, mut oldest) = (Vec::new(), None);
        loop {
            let facts = self.store.facts_after(self.channel.tenant, seq, PAGE).await?;
            let Some(last) = facts.last() else {
                return Ok((frames, oldest));
            };
            seq = last.seq;
            self.channel.told_aside(&counts_in(&facts));
            oldest = oldest.or_else(|| facts.first().map(|fact| fact.at));
            frames.extend(facts.iter().map(|fact| Frame::fact(self.channel.epoch, fact)));
            if i64::try_from(facts.len()).unwrap_or(PAGE) < PAGE {
                return Ok((frames, oldest));
            }
        }
    }

    /// Takes out of the ring what these facts took back: a stream that is behind is sent it as it is now, or not at all.
    async fn retract(&self, new: &[Frame]) -> Result<(), StoreError> {
        let retractions = Retractions::of(new);
        let Some((first, last)) = self.channel.stale(&retractions) else { return Ok(()) };
        let (mut seq, mut now) = (first - 1, HashMap::new());
        while seq < last {
            let facts = self.store.facts_after(self.channel.tenant, seq, PAGE).await?;
            let Some(read) = facts.last() else { break };
            seq = read.seq;
            now.extend(facts.iter().map(|fact| (fact.seq, Frame::fact(self.channel.epoch, fact))));
        }
        self.channel.retract(&retractions, &now);
        Ok(())
    }

    async fn changed_tallies(&self, looks: Looks) -> Result<Vec<Tally>, StoreError> {
        let slack = if looks == Looks::ALL { WIDE_TALLY_SLACK_MS } else { TALLY_SLACK_MS };
        let since = self.clock.now().plus_millis(-slack);
        let tallies = self.store.tallies_since(self.channel.tenant, since).await?;
        Ok(self.channel.untold(tallies))
    }
}

/// The counts with which questions come.
fn counts_in(facts: &[Fact]) -> Vec<Tally> {
    let counts = facts.iter().filter_map(|fact| match (fact.event(), fact.team) {
        (Some(Event::Created(data)), Some(team)) => Some(Tally { question: data.id, team, upvotes: data.upvotes }),
        _ => None,
    });
    counts.collect()
}

/// A quarter of a second, doubled with each failure in a row, up to the longest.
fn backoff(failures: u32) -> Duration {
    Duration::from_millis(250).saturating_mul(1 << failures.min(5)).min(MAX_BACKOFF)
}
