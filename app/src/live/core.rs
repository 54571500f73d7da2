//! What a page knows: the board, the reader's own, and what is drawn of it. Plain data; the signals come after.

use pulsestage::board::Board;
use pulsestage::id::QuestionId;
use pulsestage::question::{Question, Status};
use pulsestage::window::{BoardCounts, BoardPart, Filters, OrderIndex, Shift};
use std::ops::Range;

use super::held_order::{HeldOrder, settle};
use super::part::Part;
use super::project::{Mine, row};
use super::row::Row;
#[cfg(any(test, feature = "browser"))]
use super::since::Since;
#[cfg(any(test, feature = "browser"))]
use super::span::STEP;
use super::span::{Edge, Listed, Span};
use super::vec_map::VecMap;
use super::votes::Votes;

/// The truth of one page.
#[derive(Clone, Debug)]
pub(super) struct Core {
    pub(super) board: Board,
    /// Questions that a search found: those of them that the board does not have are drawn and voted for as well.
    pub(super) found: Board,
    pub(super) mine: Mine,
    /// The order of the board's questions under the filters that are drawn.
    pub(super) index: OrderIndex,
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
    pub(super) changed: VecMap<()>,
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
        let index = OrderIndex::new(&board, &filters.with_find(""), &|question| mine.upvotes(question));
        let part = part.map(|part| Part::new(part, &index));
        Self {
            #[cfg(any(test, feature = "browser"))]
            since: part.as_ref().filter(|part| !part.is_large).map(|_| Since::new(board.cursor)),
            found: Board::empty(board.tenant, board.cursor),
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

    /// What the order is made for: what is searched for has no part in it.
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
        self.reindex(&filters.with_find(""));
    }

    /// The same of a part of a board, while nothing of that choice could be loaded.
    #[cfg(any(test, feature = "browser"))]
    pub(super) fn make_do_with(&mut self, filters: &Filters) {
        let before = self.filters();
        let are_counts_same = before.team == filters.team && before.tags == filters.tags;
        self.choose(filters);
        if let Some(part) = &mut self.part {
            part.make_do(are_counts_same, &self.index);
        }
    }

    /// Makes the order anew; every row may say something else.
    pub(super) fn reindex(&mut self, filters: &Filters) {
        self.mine.votes.know(&|id| Some(self.board.questions.get(&id)?.upvotes));
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

    /// A question that is known, on the board or found by a search.
    pub(super) fn question(&self, question: QuestionId) -> Option<&Question> {
        self.board.questions.get(&question).or_else(|| self.found.questions.get(&question))
    }

    /// Takes over what a search found. Of what was found before, what is `shown` still is kept, and what is voted for.
    pub(super) fn find(&mut self, found: Vec<Question>, shown: &[QuestionId]) {
        let Self { found: known, mine, .. } = self;
        known.tags.clone_from(&self.board.tags);
        let before = std::mem::take(&mut known.questions);
        for mut question in found {
            // Similar questions are told without their answers.
            if question.answer.is_none() && question.status == Status::Answered {
                question.answer = before.get(&question.id).and_then(|before| before.answer.clone());
            }
            known.questions.insert(question.id, question);
        }
        for (id, question) in before {
            if shown.contains(&id) || mine.votes.intent(id).is_some() {
                known.questions.entry(id).or_insert(question);
            }
        }
        mine.votes.know(&|id| Some(known.questions.get(&id)?.upvotes));
    }

    /// The places in the index of the rows that can be drawn.
    fn range(&self) -> Range<usize> {
        self.part.as_ref().map_or_else(|| 0..self.index.ids().len(), |part| part.range(&self.index))
    }

    /// The rows that can be drawn.
    fn order(&self) -> impl Iterator<Item = QuestionId> + '_ {
        let range = self.range();
        self.index.ids().skip(range.start).take(range.len())
    }

    /// The place of a question among them.
    fn place(&self, question: QuestionId) -> Option<usize> {
        let range = self.range();
        self.index.position(question).filter(|place| range.contains(place)).map(|place| place - range.start)
    }

    /// How many rows come before them.
    fn offset(&self) -> usize {
        self.part.as_ref().map_or(0, |part| part.offset(&self.index))
    }

    /// The offset of the first row that is drawn, and how many there may be.
    #[cfg(any(test, feature = "browser"))]
    pub(super) fn window(&self) -> (u32, u32) {
        ((self.offset() + self.drawn_places().start) as u32, self.span.room().max(STEP) as u32)
    }

    /// The offset of the row from which on rows at this end are to be loaded, and how many. One of them is here already:
    /// that tells whether there is a gap. Nothing where there are no more.
    #[cfg(any(test, feature = "browser"))]
    pub(super) fn rows_at(&self, edge: Edge, most: u32) -> Option<(u32, u32)> {
        let (part, offset) = (self.part.as_ref()?, self.offset() as u32);
        match edge {
            Edge::Top if offset == 0 => None,
            Edge::Top => {
                let from = offset.saturating_sub(most);
                Some((from, offset - from + 1))
            }
            Edge::Bottom if !part.follows() => None,
            Edge::Bottom => Some(((offset + self.range().len() as u32).saturating_sub(1), most)),
        }
    }

    /// The places of the drawn rows among those that can be drawn.
    fn drawn_places(&self) -> Range<usize> {
        self.span.range(self.range().len())
    }

    /// The first and the last of them.
    #[cfg(any(test, feature = "browser"))]
    pub(super) fn drawn_ends(&self) -> [Option<QuestionId>; 2] {
        let drawn = self.drawn_places();
        [drawn.start, drawn.end.saturating_sub(1)].map(|place| self.order().nth(place))
    }

    /// The first drawn row, and how many come before it: the reader is to stay there when other rows come or go. Who sees
    /// the very first row goes on seeing whichever that is.
    #[cfg(any(test, feature = "browser"))]
    pub(super) fn anchor(&self) -> (usize, Option<QuestionId>) {
        let first = self.drawn_places().start;
        let before = self.offset() + first;
        (before, self.order().nth(first).filter(|_| before > 0))
    }

    /// The rows are drawn from there on.
    #[cfg(any(test, feature = "browser"))]
    pub(super) fn stay_at(&mut self, (before, row): (usize, Option<QuestionId>)) {
        let place = row.and_then(|row| self.place(row));
        self.span = self.span.beginning_at(place.unwrap_or_else(|| before.saturating_sub(self.offset())));
    }

    /// Makes the list, and takes it for drawn.
    pub(super) fn draw(&mut self) -> Drawing {
        let came = std::mem::take(&mut self.just_came);
        for question in &came {
            self.mine.fresh.put(*question, ());
            self.changed.put(*question, ());
        }
        let span = self.drawn_places();
        let (ids, waiting) = if self.held {
            let order: Vec<QuestionId> = self.order().collect();
            settle(&self.drawn, &order, span.clone(), &self.entered, |id| self.board.questions.contains_key(&id))
        } else {
            self.entered = VecMap::default();
            (self.order().skip(span.start).take(span.len()).collect(), HeldOrder::default())
        };
        let are_lists_changed = std::mem::take(&mut self.is_all_changed);
        let changed = std::mem::take(&mut self.changed);
        let before: VecMap<()> = std::mem::take(&mut self.drawn).into_iter().map(|id| (id, ())).collect();
        let is_due = |id: &&QuestionId| are_lists_changed || changed.has(**id) || !before.has(**id);
        let due = ids.iter().filter(is_due).filter_map(|id| self.board.questions.get(id));
        let rows = due.map(|question| row(&self.board, &self.mine, question)).collect();
        self.drawn.clone_from(&ids);
        let (counts, follows) = match &self.part {
            Some(part) => (part.counts(&self.index), part.follows()),
            None => (self.index.counts(), false),
        };
        let before = self.offset() + span.start;
        let size = (counts.of(self.filters().tab) as usize).max(before + ids.len());
        let listed = Listed { ids, before, size, below: span.end < self.range().len() || follows };
        Drawing { listed, rows, counts, waiting, came, are_lists_changed }
    }

    /// The reader has come near an end of the drawn rows, and the row of `keep` has the keyboard. Whether other rows are to
    /// be drawn; where not, they have to be loaded first.
    pub(super) fn grow(&mut self, edge: Edge, keep: Option<QuestionId>) -> bool {
        let reach = self.range().len();
        let keep = keep.and_then(|question| self.place(question));
        let (before, span) = (self.drawn_places(), self.span.grown(edge, reach, keep));
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
            let come = self.order().take(before.start).skip(after.start);
            let come: Vec<QuestionId> = come.filter(|id| !self.drawn.contains(id)).collect();
            // They are drawn for the first time: what they say is not known yet.
            come.iter().for_each(|id| self.changed.put(*id, ()));
            self.drawn.splice(..0, come);
        }
        true
    }

    /// Draws the rows around this question, if it is among them.
    pub(super) fn go_to(&mut self, question: QuestionId) -> bool {
        let place = self.place(question);
        if let Some(place) = place
            && !self.drawn_places().contains(&place)
        {
            self.span = Span::around(place);
            self.held = false;
        }
        place.is_some()
    }
}
