//! One parked socket: written to without waiting, read only to see whether its client is still there.

use bytes::{Buf, Bytes};
use mio::net::TcpStream;
use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;

use crate::bus::{BufferRead, Channel, Chunk, StreamFormat};
use crate::metrics::WrittenBytes;
use crate::streams::{Ended, ReplayReader, StreamLease};

/// What a client may send on a stream before it is let go: nothing is expected of it.
const MAX_UNASKED: usize = 16 << 10;

/// Moments of a shard: ticks of its coarse clock.
pub(super) type Tick = u32;

/// A parked stream.
#[derive(Debug)]
pub(super) struct Parked {
    io: TcpStream,
    reader: ReplayReader,
    pub(super) lease: StreamLease,
    unsent: Option<Box<Unsent>>,
    /// When it has to end.
    pub(super) ends: Tick,
    /// When it was last written to; its opening does not count.
    written: Option<Tick>,
    unasked: usize,
    /// Its place among its tenant's, kept by `groups`.
    pub(super) member: usize,
}

/// Pieces that its client has not taken yet. Boxed: few streams have any, and only for a moment.
type Unsent = (Bytes, Option<Bytes>);

/// How the streams of a pass read the buffer: most are at one place, so what one has read serves the next.
#[derive(Debug)]
pub(super) struct BufferScan<'a> {
    channel: &'a Channel,
    /// The place after which there was nothing when the pass began.
    tail: u64,
    chunk: Option<Chunk>,
    now: Tick,
    /// A stream that was written to within so many ticks needs no heartbeat.
    lively: Tick,
    /// What it has written.
    pub(super) written: WrittenBytes,
}

impl<'a> BufferScan<'a> {
    /// A pass over this channel's streams.
    pub(super) fn new(channel: &'a Channel, now: Tick, lively: Tick) -> Self {
        Self { channel, tail: channel.tail().0, chunk: None, now, lively, written: WrittenBytes::default() }
    }

    /// What is at a place that is not the tail.
    fn at(&mut self, place: u64) -> Result<Option<&Chunk>, Ended> {
        if self.chunk.as_ref().is_none_or(|chunk| chunk.from != place) {
            match self.channel.read(place) {
                BufferRead::Chunk(chunk) => self.chunk = Some(chunk),
                BufferRead::Nothing => return Ok(None),
                BufferRead::Missed => return Err(Ended::TooSlow),
            }
        }
        Ok(self.chunk.as_ref())
    }
}

impl Parked {
    /// A stream that begins with this, and then that if there is any.
    pub(super) fn new(
        io: TcpStream,
        reader: ReplayReader,
        lease: StreamLease,
        opening: (Bytes, Bytes),
        ends: Tick,
    ) -> Self {
        let (first, then) = opening;
        let unsent = Some(Box::new((first, Some(then).filter(|then| !then.is_empty()))));
        Self { io, reader, lease, unsent, ends, written: None, unasked: 0, member: 0 }
    }

    /// How its client is sent everything.
    pub(super) const fn form(&self) -> StreamFormat {
        self.reader.form()
    }

    /// The socket.
    pub(super) const fn io(&mut self) -> &mut TcpStream {
        &mut self.io
    }

    /// Writes whatever the buffer has for it, as far as its client takes it.
    pub(super) fn feed(&mut self, pass: &mut BufferScan<'_>) -> Result<(), Ended> {
        while self.unsent.is_none() && self.reader.place() < pass.tail {
            let (now, lively) = (pass.now, pass.lively);
            let Some(chunk) = pass.at(self.reader.place())? else { return Ok(()) };
            if chunk.is_beat && self.written.is_some_and(|at| now - at < lively) {
                self.reader.skip(chunk);
                pass.written.skipped += 1;
                continue;
            }
            let (frames, is_beat) = (chunk.frames(), chunk.is_beat);
            let bytes = self.reader.take(chunk);
            if bytes.is_empty() {
                continue;
            }
            let sent = write(&mut self.io, &bytes)?;
            let length = bytes.len();
            if sent < length {
                // Shares the memory of the batch.
                self.unsent = Some(Box::new((bytes.slice(sent..), None)));
            }
            self.written = Some(now);
            pass.written.frames += frames;
            pass.written.beats += usize::from(is_beat);
            pass.written.bytes += length;
        }
        let is_at_the_end = self.unsent.is_none() && pass.channel.ends_at(self.reader.place());
        if is_at_the_end { Err(Ended::LogReplaced) } else { Ok(()) }
    }

    /// Writes what could not be written before, as far as its client takes it.
    pub(super) fn flush(&mut self) -> Result<(), Ended> {
        while let Some(unsent) = &mut self.unsent {
            let (piece, then) = &mut **unsent;
            let sent = write(&mut self.io, piece)?;
            piece.advance(sent);
            if !piece.is_empty() {
                break;
            }
            match then.take() {
                Some(next) => *piece = next,
                None => self.unsent = None,
            }
        }
        Ok(())
    }

    /// Whether its client has not taken everything yet.
    pub(super) const fn is_behind(&self) -> bool {
        self.unsent.is_some()
    }

    /// Whether the buffer has moved past it, or ends: whatever it reads now, it has missed something.
    pub(super) fn is_lost(&self) -> bool {
        self.is_behind() && (self.lease.channel().is_closed() || !self.lease.channel().has(self.reader.place()))
    }

    /// Adds to what its client has sent unasked.
    pub(super) fn heard(&mut self, bytes: usize) -> Result<(), Ended> {
        self.unasked += bytes;
        if self.unasked > MAX_UNASKED { Err(Ended::ClientGone) } else { Ok(()) }
    }

    /// Reads and forgets whatever its client has sent.
    pub(super) fn hear(&mut self, scratch: &mut [u8]) -> Result<(), Ended> {
        loop {
            match self.io.read(scratch) {
                Ok(0) => return Err(Ended::ClientGone),
                Ok(read) => self.heard(read)?,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Err(Ended::ClientGone),
            }
        }
    }

    /// Says when to come back, if that can be said still, and ends the connection.
    pub(super) fn part(mut self, closing_frame: &[u8], scratch: &mut [u8]) {
        // Bytes that nobody has read would make the kernel reset the connection and the closing_frame be lost. Behind
        // half a chunk a closing_frame would be part of it: it is finished first, and where the client does not take
        // that now, the connection ends without a last chunk, which tells that something is missing.
        if self.hear(scratch).is_ok() && self.flush().is_ok() && !self.is_behind() {
            let _its_client_comes_back_anyway = write(&mut self.io, closing_frame);
        }
        let _gone_by_then = self.io.shutdown(Shutdown::Write);
    }
}

/// Writes as much as the socket takes now; says how much that was.
fn write(io: &mut TcpStream, bytes: &[u8]) -> Result<usize, Ended> {
    let mut sent = 0;
    while sent < bytes.len() {
        match io.write(bytes.get(sent..).unwrap_or_default()) {
            Ok(0) => return Err(Ended::ClientGone),
            Ok(written) => sent += written,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return Err(Ended::ClientGone),
        }
    }
    Ok(sent)
}
