//! What a page knows: the board, the reader's own, and what is drawn of it. Plain data; the signals come after.

use pulsestage::board::{Applied, Board};
use pulsestage::command::VoteReceipt;
use pulsestage::event::{Event, QuestionUpvoted};
use pulsestage::id::{OperationId, QuestionId};
use pulsestage::window::{BoardCounts, Filters};

use super::held_order::{HeldOrder, settle};
use super::project::{Mine, project, row};
use super::row::Row;
use super::vec_map::VecMap;
use super::votes::{Click, Votes};

/// The truth of one page.
#[derive(Clone, Debug)]
pub(super) struct Core {
    pub(super) board: Board,
    pub(super) mine: Mine,
    /// The questions in the order in which they are drawn now.
    drawn: Vec<QuestionId>,
    /// Whether that order is to stay.
    pub(super) held: bool,
    /// Questions that came since the last drawing.
    pub(super) just_came: Vec<QuestionId>,
    /// Whether a drawing is on its way already.
    pub(super) drawing_soon: bool,
}

/// A list of questions as a set.
pub(super) fn question_set(questions: Vec<QuestionId>) -> VecMap<()> {
    let mut set = VecMap::default();
    for question in questions {
        set.put(question, ());
    }
    set
}

/// What is to be drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Drawing {
    pub(super) rows: Vec<Row>,
    pub(super) counts: BoardCounts,
    pub(super) waiting: HeldOrder,
    /// Questions that are drawn as fresh for the first time.
    pub(super) came: Vec<QuestionId>,
}

impl Core {
    pub(super) fn new(board: Board, voted: Vec<QuestionId>, own: Vec<QuestionId>) -> Self {
        let mine = Mine { votes: Votes::new(voted), own: question_set(own), ..Mine::default() };
        Self { board, mine, drawn: Vec::new(), held: false, just_came: Vec::new(), drawing_soon: false }
    }

    /// Makes the list, and takes it for drawn.
    pub(super) fn draw(&mut self, filters: &Filters) -> Drawing {
        let came = std::mem::take(&mut self.just_came);
        for question in &came {
            self.mine.fresh.put(*question, ());
        }
        self.drawing_soon = false;
        let wanted = project(&self.board, &self.mine, filters);
        let (rows, waiting) = if self.held {
            let look_up = |id| self.board.questions.get(&id).map(|question| row(&self.board, &self.mine, question));
            settle(&self.drawn, wanted.rows, look_up)
        } else {
            (wanted.rows, HeldOrder::default())
        };
        self.drawn = rows.iter().map(|row| row.id).collect();
        Drawing { rows, counts: wanted.counts, waiting, came }
    }

    /// The reader clicked a vote button; `None` when the question is not on the board.
    pub(super) fn click(&mut self, question: QuestionId, up: bool, op: OperationId) -> Option<Click> {
        let upvotes = self.board.questions.get(&question)?.upvotes;
        Some(self.mine.votes.click(question, up, upvotes, op))
    }

    /// A vote waits in the outbox.
    #[cfg(feature = "browser")]
    pub(super) fn waits(&mut self, question: QuestionId, up: bool, op: OperationId) {
        if let Some(question) = self.board.questions.get(&question) {
            self.mine.votes.waits(question.id, up, question.upvotes, op);
        }
    }

    /// A vote was carried out; says what to send next, if anything.
    pub(super) fn receipt(&mut self, receipt: VoteReceipt, next: OperationId) -> Option<bool> {
        let settled = self.mine.votes.receipt(receipt, next);
        if let Some(upvotes) = settled.upvotes {
            let tally = Event::Upvoted(QuestionUpvoted { question_id: receipt.question_id, upvotes });
            let (Applied::Changed | Applied::Nothing | Applied::Resync) = self.board.apply(None, &tally);
        }
        settled.send
    }

    /// Counts a change of a question that this page has under way.
    pub(super) fn pending(&mut self, question: QuestionId, more: bool) {
        let before = self.mine.pending.take(question).unwrap_or_default();
        let under_way = if more { before.saturating_add(1) } else { before.saturating_sub(1) };
        if under_way > 0 {
            self.mine.pending.put(question, under_way);
        }
    }

    /// These questions are no longer fresh.
    pub(super) fn settle_fresh(&mut self, questions: &[QuestionId]) {
        for question in questions {
            self.mine.fresh.take(*question);
        }
    }
}
