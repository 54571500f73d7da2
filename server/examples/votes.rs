//! How many votes a second a running server takes, and whether it counts them: participants with cookies of their own
//! vote and take votes back over connections that stay open, each as soon as its last vote is acknowledged.
//!
//! ```sh
//! target/release/pulsestage --data-dir /tmp/votes &
//! cargo run --release -p server --example votes -- --addr 127.0.0.1:3000 --connections 64 --seconds 10
//! ```

use anyhow::{Context, bail, ensure};
use clap::Parser;
use hdrhistogram::Histogram;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::Instant;

use pulsestage::command::{BoardView, VoteReceipt};
use pulsestage::id::{QuestionId, TeamId, uuid_v7};
use pulsestage::ports::{Clock, Rng};
use pulsestage::question::Question;
use pulsestage_server::system::{SystemClock, SystemRng};

/// Votes as fast as they are acknowledged, and checks the counts.
#[derive(Clone, Debug, Parser)]
struct Args {
    /// Where the server listens; plain HTTP.
    #[arg(long, default_value = "127.0.0.1:3000")]
    addr: SocketAddr,
    /// Connections, each with one vote on its way.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=4096))]
    connections: u16,
    /// Participants that share one connection.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=1000))]
    participants: u16,
    /// Questions that are asked first and then voted on.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=500))]
    questions: u16,
    /// How long to vote.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
    seconds: u64,
}

/// One thread: on a small machine the server is to have the rest.
#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let mut first = Connection::open(args.addr).await?;
    let asker = first.new_participant().await?;
    let team = first.board(&asker).await?.board.teams.first().context("the tenant has no team")?.id;
    let mut questions = Vec::new();
    for number in 1..=args.questions {
        questions.push(first.ask(&asker, team, number).await?);
    }
    let mut voters = Vec::new();
    for _ in 0..args.connections {
        voters.push(Voters::arrive(&args, &questions).await?);
    }
    let began = Instant::now();
    let until = began + Duration::from_secs(args.seconds);
    let mut running: JoinSet<_> = voters.into_iter().map(|voters| voters.vote(until)).collect();
    let mut votes = vec![0_i64; questions.len()];
    let (mut took, mut refused) = (Histogram::<u64>::new(3)?, 0);
    while let Some(ended) = running.join_next().await {
        let voters = ended??;
        took.add(&voters.took)?;
        refused += voters.refused;
        for ballot in voters.ballots {
            votes.iter_mut().zip(ballot).for_each(|(votes, up)| *votes += i64::from(up));
        }
    }
    report(&took, refused, began.elapsed());
    let board = first.board(&asker).await?.board;
    for (question, votes) in questions.iter().zip(votes) {
        let counted = board.questions.get(question).context("a question is gone")?.upvotes;
        ensure!(counted == votes, "question {question} has {counted} votes, {votes} were acknowledged");
    }
    println!("counts     as acknowledged, on all {} questions", questions.len());
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a figure to read")]
fn report(took: &Histogram<u64>, refused: u64, elapsed: Duration) {
    let seconds = elapsed.as_secs_f64();
    let ms = |quantile| took.value_at_quantile(quantile) as f64 / 1_000.0;
    println!("accepted   {} in {seconds:.2} s, {refused} refused", took.len());
    println!("per second {:.0}", took.len() as f64 / seconds);
    println!("answered   p50 {:.2} ms, p99 {:.2} ms, max {:.2} ms", ms(0.5), ms(0.99), ms(1.0));
}

/// The participants of one connection, and what they were told.
struct Voters {
    connection: Connection,
    cookies: Vec<String>,
    questions: Vec<QuestionId>,
    /// For each participant and question whether their vote is on it.
    ballots: Vec<Vec<bool>>,
    /// Microseconds from sending a vote to its receipt.
    took: Histogram<u64>,
    refused: u64,
}

impl Voters {
    /// Participants who opened the page and got their cookies.
    async fn arrive(args: &Args, questions: &[QuestionId]) -> anyhow::Result<Self> {
        let mut connection = Connection::open(args.addr).await?;
        let mut cookies = Vec::new();
        for _ in 0..args.participants {
            cookies.push(connection.new_participant().await?);
        }
        let ballots = vec![vec![false; questions.len()]; cookies.len()];
        Ok(Self { connection, cookies, questions: questions.to_vec(), ballots, took: Histogram::new(3)?, refused: 0 })
    }

    /// Goes through all questions with all participants until the time is up: votes, and the next time round takes the
    /// votes back.
    async fn vote(mut self, until: Instant) -> anyhow::Result<Self> {
        loop {
            for (place, question) in self.questions.iter().enumerate() {
                for (cookie, ballot) in self.cookies.iter().zip(&mut self.ballots) {
                    let began = Instant::now();
                    if began >= until {
                        return Ok(self);
                    }
                    let up = !ballot[place];
                    if self.connection.vote(cookie, *question, up).await? {
                        self.took.record(u64::try_from(began.elapsed().as_micros())?)?;
                        ballot[place] = up;
                    } else {
                        self.refused += 1;
                    }
                }
            }
        }
    }
}

/// A connection that is kept open: HTTP/1.1, as little of it as this server's answers need.
struct Connection {
    socket: TcpStream,
    host: String,
    read: Vec<u8>,
}

/// What came back.
struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Connection {
    async fn open(addr: SocketAddr) -> anyhow::Result<Self> {
        let socket = TcpStream::connect(addr).await.with_context(|| format!("nobody listens at {addr}"))?;
        socket.set_nodelay(true)?;
        Ok(Self { socket, host: addr.to_string(), read: Vec::with_capacity(16 * 1024) })
    }

    /// Opens the page as a new browser; the cookie that it gets.
    async fn new_participant(&mut self) -> anyhow::Result<String> {
        let answer = self.get("/", "none=none").await?;
        let cookie = answer.header("set-cookie").context("the page set no cookie")?;
        Ok(cookie.split(';').next().unwrap_or_default().to_owned())
    }

    async fn board(&mut self, cookie: &str) -> anyhow::Result<BoardView> {
        Ok(serde_json::from_slice(&self.get("/api/fn/load_board", cookie).await?.whole()?)?)
    }

    async fn ask(&mut self, cookie: &str, team: TeamId, number: u16) -> anyhow::Result<QuestionId> {
        let form = format!("team={team}&question=What+is+the+answer+to+question+{number}%3F&op={}", fresh_key());
        let question: Question = serde_json::from_slice(&self.post("ask", cookie, &form).await?.whole()?)?;
        Ok(question.id)
    }

    /// Whether the vote was taken; a server that is too busy for it, or finds its voter too hasty, refuses it.
    async fn vote(&mut self, cookie: &str, question: QuestionId, up: bool) -> anyhow::Result<bool> {
        let form = format!("question={question}&up={up}&op={}", fresh_key());
        let answer = self.post("set_vote", cookie, &form).await?;
        if matches!(answer.status, 429 | 503) {
            return Ok(false);
        }
        let receipt: VoteReceipt = serde_json::from_slice(&answer.whole()?)?;
        ensure!((receipt.question_id, receipt.up) == (question, up), "the receipt is for something else: {receipt:?}");
        Ok(true)
    }

    async fn get(&mut self, path: &str, cookie: &str) -> anyhow::Result<Answer> {
        let request = format!("GET {path} HTTP/1.1\r\nhost: {}\r\ncookie: {cookie}\r\n\r\n", self.host);
        self.exchange(&request).await
    }

    async fn post(&mut self, function: &str, cookie: &str, form: &str) -> anyhow::Result<Answer> {
        let request = format!(
            "POST /api/fn/{function} HTTP/1.1\r\nhost: {}\r\naccept: application/json\r\ncookie: {cookie}\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
            self.host,
            form.len()
        );
        self.exchange(&request).await
    }

    async fn exchange(&mut self, request: &str) -> anyhow::Result<Answer> {
        self.socket.write_all(request.as_bytes()).await?;
        self.read.clear();
        let head = loop {
            if let Some(end) = self.read.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break end + 4;
            }
            self.more().await?;
        };
        let text = String::from_utf8(self.read[..head].to_vec())?;
        let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).context("no status")?;
        let mut answer = Answer { status, head: text, body: Vec::new() };
        let length: usize = answer.header("content-length").context("an answer without a length")?.parse()?;
        while self.read.len() < head + length {
            self.more().await?;
        }
        answer.body.extend_from_slice(&self.read[head..head + length]);
        Ok(answer)
    }

    async fn more(&mut self) -> anyhow::Result<()> {
        ensure!(self.socket.read_buf(&mut self.read).await? > 0, "the server hung up");
        Ok(())
    }
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(named, _)| named.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The body of an answer that is no refusal.
    fn whole(self) -> anyhow::Result<Vec<u8>> {
        if self.status != 200 {
            bail!("{}: {}", self.status, String::from_utf8_lossy(&self.body));
        }
        Ok(self.body)
    }
}

/// An idempotency key, as browsers send one with every write.
fn fresh_key() -> String {
    let mut random = [0; 10];
    SystemRng.fill(&mut random);
    uuid_v7(SystemClock.now(), random).to_string()
}
