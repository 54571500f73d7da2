//! What the stream does to a page: one message folded at a time. What a load does: the whole board anew, the rest of it, or
//! some rows more.

use pulsestage::board::{Applied, Board};
use pulsestage::command::BoardView;
use pulsestage::event::{Cursor, Envelope, Event};
use pulsestage::id::QuestionId;
use pulsestage::window::{Filters, OrderIndex, Touched};

use super::core::{Core, question_set};
use super::loaded_rows::LoadedRows;
use super::part::{Joining, Part, ToldRows};
use super::since::{Since, Taken};

impl Core {
    /// Folds one message of the stream.
    pub(super) fn fold(&mut self, at: Option<Cursor>, envelope: &Envelope) -> Applied {
        if envelope.tenant_id != self.board.tenant {
            // The stream is asked for by slug: a tenant that was made anew under the same one is another tenant.
            return Applied::Resync;
        }
        let event = &envelope.event;
        let found = self.fold_found(at, event);
        let applied = match self.board.apply(at, event) {
            Applied::Nothing => found,
            applied => applied,
        };
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

    /// What a search found goes on with the board. A new question was not found.
    fn fold_found(&mut self, at: Option<Cursor>, event: &Event) -> Applied {
        if self.found.questions.is_empty() || matches!(event, Event::Created(_)) {
            return Applied::Nothing;
        }
        self.found.cursor = self.board.cursor;
        self.found.apply(at, event)
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

    /// Takes over a board that was loaded again for these filters, unless what is here is later.
    pub(super) fn replace(&mut self, view: BoardView, filters: &Filters) {
        let (ours, theirs) = (self.board.cursor, view.board.cursor);
        if ours.epoch != theirs.epoch || ours.seq <= theirs.seq {
            let anchor = self.anchor();
            self.board = view.board;
            self.mine.votes.reload(view.voted);
            self.mine.own = question_set(view.own);
            self.reindex(filters);
            self.part = view.part.as_ref().map(|part| Part::new(part, &self.index));
            self.since = self.part.as_ref().filter(|part| !part.is_large).map(|_| Since::new(theirs));
            self.stay_at(anchor);
        }
    }

    /// Takes over the whole board in the place of the part that is here, with what the stream has told since the part was
    /// made.
    pub(super) fn take_board(&mut self, mut board: Board) -> Taken {
        if board.tenant != self.board.tenant {
            return Taken::Resync;
        }
        // Without a part the whole board is here already.
        let (Some(_), Some(since)) = (&self.part, &self.since) else { return Taken::Whole };
        let taken = since.replay(&mut board);
        match taken {
            Taken::Whole => {
                let anchor = self.anchor();
                self.board = board;
                self.part = None;
                self.since = None;
                self.board_changed();
                self.stay_at(anchor);
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
    pub(super) fn ask_for_rows(&mut self, joining: Joining) {
        if let Some(part) = &mut self.part {
            part.is_stale &= joining == Joining::Beside;
            self.since.get_or_insert_with(|| Since::new(self.board.cursor));
        }
    }

    /// Takes in rows of these filters that were asked for.
    pub(super) fn take_rows(&mut self, rows: LoadedRows, filters: &Filters, joining: Joining) -> Taken {
        let (Some(part), Some(since)) = (&self.part, &self.since) else {
            // The whole board has come meanwhile.
            if joining == Joining::Instead && self.filters() != filters {
                self.choose(filters);
            }
            return Taken::Whole;
        };
        let LoadedRows { cursor, counts, offset, next, questions } = rows;
        let mut loaded = Board::empty(self.board.tenant, cursor);
        // Facts change the tags of questions as they change the palette.
        loaded.tags.clone_from(&self.board.tags);
        loaded.questions = questions.into_iter().map(|question| (question.id, question)).collect();
        // Their places as the server knew them: what came since may have moved them.
        let order = Filters { team: None, tags: Vec::new(), ..filters.clone() };
        let told = OrderIndex::new(&loaded, &order, &|question| question.upvotes);
        let key = |question: Option<QuestionId>| question.and_then(|question| told.key(question));
        let (first, last) = (key(told.ids().next()), key(told.ids().next_back()));
        let told = ToldRows { counts, before: offset as usize, first, last, follows: next.is_some() };
        let taken = since.replay(&mut loaded);
        if part.is_large || taken == Taken::Older {
            self.since = None;
        }
        if taken != Taken::Whole {
            return taken;
        }
        let (anchor, drawn) = (self.anchor(), self.drawn_ends());
        if joining == Joining::Instead {
            self.board.questions = loaded.questions;
            self.choose(filters);
        } else {
            for (id, question) in loaded.questions {
                self.board.questions.insert(id, question);
            }
            self.board_changed();
        }
        if let Some(part) = &mut self.part {
            let drawn = drawn.into_iter().flatten().filter_map(|question| self.index.position(question));
            part.tell(told, joining, &self.index, &drawn.collect::<Vec<_>>());
        }
        if joining != Joining::Instead {
            self.stay_at(anchor);
        }
        taken
    }
}

#[cfg(test)]
#[path = "fold_tests.rs"]
mod tests;
