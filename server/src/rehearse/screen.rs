//! One participant's screen: the board as the stream makes it, and how well it was kept.

use std::sync::Arc;
use tokio::time::Instant;

use super::hall::Hall;
use super::messages::{Message, Messages, event_of};
use super::participant::Outcome;
use pulsestage::board::{Applied, Board};
use pulsestage::event::{Cursor, Event};
use pulsestage::id::QuestionId;

/// Whether a stream can be read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// It can.
    Read,
    /// The board must be loaded again.
    Resync,
}

/// A board as its participant sees it, and how well it was kept.
pub(super) struct Screen {
    hall: Arc<Hall>,
    /// The board.
    pub(super) board: Board,
    /// Whether the board must be loaded again and was not yet.
    pub(super) stale: bool,
    /// Whether the stream has said that it is open.
    pub(super) connected: bool,
    /// Votes that were seen before the voter had the receipt: question, count, and when.
    unknown: Vec<(QuestionId, i64, u64)>,
    /// What went wrong.
    pub(super) outcome: Outcome,
}

impl Screen {
    /// A screen that shows this board.
    pub(super) fn new(hall: Arc<Hall>, board: Board) -> Self {
        Self { hall, board, stale: false, connected: false, unknown: Vec::new(), outcome: Outcome::default() }
    }

    /// Shows a board that was loaded again.
    pub(super) fn replace(&mut self, board: Board) {
        self.board = board;
        self.stale = false;
    }

    /// Shows all messages that have come whole; they were read at that moment.
    pub(super) fn show(&mut self, messages: &mut Messages, at: Instant) -> Next {
        let at = self.hall.at(at);
        let mut count = 0;
        loop {
            match messages.next() {
                Ok(Some(message)) => {
                    count += 1;
                    if self.show_one(&message, at) == Next::Resync {
                        self.stale = true;
                        break;
                    }
                }
                Ok(None) => break,
                Err(_) => {
                    self.outcome.unreadable += 1;
                    self.stale = true;
                    break;
                }
            }
        }
        self.hall.messages.add(count);
        self.settle();
        if self.stale { Next::Resync } else { Next::Read }
    }

    fn show_one(&mut self, message: &Message, at: u64) -> Next {
        let Some(data) = &message.data else {
            // A server of an older version: what this audience does not see; the cursor goes on.
            self.board.cursor = message.id.unwrap_or(self.board.cursor);
            return Next::Read;
        };
        let Some((tenant, event)) = event_of(data) else {
            self.outcome.unreadable += 1;
            return Next::Read;
        };
        // It says when to come back, and may not know whose stream it would have been.
        if event == Event::Closing {
            return Next::Read;
        }
        if tenant != self.board.tenant {
            self.outcome.unreadable += 1;
            return Next::Read;
        }
        if event.is_fact() {
            self.count_fact(message.id);
        }
        self.connected |= matches!(event, Event::Connected);
        if let Event::Upvoted(tally) = &event
            && let Some(question) = self.board.questions.get(&tally.question_id)
        {
            let seen = self.hall.votes_between(tally.question_id, question.upvotes, tally.upvotes);
            self.unknown.extend(seen.map(|upvotes| (tally.question_id, upvotes, at)));
        }
        if self.board.apply(message.id, &event) == Applied::Resync { Next::Resync } else { Next::Read }
    }

    /// The log has no holes, and a stream that is not filtered shows all of it: each fact is the one after the last.
    fn count_fact(&mut self, at: Option<Cursor>) {
        let Some(at) = at.filter(|at| at.epoch == self.board.cursor.epoch) else { return };
        let step = at.seq - self.board.cursor.seq;
        if step <= 0 {
            self.outcome.doubled += 1;
        } else {
            self.outcome.lost += step.unsigned_abs() - 1;
        }
    }

    /// Measures the votes whose receipts have come by now.
    fn settle(&mut self) {
        let hall = &self.hall;
        let mut times = Vec::new();
        self.unknown.retain(|(question, upvotes, at)| match hall.since_vote(*question, *upvotes, *at) {
            Some(time) => {
                times.push(time);
                false
            }
            None => true,
        });
        if !times.is_empty() {
            hall.to_screen.add_all(times.into_iter());
        }
    }

    /// What went wrong, the board that was to be shown at the end included.
    pub(super) fn close(mut self, wanted: Option<&Board>) -> Outcome {
        self.settle();
        let different = wanted.map_or(0, |wanted| differences(&self.board, wanted));
        Outcome { lost: self.outcome.lost.max(different), ..self.outcome }
    }
}

/// How many things on two boards are not the same.
fn differences(mine: &Board, theirs: &Board) -> u64 {
    let wrong = theirs.questions.iter().filter(|(id, question)| mine.questions.get(id) != Some(question)).count();
    let extra = mine.questions.keys().filter(|id| !theirs.questions.contains_key(id)).count();
    let lists = usize::from(mine.teams != theirs.teams) + usize::from(mine.tags != theirs.tags);
    let found = wrong + extra + lists;
    u64::try_from(found).unwrap_or(u64::MAX).max(u64::from(mine != theirs))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bus::frame::encode;
    use pulsestage::event::{Envelope, Epoch, QuestionCreated, QuestionUpvoted};
    use pulsestage::id::{TeamId, TenantId};
    use pulsestage::question::Status;
    use pulsestage::time::Timestamp;
    use uuid::Uuid;

    const TENANT: TenantId = TenantId(Uuid::from_u128(1));
    const EPOCH: Epoch = Epoch(7);

    fn screen() -> Screen {
        let question = QuestionId(Uuid::from_u128(100));
        let mut board = Board::empty(TENANT, Cursor { epoch: EPOCH, seq: 0 });
        let _changed = board.apply(Some(Cursor { epoch: EPOCH, seq: 1 }), &created(100));
        Screen::new(Arc::new(Hall::new(&[question], 10).unwrap()), board)
    }

    fn created(number: u128) -> Event {
        Event::Created(QuestionCreated {
            id: QuestionId(Uuid::from_u128(number)),
            body: "Why?".to_owned(),
            upvotes: 0,
            status: Status::Open,
            team_id: TeamId(Uuid::from_u128(2)),
            created_at: Timestamp(5),
            tags: Vec::new(),
            is_pinned: false,
            is_frozen: false,
            author_name: None,
        })
    }

    fn upvoted(upvotes: i64) -> Event {
        Event::Upvoted(QuestionUpvoted { question_id: QuestionId(Uuid::from_u128(100)), upvotes })
    }

    fn show(screen: &mut Screen, tenant: TenantId, seq: Option<i64>, event: Event) -> Next {
        let mut messages = Messages::default();
        let cursor = seq.map(|seq| Cursor { epoch: EPOCH, seq });
        messages
            .inlet()
            .extend_from_slice(&encode(cursor, &Envelope { tenant_id: tenant, event, timestamp: Timestamp(9) }));
        screen.show(&mut messages, Instant::now())
    }

    #[test]
    fn facts_that_are_left_out_or_come_again_are_counted() {
        let mut screen = screen();
        show(&mut screen, TENANT, Some(2), created(101));
        assert_eq!(screen.outcome, Outcome::default());
        show(&mut screen, TENANT, Some(2), created(101));
        show(&mut screen, TENANT, Some(5), created(102));
        assert_eq!(screen.outcome, Outcome { doubled: 1, lost: 2, ..Outcome::default() });
    }

    #[test]
    fn another_tenants_messages_are_no_messages() {
        let mut screen = screen();
        let before = screen.board.clone();
        show(&mut screen, TenantId(Uuid::from_u128(9)), Some(2), created(101));
        assert_eq!((screen.outcome.unreadable, &screen.board), (1, &before));
    }

    #[test]
    fn every_vote_behind_a_count_is_measured_once_its_receipt_is_there() {
        let mut screen = screen();
        let (hall, question) = (screen.hall.clone(), QuestionId(Uuid::from_u128(100)));
        hall.note_vote(question, 1, Instant::now());
        show(&mut screen, TENANT, None, upvoted(2));
        assert_eq!(hall.to_screen.histogram().len(), 1);
        hall.note_vote(question, 2, Instant::now());
        show(&mut screen, TENANT, None, upvoted(2));
        assert_eq!((hall.to_screen.histogram().len(), screen.unknown.len()), (2, 0));
    }

    #[test]
    fn a_resync_asks_for_a_fresh_board() {
        let mut screen = screen();
        assert_eq!(show(&mut screen, TENANT, Some(1), Event::Resync), Next::Resync);
    }

    #[test]
    fn a_board_that_is_behind_at_the_end_has_lost_something() {
        let (mut behind, mut ahead) = (screen(), screen());
        show(&mut ahead, TENANT, None, upvoted(3));
        assert_eq!(differences(&behind.board, &ahead.board), 1);
        show(&mut ahead, TENANT, Some(2), created(101));
        assert_eq!(differences(&behind.board, &ahead.board), 2);
        behind.outcome.lost = 1;
        assert_eq!(behind.close(Some(&ahead.board)).lost, 2);
    }
}
