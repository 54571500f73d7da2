//! What writers were told: what was confirmed, and how the rest was answered.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::time::Duration;

use super::client::HttpAnswer;
use pulsestage::board::Board;
use pulsestage::id::QuestionId;

/// What was confirmed to writers, who are numbers here, and how their other requests were answered.
#[derive(Debug, Default)]
pub struct Ledger {
    /// Each question that was confirmed, and who asked it.
    pub asked: BTreeMap<QuestionId, usize>,
    /// Each vote that was confirmed, and whose it is.
    pub votes: BTreeSet<(QuestionId, usize)>,
    /// How often each status was answered.
    pub statuses: BTreeMap<u16, u64>,
    /// How often no whole answer came.
    pub unanswered: u64,
    /// The longest that an answer took.
    pub slowest: Duration,
    /// How many requests failed, by the judgement of those who sent them.
    pub failed: u64,
    /// Why the first of them did.
    pub first_failure: Option<String>,
}

impl Ledger {
    /// Notes how a request was answered.
    pub fn note(&mut self, answer: &io::Result<HttpAnswer>, took: Duration) {
        match answer {
            Ok(answer) => self.note_status(answer.status.as_u16(), took),
            Err(error) => {
                self.unanswered += 1;
                self.first_failure.get_or_insert_with(|| error.to_string());
            }
        }
    }

    /// Notes the status of an answer.
    pub fn note_status(&mut self, status: u16, took: Duration) {
        *self.statuses.entry(status).or_default() += 1;
        self.slowest = self.slowest.max(took);
    }

    /// Notes that a vote is there, or was taken back.
    pub fn note_vote(&mut self, question: QuestionId, voter: usize, up: bool) {
        if up {
            self.votes.insert((question, voter));
        } else {
            self.votes.remove(&(question, voter));
        }
    }

    /// Counts a failure; the first one's reason is kept.
    pub fn fail(&mut self, why: impl FnOnce() -> String) {
        self.failed += 1;
        self.first_failure.get_or_insert_with(why);
    }

    /// How many requests were answered with 200.
    #[must_use]
    pub fn confirmed(&self) -> u64 {
        self.statuses.get(&200).copied().unwrap_or_default()
    }

    /// How many answers had one of these statuses.
    #[must_use]
    pub fn answered_with(&self, is_one: impl Fn(u16) -> bool) -> u64 {
        self.statuses.iter().filter(|(status, _)| is_one(**status)).map(|(_, count)| count).sum()
    }

    /// Forgets what was confirmed so far.
    pub fn forget_confirmed(&mut self) {
        self.asked.clear();
        self.votes.clear();
    }

    /// How a board differs from what was confirmed: each question that is missing, and each whose votes are not those that
    /// were confirmed. Only questions of this ledger are compared.
    #[must_use]
    pub fn differences(&self, board: &Board) -> Vec<String> {
        let mut votes: BTreeMap<QuestionId, i64> = self.asked.keys().map(|question| (*question, 0)).collect();
        for (question, _) in &self.votes {
            votes.entry(*question).and_modify(|count| *count += 1);
        }
        let difference = |(question, confirmed): (QuestionId, i64)| match board.questions.get(&question) {
            None => Some(format!("question {question} was confirmed and is not there")),
            Some(found) if found.upvotes != confirmed => {
                Some(format!("question {question} has {} votes and {confirmed} were confirmed", found.upvotes))
            }
            Some(_) => None,
        };
        votes.into_iter().filter_map(difference).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulsestage::event::{Cursor, Epoch, Event, QuestionCreated};
    use pulsestage::id::{TeamId, TenantId};
    use pulsestage::question::Status;
    use pulsestage::time::Timestamp;
    use uuid::Uuid;

    #[test]
    fn what_is_missing_or_counted_wrong_is_named() {
        let (here, gone) = (QuestionId(Uuid::from_u128(1)), QuestionId(Uuid::from_u128(2)));
        let mut board = Board::empty(TenantId(Uuid::from_u128(9)), Cursor { epoch: Epoch(1), seq: 0 });
        let created = Event::Created(QuestionCreated {
            id: here,
            body: "Why?".to_owned(),
            upvotes: 1,
            status: Status::Open,
            team_id: TeamId(Uuid::from_u128(3)),
            created_at: Timestamp(5),
            tags: Vec::new(),
            is_pinned: false,
            is_frozen: false,
            author_name: None,
        });
        let _changed = board.apply(Some(Cursor { epoch: Epoch(1), seq: 1 }), &created);
        let mut ledger = Ledger::default();
        assert!(ledger.differences(&board).is_empty(), "nothing was confirmed");
        ledger.asked.insert(here, 0);
        ledger.note_vote(here, 1, true);
        // A vote for a question of somebody else says nothing about its count.
        ledger.note_vote(gone, 1, true);
        assert!(ledger.differences(&board).is_empty());
        ledger.note_vote(here, 2, true);
        ledger.asked.insert(gone, 0);
        let found = ledger.differences(&board);
        assert!(found.len() == 2 && found[0].contains("1 votes and 2") && found[1].contains("not there"), "{found:?}");
        ledger.note_vote(here, 2, false);
        assert_eq!(ledger.differences(&board).len(), 1);
        ledger.forget_confirmed();
        assert!(ledger.differences(&board).is_empty());
    }

    #[test]
    fn the_first_reason_is_kept() {
        let mut ledger = Ledger::default();
        ledger.fail(|| "one".to_owned());
        ledger.fail(|| "two".to_owned());
        assert_eq!((ledger.failed, ledger.first_failure.as_deref()), (2, Some("one")));
    }
}
