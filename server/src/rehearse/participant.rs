//! One participant: loads the page, holds a stream open, and keeps a board of their own by the one reducer.

use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::measured_board::{MeasuredBoard, Next};
use super::measurements::Measurements;
use crate::audience::{EventStream, ParticipantClient, StreamFaults};
use pulsestage::board::Board;

/// How long the first message of a stream may take.
const FIRST_MESSAGE: Duration = Duration::from_secs(20);
/// How long after the last vote every screen must have caught up.
const CATCH_UP: Duration = Duration::from_secs(15);
/// How long somebody waits before they come back.
const PAUSE: Duration = Duration::from_millis(500);

/// What one participant has seen go wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ParticipantOutcome {
    /// What the stream left out, or what is different on the board at the end, whichever is more; what came again; what
    /// could not be read.
    pub(super) faults: StreamFaults,
    /// How often the server said to load the board again.
    pub(super) resyncs: u64,
    /// How often the stream ended and was opened again.
    pub(super) reconnects: u64,
}

/// The board that everybody is to have at the end, once it is known.
pub(super) type Goal = watch::Receiver<Option<Arc<Board>>>;

/// One participant's browser; a participant does one thing at a time.
pub(super) type Browser = Arc<Mutex<ParticipantClient>>;

/// One participant whose stream is open.
pub(super) struct Participant {
    browser: Browser,
    measured: MeasuredBoard,
    stream: EventStream,
    resyncs: u64,
    reconnects: u64,
    goal: Goal,
    /// The board at the end and when it must be there, once that is known.
    wanted: Option<(Arc<Board>, Instant)>,
}

impl Participant {
    /// Comes in: the page, the board, the stream from the board's cursor until it says that it is open.
    pub(super) async fn join(measurements: Arc<Measurements>, browser: Browser, goal: Goal) -> io::Result<Self> {
        let began = Instant::now();
        let (board, stream) = {
            let mut client = browser.lock().await;
            client.load_page().await?;
            let board = client.load_board().await?;
            let stream = client.open_stream(Some(board.cursor)).await?;
            (board, stream)
        };
        let measured = MeasuredBoard::new(measurements.clone(), board);
        let mut joined = Self { browser, measured, stream, resyncs: 0, reconnects: 0, goal, wanted: None };
        timeout(FIRST_MESSAGE, joined.connected()).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        measurements.note_join(began.elapsed());
        Ok(joined)
    }

    async fn connected(&mut self) -> io::Result<()> {
        while !self.measured.connected {
            let Some(at) = self.stream.read().await? else {
                return Err(io::Error::other("the stream was ended at once: the server takes no more"));
            };
            // A board that is stale already is loaded again by those who watch it.
            let _stale = self.measured.take(&mut self.stream.events, at);
        }
        Ok(())
    }

    /// Watches until the board is what it is to be, or until it is too late for that.
    pub(super) async fn watch(mut self) -> ParticipantOutcome {
        let mut fresh = Instant::now();
        loop {
            if self.measured.take(&mut self.stream.events, fresh) == Next::Resync {
                self.resyncs += 1;
                self.come_back().await;
            }
            self.look();
            if self.is_done() {
                break;
            }
            let until = self.wanted.as_ref().map(|(_, until)| *until);
            tokio::select! {
                read = self.stream.read() => match read {
                    Ok(Some(at)) => fresh = at,
                    Ok(None) | Err(_) => self.come_back().await,
                },
                changed = self.goal.changed(), if until.is_none() => {
                    // Nobody will say it any more: the rehearsal was ended.
                    if changed.is_err() { break }
                }
                () = sleep_until(until.unwrap_or_else(Instant::now)), if until.is_some() => break,
            }
        }
        let outcome = self.measured.close(self.wanted.as_ref().map(|(board, _)| &**board));
        ParticipantOutcome { resyncs: self.resyncs, reconnects: self.reconnects, ..outcome }
    }

    /// Takes note of the board at the end as soon as it is known.
    fn look(&mut self) {
        if self.wanted.is_none() {
            let board = self.goal.borrow_and_update().clone();
            self.wanted = board.map(|board| (board, Instant::now() + CATCH_UP));
        }
    }

    fn is_done(&self) -> bool {
        self.is_late() || self.wanted.as_ref().is_some_and(|(board, _)| **board == *self.measured.board())
    }

    fn is_late(&self) -> bool {
        self.wanted.as_ref().is_some_and(|(_, until)| *until <= Instant::now())
    }

    /// Opens the stream again where the board is, or, when it is stale, where a fresh board is.
    async fn come_back(&mut self) {
        self.reconnects += 1;
        while !self.is_late() {
            if let Ok(stream) = self.open_again().await {
                self.stream = stream;
                return;
            }
            sleep(PAUSE).await;
            self.look();
        }
    }

    async fn open_again(&mut self) -> io::Result<EventStream> {
        let mut client = self.browser.lock().await;
        if self.measured.stale {
            self.measured.replace(client.load_board().await?);
        }
        client.open_stream(Some(self.measured.board().cursor)).await
    }
}
