//! Connections: how many there may be, of one network and in all, and which is let go when one more comes.
//!
//! A connection is an open file, and whoever opens many and sends nothing would have them all. So a connection that
//! waits for its client gives way to one that comes: first those of the network that has the most, and of these the one
//! that has waited longest. One whose request is being answered, and a stream, are never let go for another.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::Instant;

use super::network::Network;

/// When there are as many as there may be, one in so many is let go at a time, so that a storm does not have every one
/// looked through for each that comes.
const SHED_SHARE: usize = 64;

/// How many connections there may be; 0 is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// In all.
    pub total: usize,
    /// Of one network.
    pub per_network: usize,
}

/// How many connections were ended since the start so that others fit in, or turned away. The hook for metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shed {
    /// Because there were as many as there may be.
    pub total: u64,
    /// Because their network had as many as one may have.
    pub network: u64,
}

/// Counts connections. Cheap to clone; all clones count together.
#[derive(Clone)]
pub struct Connections(Arc<ConnectionsInner>);

struct ConnectionsInner {
    limits: ConnectionLimits,
    began: Instant,
    open: Mutex<OpenConnections>,
    shed_total: AtomicU64,
    shed_network: AtomicU64,
}

#[derive(Default)]
struct OpenConnections {
    total: usize,
    networks: HashMap<Network, usize>,
    /// Those that may be let go.
    waiting: HashMap<u64, Arc<Slot>>,
    next: u64,
}

/// What is known of a connection.
struct Slot {
    network: Network,
    /// How many of its requests are being answered.
    busy: AtomicUsize,
    /// Since when it waits for its client, in milliseconds.
    since: AtomicU64,
    ended: Notify,
}

/// A connection that waits for its client or answers it. Dropping it counts it out.
pub struct Connection {
    id: u64,
    slot: Arc<Slot>,
    connections: Connections,
}

/// A connection that is a stream. Dropping it counts it out.
pub struct StreamConnection {
    connections: Connections,
    network: Network,
}

/// Tells when a connection has a request to answer. Cheap to clone.
#[derive(Clone)]
pub struct Activity {
    connections: Connections,
    slot: Arc<Slot>,
}

/// A request that is being answered. While there is one that does not wait for its client, its connection stays.
pub struct Busy(Activity);

impl Connections {
    /// Counts by these limits.
    #[must_use]
    pub fn new(limits: ConnectionLimits) -> Self {
        Self(Arc::new(ConnectionsInner {
            limits,
            began: Instant::now(),
            open: Mutex::default(),
            shed_total: AtomicU64::new(0),
            shed_network: AtomicU64::new(0),
        }))
    }

    /// Takes a connection from this address in; others that wait for their clients may be let go for it. Nothing when
    /// there is no room and nobody to be let go.
    #[must_use]
    pub fn admit(&self, peer: IpAddr) -> Option<Connection> {
        let network = Network::of_peer(peer);
        let ConnectionLimits { total, per_network } = self.0.limits;
        let mut open = self.open();
        let of_network = open.networks.get(&network).copied().unwrap_or_default();
        if per_network > 0 && of_network >= per_network {
            self.0.shed_network.fetch_add(1, Ordering::Relaxed);
            if open.shed(1, |slot| slot.network == network) == 0 {
                return None;
            }
        }
        if total > 0 && open.total >= total {
            let shed = open.shed(total.div_ceil(SHED_SHARE), |_| true);
            self.0.shed_total.fetch_add(shed.max(1) as u64, Ordering::Relaxed);
            if shed == 0 {
                return None;
            }
        }
        let slot = Arc::new(Slot {
            network,
            busy: AtomicUsize::new(0),
            since: AtomicU64::new(self.now()),
            ended: Notify::new(),
        });
        let id = open.next;
        open.next += 1;
        open.total += 1;
        *open.networks.entry(network).or_default() += 1;
        open.waiting.insert(id, slot.clone());
        Some(Connection { id, slot, connections: self.clone() })
    }

    /// Lets some go that wait for their clients: the operating system has no more files.
    pub fn make_room(&self) {
        let shed = self.open().shed(SHED_SHARE, |_| true);
        self.0.shed_total.fetch_add(shed as u64, Ordering::Relaxed);
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.open().total
    }

    /// How many were let go or turned away so far.
    #[must_use]
    pub fn shed(&self) -> Shed {
        Shed { total: self.0.shed_total.load(Ordering::Relaxed), network: self.0.shed_network.load(Ordering::Relaxed) }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.0.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn open(&self) -> MutexGuard<'_, OpenConnections> {
        // Nothing in here panics half-way.
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OpenConnections {
    /// Lets at most so many of these go; says how many. Their places are free at once.
    fn shed(&mut self, most: usize, of: impl Fn(&Slot) -> bool) -> usize {
        let idle = self.waiting.iter().filter(|(_, slot)| slot.busy.load(Ordering::Acquire) == 0 && of(slot));
        let rank = |slot: &Slot| {
            let of_network = self.networks.get(&slot.network).copied().unwrap_or_default();
            (usize::MAX - of_network, slot.since.load(Ordering::Relaxed))
        };
        let mut ranked: Vec<_> = idle.map(|(id, slot)| (rank(slot), *id)).collect();
        let most = most.min(ranked.len());
        if most < ranked.len() {
            ranked.select_nth_unstable(most);
        }
        for (_, id) in &ranked[..most] {
            if let Some(slot) = self.waiting.remove(id) {
                self.leave(slot.network);
                slot.ended.notify_one();
            }
        }
        most
    }

    fn leave(&mut self, network: Network) {
        self.total -= 1;
        if let Some(count) = self.networks.get_mut(&network) {
            *count -= 1;
            if *count == 0 {
                self.networks.remove(&network);
            }
        }
    }
}

impl Connection {
    /// Waits until it is let go for another.
    pub async fn ended(&self) {
        self.slot.ended.notified().await;
    }

    /// What its requests tell.
    #[must_use]
    pub fn activity(&self) -> Activity {
        Activity { connections: self.connections.clone(), slot: self.slot.clone() }
    }

    /// It is a stream from now on, which is not let go for another; nothing when it was let go a moment ago.
    #[must_use]
    pub fn settle(self) -> Option<StreamConnection> {
        let was_here = self.connections.open().waiting.remove(&self.id).is_some();
        was_here.then(|| StreamConnection { connections: self.connections.clone(), network: self.slot.network })
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut open = self.connections.open();
        // One that was let go, or has settled, is counted elsewhere.
        if open.waiting.remove(&self.id).is_some() {
            open.leave(self.slot.network);
        }
    }
}

impl Drop for StreamConnection {
    fn drop(&mut self) {
        self.connections.open().leave(self.network);
    }
}

impl Activity {
    /// A request is being answered from now on.
    #[must_use]
    pub fn begin(&self) -> Busy {
        self.resume();
        Busy(self.clone())
    }

    /// A request waits for its client.
    pub fn pause(&self) {
        self.slot.since.store(self.connections.now(), Ordering::Relaxed);
        self.slot.busy.fetch_sub(1, Ordering::Release);
    }

    /// It goes on.
    pub fn resume(&self) {
        self.slot.busy.fetch_add(1, Ordering::AcqRel);
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.pause();
    }
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections").field("count", &self.count()).field("limits", &self.0.limits).finish()
    }
}

impl fmt::Debug for Activity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Activity").field("busy", &self.slot.busy).finish_non_exhaustive()
    }
}

impl fmt::Debug for StreamConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settled").field("network", &self.network).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    const HERE: [u8; 4] = [192, 0, 2, 1];
    const THERE: [u8; 4] = [192, 0, 2, 2];

    fn connections(total: usize, per_network: usize) -> Connections {
        Connections::new(ConnectionLimits { total, per_network })
    }

    fn is_ended(connection: &Connection) -> bool {
        connection.ended().now_or_never().is_some()
    }

    #[test]
    fn one_that_waits_gives_way_and_one_that_is_answered_does_not() {
        let connections = connections(3, 0);
        let open: Vec<_> = (0..3).map(|_| connections.admit(HERE.into()).unwrap()).collect();
        let [answered, waiting] = [&open[0], &open[1]];
        let _busy = answered.activity().begin();
        waiting.slot.since.store(0, Ordering::Relaxed);
        open[2].slot.since.store(1, Ordering::Relaxed);
        let newest = connections.admit(HERE.into()).unwrap();
        assert_eq!(open.iter().map(is_ended).collect::<Vec<_>>(), [false, true, false], "the longest to wait");
        assert_eq!((connections.count(), connections.shed()), (3, Shed { total: 1, network: 0 }));
        drop(open);
        assert_eq!(connections.count(), 1, "who was let go is counted out once");
        drop(newest);
        assert!(connections.open().networks.is_empty() && connections.open().waiting.is_empty());
    }

    #[test]
    fn the_network_that_has_the_most_gives_way_first() {
        let connections = connections(4, 0);
        let quiet = connections.admit(THERE.into()).unwrap();
        quiet.slot.since.store(0, Ordering::Relaxed);
        let mut loud: Vec<_> = (0..3).map(|_| connections.admit(HERE.into()).unwrap()).collect();
        for _ in 0..20 {
            loud.push(connections.admit(HERE.into()).unwrap());
        }
        assert!(!is_ended(&quiet), "however long it waits");
        assert_eq!(loud.iter().filter(|connection| is_ended(connection)).count(), 20);
    }

    #[test]
    fn one_network_leaves_something_to_others() {
        let connections = connections(8, 6);
        let settled: Vec<_> =
            (0..6).map(|_| connections.admit(HERE.into()).and_then(Connection::settle).unwrap()).collect();
        assert!(connections.admit(HERE.into()).is_none(), "its streams are not let go");
        let others: Vec<_> = (0..2).map(|_| connections.admit(THERE.into()).unwrap()).collect();
        assert_eq!(connections.shed(), Shed { total: 0, network: 1 });
        drop(settled);
        assert_eq!(connections.count(), 2);
        drop(others);
    }

    #[test]
    fn a_request_that_waits_for_its_body_gives_way_as_well() {
        let connections = connections(1, 0);
        let first = connections.admit(HERE.into()).unwrap();
        let activity = first.activity();
        let busy = activity.begin();
        assert!(connections.admit(HERE.into()).is_none(), "it is being answered");
        activity.pause();
        let second = connections.admit(HERE.into()).unwrap();
        assert!(is_ended(&first));
        activity.resume();
        drop((busy, first, second));
        assert_eq!(connections.count(), 0);
    }

    #[test]
    fn who_was_let_go_does_not_become_a_stream() {
        let connections = connections(1, 0);
        let first = connections.admit(HERE.into()).unwrap();
        let _second = connections.admit(HERE.into()).unwrap();
        assert!(first.settle().is_none());
        assert_eq!(connections.count(), 1);
    }

    #[test]
    fn without_limits_everybody_comes_in() {
        let connections = connections(0, 0);
        let all: Vec<_> = (0..1_000).map(|_| connections.admit(HERE.into()).unwrap()).collect();
        assert_eq!((connections.count(), connections.shed()), (1_000, Shed::default()));
        drop(all);
    }
}
