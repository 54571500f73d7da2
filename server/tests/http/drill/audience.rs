//! Those who ask and vote, those who watch, and what was confirmed to whom.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use pulsestage::board::{Applied, Board};
use pulsestage::command::BoardView;
use pulsestage::id::{QuestionId, TeamId};
use pulsestage::question::Question;
use pulsestage::time::Timestamp;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::support::{Message, encode_form, soon};

/// The first of the idempotency keys.
const KEYS: u128 = 0x0190_0000_0000_7000_8000_0000_0000_0000;
/// The pause of whoever could not be answered.
const PAUSE: Duration = Duration::from_millis(100);
/// The longest that an answer may take, whatever the database does.
pub(super) const ANSWER: Duration = Duration::from_millis(5_500);
/// When a stream is silent for so long, its client opens another: two and a half heartbeats.
const SILENCE: Duration = Duration::from_secs(5);

/// Why something was not answered.
pub(super) type Failed = Box<dyn std::error::Error + Send + Sync>;

/// What was confirmed, and how the rest was answered.
#[derive(Default)]
pub(super) struct Ledger {
    /// Each question, and who asked it.
    pub(super) asked: BTreeMap<QuestionId, usize>,
    /// Each vote, and whose it is.
    pub(super) voted: BTreeSet<(QuestionId, usize)>,
    /// How often each status was answered to a write.
    pub(super) statuses: BTreeMap<u16, usize>,
    /// The longest that a write took.
    pub(super) slowest: Duration,
}

impl Ledger {
    /// Forgets what was confirmed so far.
    pub(super) fn begin_anew(&mut self) {
        self.asked.clear();
        self.voted.clear();
    }

    /// Fails when a write was answered with an error that is none of ours, or too late.
    pub(super) fn holds(&self) {
        let bad: Vec<_> = self.statuses.iter().filter(|(status, _)| **status >= 500 && **status != 503).collect();
        assert!(bad.is_empty(), "writes were answered with {bad:?}");
        assert!(self.slowest < ANSWER, "a write took {:?}", self.slowest);
    }

    /// Fails when something that was confirmed is not on this board, or more than that for a question of ours.
    pub(super) fn is_kept_in(&self, board: &Board) {
        for question in self.asked.keys() {
            assert!(board.questions.contains_key(question), "a question that was confirmed is lost");
        }
        let mut votes: BTreeMap<QuestionId, i64> = self.asked.keys().map(|question| (*question, 0)).collect();
        for (question, _) in &self.voted {
            *votes.entry(*question).or_default() += 1;
        }
        for (question, count) in votes.into_iter().filter(|(question, _)| self.asked.contains_key(question)) {
            assert_eq!(board.questions[&question].upvotes, count, "votes of a question are lost or doubled");
        }
    }
}

/// Everybody.
pub(super) struct Audience {
    pub(super) ledger: Arc<Mutex<Ledger>>,
    pub(super) screens: Vec<Arc<Screen>>,
    writers: JoinSet<()>,
    stop: CancellationToken,
    // Ends those who watch when it is dropped.
    _watchers: JoinSet<()>,
}

impl Audience {
    /// Lets so many ask and vote, and so many watch at each of these instances. A writer who is not answered goes on at
    /// the next instance, as behind a balancer.
    pub(super) async fn gather(instances: &[SocketAddr], writers: usize, watchers: usize) -> Self {
        let ledger = Arc::new(Mutex::new(Ledger::default()));
        let stop = CancellationToken::new();
        let start = load_board(instances[0]).await.unwrap().board;
        let mut audience =
            Self { ledger, screens: Vec::new(), writers: JoinSet::new(), stop, _watchers: JoinSet::new() };
        for number in 0..writers {
            let cookie = call(instances[0], Method::GET, "/", "", String::new()).await.unwrap().cookie;
            let writer = Writer {
                instances: instances.to_vec(),
                number,
                cookie,
                team: start.teams[0].id,
                ledger: audience.ledger.clone(),
            };
            audience.writers.spawn(writer.write(audience.stop.clone()));
        }
        for addr in instances {
            for _ in 0..watchers {
                let screen = Arc::new(Screen::at(*addr, start.clone()));
                audience.screens.push(screen.clone());
                audience._watchers.spawn(async move { screen.watch().await });
            }
        }
        audience
    }

    /// Waits until so many votes more were confirmed.
    pub(super) async fn goes_on(&self, votes: usize) {
        let count = || self.ledger.lock().unwrap().statuses.get(&200).copied().unwrap_or_default();
        let before = count();
        soon("further writes to be confirmed", async {
            while count() < before + votes {
                sleep(PAUSE).await;
            }
        })
        .await;
    }

    /// Lets nobody write any more, and waits until the last write is answered.
    pub(super) async fn is_silent(&mut self) {
        self.stop.cancel();
        let writers = &mut self.writers;
        soon("the last writes", async {
            while let Some(writer) = writers.join_next().await {
                writer.unwrap();
            }
        })
        .await;
    }

    /// Waits until every screen shows this board.
    pub(super) async fn all_show(&self, wanted: &Board) {
        let wrong = || self.screens.iter().filter(|screen| screen.board() != *wanted).count();
        let same = async {
            while wrong() > 0 {
                sleep(PAUSE).await;
            }
        };
        if timeout(Duration::from_secs(30), same).await.is_err() {
            let one = self.screens.iter().find(|screen| screen.board() != *wanted).unwrap().board();
            let differs = |(id, q): (&QuestionId, &Question)| wanted.questions.get(id) != Some(q);
            let strange = one.questions.iter().filter(|(id, q)| differs((id, q))).count();
            panic!(
                "{} of {} boards are wrong; one is at {} instead of {}, has {} questions instead of {}, {strange} of them others",
                wrong(),
                self.screens.len(),
                one.cursor,
                wanted.cursor,
                one.questions.len(),
                wanted.questions.len(),
            );
        }
    }
}

/// One who asks and votes.
struct Writer {
    instances: Vec<SocketAddr>,
    number: usize,
    cookie: String,
    team: TeamId,
    ledger: Arc<Mutex<Ledger>>,
}

impl Writer {
    async fn write(self, stop: CancellationToken) {
        let mut turn = 0;
        while !stop.is_cancelled() {
            turn += 1;
            let theirs = self.others_questions();
            match theirs.get((turn * 7 + self.number) % theirs.len().max(1)).filter(|_| turn % 8 != 0) {
                Some(question) => self.vote(turn, *question).await,
                None => self.ask(turn).await,
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Nobody votes for their own.
    fn others_questions(&self) -> Vec<QuestionId> {
        let ledger = self.ledger.lock().unwrap();
        ledger.asked.iter().filter(|(_, asker)| **asker != self.number).map(|(question, _)| *question).collect()
    }

    async fn ask(&self, turn: usize) {
        let (team, body) = (self.team.to_string(), format!("Question {turn} of {}?", self.number));
        let Some(answer) = self.send(turn, "/api/fn/ask", &[("team", &team), ("question", &body)]).await else {
            return;
        };
        let question: Question = serde_json::from_slice(&answer).unwrap();
        self.ledger.lock().unwrap().asked.insert(question.id, self.number);
    }

    async fn vote(&self, turn: usize, question: QuestionId) {
        let id = question.to_string();
        if self.send(turn, "/api/fn/set_vote", &[("question", &id), ("up", "true")]).await.is_some() {
            self.ledger.lock().unwrap().voted.insert((question, self.number));
        }
    }

    /// Sends it until it is confirmed or refused. The key stays the same: it may have been done, and only its answer be
    /// lost.
    async fn send(&self, turn: usize, path: &str, form: &[(&str, &str)]) -> Option<Bytes> {
        let key = Uuid::from_u128(KEYS + ((self.number as u128) << 40) + turn as u128).to_string();
        let form = encode_form(&[&[("tenant", ""), ("op", &key)], form].concat());
        for attempt in 0.. {
            let addr = self.instances[(self.number + attempt) % self.instances.len()];
            let began = Instant::now();
            if let Ok(answer) = call(addr, Method::POST, path, &self.cookie, form.clone()).await {
                self.note(answer.status, began.elapsed());
                if answer.status.is_success() {
                    return Some(answer.body);
                }
                if answer.status.is_client_error() {
                    return None;
                }
            }
            sleep(PAUSE).await;
        }
        None
    }

    fn note(&self, status: StatusCode, took: Duration) {
        let mut ledger = self.ledger.lock().unwrap();
        *ledger.statuses.entry(status.as_u16()).or_default() += 1;
        ledger.slowest = ledger.slowest.max(took);
    }
}

/// One who watches, at one instance.
pub(super) struct Screen {
    addr: SocketAddr,
    board: Mutex<Board>,
    /// How often the board had to be loaded again.
    pub(super) resyncs: AtomicUsize,
    /// How often it was said that the database does not answer.
    pub(super) stale: AtomicUsize,
    /// When that was last said to be so since.
    pub(super) stale_since: Mutex<Option<Timestamp>>,
}

impl Screen {
    fn at(addr: SocketAddr, board: Board) -> Self {
        let (resyncs, stale, stale_since) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::default());
        Self { addr, board: Mutex::new(board), resyncs, stale, stale_since }
    }

    /// What it shows.
    pub(super) fn board(&self) -> Board {
        self.board.lock().unwrap().clone()
    }

    /// Follows the stream, again and again.
    async fn watch(&self) {
        loop {
            let _broke_off = self.follow().await;
            sleep(PAUSE).await;
        }
    }

    /// Follows one stream until it ends, falls silent, or the board has to be loaded again.
    async fn follow(&self) -> Result<(), Failed> {
        let cursor = self.board().cursor;
        let request = Request::get("/sse").header("host", "x").header("last-event-id", cursor.to_string());
        let mut body = timeout(SILENCE, send(self.addr, request.body(Full::default())?)).await??.into_body();
        let mut text = String::new();
        while let Some(frame) = timeout(SILENCE, body.frame()).await? {
            let Ok(bytes) = frame?.into_data() else { continue };
            text.push_str(std::str::from_utf8(&bytes)?);
            while let Some(end) = text.find("\n\n") {
                let message: String = text.drain(..end + 2).collect();
                if self.show(&Message::parse(&message))? == Applied::Resync {
                    self.resyncs.fetch_add(1, Ordering::Relaxed);
                    let fresh = timeout(ANSWER, load_board(self.addr)).await??.board;
                    *self.board.lock().unwrap() = fresh;
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn show(&self, message: &Message) -> Result<Applied, Failed> {
        let said: serde_json::Value = serde_json::from_str(&message.data)?;
        if said["type"] == "stale" {
            self.stale.fetch_add(1, Ordering::Relaxed);
            *self.stale_since.lock().unwrap() = said["data"]["since"].as_i64().map(Timestamp);
            return Ok(Applied::Nothing);
        }
        Ok(message.fold_into(&mut self.board.lock().unwrap()))
    }
}

/// An answer, read to its end.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Bytes,
    cookie: String,
}

/// Sends a form or asks for something, over a connection of its own.
pub(super) async fn call(
    addr: SocketAddr,
    method: Method,
    path: &str,
    cookie: &str,
    form: String,
) -> Result<Answer, Failed> {
    let request = Request::builder().method(method).uri(path).header("host", "x").header("cookie", cookie);
    let request = request.header("accept", "application/json");
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(Full::from(form))?;
    let response = send(addr, request).await?;
    let status = response.status();
    let cookie = response.headers().get("set-cookie").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
    Ok(Answer { status, cookie, body: response.into_body().collect().await?.to_bytes() })
}

async fn send(addr: SocketAddr, request: Request<Full<Bytes>>) -> Result<axum::http::Response<Incoming>, Failed> {
    let socket = TcpStream::connect(addr).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(socket)).await?;
    tokio::spawn(connection);
    Ok(sender.send_request(request).await?)
}

/// The board as an instance gives it.
pub(super) async fn load_board(addr: SocketAddr) -> Result<BoardView, Failed> {
    let answer = call(addr, Method::GET, "/api/fn/load_board?tenant=", "", String::new()).await?;
    if !answer.status.is_success() {
        return Err(answer.status.to_string().into());
    }
    Ok(serde_json::from_slice(&answer.body)?)
}

/// What an instance says of its readiness, and with which status.
pub(super) async fn readiness(addr: SocketAddr) -> Result<String, Failed> {
    let answer = call(addr, Method::GET, "/health/ready", "", String::new()).await?;
    Ok(format!("{} {}", answer.status.as_u16(), String::from_utf8_lossy(&answer.body)))
}
