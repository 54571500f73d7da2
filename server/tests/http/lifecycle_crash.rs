//! The binary is killed again and again in a burst of questions and votes. What was cut off is sent again with its
//! idempotency key and happens once, every client comes back by itself, and all of them end with the board that the
//! database has.
//!
//! `PULSESTAGE_TEST_CRASHES` and `PULSESTAGE_TEST_CRASH_CLIENTS` make it a longer one.

use axum::http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use pulsestage::board::{Applied, Board};
use pulsestage::command::BoardView;
use pulsestage::id::{QuestionId, TeamId};
use pulsestage::question::Question;

use crate::support::{Folder, LIMITS, Message, encode_form, soon};

const VOTERS: usize = 10;
/// The pause of whoever could not be answered.
const PAUSE: Duration = Duration::from_millis(50);

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// The server's process, killed when it is dropped.
struct Victim(Child);

impl Victim {
    fn start(addr: SocketAddr, data: &Folder, site: &Folder) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pulsestage"));
        command.args(["serve", "--addr", &addr.to_string()]).arg("--data-dir").arg(data.path());
        command.arg("--site-dir").arg(site.path()).args(LIMITS.iter().flat_map(|limit| [*limit, "0"]));
        command.args(["--drain-s", "0"]);
        Self(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// What was confirmed.
#[derive(Default)]
struct Ledger {
    /// Each question, and who asked it.
    asked: BTreeMap<QuestionId, usize>,
    voted: BTreeSet<(QuestionId, usize)>,
    /// How often a write got no answer.
    cut_off: usize,
}

/// One client of the stream.
struct Screen {
    board: Board,
    /// Facts that came again, or after a gap.
    astray: usize,
    resyncs: usize,
}

async fn call(
    addr: SocketAddr,
    method: Method,
    path: &str,
    cookie: &str,
    form: String,
) -> Result<(String, Bytes), Failed> {
    let socket = TcpStream::connect(addr).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(socket)).await?;
    tokio::spawn(connection);
    let request = Request::builder().method(method).uri(path).header("host", "x").header("cookie", cookie);
    let request = request.header("accept", "application/json");
    let request =
        request.header("content-type", "application/x-www-form-urlencoded").body(Full::new(Bytes::from(form)))?;
    let response = sender.send_request(request).await?;
    if !response.status().is_success() {
        return Err(response.status().to_string().into());
    }
    let cookie = response.headers().get("set-cookie").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
    Ok((cookie, response.into_body().collect().await?.to_bytes()))
}

async fn board(addr: SocketAddr) -> Result<Board, Failed> {
    let (_, body) = call(addr, Method::GET, "/api/fn/load_board?tenant=", "", String::new()).await?;
    Ok(serde_json::from_slice::<BoardView>(&body)?.board)
}

/// One who writes.
struct Writer {
    addr: SocketAddr,
    number: usize,
    cookie: String,
    team: TeamId,
    ledger: Arc<Mutex<Ledger>>,
}

impl Writer {
    /// Asks and votes without a pause until it is told to stop.
    async fn write(self, stop: CancellationToken) {
        let mut turn = 0;
        while !stop.is_cancelled() {
            turn += 1;
            let asked = self.others_questions();
            match asked.get((turn * 7 + self.number) % asked.len().max(1)).filter(|_| turn % 8 != 0) {
                Some(question) => self.vote(turn, *question).await,
                None => self.ask(turn).await,
            }
        }
    }

    /// Nobody votes for their own.
    fn others_questions(&self) -> Vec<QuestionId> {
        let ledger = self.ledger.lock().unwrap();
        ledger.asked.iter().filter(|(_, asker)| **asker != self.number).map(|(question, _)| *question).collect()
    }

    async fn ask(&self, turn: usize) {
        let (team, body) = (self.team.to_string(), format!("Question {turn} of {}?", self.number));
        let answer = self.send(turn, "/api/fn/ask", &[("team", &team), ("question", &body)]).await;
        let question: Question = serde_json::from_slice(&answer).unwrap();
        self.ledger.lock().unwrap().asked.insert(question.id, self.number);
    }

    async fn vote(&self, turn: usize, question: QuestionId) {
        let id = question.to_string();
        self.send(turn, "/api/fn/set_vote", &[("question", &id), ("up", "true")]).await;
        self.ledger.lock().unwrap().voted.insert((question, self.number));
    }

    /// Sends it until it is answered. The key stays the same: it may have been done, and only its answer be lost.
    async fn send(&self, turn: usize, path: &str, form: &[(&str, &str)]) -> Bytes {
        let key = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + turn as u128).to_string();
        let form = encode_form(&[&[("tenant", ""), ("op", &key)], form].concat());
        loop {
            match call(self.addr, Method::POST, path, &self.cookie, form.clone()).await {
                Ok((_, answer)) => return answer,
                Err(_) => self.ledger.lock().unwrap().cut_off += 1,
            }
            sleep(PAUSE).await;
        }
    }
}

/// Follows the stream, again and again.
async fn follow(addr: SocketAddr, screen: Arc<Mutex<Screen>>) {
    loop {
        let _broke_off = read(addr, &screen).await;
        sleep(PAUSE).await;
    }
}

async fn read(addr: SocketAddr, screen: &Mutex<Screen>) -> Result<(), Failed> {
    let cursor = screen.lock().unwrap().board.cursor;
    let (mut sender, connection) = http1::handshake(TokioIo::new(TcpStream::connect(addr).await?)).await?;
    tokio::spawn(connection);
    let request = Request::get("/sse").header("host", "x").header("last-event-id", cursor.to_string());
    let mut body = sender.send_request(request.body(Full::new(Bytes::new()))?).await?.into_body();
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        bytes.extend_from_slice(frame?.data_ref().map(|data| &data[..]).unwrap_or_default());
        while let Some(at) = bytes.windows(2).position(|window| window == b"\n\n") {
            let message: Vec<u8> = bytes.drain(..at + 2).collect();
            let message = Message::parse(std::str::from_utf8(&message)?);
            if message.kind() == "resync" {
                let fresh = board(addr).await?;
                let mut screen = screen.lock().unwrap();
                screen.board = fresh;
                screen.resyncs += 1;
                continue;
            }
            let mut screen = screen.lock().unwrap();
            let before = screen.board.cursor.seq;
            let is_fact = message.envelope().event.is_fact();
            let applied = message.fold_into(&mut screen.board);
            let is_next = message.cursor().is_some_and(|cursor| cursor.seq == before + 1);
            screen.astray += usize::from(is_fact && (!is_next || matches!(applied, Applied::Nothing)));
        }
    }
    Ok(())
}

/// Waits until the server answers with a board.
async fn answers(addr: SocketAddr) -> Board {
    let there = async {
        loop {
            match board(addr).await {
                Ok(board) => return board,
                Err(_) => sleep(PAUSE).await,
            }
        }
    };
    soon("the server to answer", there).await
}

fn setting(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().map_or(usual, |text| text.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_again_and_again_it_loses_and_doubles_nothing() {
    let (data, site) = (Folder::new(), Folder::site());
    let addr = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut victim = Victim::start(addr, &data, &site);
    let start = answers(addr).await;
    let ledger = Arc::new(Mutex::new(Ledger::default()));
    let mut tasks = JoinSet::new();
    let clients = setting("PULSESTAGE_TEST_CRASH_CLIENTS", 40);
    let screens: Vec<_> =
        (0..clients).map(|_| Arc::new(Mutex::new(Screen { board: start.clone(), astray: 0, resyncs: 0 }))).collect();
    for screen in &screens {
        tasks.spawn(follow(addr, screen.clone()));
    }
    let (mut writers, stop) = (JoinSet::new(), CancellationToken::new());
    for voter in 0..VOTERS {
        let (cookie, _) = call(addr, Method::GET, "/", "", String::new()).await.unwrap();
        let writer = Writer { addr, number: voter, cookie, team: start.teams[0].id, ledger: ledger.clone() };
        writers.spawn(writer.write(stop.clone()));
    }
    for crash in 0..setting("PULSESTAGE_TEST_CRASHES", 5) {
        // In the middle of it: something was confirmed since it came up.
        let before = ledger.lock().unwrap().voted.len();
        let going = async {
            while ledger.lock().unwrap().voted.len() < before + 20 {
                sleep(PAUSE).await;
            }
        };
        soon(&format!("votes before crash {crash}"), going).await;
        drop(victim);
        victim = Victim::start(addr, &data, &site);
        answers(addr).await;
    }
    stop.cancel();
    let written = async {
        while let Some(writer) = writers.join_next().await {
            writer.unwrap();
        }
    };
    soon("the writers", written).await;
    let wanted = answers(addr).await;
    let same = async {
        while screens.iter().any(|screen| screen.lock().unwrap().board != wanted) {
            sleep(PAUSE).await;
        }
    };
    soon("every board to be the database's", same).await;
    let ledger = ledger.lock().unwrap();
    assert!(ledger.cut_off > 0, "no write was cut off");
    let known: BTreeSet<QuestionId> = start.questions.keys().chain(ledger.asked.keys()).copied().collect();
    let kept: BTreeSet<QuestionId> = wanted.questions.keys().copied().collect();
    let lost: Vec<_> = known.difference(&kept).collect();
    let doubled: Vec<_> = kept.difference(&known).collect();
    assert!(lost.is_empty() && doubled.is_empty(), "questions lost: {lost:?}, doubled: {doubled:?}");
    for (id, question) in &wanted.questions {
        let before = start.questions.get(id).map_or(0, |question| question.upvotes);
        let voted = ledger.voted.iter().filter(|(voted, _)| voted == id).count() as i64;
        assert_eq!(question.upvotes, before + voted, "{id}: a vote is lost or doubled");
    }
    for screen in &screens {
        let screen = screen.lock().unwrap();
        assert_eq!((screen.astray, screen.resyncs), (0, 0));
    }
    tasks.abort_all();
}
