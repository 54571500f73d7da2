//! A stream as the body of an ordinary response: over HTTP/2 and TLS, and wherever the connection is not ours to take.

use bytes::Bytes;
use futures::Stream as Chunks;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::opened_stream::{Ended, OpenedStream, StreamLease, closing_frame, share_of};
use super::reader::ReplayReader;
use crate::bus::BufferRead;
use crate::limits::Busy;
use crate::metrics::WrittenBytes;
use crate::state::AppState;

/// As good as never: the longest life of a stream without one.
const FOR_EVER: Duration = Duration::from_secs(100 * 365 * 24 * 3_600);

/// A stream that is being written to one client.
pub(crate) struct StreamBody {
    reader: ReplayReader,
    lease: StreamLease,
    pushed: watch::Receiver<u64>,
    /// What is written before anything from the replay buffer.
    opening: VecDeque<Bytes>,
    /// When it was last written to; its opening does not count.
    written: Option<Instant>,
    ends: Instant,
    /// Whether it knows that the server stops.
    is_told: bool,
    /// Whether it has said that it ends.
    is_over: bool,
    /// Keeps its connection from giving way to another.
    _busy: Option<Busy>,
    state: AppState,
}

/// What a stream that had nothing to write does next.
enum Wake {
    Change,
    Over(Ended),
}

impl StreamBody {
    /// Goes on where an opened stream begins.
    pub(crate) fn new(opened: OpenedStream, busy: Option<Busy>, state: AppState) -> Self {
        Self {
            pushed: opened.lease.channel().watch(),
            reader: opened.reader,
            lease: opened.lease,
            opening: opened.opening.into_iter().filter(|piece| !piece.is_empty()).collect(),
            written: None,
            ends: Instant::now() + opened.life.unwrap_or(FOR_EVER),
            is_told: false,
            is_over: false,
            _busy: busy,
            state,
        }
    }

    /// The stream as chunks for a response body.
    pub(crate) fn into_chunks(self) -> impl Chunks<Item = Result<Bytes, Infallible>> {
        futures::stream::unfold(self, |mut stream| async move { stream.next().await.map(|bytes| (Ok(bytes), stream)) })
    }

    /// The next bytes, or the end.
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(opening) = self.opening.pop_front() {
            return Some(opening);
        }
        if self.is_over {
            return None;
        }
        loop {
            if self.lease.is_over() {
                return self.part(Ended::AccessOver);
            }
            // Marked before the replay buffer is read: what is pushed after the reading wakes us.
            self.pushed.mark_unchanged();
            match self.lease.channel().read(self.reader.place()) {
                BufferRead::Chunk(chunk) if chunk.is_beat && self.was_just_written() => {
                    self.reader.skip(&chunk);
                    self.lease.channel().meter().wrote(WrittenBytes { skipped: 1, ..WrittenBytes::default() });
                }
                BufferRead::Chunk(chunk) => {
                    let bytes = self.reader.take(&chunk).into_owned();
                    if !bytes.is_empty() {
                        self.written = Some(Instant::now());
                        let (frames, beats) = (chunk.frames(), usize::from(chunk.is_beat));
                        let written = WrittenBytes { frames, bytes: bytes.len(), beats, skipped: 0 };
                        self.lease.channel().meter().wrote(written);
                        return Some(bytes);
                    }
                }
                BufferRead::Missed => {
                    tracing::debug!(tenant.id = %self.lease.channel().tenant, "stream too slow, ended to be resumed");
                    self.lease.channel().meter().slowed();
                    return self.part(Ended::TooSlow);
                }
                BufferRead::Nothing if self.lease.channel().ends_at(self.reader.place()) => {
                    return self.part(Ended::LogReplaced);
                }
                BufferRead::Nothing => match self.woken().await {
                    Wake::Change => {}
                    Wake::Over(why) => return self.part(why),
                },
            }
        }
    }

    /// The last that its client is written, so that it comes back at a time of its own.
    fn part(&mut self, why: Ended) -> Option<Bytes> {
        self.lease.end(why);
        self.is_over = true;
        let (tenant, state) = (self.lease.channel().tenant, &self.state);
        Some(closing_frame(self.reader.form(), tenant, state.clock(), state.rng()))
    }

    /// Whether its client knows that we are alive without a heartbeat.
    fn was_just_written(&self) -> bool {
        self.written.is_some_and(|at| at.elapsed() < self.state.heartbeat() / 2)
    }

    /// Waits until there may be something to do.
    async fn woken(&mut self) -> Wake {
        tokio::select! {
            biased;
            () = self.state.streams_stop().cancelled(), if !self.is_told => {
                self.is_told = true;
                // At a time of its own, so that not all of them come back at once.
                self.ends = self.ends.min(Instant::now() + share_of(self.state.drain(), self.state.rng()));
                Wake::Change
            }
            () = self.lease.over() => Wake::Over(Ended::AccessOver),
            () = sleep_until(self.ends) => Wake::Over(if self.is_told { Ended::Stopping } else { Ended::LifeOver }),
            changed = self.pushed.changed() => if changed.is_ok() { Wake::Change } else { Wake::Over(Ended::Stopping) },
        }
    }
}
