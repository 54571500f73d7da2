//! The event bus: a channel per watched tenant, fed by a tailer, read by streams.
//!
//! Nothing is published *to* the bus. A change is committed to the database and the bell is rung; the tailer of
//! that tenant then reads what is new. A ring that is lost, doubled or out of order makes a screen late, never wrong.

mod channel;
mod coding;
pub mod frame;
pub mod redis;
mod replays;
mod retractions;
mod ring;
mod share;
mod tailer;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::metrics::Meters;
use pulsestage::id::TenantId;
use pulsestage::ports::{Chance, Clock, Look, Notifier, Store, StoreError};

pub use channel::{Channel, Known, Listener};
pub use coding::Coding;
pub use ring::{Chunk, Found};
pub use share::Share;
use tailer::Tailer;

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
pub struct Bus(Arc<Shared>);

struct Shared {
    // Read for every ring and every new stream, written when a tenant's first stream comes or its last has gone.
    channels: RwLock<HashMap<TenantId, Arc<Channel>>>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    settings: BusSettings,
    meters: Meters,
    stop: CancellationToken,
    tasks: TaskTracker,
    /// Tells this instance's rings from others'.
    instance: Uuid,
    /// Rung when somebody's access may have ended.
    access: Arc<Notify>,
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
    /// A bus over this store. Its tasks run in `tasks` and end when `stop` is cancelled.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        chance: &dyn Chance,
        settings: BusSettings,
        stop: CancellationToken,
        tasks: TaskTracker,
    ) -> Self {
        let mut instance = [0; 16];
        chance.fill(&mut instance);
        let instance = Uuid::from_bytes(instance);
        let meters = Meters::new(settings.heartbeat);
        let (channels, access) = (RwLock::default(), Arc::default());
        Self(Arc::new(Shared { channels, store, clock, settings, meters, stop, tasks, instance, access }))
    }

    /// What tells this instance from others.
    #[must_use]
    pub fn instance(&self) -> Uuid {
        self.0.instance
    }

    /// Rung when somebody's access may have ended.
    #[must_use]
    pub fn access(&self) -> Arc<Notify> {
        self.0.access.clone()
    }

    /// What the streams count.
    #[must_use]
    pub fn meters(&self) -> &Meters {
        &self.0.meters
    }

    /// Has every open channel look at everything.
    pub fn ring_all(&self) {
        self.0.access.notify_one();
        let channels = self.0.channels.read().unwrap_or_else(PoisonError::into_inner);
        channels.values().for_each(|channel| channel.ring(Look::Tallies));
    }

    /// Joins a tenant's channel, opening it when this is its first stream.
    ///
    /// # Errors
    /// When the store cannot say where the tenant's log ends.
    pub async fn subscribe(&self, tenant: TenantId) -> Result<Subscription, StoreError> {
        if let Some(subscription) = self.join(tenant) {
            return Ok(subscription);
        }
        let head = self.0.store.head(tenant).await?;
        let mut channels = self.0.channels.write().unwrap_or_else(PoisonError::into_inner);
        // Somebody else may have opened it meanwhile.
        let channel =
            channels.entry(tenant).or_insert_with(|| self.open(Channel::new(tenant, head, self.0.clock.now()))).clone();
        channel.join();
        Ok(Subscription { channel })
    }

    /// Joins a channel that is open. Counting in happens under the lock, so that it cannot be given up meanwhile.
    fn join(&self, tenant: TenantId) -> Option<Subscription> {
        let channels = self.0.channels.read().unwrap_or_else(PoisonError::into_inner);
        let channel = channels.get(&tenant)?.clone();
        channel.join();
        Some(Subscription { channel })
    }

    fn open(&self, channel: Channel) -> Arc<Channel> {
        let channel = Arc::new(channel);
        self.0.meters.add(channel.tenant, channel.meter().clone());
        // What was committed since its head was read rang for nobody.
        channel.ring(Look::Facts);
        let tailer = Tailer {
            channel: channel.clone(),
            store: self.0.store.clone(),
            clock: self.0.clock.clone(),
            window: self.0.settings.window,
            heartbeat: self.0.settings.heartbeat,
            stop: self.0.stop.clone(),
        };
        let bus = Arc::downgrade(&self.0);
        let may_go = move |channel: &Arc<Channel>| bus.upgrade().is_none_or(|shared| Self(shared).give_up(channel));
        self.0.tasks.spawn(tailer.run(may_go));
        channel
    }

    /// Closes a channel that nobody reads; says whether it did.
    fn give_up(&self, channel: &Arc<Channel>) -> bool {
        let mut channels = self.0.channels.write().unwrap_or_else(PoisonError::into_inner);
        if channel.streams() > 0 {
            return false;
        }
        channels.remove(&channel.tenant);
        self.0.meters.remove(channel.tenant);
        true
    }

    /// How many streams there are.
    #[must_use]
    pub fn metrics(&self) -> BusMetrics {
        let channels = self.0.channels.read().unwrap_or_else(PoisonError::into_inner);
        let watched = channels.values().map(|c| (c.tenant.to_string(), c.streams())).filter(|(_, n)| *n > 0);
        let tenant_connections: BTreeMap<String, usize> = watched.collect();
        BusMetrics {
            total_connections: tenant_connections.values().sum(),
            tenant_count: tenant_connections.len(),
            tenant_connections,
        }
    }
}

impl Notifier for Bus {
    fn ring(&self, tenant: TenantId, look: Look) {
        if look == Look::Access {
            self.0.access.notify_one();
            return;
        }
        let channels = self.0.channels.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(channel) = channels.get(&tenant) {
            channel.ring(look);
        }
    }
}
