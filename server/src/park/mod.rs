//! Streams that are nothing but a socket and a place in the buffer.
//!
//! hyper keeps two buffers and a task for every connection, and a runtime wakes each of them for every event. A live
//! stream needs neither: all it ever does is to be written bytes that others are written as well. So once a handler has
//! granted a stream, its socket leaves hyper and is parked here, with a few threads that each own thousands of sockets
//! and write to them in a loop.
//!
//! * `inbox`: what a thread is told: sockets, batches, the end
//! * `shard`: the thread; `groups`: its streams of each tenant, and whose turn it is
//! * `stream`: one parked socket
//! * `head`: how the response begins

mod groups;
mod head;
mod inbox;
mod shard;
mod stream;

use axum::http::response::Parts;
use std::fmt;
use std::io;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;
use tokio_util::task::TaskTracker;

use crate::streams::OpenedStream;
use inbox::{Inbox, ParkedArrival};
use pulsestage::ports::{Clock, Rng};
use shard::Shard;

/// What the threads need to know.
#[derive(Clone)]
pub struct ParkSettings {
    /// How many threads.
    pub threads: usize,
    /// Time between heartbeats.
    pub heartbeat: Duration,
    /// For the dates of responses.
    pub clock: Arc<dyn Clock>,
    /// For the times at which streams end and come back.
    pub rng: Arc<dyn Rng>,
}

/// The threads that own the parked streams. Cheap to clone.
#[derive(Clone)]
pub struct Park(Arc<ParkInner>);

struct ParkInner {
    inboxes: Vec<Arc<Inbox>>,
    next: AtomicUsize,
    settings: ParkSettings,
}

impl Park {
    /// Starts the threads; `tasks` is not done before they have ended.
    ///
    /// # Errors
    /// When the operating system has no thread or no poll for us.
    pub fn start(settings: ParkSettings, tasks: &TaskTracker) -> io::Result<Self> {
        let mut inboxes = Vec::new();
        for number in 0..settings.threads.max(1) {
            let (shard, inbox) = Shard::new(settings.clone())?;
            let token = tasks.token();
            thread::Builder::new().name(format!("streams-{number}")).spawn(move || {
                shard.run();
                drop(token);
            })?;
            inboxes.push(inbox);
        }
        Ok(Self(Arc::new(ParkInner { inboxes, next: AtomicUsize::new(0), settings })))
    }

    /// Parks a stream: its socket, what its response's head says and how it begins. The bytes of the request that were
    /// read already and nobody asked for are not looked at, only counted.
    pub(crate) fn park(&self, socket: TcpStream, opened: OpenedStream, head: &Parts, unasked: usize) {
        let head = head::encode(head, opened.reader.form().framing, self.0.settings.clock.now());
        let arrival = ParkedArrival { socket, opened, head, unasked };
        let turn = self.0.next.fetch_add(1, Ordering::Relaxed) % self.0.inboxes.len();
        if let Some(inbox) = self.0.inboxes.get(turn) {
            inbox.arrive(arrival);
        }
    }

    /// Has every thread look at once which of its streams have to end.
    pub(crate) fn look(&self) {
        self.0.inboxes.iter().for_each(|inbox| inbox.look());
    }

    /// Ends all streams, spread over this time; then the threads end. A second call may shorten it.
    pub fn drain(&self, over: Duration) {
        self.0.inboxes.iter().for_each(|inbox| inbox.drain(over));
    }
}

impl Drop for ParkInner {
    fn drop(&mut self) {
        // Nobody can send them anything any more.
        self.inboxes.iter().for_each(|inbox| inbox.drain(Duration::ZERO));
    }
}

impl fmt::Debug for Park {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Park").field("threads", &self.0.inboxes.len()).finish()
    }
}
