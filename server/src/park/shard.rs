//! A thread that owns parked streams: it writes to them when their tenant has something new, and sees at once when one
//! has gone.

use bytes::Bytes;
use mio::event::Event;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token, Waker};
use slab::Slab;
use socket2::SockRef;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

use super::ParkSettings;
use super::groups::Groups;
use super::inbox::{Inbox, InboxContents, ParkedArrival};
use super::stream::{BufferScan, Parked, Tick};
use crate::bus::BatchListener;
use crate::streams::{Ended, closing_frame, share_of};

/// The waker's token; streams have the key that they have in the slab.
const WAKE: Token = Token(usize::MAX);
/// Events that are taken from the system in one go.
const EVENTS: usize = 1_024;
/// The coarse clock's tick.
const TICK: Duration = Duration::from_millis(100);
/// Ticks between two looks at streams whose time may be up.
const LOOK: Tick = 10;
/// What the kernel may hold of one stream for a client that does not read (it takes twice as much for itself).
const SEND_BUFFER: usize = 64 << 10;
/// A client whose kernel has not confirmed anything for so long is gone, at the least.
const MIN_UNCONFIRMED: Duration = Duration::from_secs(5);

/// The thread's state.
pub(super) struct Shard {
    poll: Poll,
    inbox: Arc<Inbox>,
    listener: Arc<dyn BatchListener>,
    streams: Slab<Parked>,
    groups: Groups,
    settings: ParkSettings,
    started: Instant,
    now: Tick,
    next_look: Tick,
    is_ending: bool,
    scratch: Box<[u8]>,
}

impl Shard {
    /// A shard, and where to send it mail.
    pub(super) fn new(settings: ParkSettings) -> io::Result<(Self, Arc<Inbox>)> {
        let poll = Poll::new()?;
        let inbox = Arc::new(Inbox::new(Waker::new(poll.registry(), WAKE)?));
        let shard = Self {
            poll,
            listener: inbox.clone(),
            inbox: inbox.clone(),
            streams: Slab::new(),
            groups: Groups::default(),
            settings,
            started: Instant::now(),
            now: 0,
            next_look: LOOK,
            is_ending: false,
            scratch: vec![0; 4_096].into_boxed_slice(),
        };
        Ok((shard, inbox))
    }

    /// Works until it is told to end and its last stream has ended.
    pub(super) fn run(mut self) {
        let mut events = Events::with_capacity(EVENTS);
        while !(self.is_ending && self.streams.is_empty() && self.inbox.close()) {
            let pause = if self.groups.is_busy() { Duration::ZERO } else { self.until_look() };
            match self.poll.poll(&mut events, Some(pause)) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                    tracing::error!(%error, "sockets cannot be watched for the moment");
                    std::thread::sleep(TICK);
                }
                _ => {}
            }
            self.now = self.tick_of(Instant::now());
            events.iter().filter(|event| event.token() != WAKE).for_each(|event| self.hear(event));
            let mail = self.inbox.take();
            self.read(mail);
            self.write_slice();
            self.look_at_times();
        }
    }

    fn read(&mut self, mail: InboxContents) {
        mail.arrivals.into_iter().for_each(|arrival| self.park(arrival));
        mail.pushed.into_iter().for_each(|channel| self.groups.pushed(channel));
        if mail.look {
            self.next_look = self.now;
        }
        if let Some(over) = mail.drain {
            self.is_ending = true;
            for (_, stream) in &mut self.streams {
                let ends = self.now + ticks(share_of(over, &*self.settings.rng));
                stream.ends = stream.ends.min(ends);
            }
            self.next_look = self.now;
        }
    }

    /// Begins a stream.
    fn park(&mut self, arrival: ParkedArrival) {
        let ParkedArrival { socket, opened, head, unasked } = arrival;
        self.bound(&socket);
        let [greeting, missed] = opened.opening;
        // One packet for everything that is always there.
        let opening = (Bytes::from([head, greeting].concat()), missed);
        let ends = match opened.life {
            Some(life) => self.now.saturating_add(ticks(life)),
            None => Tick::MAX,
        };
        let ends = if self.is_ending { self.now } else { ends };
        let io = TcpStream::from_std(socket);
        let parked = Parked::new(io, opened.reader, opened.lease, opening, ends);
        let channel = parked.lease.channel().clone();
        let key = self.streams.insert(parked);
        let member = self.groups.add(key, &channel, &self.listener);
        let Some(stream) = self.streams.get_mut(key) else { return };
        stream.member = member;
        // Edges, both at once: a socket that takes everything causes no event, and none is ever asked for again.
        let interest = Interest::READABLE | Interest::WRITABLE;
        let begun = match self.poll.registry().register(stream.io(), Token(key), interest) {
            Ok(()) => stream.heard(unasked),
            Err(error) => {
                tracing::warn!(%error, "a stream could not be watched");
                Err(Ended::ClientGone)
            }
        };
        self.conclude(key, begun);
        self.go_on(key);
    }

    /// Bounds what the kernel keeps for a stream, and for how long it waits for a client that is silent: with the
    /// heartbeat that makes it silent and this wait, a peer that was unplugged is gone within two heartbeats.
    fn bound(&self, socket: &std::net::TcpStream) {
        let socket = SockRef::from(socket);
        let unconfirmed = (self.settings.heartbeat / 2).max(MIN_UNCONFIRMED);
        let bounded =
            socket.set_send_buffer_size(SEND_BUFFER).and_then(|()| socket.set_tcp_user_timeout(Some(unconfirmed)));
        if let Err(error) = bounded {
            tracing::debug!(%error, "a stream's socket could not be bounded");
        }
    }

    /// Something happened on a stream's socket.
    fn hear(&mut self, event: &Event) {
        let key = event.token().0;
        let Some(stream) = self.streams.get_mut(key) else { return };
        let heard = if event.is_readable() || event.is_read_closed() || event.is_error() {
            stream.hear(&mut self.scratch)
        } else {
            Ok(())
        };
        let is_behind = stream.is_behind();
        self.conclude(key, heard);
        if event.is_writable() && is_behind {
            self.go_on(key);
        }
    }

    /// Writes what one stream could not be written before, then what has come since.
    fn go_on(&mut self, key: usize) {
        let lively = self.lively();
        let Some(stream) = self.streams.get_mut(key) else { return };
        let channel = stream.lease.channel().clone();
        let mut pass = BufferScan::new(&channel, self.now, lively);
        let went = stream.flush().and_then(|()| stream.feed(&mut pass));
        channel.meter().wrote(pass.written);
        self.conclude(key, went);
    }

    /// Writes to the streams whose turn it is.
    fn write_slice(&mut self) {
        let Some(slice) = self.groups.turn() else { return };
        let mut pass = BufferScan::new(&slice.channel, self.now, self.lively());
        let mut over = Vec::new();
        for key in slice.members {
            if let Some(stream) = self.streams.get_mut(key)
                && let Err(why) = stream.feed(&mut pass)
            {
                over.push((key, why));
            }
        }
        slice.channel.meter().wrote(pass.written);
        for (key, why) in over {
            self.conclude(key, Err(why));
        }
    }

    /// Ends streams whose time is up, and those that the buffer has left behind.
    fn look_at_times(&mut self) {
        if self.now < self.next_look {
            return;
        }
        self.next_look = self.now + if self.is_ending { 1 } else { LOOK };
        let (now, is_ending) = (self.now, self.is_ending);
        let is_over = |stream: &Parked| match stream {
            stream if stream.lease.is_over() => Some(Ended::AccessOver),
            stream if stream.ends <= now => Some(if is_ending { Ended::Stopping } else { Ended::LifeOver }),
            stream if stream.is_lost() => Some(Ended::TooSlow),
            _ => None,
        };
        let over: Vec<_> = self.streams.iter().filter_map(|(key, stream)| Some((key, is_over(stream)?))).collect();
        for (key, why) in over {
            self.conclude(key, Err(why));
        }
    }

    /// Ends a stream that is over.
    fn conclude(&mut self, key: usize, result: Result<(), Ended>) {
        let Err(why) = result else { return };
        let Some(mut stream) = self.streams.try_remove(key) else { return };
        let moved = self.groups.remove(stream.lease.channel(), stream.member, &self.listener);
        if let Some(moved) = moved.and_then(|key| self.streams.get_mut(key)) {
            moved.member = stream.member;
        }
        stream.lease.end(why);
        if why == Ended::TooSlow {
            stream.lease.channel().meter().slowed();
        }
        match why {
            Ended::ClientGone => {}
            _ => {
                let (tenant, settings) = (stream.lease.channel().tenant, &self.settings);
                let closing_frame = closing_frame(stream.form(), tenant, &*settings.clock, &*settings.rng);
                stream.part(&closing_frame, &mut self.scratch);
            }
        }
    }

    /// A stream that was written to so lately needs no heartbeat.
    fn lively(&self) -> Tick {
        ticks(self.settings.heartbeat / 2)
    }

    fn until_look(&self) -> Duration {
        (TICK * self.next_look).saturating_sub(self.started.elapsed())
    }

    fn tick_of(&self, at: Instant) -> Tick {
        ticks(at.duration_since(self.started))
    }
}

/// So many ticks; more than can be counted is for ever.
fn ticks(time: Duration) -> Tick {
    Tick::try_from(time.as_millis() / TICK.as_millis()).unwrap_or(Tick::MAX)
}
