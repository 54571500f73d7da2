//! The board of one participant as the stream makes it, and when each vote came to it.

use std::sync::Arc;
use tokio::time::Instant;

use super::measurements::Measurements;
use super::participant::ParticipantOutcome;
use crate::audience::{EventReader, StreamMessage, StreamedBoard};
use pulsestage::board::{Applied, Board};
use pulsestage::event::Event;
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
pub(super) struct MeasuredBoard {
    measurements: Arc<Measurements>,
    streamed: StreamedBoard,
    /// Whether the board must be loaded again and was not yet.
    pub(super) stale: bool,
    /// Whether the stream has said that it is open.
    pub(super) connected: bool,
    /// Votes that were seen before the voter had the receipt: question, count, and when.
    unknown: Vec<(QuestionId, i64, u64)>,
}

impl MeasuredBoard {
    /// Of a participant who has loaded this board.
    pub(super) fn new(measurements: Arc<Measurements>, board: Board) -> Self {
        let streamed = StreamedBoard::new(board);
        Self { measurements, streamed, stale: false, connected: false, unknown: Vec::new() }
    }

    /// The board.
    pub(super) const fn board(&self) -> &Board {
        &self.streamed.board
    }

    /// Takes a board that was loaded again.
    pub(super) fn replace(&mut self, board: Board) {
        self.streamed.board = board;
        self.stale = false;
    }

    /// Folds all messages that have come whole; they were read at that moment.
    pub(super) fn take(&mut self, events: &mut EventReader, at: Instant) -> Next {
        let at = self.measurements.at(at);
        let mut count = 0;
        while !self.stale {
            match events.next_message() {
                Ok(Some(message)) => {
                    count += 1;
                    self.stale = self.take_one(&message, at) == Applied::Resync;
                }
                Ok(None) => break,
                Err(_) => {
                    self.streamed.faults.unreadable += 1;
                    self.stale = true;
                }
            }
        }
        self.measurements.note_messages(count);
        self.settle();
        if self.stale { Next::Resync } else { Next::Read }
    }

    fn take_one(&mut self, message: &StreamMessage, at: u64) -> Applied {
        let Some(event) = self.streamed.accept(message) else { return Applied::Nothing };
        self.connected |= matches!(event, Event::Connected);
        if let Event::Upvoted(tally) = &event
            && let Some(question) = self.streamed.board.questions.get(&tally.question_id)
        {
            let seen = self.measurements.votes_between(tally.question_id, question.upvotes, tally.upvotes);
            self.unknown.extend(seen.map(|upvotes| (tally.question_id, upvotes, at)));
        }
        self.streamed.board.apply(message.id, &event)
    }

    /// Measures the votes whose receipts have come by now.
    fn settle(&mut self) {
        let measurements = &self.measurements;
        let mut times = Vec::new();
        self.unknown.retain(|(question, upvotes, at)| match measurements.since_vote(*question, *upvotes, *at) {
            Some(time) => {
                times.push(time);
                false
            }
            None => true,
        });
        if !times.is_empty() {
            measurements.to_screen.add_all(times.into_iter());
        }
    }

    /// What went wrong, the board that was to be there at the end included.
    pub(super) fn close(mut self, wanted: Option<&Board>) -> ParticipantOutcome {
        self.settle();
        let different = wanted.map_or(0, |wanted| self.streamed.differences(wanted));
        let mut faults = self.streamed.faults;
        faults.lost = faults.lost.max(different);
        ParticipantOutcome { faults, ..ParticipantOutcome::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audience::StreamFaults;
    use crate::bus::frame::encode;
    use pulsestage::event::{Cursor, Envelope, Epoch, QuestionCreated, QuestionUpvoted};
    use pulsestage::id::{TeamId, TenantId};
    use pulsestage::question::Status;
    use pulsestage::time::Timestamp;
    use uuid::Uuid;

    const TENANT: TenantId = TenantId(Uuid::from_u128(1));
    const EPOCH: Epoch = Epoch(7);

    fn measured() -> MeasuredBoard {
        let question = QuestionId(Uuid::from_u128(100));
        let mut board = Board::empty(TENANT, Cursor { epoch: EPOCH, seq: 0 });
        let _changed = board.apply(Some(Cursor { epoch: EPOCH, seq: 1 }), &created(100));
        MeasuredBoard::new(Arc::new(Measurements::new(&[question], 10).unwrap()), board)
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

    fn show(measured: &mut MeasuredBoard, tenant: TenantId, seq: Option<i64>, event: Event) -> Next {
        let mut events = EventReader::default();
        let cursor = seq.map(|seq| Cursor { epoch: EPOCH, seq });
        events.add(&encode(cursor, &Envelope { tenant_id: tenant, event, timestamp: Timestamp(9) }));
        measured.take(&mut events, Instant::now())
    }

    #[test]
    fn facts_that_are_left_out_or_come_again_are_counted() {
        let mut measured = measured();
        show(&mut measured, TENANT, Some(2), created(101));
        assert_eq!(measured.streamed.faults, StreamFaults::default());
        show(&mut measured, TENANT, Some(2), created(101));
        show(&mut measured, TENANT, Some(5), created(102));
        assert_eq!(measured.streamed.faults, StreamFaults { doubled: 1, lost: 2, unreadable: 0 });
    }

    #[test]
    fn another_tenants_messages_are_no_messages() {
        let mut measured = measured();
        let before = measured.board().clone();
        show(&mut measured, TenantId(Uuid::from_u128(9)), Some(2), created(101));
        assert_eq!((measured.streamed.faults.unreadable, measured.board()), (1, &before));
    }

    #[test]
    fn every_vote_behind_a_count_is_measured_once_its_receipt_is_there() {
        let mut measured = measured();
        let (measurements, question) = (measured.measurements.clone(), QuestionId(Uuid::from_u128(100)));
        measurements.note_vote(question, 1, Instant::now());
        show(&mut measured, TENANT, None, upvoted(2));
        assert_eq!(measurements.to_screen.histogram().len(), 1);
        measurements.note_vote(question, 2, Instant::now());
        show(&mut measured, TENANT, None, upvoted(2));
        assert_eq!((measurements.to_screen.histogram().len(), measured.unknown.len()), (2, 0));
    }

    #[test]
    fn a_resync_asks_for_a_fresh_board() {
        let mut measured = measured();
        assert_eq!(show(&mut measured, TENANT, Some(1), Event::Resync), Next::Resync);
    }

    #[test]
    fn a_board_that_is_behind_at_the_end_has_lost_something() {
        let (mut behind, mut ahead) = (measured(), measured());
        show(&mut ahead, TENANT, None, upvoted(3));
        assert_eq!(behind.streamed.differences(ahead.board()), 1);
        show(&mut ahead, TENANT, Some(2), created(101));
        assert_eq!(behind.streamed.differences(ahead.board()), 2);
        behind.streamed.faults.lost = 1;
        assert_eq!(behind.close(Some(ahead.board())).faults.lost, 2);
    }
}
