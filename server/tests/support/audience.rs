//! Those who ask and vote, those who watch, and what was confirmed to whom.

use axum::http::StatusCode;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use pulsestage::board::{Applied, Board};
use pulsestage::id::{QuestionId, TeamId};
use pulsestage::question::Question;
use pulsestage_server::audience::{
    HttpAnswer, HttpClient, Ledger, Origin, ParticipantClient, StreamFaults, StreamedBoard, participant,
};

use super::soon;

/// The first of the idempotency keys.
const KEYS: u128 = 0x0190_0000_0000_7000_8000_0000_0000_0000;
/// The pause of whoever could not be answered.
const PAUSE: Duration = Duration::from_millis(50);
/// The longest that an answer may take, whatever the database does.
pub(crate) const ANSWER: Duration = Duration::from_millis(5_500);
/// When a stream is silent for so long, its client opens another: two and a half heartbeats of two seconds.
const SILENCE: Duration = Duration::from_secs(5);

/// A browser that nobody has used yet.
pub(crate) fn newcomer(addr: SocketAddr) -> ParticipantClient {
    ParticipantClient::new(HttpClient::new(Arc::new(Origin::at(addr))), "default")
}

/// The board as an instance gives it.
pub(crate) async fn load_board(addr: SocketAddr) -> io::Result<Board> {
    newcomer(addr).load_board().await
}

/// The board of an instance, as soon as it can give one.
pub(crate) async fn board_of(addr: SocketAddr) -> Board {
    soon("a board", async {
        loop {
            match load_board(addr).await {
                Ok(board) => return board,
                Err(_) => sleep(PAUSE).await,
            }
        }
    })
    .await
}

/// Fails when a write was answered with an error that is none of ours, or too late.
pub(crate) fn assert_answered(ledger: &Ledger) {
    let bad = ledger.answered_with(|status| status >= 500 && status != 503);
    assert_eq!(bad, 0, "writes were answered with {:?}", ledger.statuses);
    assert!(ledger.slowest < ANSWER, "a write took {:?}", ledger.slowest);
}

/// Fails when something that was confirmed is not on this board, or more than that for a question of ours.
pub(crate) fn assert_kept(ledger: &Ledger, board: &Board) {
    let differences = ledger.differences(board);
    assert!(differences.is_empty(), "{differences:#?}");
}

/// Everybody.
pub(crate) struct TestAudience {
    pub(crate) ledger: Arc<Mutex<Ledger>>,
    pub(crate) watchers: Vec<Arc<BoardWatcher>>,
    writers: JoinSet<()>,
    stop: CancellationToken,
    // Ends those who watch when it is dropped.
    _watching: JoinSet<()>,
}

impl TestAudience {
    /// Lets so many ask and vote, with this pause, and so many watch at each of these instances. A writer who is not
    /// answered goes on at the next instance, as behind a balancer.
    pub(crate) async fn gather(instances: &[SocketAddr], writers: usize, watchers: usize, pause: Duration) -> Self {
        let start = load_board(instances[0]).await.unwrap();
        let mut audience = Self {
            ledger: Arc::default(),
            watchers: Vec::new(),
            writers: JoinSet::new(),
            stop: CancellationToken::new(),
            _watching: JoinSet::new(),
        };
        for number in 0..writers {
            let mut first = newcomer(instances[0]);
            first.load_page().await.unwrap();
            let client = |addr: &SocketAddr| {
                let mut client = HttpClient::new(Arc::new(Origin::at(*addr)));
                client.cookie.clone_from(&first.http.cookie);
                // Some keep their connections, some take a new one for each request.
                let client = if number % 2 == 0 { client } else { client.without_keeping() };
                ParticipantClient::new(client, "default")
            };
            let clients = instances.iter().map(client).collect();
            let (team, ledger) = (start.teams[0].id, audience.ledger.clone());
            let writer = AudienceWriter { clients, number, team, ledger, pause };
            audience.writers.spawn(writer.write(audience.stop.clone()));
        }
        for addr in instances {
            for _ in 0..watchers {
                let watcher = Arc::new(BoardWatcher::at(*addr, start.clone()));
                audience.watchers.push(watcher.clone());
                audience._watching.spawn(async move { watcher.watch().await });
            }
        }
        audience
    }

    /// Waits until so many writes more were confirmed.
    pub(crate) async fn goes_on(&self, writes: u64) {
        let count = || self.ledger.lock().unwrap().confirmed();
        let before = count();
        soon("further writes to be confirmed", async {
            while count() < before + writes {
                sleep(PAUSE).await;
            }
        })
        .await;
    }

    /// Lets nobody write any more, and waits until the last write is answered.
    pub(crate) async fn is_silent(&mut self) {
        self.stop.cancel();
        let writers = &mut self.writers;
        soon("the last writes", async {
            while let Some(writer) = writers.join_next().await {
                writer.unwrap();
            }
        })
        .await;
    }

    /// Waits until every watcher has this board.
    pub(crate) async fn all_show(&self, wanted: &Board) {
        let wrong = || self.watchers.iter().filter(|watcher| watcher.board() != *wanted).count();
        let same = async {
            while wrong() > 0 {
                sleep(PAUSE).await;
            }
        };
        if timeout(Duration::from_secs(30), same).await.is_err() {
            let one = self.watchers.iter().find(|watcher| watcher.board() != *wanted).unwrap().board();
            let differs = |(id, q): (&QuestionId, &Question)| wanted.questions.get(id) != Some(q);
            let strange = one.questions.iter().filter(|(id, q)| differs((id, q))).count();
            panic!(
                "{} of {} boards are wrong; one is at {} instead of {}, has {} questions instead of {}, {strange} of them others",
                wrong(),
                self.watchers.len(),
                one.cursor,
                wanted.cursor,
                one.questions.len(),
                wanted.questions.len(),
            );
        }
    }

    /// How often boards had to be loaded again, by all watchers together.
    pub(crate) fn resyncs(&self) -> usize {
        self.watchers.iter().map(|watcher| watcher.resyncs.load(Ordering::Relaxed)).sum()
    }

    /// What streams left out or sent again, on all together.
    pub(crate) fn faults(&self) -> StreamFaults {
        let mut faults = StreamFaults::default();
        self.watchers.iter().for_each(|watcher| faults += watcher.streamed.lock().unwrap().faults);
        faults
    }
}

/// One who asks and votes.
struct AudienceWriter {
    /// One for each instance.
    clients: Vec<ParticipantClient>,
    number: usize,
    team: TeamId,
    ledger: Arc<Mutex<Ledger>>,
    pause: Duration,
}

impl AudienceWriter {
    async fn write(mut self, stop: CancellationToken) {
        let mut turn = 0;
        while !stop.is_cancelled() {
            turn += 1;
            let theirs = self.others_questions();
            match theirs.get((turn * 7 + self.number) % theirs.len().max(1)).filter(|_| turn % 8 != 0) {
                Some(question) => self.vote(turn, *question).await,
                None => self.ask(turn).await,
            }
            sleep(self.pause).await;
        }
    }

    /// Nobody votes for their own.
    fn others_questions(&self) -> Vec<QuestionId> {
        let ledger = self.ledger.lock().unwrap();
        ledger.asked.iter().filter(|(_, asker)| **asker != self.number).map(|(question, _)| *question).collect()
    }

    async fn ask(&mut self, turn: usize) {
        let (team, body) = (self.team.to_string(), format!("Question {turn} of {}?", self.number));
        if let Some(answer) = self.send(turn, "ask", &[("team", &team), ("question", &body)]).await {
            let question = participant::asked(&answer).unwrap();
            self.ledger.lock().unwrap().asked.insert(question, self.number);
        }
    }

    async fn vote(&mut self, turn: usize, question: QuestionId) {
        let id = question.to_string();
        if self.send(turn, "set_vote", &[("question", &id), ("up", "true")]).await.is_some() {
            self.ledger.lock().unwrap().note_vote(question, self.number, true);
        }
    }

    /// Sends it until it is confirmed or refused. The key stays the same: it may have been done, and only its answer be
    /// lost.
    async fn send(&mut self, turn: usize, function: &str, form: &[(&str, &str)]) -> Option<HttpAnswer> {
        let key = Uuid::from_u128(KEYS + ((self.number as u128) << 40) + turn as u128);
        for attempt in self.number.. {
            let (began, count) = (Instant::now(), self.clients.len());
            let answer = self.clients[attempt % count].write(function, Some(key), form).await;
            self.ledger.lock().unwrap().note(&answer, began.elapsed());
            match answer {
                Ok(answer) if answer.status.is_success() => return Some(answer),
                Ok(answer) if answer.status.is_client_error() => return None,
                _ => sleep(PAUSE).await,
            }
        }
        None
    }
}

/// One who watches, at one instance.
pub(crate) struct BoardWatcher {
    addr: SocketAddr,
    streamed: Mutex<StreamedBoard>,
    /// How often the board had to be loaded again.
    pub(crate) resyncs: AtomicUsize,
    /// How often no stream could be opened.
    pub(crate) refused: AtomicUsize,
    /// How often it was said that the database does not answer.
    pub(crate) stale: AtomicUsize,
}

impl BoardWatcher {
    fn at(addr: SocketAddr, board: Board) -> Self {
        let [resyncs, refused, stale] = [(); 3].map(|()| AtomicUsize::new(0));
        let streamed = Mutex::new(StreamedBoard::new(board));
        Self { addr, streamed, resyncs, refused, stale }
    }

    /// What it shows.
    pub(crate) fn board(&self) -> Board {
        self.streamed.lock().unwrap().board.clone()
    }

    /// Follows the stream, again and again.
    async fn watch(&self) {
        loop {
            let _broke_off = self.follow().await;
            sleep(PAUSE).await;
        }
    }

    /// Follows one stream until it ends, falls silent, or the board has to be loaded again.
    async fn follow(&self) -> io::Result<()> {
        let client = newcomer(self.addr);
        let cursor = self.board().cursor;
        let opened = client.open_stream(Some(cursor)).await;
        let mut stream = opened.inspect_err(|_| {
            self.refused.fetch_add(1, Ordering::Relaxed);
        })?;
        while let Some(message) = timeout(SILENCE, stream.next_message()).await?? {
            if message.kind() == "stale" {
                self.stale.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            let applied = self.streamed.lock().unwrap().apply(&message);
            if applied == Applied::Resync {
                self.resyncs.fetch_add(1, Ordering::Relaxed);
                let fresh = timeout(ANSWER, load_board(self.addr)).await??;
                self.streamed.lock().unwrap().board = fresh;
                return Ok(());
            }
        }
        Ok(())
    }
}

/// What an instance says of its readiness, and with which status.
pub(crate) async fn readiness(addr: SocketAddr) -> io::Result<(StatusCode, String)> {
    let answer = newcomer(addr).http.get("/health/ready").await?;
    Ok((answer.status, answer.text().into_owned()))
}
