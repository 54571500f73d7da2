//! What a shard is told by others: written from any thread, read by the shard's own.

use bytes::Bytes;
use mio::Waker;
use std::mem;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::bus::{BatchListener, ChannelId};
use crate::streams::OpenedStream;

/// A stream that comes to be parked.
#[derive(Debug)]
pub(super) struct ParkedArrival {
    /// The bare socket.
    pub(super) socket: TcpStream,
    /// The stream.
    pub(super) opened: OpenedStream,
    /// The head of its response.
    pub(super) head: Bytes,
    /// How many bytes its client has sent that nobody asked for.
    pub(super) unasked: usize,
}

/// Everything that was put into an inbox since it was last emptied.
#[derive(Debug, Default)]
pub(super) struct InboxContents {
    /// Streams that come.
    pub(super) arrivals: Vec<ParkedArrival>,
    /// Channels that have something new, each once.
    pub(super) pushed: Vec<ChannelId>,
    /// Whether some streams may have to end.
    pub(super) look: bool,
    /// Over which time all streams are to end, once they are to end.
    pub(super) drain: Option<Duration>,
}

/// A shard's inbox.
#[derive(Debug)]
pub(super) struct Inbox {
    queue: Mutex<InboxQueue>,
    waker: Waker,
    /// Whether the shard was woken and has not looked since: waking it is a call of the system.
    is_awake: AtomicBool,
}

#[derive(Debug, Default)]
struct InboxQueue {
    mail: InboxContents,
    is_closed: bool,
}

impl Inbox {
    /// An inbox whose shard is woken by this.
    pub(super) fn new(waker: Waker) -> Self {
        Self { queue: Mutex::default(), waker, is_awake: AtomicBool::new(false) }
    }

    /// Puts a stream in. One that comes after the end is let go; its client comes back.
    pub(super) fn arrive(&self, arrival: ParkedArrival) {
        self.put(|mail| mail.arrivals.push(arrival));
    }

    /// Tells that some streams may have to end.
    pub(super) fn look(&self) {
        self.put(|mail| mail.look = true);
    }

    /// Tells that all streams are to end within this time.
    pub(super) fn drain(&self, over: Duration) {
        self.put(|mail| mail.drain = Some(mail.drain.map_or(over, |before| before.min(over))));
    }

    /// Takes everything out.
    pub(super) fn take(&self) -> InboxContents {
        // Before the mail is taken: whatever is put in afterwards wakes again.
        self.is_awake.store(false, Ordering::SeqCst);
        mem::take(&mut self.lock().mail)
    }

    /// Takes no more; says whether it was empty, for otherwise there is something to do still.
    pub(super) fn close(&self) -> bool {
        let mut queue = self.lock();
        queue.is_closed = queue.mail.arrivals.is_empty();
        queue.is_closed
    }

    fn put(&self, change: impl FnOnce(&mut InboxContents)) {
        {
            let mut queue = self.lock();
            if queue.is_closed {
                return;
            }
            change(&mut queue.mail);
        }
        if !self.is_awake.swap(true, Ordering::SeqCst)
            && let Err(error) = self.waker.wake()
        {
            // It will look by itself within a second.
            tracing::error!(%error, "streams could not be told that there is something new");
        }
    }

    fn lock(&self) -> MutexGuard<'_, InboxQueue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BatchListener for Inbox {
    fn pushed(&self, channel: ChannelId) {
        self.put(|mail| {
            // Few at any time: the shard looks at once.
            if !mail.pushed.contains(&channel) {
                mail.pushed.push(channel);
            }
        });
    }
}
