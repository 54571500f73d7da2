//! What the stream does to a page: one message folded at a time, or the whole board anew.

use pulsestage::board::Applied;
use pulsestage::command::BoardView;
use pulsestage::event::{Cursor, Envelope, Event};

use super::core::{Core, question_set};

impl Core {
    /// Folds one message of the stream.
    pub(super) fn fold(&mut self, at: Option<Cursor>, envelope: &Envelope) -> Applied {
        if envelope.tenant_id != self.board.tenant {
            // The stream is asked for by slug: a tenant that was made anew under the same one is another tenant.
            return Applied::Resync;
        }
        let applied = self.board.apply(at, &envelope.event);
        match &envelope.event {
            Event::Upvoted(tally) => self.mine.votes.tally(tally.question_id),
            Event::Created(question) if applied == Applied::Changed => self.just_came.push(question.id),
            _ => {}
        }
        applied
    }

    /// Takes over a board that was loaded again, unless what is here is later.
    pub(super) fn replace(&mut self, view: BoardView) {
        let (ours, theirs) = (self.board.cursor, view.board.cursor);
        if ours.epoch != theirs.epoch || ours.seq <= theirs.seq {
            self.board = view.board;
            self.mine.votes.reload(view.voted);
            self.mine.own = question_set(view.own);
        }
    }
}

#[cfg(test)]
#[path = "fold_tests.rs"]
mod tests;
