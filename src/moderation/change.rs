//! What a decision makes of a case, and what everybody else learns of it. Both are pure: the store asks them inside the
//! transaction in which it keeps the outcome.

use super::{Case, Hold, Removal, Removed, ReviewDecision, Standing};
use crate::error::Refusal;
use crate::event::{
    Event, QuestionAnswered, QuestionCreated, QuestionFrozen, QuestionMerged, QuestionPinned, QuestionRef,
    QuestionUpdated,
};
use crate::id::{QuestionId, UserId};
use crate::question::{Question, Status};
use crate::retention::REMOVED;
use crate::text::QuestionBody;
use crate::time::Timestamp;

impl Case {
    /// Whether everybody sees the question.
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.removed.is_none() && self.question.status != Status::UnderReview
    }

    /// Where the question stands for its asker.
    #[must_use]
    pub fn standing(&self) -> Standing {
        Standing::of(self.removed.as_ref().map(|removed| removed.removal), self.question.status)
    }

    /// The case after a moderator's decision.
    ///
    /// # Errors
    /// [`Refusal::NotNow`] where it cannot be made, [`Refusal::Frozen`] where it would change an answer that is frozen.
    pub fn decided(mut self, decision: ReviewDecision, by: UserId, at: Timestamp) -> Result<Self, Refusal> {
        let removed = self.removed.as_ref().map(|removed| removed.removal);
        let waits = self.question.status == Status::UnderReview;
        match (decision, removed) {
            (ReviewDecision::Approve, None) if waits => self.show(),
            (ReviewDecision::Hold, None) if !waits => self.hold_back(Hold::Moderator),
            (ReviewDecision::Decline { reason }, None) => self.remove(Removal::Declined, Some(by), at, reason),
            (ReviewDecision::Restore, Some(Removal::Declined)) | (ReviewDecision::Undelete, Some(Removal::Deleted)) => {
                self.removed = None;
                self.show();
            }
            (ReviewDecision::Delete, None | Some(Removal::Declined)) => {
                self.remove(Removal::Deleted, Some(by), at, None)
            }
            (ReviewDecision::Edit { body }, None) => self.edit(body),
            (ReviewDecision::Reopen, None) if self.question.frozen.is_some() => return Err(Refusal::Frozen),
            (ReviewDecision::Reopen, None) if self.question.status == Status::Answered => {
                self.question.answer = None;
                self.question.status = Status::Open;
            }
            _ => return Err(Refusal::NotNow),
        }
        self.version += 1;
        Ok(self)
    }

    /// The case after its asker has changed the text. What it was before is nobody's any more.
    ///
    /// # Errors
    /// [`Refusal::NotNow`] once it is answered, frozen or off the board.
    pub fn rewritten(mut self, body: QuestionBody, hold: Option<Hold>) -> Result<Self, Refusal> {
        self.require_open()?;
        self.question.body = body.into_string();
        self.original = None;
        if let Some(hold) = hold {
            self.hold_back(hold);
        }
        self.version += 1;
        Ok(self)
    }

    /// The case after its asker has taken it back, for good: nobody brings it back, so nothing of its text is kept, nor of
    /// what others wrote about it.
    ///
    /// # Errors
    /// As [`Case::rewritten`].
    pub fn withdrawn(mut self, at: Timestamp) -> Result<Self, Refusal> {
        self.require_open()?;
        self.remove(Removal::Withdrawn, None, at, None);
        self.forget_texts("");
        (self.question.answer, self.hold, self.reports) = (None, None, 0);
        Ok(self)
    }

    /// The case after its asker has erased what they wrote: off the board for good, wherever it was, and without texts.
    #[must_use]
    pub fn erased(mut self, at: Timestamp) -> Self {
        if self.removed.as_ref().is_none_or(|removed| removed.removal != Removal::Withdrawn) {
            self.remove(Removal::Withdrawn, None, at, None);
        }
        self.forget_texts("");
        self
    }

    /// The case after its texts became older than its tenant keeps any: where it was, with its numbers.
    #[must_use]
    pub fn expired(mut self) -> Self {
        self.forget_texts(REMOVED);
        self
    }

    /// Puts a word in the place of the question and of its answer, and nothing in the place of all other texts.
    fn forget_texts(&mut self, word: &str) {
        word.clone_into(&mut self.question.body);
        if let Some(answer) = &mut self.question.answer {
            word.clone_into(&mut answer.response_text);
        }
        if let Some(removed) = &mut self.removed {
            removed.reason = None;
        }
        if matches!(self.hold, Some(Hold::Word(_))) {
            self.hold = Some(Hold::PreModeration);
        }
        self.question.author_name = None;
        (self.original, self.label, self.draft) = (None, None, None);
        self.report_reasons.clear();
        self.version += 1;
    }

    /// The case after its votes went to another question. One that waits for a moderator can say the same as one that was
    /// shown long ago.
    ///
    /// # Errors
    /// [`Refusal::NotNow`] when it has left the board.
    pub fn merged(mut self, into: QuestionId, by: UserId, at: Timestamp) -> Result<Self, Refusal> {
        if self.removed.is_some() {
            return Err(Refusal::NotNow);
        }
        self.remove(Removal::Merged, Some(by), at, None);
        self.removed = self.removed.map(|removed| Removed { into: Some(into), ..removed });
        self.version += 1;
        Ok(self)
    }

    /// The case after a merge was taken back, and the question that had its votes.
    ///
    /// # Errors
    /// [`Refusal::NotNow`] when it was not merged.
    pub fn split(mut self) -> Result<(Self, Removed), Refusal> {
        let removed =
            self.removed.take().filter(|removed| removed.removal == Removal::Merged).ok_or(Refusal::NotNow)?;
        self.version += 1;
        Ok((self, removed))
    }

    /// The case after enough people have reported it.
    #[must_use]
    pub fn reported(mut self) -> Self {
        if self.is_public() && self.question.status == Status::Open && self.reports >= super::REPORTS_THAT_HOLD {
            self.hold_back(Hold::Reports);
            self.version += 1;
        }
        self
    }

    fn require_open(&self) -> Result<(), Refusal> {
        let is_open = self.removed.is_none() && self.question.status != Status::Answered;
        if is_open && self.question.frozen.is_none() { Ok(()) } else { Err(Refusal::NotNow) }
    }

    /// On the board, by a moderator who has looked at what was reported.
    fn show(&mut self) {
        self.hold = None;
        self.reports = 0;
        self.report_reasons.clear();
        self.question.status = if self.question.answer.is_some() { Status::Answered } else { Status::Open };
    }

    fn hold_back(&mut self, hold: Hold) {
        self.hold = Some(hold);
        self.question.status = Status::UnderReview;
    }

    fn remove(&mut self, removal: Removal, by: Option<UserId>, at: Timestamp, reason: Option<String>) {
        self.claim = None;
        self.removed = Some(Removed { removal, by, at, reason, into: None });
    }

    fn edit(&mut self, body: QuestionBody) {
        let before = std::mem::replace(&mut self.question.body, body.into_string());
        self.original.get_or_insert(before);
    }
}

/// What everybody has to be told when a case becomes another: a board that folds it in is the board that a new visitor
/// loads.
#[must_use]
pub fn public_facts(before: &Case, after: &Case) -> Vec<Event> {
    let question = &after.question;
    match (before.is_public(), after.is_public()) {
        (false, false) => Vec::new(),
        (false, true) => shown(question),
        (true, false) => vec![gone(after)],
        (true, true) if before.question.body != question.body || question.answer.is_none() => {
            vec![Event::Updated(QuestionUpdated::of(question))]
        }
        (true, true) => QuestionAnswered::of(question).map(Event::Answered).into_iter().collect(),
    }
}

/// A question that comes to a board, with all that it has already.
fn shown(question: &Question) -> Vec<Event> {
    let mut facts = vec![Event::Created(QuestionCreated::of(question))];
    facts.extend(QuestionAnswered::of(question).map(Event::Answered));
    facts.extend(question.pinned.map(|_| Event::Pinned(QuestionPinned::of(question))));
    facts.extend(question.frozen.map(|_| Event::Frozen(QuestionFrozen::of(question))));
    facts
}

fn gone(case: &Case) -> Event {
    let question_id = case.question.id;
    match case.removed.as_ref().and_then(|removed| removed.into) {
        Some(into) => Event::Merged(QuestionMerged { question_id, into }),
        None => Event::Removed(QuestionRef { question_id }),
    }
}

#[cfg(test)]
#[path = "change_tests.rs"]
mod tests;
