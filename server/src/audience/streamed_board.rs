//! A board that is kept by a stream, and what the stream left out or sent again.

use super::events::StreamMessage;
use pulsestage::board::{Applied, Board};
use pulsestage::event::Event;

/// What went wrong on a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StreamFaults {
    /// Facts that were left out.
    pub lost: u64,
    /// Facts that came again.
    pub doubled: u64,
    /// Messages that could not be read, or were another tenant's.
    pub unreadable: u64,
}

impl StreamFaults {
    /// Notes a fact that came when the reader was at this place. The log has no holes, and a stream that is not filtered
    /// shows all of it: each fact is the one after the last.
    pub fn follow(&mut self, before: i64, fact: i64) {
        if fact <= before {
            self.doubled += 1;
        } else {
            self.lost += (fact - before).unsigned_abs() - 1;
        }
    }
}

impl std::ops::AddAssign for StreamFaults {
    fn add_assign(&mut self, other: Self) {
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.unreadable += other.unreadable;
    }
}

/// A board as its reader sees it.
#[derive(Clone, Debug)]
pub struct StreamedBoard {
    /// The board.
    pub board: Board,
    /// What went wrong.
    pub faults: StreamFaults,
}

impl StreamedBoard {
    /// A reader that has loaded this board.
    #[must_use]
    pub fn new(board: Board) -> Self {
        Self { board, faults: StreamFaults::default() }
    }

    /// The event of a message that is for this board, before it is folded into it.
    pub fn accept(&mut self, message: &StreamMessage) -> Option<Event> {
        if message.data.is_empty() {
            // A server of an older version: what this reader does not see; the cursor goes on.
            self.board.cursor = message.id.unwrap_or(self.board.cursor);
            return None;
        }
        let Some((tenant, event)) = message.event() else {
            self.faults.unreadable += 1;
            return None;
        };
        // A closing frame may not know whose stream it would have been.
        if event == Event::Closing {
            return None;
        }
        if tenant != self.board.tenant {
            self.faults.unreadable += 1;
            return None;
        }
        if event.is_fact()
            && let Some(at) = message.id.filter(|at| at.epoch == self.board.cursor.epoch)
        {
            self.faults.follow(self.board.cursor.seq, at.seq);
        }
        Some(event)
    }

    /// Folds a message into the board as a browser does.
    pub fn apply(&mut self, message: &StreamMessage) -> Applied {
        self.accept(message).map_or(Applied::Nothing, |event| self.board.apply(message.id, &event))
    }

    /// How many things are not the same as on another board.
    #[must_use]
    pub fn differences(&self, other: &Board) -> u64 {
        let mine = &self.board;
        let wrong = other.questions.iter().filter(|(id, question)| mine.questions.get(id) != Some(question)).count();
        let extra = mine.questions.keys().filter(|id| !other.questions.contains_key(id)).count();
        let lists = usize::from(mine.teams != other.teams) + usize::from(mine.tags != other.tags);
        u64::try_from(wrong + extra + lists).unwrap_or(u64::MAX).max(u64::from(mine != other))
    }
}
