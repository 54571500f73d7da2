//! The binary is killed again and again in a burst of questions and votes. Whoever was told that something is kept finds
//! it, every client comes back by itself, and all of them end with the board that the database has.
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
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use pulsestage::board::{Applied, Board};
use pulsestage::command::BoardView;
use pulsestage::id::QuestionId;
use pulsestage::question::Question;

use crate::support::{Folder, Message, encode_form, soon};

const OPEN: [&str; 9] = [
    "--max-streams-per-participant",
    "--votes-per-participant",
    "--asks-per-participant",
    "--reads-per-participant",
    "--writes-per-tenant",
    "--reads-per-tenant",
    "--newcomers-per-network",
    "--accept-rate",
    "--drain-s",
];
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
        command.arg("--site-dir").arg(site.path()).args(OPEN.iter().flat_map(|limit| [*limit, "0"]));
        Self(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// What was confirmed, and what was at least asked for.
#[derive(Default)]
struct Ledger {
    asked: BTreeSet<QuestionId>,
    voted: BTreeSet<(QuestionId, usize)>,
    tried: BTreeSet<(QuestionId, usize)>,
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

/// Asks and votes without a pause until it is told to stop.
async fn write(addr: SocketAddr, voter: usize, cookie: String, ledger: Arc<Mutex<Ledger>>, stop: CancellationToken) {
    let mut turn = 0;
    while !stop.is_cancelled() {
        turn += 1;
        let asked: Vec<QuestionId> = ledger.lock().unwrap().asked.iter().copied().collect();
        let done = match asked.get((turn * 7 + voter) % asked.len().max(1)).filter(|_| turn % 8 != 0) {
            Some(question) => vote(addr, voter, &cookie, *question, &ledger).await,
            None => ask(addr, &cookie, &format!("Question {turn} of {voter}?"), &ledger).await,
        };
        if done.is_err() {
            sleep(PAUSE).await;
        }
    }
}

async fn ask(addr: SocketAddr, cookie: &str, body: &str, ledger: &Mutex<Ledger>) -> Result<(), Failed> {
    let team = board(addr).await?.teams[0].id.to_string();
    let form = encode_form(&[("tenant", ""), ("team", &team), ("question", body)]);
    let (_, answer) = call(addr, Method::POST, "/api/fn/ask", cookie, form).await?;
    let question: Question = serde_json::from_slice(&answer)?;
    ledger.lock().unwrap().asked.insert(question.id);
    Ok(())
}

async fn vote(
    addr: SocketAddr,
    voter: usize,
    cookie: &str,
    id: QuestionId,
    ledger: &Mutex<Ledger>,
) -> Result<(), Failed> {
    ledger.lock().unwrap().tried.insert((id, voter));
    let form = encode_form(&[("tenant", ""), ("question", &id.to_string()), ("up", "true")]);
    call(addr, Method::POST, "/api/fn/set_vote", cookie, form).await?;
    ledger.lock().unwrap().voted.insert((id, voter));
    Ok(())
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
    let mut socket = TcpStream::connect(addr).await?;
    socket.write_all(format!("GET /sse HTTP/1.1\r\nhost: x\r\nlast-event-id: {cursor}\r\n\r\n").as_bytes()).await?;
    let mut bytes = Vec::new();
    let mut is_body = false;
    while socket.read_buf(&mut bytes).await? > 0 {
        let end = if is_body { "\n\n" } else { "\r\n\r\n" };
        while let Some(at) = bytes.windows(end.len()).position(|window| window == end.as_bytes()) {
            let message: Vec<u8> = bytes.drain(..at + end.len()).collect();
            if !is_body {
                is_body = true;
                break;
            }
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
            let is_fact = message.data.is_some() && message.envelope().event.is_fact();
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

fn counts(board: &Board) -> BTreeMap<QuestionId, i64> {
    board.questions.iter().map(|(id, question)| (*id, question.upvotes)).collect()
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
        writers.spawn(write(addr, voter, cookie, ledger.clone(), stop.clone()));
    }
    for crash in 0..setting("PULSESTAGE_TEST_CRASHES", 4) {
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
    soon("the writers", async { while writers.join_next().await.is_some() {} }).await;
    let wanted = counts(&answers(addr).await);
    let same = async {
        while screens.iter().any(|screen| counts(&screen.lock().unwrap().board) != wanted) {
            sleep(PAUSE).await;
        }
    };
    soon("every board to be the database's", same).await;
    let ledger = ledger.lock().unwrap();
    assert!(ledger.asked.iter().all(|question| wanted.contains_key(question)), "a confirmed question is lost");
    for (question, upvotes) in &wanted {
        let of = |votes: &BTreeSet<(QuestionId, usize)>| votes.iter().filter(|(id, _)| id == question).count() as i64;
        // A vote that was not confirmed may have been kept; none is counted twice.
        assert!((of(&ledger.voted)..=of(&ledger.tried)).contains(upvotes), "{question}: {upvotes}");
    }
    for screen in &screens {
        let screen = screen.lock().unwrap();
        assert_eq!((screen.astray, screen.resyncs), (0, 0));
    }
    tasks.abort_all();
}
