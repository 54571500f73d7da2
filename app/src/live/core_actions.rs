//! What the reader does on a page, and what becomes of it: kept with what the page knows.

use pulsestage::board::Applied;
use pulsestage::command::VoteReceipt;
use pulsestage::event::QuestionUpvoted;
use pulsestage::id::{OperationId, QuestionId};

use super::core::Core;
use super::votes::{Click, Intent};

impl Core {
    /// The reader clicked a vote button; `None` when nobody knows the question.
    pub(super) fn click(&mut self, question: QuestionId, up: bool, op: OperationId) -> Option<Click> {
        let upvotes = self.question(question)?.upvotes;
        let click = self.mine.votes.click(question, up, upvotes, op);
        self.touch(question);
        Some(click)
    }

    /// A vote waits in the outbox, of a question that may not be here yet.
    #[cfg(any(test, feature = "browser"))]
    pub(super) fn waits(&mut self, question: QuestionId, up: bool, op: OperationId) {
        let upvotes = self.question(question).map(|question| question.upvotes);
        self.mine.votes.waits(question, up, upvotes, op);
        self.touch(question);
    }

    /// A vote was carried out; says what to send next, if anything.
    pub(super) fn receipt(&mut self, receipt: VoteReceipt, next: OperationId) -> Option<bool> {
        let settled = self.mine.votes.receipt(receipt, next);
        if let Some(upvotes) = settled.upvotes {
            let tally = QuestionUpvoted { question_id: receipt.question_id, upvotes };
            for board in [&mut self.board, &mut self.found] {
                let (Applied::Changed | Applied::Nothing | Applied::Resync) = board.apply_tally(&tally);
            }
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
