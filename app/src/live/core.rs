//! What a page knows: the board, the reader's own, and what is drawn of it. Plain data; the signals come after.

use pulsestage::board::{Applied, Board};
use pulsestage::command::VoteReceipt;
use pulsestage::event::QuestionUpvoted;
use pulsestage::id::{OperationId, QuestionId};
use pulsestage::window::{BoardCounts, BoardPart, Filters, OrderIndex, Shift};

use super::held_order::{HeldOrder, settle};
use super::part::Part;
use super::project::{Mine, row};
use super::row::Row;
#[cfg(any(test, feature = "browser"))]
use super::since::Since;
use super::span::{Edge, Listed, Span};
use super::vec_map::VecMap;
use super::votes::{Click, Intent, Votes};

/// The truth of one page.
#[derive(Clone, Debug)]
pub(super) struct Core {
    pub(super) board: Board,
    pub(super) mine: Mine,
    /// The order of the board's questions under the filters that are drawn.
    index: OrderIndex,
    /// What the board is a part of; nothing when it is whole.
    pub(super) part: Option<Part>,
    /// What came since the board was asked for, while it is.
    #[cfg(any(test, feature = "browser"))]
    pub(super) since: Option<Since>,
    /// Which rows are drawn.
    pub(super) span: Span,
    /// The questions in the order in which they are drawn now.
    drawn: Vec<QuestionId>,
    /// Whether that order is to stay.
    pub(super) held: bool,
    /// Questions that came into the order since it is held.
    entered: VecMap<()>,
    /// Questions of which something may be another since the last drawing.
    changed: VecMap<()>,
    /// Whether that is so of every question, and of the teams and tags.
    is_all_changed: bool,
    /// Questions that came since the last drawing.
    pub(super) just_came: Vec<QuestionId>,
}

/// A list of questions as a set.
pub(super) fn question_set(questions: Vec<QuestionId>) -> VecMap<()> {
    questions.into_iter().map(|question| (question, ())).collect()
}

/// What is to be drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Drawing {
    /// The rows that are drawn.
    pub(super) listed: Listed,
    /// What those of them say that may say something else than before.
    pub(super) rows: Vec<Row>,
    /// The counts of the tabs.
    pub(super) counts: BoardCounts,
    pub(super) waiting: HeldOrder,
    /// Questions that are drawn as fresh for the first time.
    pub(super) came: Vec<QuestionId>,
    /// Whether the teams and the tags may be others.
    pub(super) are_lists_changed: bool,
}

impl Core {
    pub(super) fn new(
        board: Board,
        voted: Vec<QuestionId>,
        own: Vec<QuestionId>,
        part: Option<&BoardPart>,
        filters: &Filters,
    ) -> Self {
        let mine = Mine { votes: Votes::new(voted), own: question_set(own), ..Mine::default() };
        let index = OrderIndex::new(&board, filters, &|question| mine.upvotes(question));
        let part = part.map(|part| Part::new(part, &index));
        Self {
            #[cfg(any(test, feature = "browser"))]
            since: part.as_ref().map(|_| Since::new(board.cursor)),
            board,
            mine,
            index,
            part,
            span: Span::default(),
            drawn: Vec::new(),
            held: false,
            entered: VecMap::default(),
            changed: VecMap::default(),
            is_all_changed: true,
            just_came: Vec::new(),
        }
    }

    /// What the order is made for.
    pub(super) const fn filters(&self) -> &Filters {
        self.index.filters()
    }

    /// Another choice of what to see, from its first rows on.
    pub(super) fn choose(&mut self, filters: &Filters) {
        self.span = Span::default();
        #[cfg(feature = "browser")]
        {
            self.span = Span::begun(0);
        }
        self.held = false;
        self.reindex(filters);
    }

    /// Makes the order anew; every row may say something else.
    pub(super) fn reindex(&mut self, filters: &Filters) {
        self.index = OrderIndex::new(&self.board, filters, &|question| self.mine.upvotes(question));
        self.is_all_changed = true;
    }

    /// The board is another: its order is made anew, for the same filters.
    #[cfg(any(test, feature = "browser"))]
    pub(super) fn board_changed(&mut self) {
        let filters = self.filters().clone();
        self.reindex(&filters);
    }

    /// Something of this question may be another.
    pub(super) fn touch(&mut self, question: QuestionId) {
        let shift = self.index.update(&self.board, question, &|question| self.mine.upvotes(question));
        if shift == Shift::Entered {
            self.entered.put(question, ());
        }
        self.changed.put(question, ());
    }

    /// How many rows can be drawn of the order.
    fn reach(&self) -> usize {
        self.part.as_ref().map_or_else(|| self.index.ids().len(), |part| part.reach(&self.index))
    }

    /// The offset of the first row that is drawn, and how many there may be.
    #[cfg(any(test, feature = "browser"))]
    pub(super) fn window(&self) -> (u32, u32) {
        let offset = self.part.as_ref().map_or(0, |part| part.offset);
        (offset + self.span.range(self.reach()).start as u32, self.span.room() as u32)
    }

    /// The index, and the part that is counted by it.
    #[cfg(any(test, feature = "browser"))]
    pub(super) const fn index_and_part(&mut self) -> (&OrderIndex, Option<&mut Part>) {
        (&self.index, self.part.as_mut())
    }

    /// Makes the list, and takes it for drawn.
    pub(super) fn draw(&mut self) -> Drawing {
        let came = std::mem::take(&mut self.just_came);
        for question in &came {
            self.mine.fresh.put(*question, ());
            self.changed.put(*question, ());
        }
        let reach = self.reach();
        let span = self.span.range(reach);
        let (ids, waiting) = if self.held {
            let order: Vec<QuestionId> = self.index.ids().take(reach).collect();
            settle(&self.drawn, &order, span.clone(), &self.entered, |id| self.board.questions.contains_key(&id))
        } else {
            self.entered = VecMap::default();
            (self.index.ids().skip(span.start).take(span.len()).collect(), HeldOrder::default())
        };
        let are_lists_changed = std::mem::take(&mut self.is_all_changed);
        let changed = std::mem::take(&mut self.changed);
        let before: VecMap<()> = std::mem::take(&mut self.drawn).into_iter().map(|id| (id, ())).collect();
        let is_due = |id: &&QuestionId| are_lists_changed || changed.has(**id) || !before.has(**id);
        let due = ids.iter().filter(is_due).filter_map(|id| self.board.questions.get(id));
        let rows = due.map(|question| row(&self.board, &self.mine, question)).collect();
        self.drawn.clone_from(&ids);
        let (counts, offset, follows) = match &self.part {
            Some(part) => (part.counts(&self.index), part.offset as usize, part.next.is_some()),
            None => (self.index.counts(), 0, false),
        };
        let before = offset + span.start;
        let size = (counts.of(self.filters().tab) as usize).max(before + ids.len());
        let listed = Listed { ids, before, size, below: span.end < reach || follows };
        Drawing { listed, rows, counts, waiting, came, are_lists_changed }
    }

    /// The reader has come near an end of the drawn rows, and the row of `keep` has the keyboard. Whether other rows are to
    /// be drawn; where not, they have to be loaded first.
    pub(super) fn grow(&mut self, edge: Edge, keep: Option<QuestionId>) -> bool {
        let reach = self.reach();
        let keep = keep.and_then(|question| self.index.position(question));
        let (before, span) = (self.span.range(reach), self.span.grown(edge, reach, keep));
        let after = span.range(reach);
        if before == after {
            return false;
        }
        self.span = span;
        if self.held {
            // The rows that stay keep their order; those of the new end come as they are now.
            let gone = after.start.saturating_sub(before.start).min(self.drawn.len());
            self.drawn.drain(..gone);
            self.drawn.truncate(self.drawn.len().saturating_sub(before.end.saturating_sub(after.end)));
            let come = self.index.ids().take(before.start).skip(after.start);
            let come: Vec<QuestionId> = come.filter(|id| !self.drawn.contains(id)).collect();
            // They are drawn for the first time: what they say is not known yet.
            come.iter().for_each(|id| self.changed.put(*id, ()));
            self.drawn.splice(..0, come);
        }
        true
    }

    /// Draws the rows around this question, if it is in the order.
    pub(super) fn go_to(&mut self, question: QuestionId) -> bool {
        let place = self.index.position(question).filter(|place| *place < self.reach());
        if let Some(place) = place
            && !self.span.range(self.reach()).contains(&place)
        {
            self.span = Span::around(place);
            self.held = false;
        }
        place.is_some()
    }

    /// The reader clicked a vote button; `None` when the question is not on the board.
    pub(super) fn click(&mut self, question: QuestionId, up: bool, op: OperationId) -> Option<Click> {
        let upvotes = self.board.questions.get(&question)?.upvotes;
        let click = self.mine.votes.click(question, up, upvotes, op);
        self.touch(question);
        Some(click)
    }

    /// A vote waits in the outbox.
    #[cfg(feature = "browser")]
    pub(super) fn waits(&mut self, question: QuestionId, up: bool, op: OperationId) {
        if let Some(question) = self.board.questions.get(&question) {
            let id = question.id;
            self.mine.votes.waits(id, up, question.upvotes, op);
            self.touch(id);
        }
    }

    /// A vote was carried out; says what to send next, if anything.
    pub(super) fn receipt(&mut self, receipt: VoteReceipt, next: OperationId) -> Option<bool> {
        let settled = self.mine.votes.receipt(receipt, next);
        if let Some(upvotes) = settled.upvotes {
            let tally = QuestionUpvoted { question_id: receipt.question_id, upvotes };
            let (Applied::Changed | Applied::Nothing | Applied::Resync) = self.board.apply_tally(&tally);
        }
        self.touch(receipt.question_id);
        settled.send
    }

    /// A vote was not carried out.
    pub(super) fn give_up(&mut self, question: QuestionId) -> Option<Intent> {
        let given_up = self.mine.votes.give_up(question);
        self.touch(question);
        given_up
    }

    /// Another tab of this browser told what became of a vote.
    #[cfg(feature = "browser")]
    pub(super) fn told(&mut self, question: QuestionId, up: bool) {
        self.mine.votes.told(question, up);
        self.touch(question);
    }

    /// This browser asked a question.
    pub(super) fn asked(&mut self, question: QuestionId) {
        self.mine.own.put(question, ());
        self.touch(question);
    }

    /// Counts a change of a question that this page has under way.
    pub(super) fn pending(&mut self, question: QuestionId, more: bool) {
        let before = self.mine.pending.take(question).unwrap_or_default();
        let under_way = if more { before.saturating_add(1) } else { before.saturating_sub(1) };
        if under_way > 0 {
            self.mine.pending.put(question, under_way);
        }
        self.changed.put(question, ());
    }

    /// These questions are no longer fresh.
    pub(super) fn settle_fresh(&mut self, questions: &[QuestionId]) {
        for question in questions {
            self.mine.fresh.take(*question);
            self.changed.put(*question, ());
        }
    }
}
