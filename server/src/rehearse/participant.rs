//! One participant: loads the page, holds a stream open, and keeps a board of their own by the one reducer.

use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::client::{Client, EventStream};
use super::hall::Hall;
use super::messages::{Message, Messages, event_of};
use super::room::Room;
use pulsestage::board::{Applied, Board};
use pulsestage::event::{Cursor, Event};
use pulsestage::id::QuestionId;

/// How long the first message of a stream may take.
const FIRST_MESSAGE: Duration = Duration::from_secs(20);
/// How long after the last vote every screen must have caught up.
const CATCH_UP: Duration = Duration::from_secs(15);
/// How long somebody waits before they come back.
const PAUSE: Duration = Duration::from_millis(500);

/// What one participant has seen go wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    /// Facts that were left out of the stream, or what is different on the board at the end, whichever is more.
    pub(super) lost: u64,
    /// Facts that came again.
    pub(super) doubled: u64,
    /// Messages that could not be read, or were another tenant's.
    pub(super) unreadable: u64,
    /// How often the server said to load the board again.
    pub(super) resyncs: u64,
    /// How often the stream ended and was opened again.
    pub(super) reconnects: u64,
}

/// The board that everybody is to have at the end, once it is known.
pub(super) type Goal = watch::Receiver<Option<Arc<Board>>>;

/// One participant whose stream is open.
pub(super) struct Participant {
    hall: Arc<Hall>,
    room: Arc<Room>,
    client: Arc<Mutex<Client>>,
    screen: Screen,
    stream: EventStream,
    messages: Messages,
}

impl Participant {
    /// Comes in: the page, the board, the stream from the board's cursor until its first message.
    pub(super) async fn join(hall: Arc<Hall>, room: Arc<Room>, client: Arc<Mutex<Client>>) -> io::Result<Self> {
        let began = Instant::now();
        let (board, stream) = {
            let mut browser = client.lock().await;
            room.load_page(&mut browser).await?;
            let board = room.load_board(&mut browser).await?;
            let stream = room.open_stream(&browser, board.cursor).await?;
            (board, stream)
        };
        let screen = Screen::new(hall.clone(), board);
        let mut joined = Self { hall, room, client, screen, stream, messages: Messages::default() };
        let first = joined.stream.read(joined.messages.inlet());
        match timeout(FIRST_MESSAGE, first).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?? {
            Some(_) => joined.hall.join.add(began.elapsed()),
            None => return Err(io::Error::other("the stream was ended at once")),
        }
        joined.hall.joined.one();
        Ok(joined)
    }

    /// Watches until the board is what it is to be, or until it is too late for that.
    pub(super) async fn watch(mut self, mut goal: Goal) -> Outcome {
        let mut wanted: Option<(Arc<Board>, Instant)> = None;
        let mut fresh = Instant::now();
        loop {
            let went_on = self.screen.show(&mut self.messages, fresh);
            if let Some((board, _)) = &wanted
                && **board == self.screen.board
            {
                break;
            }
            if went_on == Next::Resync {
                self.screen.outcome.resyncs += 1;
                self.come_back(true, wanted.as_ref().map(|(_, until)| *until)).await;
            }
            let until = wanted.as_ref().map(|(_, until)| *until);
            tokio::select! {
                read = self.stream.read(self.messages.inlet()) => match read {
                    Ok(Some(at)) => fresh = at,
                    Ok(None) | Err(_) => self.come_back(false, until).await,
                },
                changed = goal.changed(), if wanted.is_none() => {
                    let board = goal.borrow_and_update().clone();
                    wanted = board.map(|board| (board, Instant::now() + CATCH_UP));
                    // Nobody will say it any more: the rehearsal was ended.
                    if changed.is_err() { break }
                }
                () = sleep_until(until.unwrap_or_else(Instant::now)), if until.is_some() => break,
            }
            if until.is_some_and(|until| until <= Instant::now()) {
                break;
            }
        }
        self.screen.close(wanted.as_ref().map(|(board, _)| &**board))
    }

    /// Opens the stream again where the board is, or, after a `resync`, where a fresh board is.
    async fn come_back(&mut self, reload: bool, until: Option<Instant>) {
        self.screen.outcome.reconnects += 1;
        let mut reload = reload;
        while until.is_none_or(|until| Instant::now() < until) {
            match self.open_again(reload).await {
                Ok(stream) => {
                    self.stream = stream;
                    self.messages = Messages::default();
                    return;
                }
                Err(_) => sleep(PAUSE).await,
            }
            // A board that was loaded before the stream failed is loaded again only if that was asked for.
            reload = reload && self.screen.stale;
        }
    }

    async fn open_again(&mut self, reload: bool) -> io::Result<EventStream> {
        let mut browser = self.client.lock().await;
        if reload {
            self.screen.replace(self.room.load_board(&mut browser).await?);
        }
        self.room.open_stream(&browser, self.screen.board.cursor).await
    }
}

/// Whether a stream can be read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Read,
    Resync,
}

/// A board as its participant sees it, and how well it was kept.
struct Screen {
    hall: Arc<Hall>,
    board: Board,
    /// Whether the server said that the board must be loaded again and it was not yet.
    stale: bool,
    /// Votes that were seen before the voter had the receipt: question, count, and when.
    unknown: Vec<(QuestionId, i64, u64)>,
    outcome: Outcome,
}

impl Screen {
    fn new(hall: Arc<Hall>, board: Board) -> Self {
        Self { hall, board, stale: false, unknown: Vec::new(), outcome: Outcome::default() }
    }

    fn replace(&mut self, board: Board) {
        self.board = board;
        self.stale = false;
    }

    /// Shows all messages that have come whole; they were read at that moment.
    fn show(&mut self, messages: &mut Messages, at: Instant) -> Next {
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
            // What this audience does not see; the cursor goes on.
            self.board.cursor = message.id.unwrap_or(self.board.cursor);
            return Next::Read;
        };
        let Some((tenant, event)) = event_of(data) else {
            self.outcome.unreadable += 1;
            return Next::Read;
        };
        if tenant != self.board.tenant {
            self.outcome.unreadable += 1;
            return Next::Read;
        }
        if event.is_fact() {
            self.count_fact(message.id);
        }
        if let Event::Upvoted(tally) = &event
            && let Some(question) = self.board.questions.get(&tally.question_id)
        {
            let seen = question.upvotes + 1..=tally.upvotes;
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

    fn close(mut self, wanted: Option<&Board>) -> Outcome {
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
