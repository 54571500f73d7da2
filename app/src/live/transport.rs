//! How messages come from the server: by a stream, or by asking now and then where no stream comes through. Pure; time and
//! chance are arguments, all times are milliseconds.
//!
//! A stream that is open and silent tells nothing: the server says something at once and at least every one and a half
//! heartbeats, so either the way to it is dead or somebody on the way holds it back. Asking tells which: while requests are
//! answered and streams are not, the page asks (*polling*) and tries a stream again later.

use super::patience::backoff_ms;

/// How long a stream may take until its first message: the server speaks at once.
const FIRST_WORD_MS: f64 = 5_000.0;
/// A stream that has spoken for so long after its first message brings more than what it was opened with.
const PROOF_MS: f64 = 1_000.0;
/// How long the browser may take to open a stream again by itself; the server asks for 15 seconds at most.
const RECONNECT_MS: f64 = 20_000.0;
/// After so many failures in a row the page asks as well.
const FAILURES: u32 = 4;
/// The first and the longest wait before a stream is tried again while the page asks.
const PROBE_MS: (f64, f64) = (15_000.0, 240_000.0);
/// How long an answer is waited for.
pub(super) const POLL_PATIENCE_MS: u32 = 6_000;

/// The stream of this page.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stream {
    /// None is open; another one is opened then.
    Closed { retry_at: f64 },
    /// Opened, and nothing has come.
    Silent { since: f64 },
    /// Messages have come: the first and the last one then.
    Heard { first: f64, last: f64 },
    /// It ended, and the browser opens it again by itself.
    Reconnecting { since: f64 },
}

/// Whether the page asks.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Polling {
    /// It does not.
    Off,
    /// It asks then.
    Due { at: f64 },
    /// It has asked.
    Asked { since: f64 },
}

/// What is to be done now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Todo {
    /// Close the stream.
    pub(super) close: bool,
    /// Open a stream, in place of the one there is.
    pub(super) open: bool,
    /// Ask what was missed, and tell [`Transport::polled`].
    pub(super) poll: bool,
}

/// How messages come at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// A stream was opened and may speak any moment.
    Opening,
    /// By the stream.
    Stream,
    /// By asking.
    Polling,
    /// Not at all.
    None,
}

/// The state of a page's way to the server.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Transport {
    heartbeat_ms: f64,
    stream: Stream,
    polling: Polling,
    /// Whether the last question was answered.
    answered: bool,
    /// Questions in a row that were not.
    unanswered: u32,
    /// Streams in a row that could not be opened.
    failures: u32,
    /// Streams in a row that were held back.
    held: u32,
    /// Streams in a row that spoke when they were opened and then missed heartbeats.
    missed: u32,
    /// Whether anything went wrong since the start.
    is_lost: bool,
}

impl Transport {
    /// A page whose server beats so often, and which has opened nothing yet.
    pub(super) const fn new(heartbeat_ms: f64) -> Self {
        Self {
            heartbeat_ms,
            stream: Stream::Closed { retry_at: f64::INFINITY },
            polling: Polling::Off,
            answered: false,
            unanswered: 0,
            failures: 0,
            held: 0,
            missed: 0,
            is_lost: false,
        }
    }

    /// Forgets what it knows of the network, which may be another one now.
    pub(super) const fn reset(&mut self) {
        *self = Self { is_lost: self.is_lost, ..Self::new(self.heartbeat_ms) };
    }

    /// A stream was opened.
    pub(super) const fn opened(&mut self, now: f64) {
        self.stream = Stream::Silent { since: now };
    }

    /// The stream was closed on purpose, and what was asked is not waited for: it is opened again when somebody says so.
    pub(super) fn closed(&mut self, now: f64) {
        self.stream = Stream::Closed { retry_at: f64::INFINITY };
        if self.is_polling() {
            self.polling = Polling::Due { at: now };
        }
    }

    /// Whether the page asks.
    pub(super) fn is_polling(&self) -> bool {
        self.polling != Polling::Off
    }

    /// A message came by the stream.
    pub(super) fn message(&mut self, now: f64) {
        let first = match self.stream {
            Stream::Heard { first, .. } => first.min(now),
            _ => now,
        };
        self.stream = Stream::Heard { first, last: now };
        self.failures = 0;
        // A stream after one that missed heartbeats has to bring more than its beginning.
        if self.missed == 0 || now - first >= PROOF_MS {
            (self.held, self.missed) = (0, 0);
            (self.polling, self.answered) = (Polling::Off, false);
        }
    }

    /// The browser reports trouble with the stream: it opens it again by itself, or has given up.
    pub(super) fn failed(&mut self, gave_up: bool, now: f64, random: f64) {
        self.is_lost = true;
        if gave_up {
            self.give_up(now, random);
        } else if !matches!(self.stream, Stream::Reconnecting { .. }) {
            self.stream = Stream::Reconnecting { since: now };
        }
    }

    fn give_up(&mut self, now: f64, random: f64) {
        self.failures = self.failures.saturating_add(1);
        if self.failures >= FAILURES {
            self.ask(now);
        }
        let wait = if self.answered {
            // Requests come through and streams do not.
            self.held = self.held.saturating_add(1);
            probe_ms(self.held)
        } else {
            f64::from(backoff_ms(self.failures - 1, random))
        };
        self.stream = Stream::Closed { retry_at: now + wait };
    }

    /// Has the page ask, if it does not yet.
    fn ask(&mut self, now: f64) {
        if self.polling == Polling::Off {
            (self.polling, self.answered, self.unanswered) = (Polling::Due { at: now }, false, 0);
        }
    }

    /// What was asked was answered, with when to ask again in so many milliseconds, or was not.
    pub(super) fn polled(&mut self, answer: Option<u32>, now: f64, random: f64) {
        if self.polling == Polling::Off {
            return;
        }
        let wait = match answer {
            Some(wait) => {
                // The network is back: a stream may be as well.
                if self.unanswered > 0
                    && let Stream::Closed { retry_at } = &mut self.stream
                {
                    *retry_at = retry_at.min(now);
                }
                self.unanswered = 0;
                wait
            }
            None => {
                self.unanswered = self.unanswered.saturating_add(1);
                backoff_ms(self.unanswered, random).max(1_000)
            }
        };
        self.answered = answer.is_some();
        self.polling = Polling::Due { at: now + f64::from(wait) };
    }

    /// The round: what is to be done now. A page asks while somebody may see it.
    pub(super) fn look_after(&mut self, now: f64, is_seen: bool, random: f64) -> Todo {
        let mut todo = Todo::default();
        self.follow_clock(now);
        let beats = self.heartbeat_ms * 2.5;
        match self.stream {
            Stream::Closed { retry_at } => todo.open = now >= retry_at,
            Stream::Silent { since } if now - since > beats.min(FIRST_WORD_MS) => self.hold_back(now, &mut todo),
            Stream::Heard { first, last } if now - last > beats => {
                let was_proven = last - first >= PROOF_MS;
                self.missed = if was_proven { 1 } else { self.missed.saturating_add(1) };
                self.hold_back(now, &mut todo);
            }
            Stream::Reconnecting { since } if now - since > RECONNECT_MS => {
                todo.close = true;
                self.give_up(now, random);
            }
            Stream::Silent { .. } | Stream::Heard { .. } | Stream::Reconnecting { .. } => {}
        }
        match self.polling {
            Polling::Due { at } if now >= at && is_seen => {
                todo.poll = true;
                self.polling = Polling::Asked { since: now };
            }
            // The answer was dropped with whatever asked for it.
            Polling::Asked { since } if now - since > 2.0 * f64::from(POLL_PATIENCE_MS) => {
                self.polled(None, now, random)
            }
            Polling::Off | Polling::Due { .. } | Polling::Asked { .. } => {}
        }
        todo
    }

    /// The stream was silent for too long. The next one is tried at once, further ones later.
    fn hold_back(&mut self, now: f64, todo: &mut Todo) {
        self.is_lost = true;
        self.held = self.held.saturating_add(1);
        self.ask(now);
        if self.held == 1 {
            todo.open = true;
        } else {
            todo.close = true;
            self.stream = Stream::Closed { retry_at: now + probe_ms(self.held) };
        }
    }

    /// A clock that was set back starts the waits anew.
    fn follow_clock(&mut self, now: f64) {
        match &mut self.stream {
            Stream::Silent { since } | Stream::Reconnecting { since } => *since = since.min(now),
            Stream::Heard { first, last } => (*first, *last) = (first.min(now), last.min(now)),
            Stream::Closed { retry_at } if retry_at.is_finite() => *retry_at = retry_at.min(now + PROBE_MS.1),
            Stream::Closed { .. } => {}
        }
        match &mut self.polling {
            Polling::Due { at } => *at = at.min(now + PROBE_MS.0),
            Polling::Asked { since } => *since = since.min(now),
            Polling::Off => {}
        }
    }

    /// How messages come.
    pub(super) const fn way(&self) -> Way {
        match (self.stream, self.polling) {
            (Stream::Heard { .. }, Polling::Off) => Way::Stream,
            // It has missed heartbeats once; that may have been a network that was left.
            (Stream::Heard { .. }, _) if self.missed < 2 => Way::Stream,
            (_, Polling::Due { .. } | Polling::Asked { .. }) if self.answered => Way::Polling,
            (Stream::Silent { .. }, _) if !self.is_lost => Way::Opening,
            _ => Way::None,
        }
    }

    /// Whether a stream has been silent for longer than it may be: the device slept.
    pub(super) fn is_overdue(&self, now: f64) -> bool {
        match self.stream {
            Stream::Silent { since } => now - since > FIRST_WORD_MS.min(self.heartbeat_ms * 2.5),
            Stream::Heard { last, .. } => now - last > self.heartbeat_ms * 2.5,
            Stream::Closed { .. } | Stream::Reconnecting { .. } => false,
        }
    }

    /// How often to look, in milliseconds.
    pub(super) fn interval_ms(&self) -> u32 {
        (self.heartbeat_ms / 2.0).clamp(250.0, 1_000.0) as u32
    }
}

/// How long to wait before the next stream after so many that were held back.
fn probe_ms(held: u32) -> f64 {
    let times = 1_u32.checked_shl(held.saturating_sub(2)).unwrap_or(u32::MAX);
    (PROBE_MS.0 * f64::from(times)).min(PROBE_MS.1)
}

#[cfg(test)]
#[path = "transport_tests.rs"]
mod tests;
