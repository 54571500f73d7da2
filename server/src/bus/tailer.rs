//! The tailer: one task per watched tenant. Woken by the notifier or by the poller, it reads what is new from the database
//! and puts it into the buffer. A notification is a hint; the database is the truth.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, Semaphore};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::changes::Changes;
use super::channel::{Channel, LastFact};
use super::frame::{Batch, Frame};
use super::retractions::Retractions;
use pulsestage::event::{Event, EventType, Fact, Tally, TeamTotals};
use pulsestage::ports::{Clock, LogStore, PortError, StoreError, StoreResult};
use pulsestage::time::Timestamp;

/// How far back counts are looked at after a notification: what has not changed since is not sent again, and what was changed by
/// a slower transaction is found by the poller.
const TALLY_SLACK_MS: i64 = 10_000;
/// Facts read in one go.
const PAGE: i64 = 500;
/// How long the database may take for one question: a connection that was cut off says nothing for much longer.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest wait before a database in trouble is asked again.
const MAX_BACKOFF: Duration = Duration::from_secs(5);

/// What a tailer works with.
pub(super) struct Tailer {
    /// Where it puts what it reads.
    pub channel: Arc<Channel>,
    /// Where it reads.
    pub log: Arc<dyn LogStore>,
    /// For the envelopes of counts and heartbeats.
    pub clock: Arc<dyn Clock>,
    /// How long changes are gathered after some were sent.
    pub window: Duration,
    /// Time between heartbeats.
    pub heartbeat: Duration,
    /// Has the poller look at once.
    pub poll: Arc<Notify>,
    /// Those who may read all counts of a tenant at the same time: when a database is back, all tailers want to.
    pub full_looks: Arc<Semaphore>,
    /// Ends it at once.
    pub stop: CancellationToken,
}

/// What a look came to.
enum TailOutcome {
    /// Nothing that the buffer does not say.
    Nothing,
    /// Something, which is in the buffer now.
    NoticeKind,
    /// Something was taken back meanwhile: it is to be looked at again.
    TakenBack,
    /// The last fact that the buffer has is another one now.
    AnotherLog,
}

/// The facts that are not in the buffer yet.
struct NewFacts {
    frames: Vec<Frame>,
    /// When the oldest of them was written.
    oldest: Option<Timestamp>,
    /// The last of them, or the one that was the last before.
    last: LastFact,
}

impl Tailer {
    /// Runs until it is stopped, or its channel is closed.
    pub(super) async fn run(self) {
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = self.follow() => {}
            () = self.beat() => {}
        }
    }

    /// Heartbeats, also while a look waits for the database.
    async fn beat(&self) {
        let mut beat = interval_at(Instant::now() + self.heartbeat, self.heartbeat);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            beat.tick().await;
            self.channel.beat(self.clock.now());
        }
    }

    async fn follow(&self) {
        let mut failures = 0;
        loop {
            self.channel.notified().await;
            if self.channel.is_closed() {
                return;
            }
            let (looks, began) = (self.channel.take_looks(), Instant::now());
            let seen = self.look(looks).await;
            if seen.is_ok() {
                failures = 0;
            }
            match seen {
                Ok(TailOutcome::Nothing) => {}
                Ok(TailOutcome::NoticeKind) => sleep(self.window).await,
                // What the notifier reported is still to be looked at.
                Ok(TailOutcome::TakenBack) => self.channel.wake(looks),
                Ok(TailOutcome::AnotherLog) => {
                    self.channel.doubt();
                    self.poll.notify_one();
                }
                Err(error) => {
                    tracing::warn!(tenant.id = %self.channel.tenant, %error, "could not read what is new; trying again");
                    self.channel.failed(began, self.clock.now());
                    self.channel.wake(looks.and(Changes::ALL_COUNTS));
                    failures += 1;
                    sleep(backoff(failures)).await;
                }
            }
        }
    }

    /// Reads what is new and puts it into the buffer.
    async fn look(&self, looks: Changes) -> Result<TailOutcome, StoreError> {
        let _turn = if looks.all() { self.full_looks.acquire().await.ok() } else { None };
        let began = self.clock.now();
        // MeterCounts are read before facts and sent after them: a count is then never ahead of the fact that makes
        // its question known.
        let tallies = if looks.tallies() { self.changed_tallies(looks, began).await? } else { Vec::new() };
        let known = self.channel.retractions();
        let Some(NewFacts { mut frames, oldest, last }) = self.new_facts().await? else {
            return Ok(TailOutcome::AnotherLog);
        };
        self.retract(&frames).await?;
        let totals = self.changed_totals(&frames).await?;
        self.channel.settle(known);
        let now = self.clock.now();
        frames.extend(tallies.iter().map(|tally| Frame::tally(self.channel.tenant, tally, now)));
        frames.extend(totals.into_iter().map(|totals| Frame::totals(self.channel.tenant, totals, now)));
        if frames.is_empty() {
            self.looked(looks, began, now);
            return Ok(TailOutcome::Nothing);
        }
        tracing::debug!(tenant.id = %self.channel.tenant, frames = frames.len(), "published");
        // Not before: a look that fails half-way has told nobody anything.
        self.channel.tells(&tallies);
        let published = frames.len();
        if !self.channel.push_unless_taken_back(Batch::new(self.channel.tenant, frames, now), known) {
            // Another look reads it as it is by now; the notification of it is still open.
            self.channel.tells_not(&tallies);
            return Ok(TailOutcome::TakenBack);
        }
        self.channel.has_sent(last);
        self.looked(looks, began, now);
        let lag = oldest.map(|at| Duration::from_millis(now.0.saturating_sub(at.0).max(0).unsigned_abs()));
        self.channel.meter().published(published, lag);
        Ok(TailOutcome::NoticeKind)
    }

    /// Takes note of a look that went well.
    fn looked(&self, looks: Changes, began: Timestamp, now: Timestamp) {
        // After a failure all counts are owed, and facts alone leave the counts out.
        if looks.tallies() && (looks.all() || !self.channel.is_failing()) {
            self.channel.is_current(began, now);
        }
        self.channel.meter().looked();
    }

    /// The facts that are not in the buffer yet; `None` when the last one that is there is another one now.
    async fn new_facts(&self) -> Result<Option<NewFacts>, StoreError> {
        let mut new = NewFacts { frames: Vec::new(), oldest: None, last: self.channel.last_fact() };
        loop {
            let LastFact { seq, identity } = new.last;
            let page = answer(self.log.log_page(self.channel.tenant, seq, PAGE)).await?;
            let facts = page.facts;
            let Some(last) = facts.last() else { return Ok(Some(new)) };
            if identity.is_some() && page.known != identity {
                return Ok(None);
            }
            new.last = LastFact { seq: last.seq, identity: Some(last.identity()) };
            self.channel.told_aside(&counts_in(&facts));
            new.oldest = new.oldest.or_else(|| facts.first().map(|fact| fact.at));
            new.frames.extend(facts.iter().map(|fact| Frame::fact(self.channel.epoch, fact)));
            if i64::try_from(facts.len()).unwrap_or(PAGE) < PAGE {
                return Ok(Some(new));
            }
        }
    }

    /// Takes out of the buffer what these facts took back: a stream that is behind is sent it as it is now, or not at all.
    async fn retract(&self, new: &[Frame]) -> Result<(), StoreError> {
        let retractions = Retractions::of(new);
        let Some((first, last)) = self.channel.outdated(&retractions) else { return Ok(()) };
        let (mut seq, mut now) = (first - 1, HashMap::new());
        while seq < last {
            let facts = answer(self.log.facts_after(self.channel.tenant, seq, PAGE)).await?;
            let Some(read) = facts.last() else { break };
            seq = read.seq;
            now.extend(facts.iter().map(|fact| (fact.seq, Frame::fact(self.channel.epoch, fact))));
        }
        self.channel.retract(&retractions, &now);
        Ok(())
    }

    /// How many questions the teams have now of which these facts may have changed that. Each of them is sent, also where
    /// it is what it was: a stream may show one in between, which its page read from the database itself.
    async fn changed_totals(&self, facts: &[Frame]) -> Result<Vec<TeamTotals>, StoreError> {
        let recounted: Vec<&Frame> = facts.iter().filter(|fact| is_recount(fact.event_type)).collect();
        if recounted.is_empty() {
            return Ok(Vec::new());
        }
        let is_all = recounted.iter().any(|fact| fact.about.is_none());
        let mut totals = answer(self.log.team_totals(self.channel.tenant)).await?;
        totals.retain(|totals| is_all || recounted.iter().any(|fact| fact.team == Some(totals.id)));
        Ok(totals)
    }

    async fn changed_tallies(&self, looks: Changes, now: Timestamp) -> Result<Vec<Tally>, StoreError> {
        let tenant = self.channel.tenant;
        if looks.all() {
            // Asked before they are read: streams that are told so meanwhile are told all of them by another look.
            let retell = looks.retell() || self.channel.stale_since().is_some();
            let tallies = answer(self.log.tallies(tenant)).await?;
            return Ok(if retell { tallies } else { self.channel.untold(tallies) });
        }
        let since = match looks.missed() {
            true => self.channel.reach_back(now),
            false => now.plus_millis(-TALLY_SLACK_MS),
        };
        Ok(self.channel.untold(answer(self.log.tallies_since(tenant, since)).await?))
    }
}

/// What the database answers, if it does.
async fn answer<T>(asked: impl Future<Output = StoreResult<T>>) -> StoreResult<T> {
    timeout(PATIENCE, asked).await.unwrap_or(Err(StoreError::Port(PortError::Busy)))
}

/// The counts with which questions come.
fn counts_in(facts: &[Fact]) -> Vec<Tally> {
    let counts = facts.iter().filter_map(|fact| match (fact.event(), fact.team) {
        (Some(Event::Created(data)), Some(team)) => Some(Tally { question: data.id, team, upvotes: data.upvotes }),
        _ => None,
    });
    counts.collect()
}

/// Whether a fact of this type may have changed how many questions a team has. One that says nothing any more may have.
const fn is_recount(event_type: Option<EventType>) -> bool {
    !matches!(
        event_type,
        Some(
            EventType::Answered
                | EventType::Updated
                | EventType::Tagged
                | EventType::Untagged
                | EventType::Pinned
                | EventType::Frozen
                | EventType::TagCreated
                | EventType::TagUpdated
                | EventType::TagDeleted
        )
    )
}

/// A quarter of a second, doubled with each failure in a row, up to the longest.
fn backoff(failures: u32) -> Duration {
    Duration::from_millis(250).saturating_mul(1 << failures.min(5)).min(MAX_BACKOFF)
}
