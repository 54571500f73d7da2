//! What the stream does to a page: one message folded at a time. What a load does: the whole board anew, the rest of it, or
//! some rows more.

use pulsestage::board::{Applied, Board};
use pulsestage::command::BoardView;
use pulsestage::event::{Cursor, Envelope, Event};
use pulsestage::window::{Filters, Touched};

use super::core::{Core, question_set};
use super::loaded_rows::LoadedRows;
use super::since::{Since, Taken};

impl Core {
    /// Folds one message of the stream.
    pub(super) fn fold(&mut self, at: Option<Cursor>, envelope: &Envelope) -> Applied {
        if envelope.tenant_id != self.board.tenant {
            // The stream is asked for by slug: a tenant that was made anew under the same one is another tenant.
            return Applied::Resync;
        }
        let event = &envelope.event;
        let applied = self.board.apply(at, event);
        if let Some(since) = &mut self.since {
            since.record(at, event);
        }
        match event {
            Event::Upvoted(tally) => self.mine.votes.tally(tally.question_id),
            Event::Created(question) if applied == Applied::Changed => self.just_came.push(question.id),
            _ => {}
        }
        if applied == Applied::Changed {
            match Touched::by(event) {
                Touched::Nothing => {}
                Touched::Question(question) => self.touch(question),
                Touched::Everything => self.board_changed(),
            }
        }
        self.age(applied, event);
        applied
    }

    /// Whether the rows that are not here may be others now.
    fn age(&mut self, applied: Applied, event: &Event) {
        let Some(part) = &mut self.part else { return };
        let is_of_others = match event {
            Event::Upvoted(tally) => !self.board.questions.contains_key(&tally.question_id),
            event => applied == Applied::Changed && Touched::by(event) != Touched::Nothing,
        };
        part.is_stale |= is_of_others;
    }

    /// Takes over a board that was loaded again, unless what is here is later.
    pub(super) fn replace(&mut self, view: BoardView) {
        let (ours, theirs) = (self.board.cursor, view.board.cursor);
        if ours.epoch != theirs.epoch || ours.seq <= theirs.seq {
            self.board = view.board;
            self.mine.votes.reload(view.voted);
            self.mine.own = question_set(view.own);
            self.part = None;
            self.since = None;
            self.board_changed();
        }
    }

    /// Takes over the whole board in the place of the part that is here, with what the stream has told since the part was
    /// made.
    pub(super) fn take_board(&mut self, mut board: Board) -> Taken {
        if board.tenant != self.board.tenant {
            return Taken::Resync;
        }
        // Without a part the whole board is here already.
        let (Some(part), Some(since)) = (&self.part, &self.since) else { return Taken::Whole };
        let taken = since.replay(&mut board);
        match taken {
            Taken::Whole => {
                self.span = self.span.behind(part.offset as usize);
                self.board = board;
                self.part = None;
                self.since = None;
                self.board_changed();
            }
            // What comes from now on is kept for the next try.
            Taken::Older => self.since = Some(Since::new(self.board.cursor)),
            Taken::Resync => {}
        }
        taken
    }

    /// The board is too large to be loaded as a whole: its rows are asked for as they are needed.
    pub(super) fn stay_part(&mut self) {
        if let Some(part) = &mut self.part {
            part.is_large = true;
            self.since = None;
        }
    }

    /// Rows are asked for now: what the stream tells from here on is kept for them.
    pub(super) fn ask_for_rows(&mut self) {
        if let Some(part) = &mut self.part {
            part.is_stale = false;
            self.since.get_or_insert_with(|| Since::new(self.board.cursor));
        }
    }

    /// Takes in rows of these filters that were asked for. `is_elsewhere` says that they need not stand beside those that
    /// are here, and so take their place.
    pub(super) fn take_rows(&mut self, rows: LoadedRows, filters: &Filters, is_elsewhere: bool) -> Taken {
        let (Some(part), Some(since)) = (&self.part, &self.since) else { return Taken::Whole };
        let LoadedRows { cursor, counts, offset, next, questions } = rows;
        let (told, last) = (offset + questions.len() as u32, questions.last().map(|question| question.id));
        let mut loaded = Board::empty(self.board.tenant, cursor);
        // Facts change the tags of questions as they change the palette.
        loaded.tags.clone_from(&self.board.tags);
        loaded.questions = questions.into_iter().map(|question| (question.id, question)).collect();
        let taken = since.replay(&mut loaded);
        if part.is_large || taken == Taken::Older {
            self.since = None;
        }
        if taken != Taken::Whole {
            return taken;
        }
        let is_other = is_elsewhere || self.filters() != filters;
        let Some(part) = &mut self.part else { return taken };
        let reaches_end = is_other || part.next.map_or(next.is_none(), |known| told >= known);
        let before = part.offset;
        if is_other {
            part.offset = offset;
        } else if offset < before {
            part.offset = offset;
            self.span = self.span.behind((before - offset) as usize);
        }
        if is_elsewhere {
            self.board.questions = loaded.questions;
        } else {
            for (id, question) in loaded.questions {
                self.board.questions.insert(id, question);
            }
        }
        if is_other {
            self.choose(filters);
        } else {
            self.board_changed();
        }
        let (index, part) = self.index_and_part();
        if let Some(part) = part {
            part.count(counts, index);
            let last = last.and_then(|last| index.key(last));
            if reaches_end || last.is_some_and(|last| index.up_to(&last) > part.reach(index)) {
                part.end_at(last, next);
            }
        }
        taken
    }
}

#[cfg(test)]
#[path = "fold_tests.rs"]
mod tests;
