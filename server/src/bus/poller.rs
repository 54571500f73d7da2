//! The poller: one task for all watched tenants. A notification that is lost, a log that was replaced and a database that does
//! not answer are seen here, with a query for hundreds of tenants and not one for each.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, Weak};
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, sleep_until, timeout};

use super::changes::Changes;
use super::channel::{Channel, LastFact};
use super::frame::Batch;
use super::{Bus, BusInner};
use crate::store::sql::watched::MOST;
use pulsestage::event::{Epoch, LogHead};
use pulsestage::ports::{PortError, StoreError};

/// How often the database is looked at without a notification: bounds how late a lost notification can make a screen.
const ANTI_ENTROPY: Duration = Duration::from_secs(3);
/// How long the database may take for a look before that counts as failed.
const PATIENCE: Duration = Duration::from_secs(3);
/// The wait before a database that has failed is asked again; later on the next tick is soon enough.
const RETRY: Duration = Duration::from_secs(1);
/// Failures in a row after which it is.
const RETRIES: u32 = 3;
/// The wait before a look that somebody asks for: many ask at once.
const SOON: Duration = Duration::from_millis(100);
/// Ticks without a stream after which a channel is given up: a reload finds it still warm.
const IDLE_TICKS: u32 = 10;

/// What the end of a log in the database says of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LogFinding {
    /// It follows this log; whether there is more of it.
    Followed { has_news: bool },
    /// The log is another one, as its epoch says.
    Replaced,
    /// The log has lost facts that streams were sent, or has others in their place, and nobody has found out yet.
    Diverged,
}

impl LogFinding {
    /// `known` is what streams had been sent before the database was asked.
    fn of(channel: &Channel, known: LastFact, head: &LogHead, is_retired: bool) -> Self {
        let LastFact { seq, identity } = known;
        if is_retired {
            return Self::Diverged;
        }
        if head.cursor.epoch != channel.epoch {
            return Self::Replaced;
        }
        let is_another = head.cursor.seq == seq && head.last != identity;
        if head.cursor.seq < seq || is_another || channel.is_doubted() {
            return Self::Diverged;
        }
        Self::Followed { has_news: head.cursor.seq > seq }
    }
}

/// Changes until the bus stops or has no channel any more.
pub(super) async fn run(bus: Weak<BusInner>) {
    let Some(shared) = bus.upgrade() else { return };
    let (stop, asked) = (shared.stop.clone(), shared.poll.clone());
    drop(shared);
    let mut tick = interval_at(Instant::now() + ANTI_ENTROPY, ANTI_ENTROPY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut failures, mut retry) = (0, None);
    loop {
        let is_tick = tokio::select! {
            () = stop.cancelled() => return,
            _ = tick.tick() => true,
            () = asked.notified() => {
                sleep(SOON).await;
                false
            }
            () = sleep_until(retry.unwrap_or_else(Instant::now)), if retry.is_some() => false,
        };
        let Some(bus) = bus.upgrade().map(Bus) else { return };
        if is_tick && bus.tidy() {
            return;
        }
        let polled = tokio::select! {
            () = stop.cancelled() => return,
            polled = bus.poll() => polled,
        };
        retry = None;
        match polled {
            Ok(()) if failures > 0 => {
                tracing::info!(failures, "the database answers again");
                failures = 0;
            }
            Ok(()) => {}
            Err(error) => {
                if failures == 0 {
                    tracing::warn!(%error, "the database could not be looked at; trying again");
                }
                failures += 1;
                retry = (failures <= RETRIES).then(|| Instant::now() + RETRY);
            }
        }
    }
}

impl Bus {
    fn all(&self) -> Vec<Arc<Channel>> {
        let channels = self.0.channels.read().unwrap_or_else(PoisonError::into_inner);
        channels.by_tenant.values().cloned().collect()
    }

    /// Keeps the charts going and closes channels that nobody reads; says whether there is none left.
    fn tidy(&self) -> bool {
        for channel in self.all() {
            channel.meter().sample();
            if channel.count_idle() >= IDLE_TICKS {
                self.give_up(&channel);
            }
        }
        let mut channels = self.0.channels.write().unwrap_or_else(PoisonError::into_inner);
        // Decided under the lock under which the next one would be started.
        channels.is_polled = !channels.by_tenant.is_empty();
        !channels.is_polled
    }

    /// Changes where all logs end, and wakes the tailers that have something to do.
    async fn poll(&self) -> Result<(), StoreError> {
        let all = self.all();
        let mut replaced = 0;
        for (number, some) in all.chunks(MOST).enumerate() {
            let began = Instant::now();
            match self.poll_some(some).await {
                Ok(more) => replaced += more,
                Err(error) => {
                    // Those that were not asked for are no better off.
                    let now = self.0.clock.now();
                    all.iter().skip(number * MOST).for_each(|channel| channel.failed(began, now));
                    return Err(error);
                }
            }
        }
        if replaced > 0 {
            tracing::warn!(
                logs = replaced,
                "the database has other logs than were followed; their streams load the board again"
            );
        }
        Ok(())
    }

    fn is_retired(&self, epoch: Epoch) -> bool {
        self.0.retired.lock().unwrap_or_else(PoisonError::into_inner).contains(&epoch)
    }

    /// Changes where the logs of some channels end; says how many were replaced.
    async fn poll_some(&self, channels: &[Arc<Channel>]) -> Result<usize, StoreError> {
        let (began, now) = (Instant::now(), self.0.clock.now());
        // Before the database is asked: what it says is then never older than what streams were sent.
        let known: Vec<LastFact> = channels.iter().map(|channel| channel.last_fact()).collect();
        let tenants: Vec<_> = channels.iter().map(|channel| channel.tenant).collect();
        let heads = timeout(PATIENCE, self.0.log.log_heads(&tenants)).await;
        let heads = heads.unwrap_or(Err(StoreError::Port(PortError::Busy)))?;
        let heads: HashMap<_, _> = heads.into_iter().map(|head| (head.tenant, head)).collect();
        let (mut replaced, mut diverged) = (0, Vec::new());
        for (channel, known) in channels.iter().zip(known) {
            let head = heads.get(&channel.tenant);
            let is_retired = head.is_some_and(|head| self.is_retired(head.cursor.epoch));
            match head.map(|head| (head, LogFinding::of(channel, known, head, is_retired))) {
                Some((head, LogFinding::Followed { has_news })) => {
                    let looks = channel.heard(head.voted_at, now);
                    match looks.or_else(|| has_news.then_some(Changes::FACTS)) {
                        Some(looks) => channel.wake(looks),
                        None => channel.is_current(now, self.0.clock.now()),
                    }
                }
                Some((head, LogFinding::Diverged)) => diverged.push((channel, head)),
                Some((_, LogFinding::Replaced)) | None => {
                    self.replace(channel, head);
                    replaced += 1;
                }
            }
        }
        if let Some((first, head)) = diverged.first()
            && let Err(error) = self.renew(first, head.cursor.epoch).await
        {
            diverged.iter().for_each(|(channel, _)| channel.failed(began, self.0.clock.now()));
            return Err(error);
        }
        Ok(replaced)
    }

    /// Gives all logs new epochs, for one of them is not the log that it was: no cursor of facts that are lost may ever be
    /// good again. The next look then finds all of them replaced.
    async fn renew(&self, channel: &Channel, seen: Epoch) -> Result<(), StoreError> {
        tracing::warn!(
            tenant.id = %channel.tenant,
            "the log has lost facts that were sent, or has others in their place: every log gets a new epoch"
        );
        let renewed = self.0.log.renew_epochs_if(channel.tenant, seen, &*self.0.rng);
        timeout(PATIENCE, renewed).await.unwrap_or(Err(StoreError::Port(PortError::Busy)))?;
        self.look();
        Ok(())
    }

    /// Follows another log from here on, or none where there is none: streams of the one before are told to load the board
    /// again, and end.
    fn replace(&self, old: &Arc<Channel>, head: Option<&LogHead>) {
        let now = self.0.clock.now();
        {
            let mut channels = self.0.channels.write().unwrap_or_else(PoisonError::into_inner);
            if channels.by_tenant.get(&old.tenant).is_none_or(|channel| !Arc::ptr_eq(channel, old)) {
                return;
            }
            match head {
                Some(head) => {
                    let new = self.follow(old.successor(head, now));
                    channels.by_tenant.insert(old.tenant, new);
                }
                None => {
                    channels.by_tenant.remove(&old.tenant);
                    self.0.meters.remove(old.tenant);
                }
            }
        }
        self.0.retired.lock().unwrap_or_else(PoisonError::into_inner).insert(old.epoch);
        old.meter().resynced(old.streams());
        self.0.meters.renewed();
        old.close(Some(Batch::resync(old.tenant, head.map(|head| head.cursor), now)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulsestage::event::{Cursor, FactIdentity};
    use pulsestage::id::TenantId;
    use pulsestage::time::Timestamp;
    use uuid::Uuid;

    fn fact(at: i64) -> Option<FactIdentity> {
        Some(FactIdentity { at: Timestamp(at), subject: Some(Uuid::from_u128(1)) })
    }

    fn head(epoch: u64, seq: i64, last: Option<FactIdentity>) -> LogHead {
        LogHead { tenant: TenantId(Uuid::nil()), cursor: Cursor { epoch: Epoch(epoch), seq }, last, voted_at: None }
    }

    #[test]
    fn a_log_is_known_by_its_epoch_its_length_and_its_last_fact() {
        let known = head(1, 7, fact(70));
        let channel = Channel::new(&known, Timestamp(0));
        let found = |head| LogFinding::of(&channel, channel.last_fact(), &head, false);
        assert_eq!(found(known), LogFinding::Followed { has_news: false });
        assert_eq!(found(head(1, 8, fact(80))), LogFinding::Followed { has_news: true });
        assert_eq!(found(head(2, 7, fact(70))), LogFinding::Replaced);
        assert_eq!(found(head(2, 3, fact(30))), LogFinding::Replaced);
        assert_eq!(found(head(1, 6, fact(60))), LogFinding::Diverged);
        assert_eq!(found(head(1, 7, fact(71))), LogFinding::Diverged);
        assert_eq!(found(head(1, 0, None)), LogFinding::Diverged);
        channel.doubt();
        assert_eq!(found(head(1, 9, fact(90))), LogFinding::Diverged);
        assert_eq!(found(head(2, 9, fact(90))), LogFinding::Replaced, "somebody else was faster");
        let back = LogFinding::of(&channel, channel.last_fact(), &head(2, 9, fact(90)), true);
        assert_eq!(back, LogFinding::Diverged, "an epoch that was over comes from a copy");
    }
}
