//! What the stream has told while something was being loaded.

use pulsestage::board::{Applied, Board};
use pulsestage::event::{Cursor, Event};

/// The most messages that are kept; after more the load has to begin anew.
const MOST_MESSAGES: usize = 5_000;

/// The messages that came since something was asked for.
#[derive(Clone, Debug)]
pub(super) struct Since {
    /// Where the board was when the first of them came.
    from: Cursor,
    messages: Vec<(Option<Cursor>, Event)>,
    /// Whether there were more than are kept.
    is_cut: bool,
}

/// What became of rows or of a board that was loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// It is here now.
    Whole,
    /// It is older than what this page has seen of the stream: it has to be loaded again.
    Older,
    /// The page cannot go on from what it has: the board has to be loaded as after a broken stream.
    Resync,
}

impl Since {
    /// Nothing came yet to a board that is there.
    pub(super) const fn new(from: Cursor) -> Self {
        Self { from, messages: Vec::new(), is_cut: false }
    }

    /// Keeps a message. Heartbeats and others that no board heeds are not kept.
    pub(super) fn record(&mut self, at: Option<Cursor>, event: &Event) {
        let is_heeded = event.is_fact() || matches!(event, Event::Upvoted(_) | Event::TeamCounted(_) | Event::Cursor);
        if !is_heeded || self.is_cut {
            return;
        }
        self.is_cut = self.messages.len() >= MOST_MESSAGES;
        match self.is_cut {
            true => self.messages = Vec::new(),
            false => self.messages.push((at, event.clone())),
        }
    }

    /// Brings a board that was loaded to where the page is: what it has not seen of the messages is applied.
    pub(super) fn replay(&self, board: &mut Board) -> Taken {
        if board.cursor.epoch != self.from.epoch {
            return Taken::Resync;
        }
        if self.is_cut || board.cursor.seq < self.from.seq {
            return Taken::Older;
        }
        for (at, event) in &self.messages {
            if board.apply(*at, event) == Applied::Resync {
                return Taken::Resync;
            }
        }
        Taken::Whole
    }
}
