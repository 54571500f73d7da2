//! The event bus: a channel per watched tenant, fed by a tailer, read by streams.
//!
//! Nothing is published *to* the bus. A change is committed to the database and the notifier is called; the tailer of
//! that tenant then reads what is new. A notification that is lost, doubled or out of order makes a screen late, never wrong.

mod changes;
mod channel;
mod coding;
pub mod frame;
mod framing;
mod freshness;
mod poller;
pub mod redis;
mod replay_buffer;
mod replays;
mod retractions;
mod share;
mod tailer;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::metrics::Meters;
use pulsestage::error::{Noun, Refusal};
use pulsestage::event::Epoch;
use pulsestage::id::TenantId;
use pulsestage::ports::{Change, Clock, LogStore, Notifier, Rng, StoreError};

pub use changes::Changes;
pub use channel::{BatchListener, Channel, ChannelId, KnownRetractions};
pub use coding::Coding;
pub use framing::{Framed, Framing, StreamFormat};
pub use replay_buffer::{BufferRead, Chunk};
pub use share::Share;
use tailer::Tailer;

/// How many tailers read all counts of their tenants at the same time.
const FULL_LOOKS: usize = 4;

/// What the bus needs to know.
#[derive(Clone, Copy, Debug)]
pub struct BusSettings {
    /// How long changes are gathered after some were sent.
    pub window: Duration,
    /// Time between heartbeats.
    pub heartbeat: Duration,
}

/// The event bus. Cheap to clone.
#[derive(Clone)]
pub struct Bus(Arc<BusInner>);

struct BusInner {
    // Read for every notification and every new stream, written when a tenant's first stream comes or its last has gone.
    channels: RwLock<Channels>,
    log: Arc<dyn LogStore>,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    settings: BusSettings,
    meters: Meters,
    stop: CancellationToken,
    tasks: TaskTracker,
    /// Tells this instance's notifications from others'.
    instance: Uuid,
    /// Notified when somebody's access may have ended.
    access: Arc<Notify>,
    /// Notified when all logs are to be looked at now.
    poll: Arc<Notify>,
    /// Epochs of logs that were replaced. One that comes back came from a copy, whose log has gone on otherwise since.
    retired: Mutex<HashSet<Epoch>>,
    /// Bounds how many read all counts at the same time.
    full_looks: Arc<Semaphore>,
}

#[derive(Default)]
struct Channels {
    by_tenant: HashMap<TenantId, Arc<Channel>>,
    /// Whether there is a poller: there is while there are channels.
    is_polled: bool,
}

impl fmt::Debug for Bus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Bus").field(&self.metrics()).finish()
    }
}

/// How many streams there are, in all and by tenant.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BusMetrics {
    /// All streams.
    pub total_connections: usize,
    /// Streams of each tenant that has any.
    pub tenant_connections: BTreeMap<String, usize>,
    /// Tenants that have any.
    pub tenant_count: usize,
}

/// A stream's hold on its channel; letting go of it counts the stream out.
#[derive(Debug)]
pub struct Subscription {
    channel: Arc<Channel>,
}

impl Subscription {
    /// The channel.
    #[must_use]
    pub const fn channel(&self) -> &Arc<Channel> {
        &self.channel
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.channel.leave();
    }
}

impl Bus {
    /// A bus over this log. Its tasks run in `tasks` and end when `stop` is cancelled.
    #[must_use]
    pub fn new(
        log: Arc<dyn LogStore>,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
        settings: BusSettings,
        stop: CancellationToken,
        tasks: TaskTracker,
    ) -> Self {
        let mut instance = [0; 16];
        rng.fill(&mut instance);
        let instance = Uuid::from_bytes(instance);
        let meters = Meters::new(settings.heartbeat);
        Self(Arc::new(BusInner {
            channels: RwLock::default(),
            log,
            clock,
            rng,
            settings,
            meters,
            stop,
            tasks,
            instance,
            access: Arc::default(),
            poll: Arc::default(),
            retired: Mutex::default(),
            full_looks: Arc::new(Semaphore::new(FULL_LOOKS)),
        }))
    }

    /// What tells this instance from others.
    #[must_use]
    pub fn instance(&self) -> Uuid {
        self.0.instance
    }

    /// Notified when somebody's access may have ended.
    #[must_use]
    pub fn access(&self) -> Arc<Notify> {
        self.0.access.clone()
    }

    /// The log that it reads.
    #[must_use]
    pub fn log(&self) -> &dyn LogStore {
        &*self.0.log
    }

    /// What the streams count.
    #[must_use]
    pub fn meters(&self) -> &Meters {
        &self.0.meters
    }

    /// Has everything looked at for which the notifier may have been called.
    pub fn notify_all(&self) {
        self.0.access.notify_one();
        self.look();
    }

    /// Has the ends of all logs looked at now, and not with the next tick.
    pub fn look(&self) {
        self.0.poll.notify_one();
    }

    /// Joins a tenant's channel, opening it when this is its first stream.
    ///
    /// # Errors
    /// When the store cannot say where the tenant's log ends.
    pub async fn subscribe(&self, tenant: TenantId) -> Result<Subscription, StoreError> {
        if let Some(subscription) = self.join(tenant) {
            return Ok(subscription);
        }
        let now = self.0.clock.now();
        let head = self.0.log.log_heads(&[tenant]).await?.pop();
        let head = head.ok_or(Refusal::NotFound { what: Noun::Tenant })?;
        let mut channels = self.0.channels.write().unwrap_or_else(PoisonError::into_inner);
        // Somebody else may have opened it meanwhile.
        let channel = channels.by_tenant.entry(tenant).or_insert_with(|| self.open(Channel::new(&head, now))).clone();
        channel.join();
        if !std::mem::replace(&mut channels.is_polled, true) {
            self.0.tasks.spawn(poller::run(Arc::downgrade(&self.0)));
        }
        Ok(Subscription { channel })
    }

    /// Joins a channel that is open. Counting in happens under the lock, so that it cannot be given up meanwhile.
    fn join(&self, tenant: TenantId) -> Option<Subscription> {
        let channels = self.0.channels.read().unwrap_or_else(PoisonError::into_inner);
        let channel = channels.by_tenant.get(&tenant)?.clone();
        channel.join();
        Some(Subscription { channel })
    }

    fn open(&self, channel: Channel) -> Arc<Channel> {
        self.0.meters.add(channel.tenant, channel.meter().clone());
        self.follow(channel)
    }

    /// Starts the tailer of a channel.
    fn follow(&self, channel: Channel) -> Arc<Channel> {
        let channel = Arc::new(channel);
        // What was committed since its head was read rang for nobody.
        channel.notify(Change::Facts);
        let tailer = Tailer {
            channel: channel.clone(),
            log: self.0.log.clone(),
            clock: self.0.clock.clone(),
            window: self.0.settings.window,
            heartbeat: self.0.settings.heartbeat,
            poll: self.0.poll.clone(),
            full_looks: self.0.full_looks.clone(),
            stop: self.0.stop.clone(),
        };
        self.0.tasks.spawn(tailer.run());
        channel
    }

    /// Closes a channel that nobody reads.
    fn give_up(&self, channel: &Arc<Channel>) {
        let mut channels = self.0.channels.write().unwrap_or_else(PoisonError::into_inner);
        if channel.streams() == 0 {
            channels.by_tenant.remove(&channel.tenant);
            self.0.meters.remove(channel.tenant);
            channel.close(None);
        }
    }

    /// How many streams there are.
    #[must_use]
    pub fn metrics(&self) -> BusMetrics {
        let channels = self.0.channels.read().unwrap_or_else(PoisonError::into_inner);
        let watched = channels.by_tenant.values().map(|c| (c.tenant.to_string(), c.streams())).filter(|(_, n)| *n > 0);
        let tenant_connections: BTreeMap<String, usize> = watched.collect();
        BusMetrics {
            total_connections: tenant_connections.values().sum(),
            tenant_count: tenant_connections.len(),
            tenant_connections,
        }
    }
}

impl Notifier for Bus {
    fn notify(&self, tenant: TenantId, look: Change) {
        if look == Change::Access {
            self.0.access.notify_one();
            return;
        }
        let channels = self.0.channels.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(channel) = channels.by_tenant.get(&tenant) {
            channel.notify(look);
        }
    }
}
