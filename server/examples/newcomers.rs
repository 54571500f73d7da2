//! How many newcomers a second a running server gives its page: browsers without a cookie, each of which opens the page
//! once. Either as fast as they are answered, or so many within a time, whether they are answered or not.
//!
//! ```sh
//! target/release/pulsestage --data-dir /tmp/newcomers --newcomers-per-network 0 --unknown-reads-per-tenant 0 \
//!     --reads-per-unknown-network 0 --asks-per-tenant 0 --asks-per-participant 0 --open-questions-per-participant 0 &
//! cargo run --release -p server --example newcomers -- --addr 127.0.0.1:3000 --questions 1000 --asked-each 200
//! cargo run --release -p server --example newcomers -- --addr 127.0.0.1:3000 --arrivals 5000 --seconds 10
//! ```

use anyhow::Context;
use clap::Parser;
use hdrhistogram::Histogram;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use pulsestage_server::audience::{HttpClient, Origin, ParticipantClient};

/// Opens the page again and again, each time as somebody new.
#[derive(Clone, Debug, Parser)]
struct NewcomerArgs {
    /// Where the server listens; plain HTTP.
    #[arg(long, default_value = "127.0.0.1:3000")]
    addr: SocketAddr,
    /// What they open.
    #[arg(long, default_value = "/")]
    path: String,
    /// What they say they take.
    #[arg(long, default_value = "gzip, deflate, br, zstd")]
    accept_encoding: String,
    /// Connections, each with one page on its way.
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=4096))]
    connections: u16,
    /// So many open the page at times spread evenly, each over a connection of its own, instead of as fast as they are
    /// answered.
    #[arg(long)]
    arrivals: Option<u32>,
    /// How long they come.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
    seconds: u64,
    /// Questions that are asked first, unless the board has as many.
    #[arg(long, default_value_t = 0)]
    questions: usize,
    /// How many of them one participant asks. More than three need a server without `--asks-per-participant` and
    /// `--open-questions-per-participant`.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    asked_each: u32,
}

/// Connections over which questions are asked at the same time.
const SEEDING_CONNECTIONS: usize = 64;

/// What newcomers were answered.
struct Answers {
    /// Microseconds.
    took: Histogram<u64>,
    refused: u64,
    failed: u64,
    bytes: usize,
    coding: String,
}

impl Answers {
    fn new() -> anyhow::Result<Self> {
        Ok(Self { took: Histogram::new(3)?, refused: 0, failed: 0, bytes: 0, coding: String::new() })
    }

    async fn open(&mut self, client: &mut HttpClient, path: &str, since: Instant) -> anyhow::Result<()> {
        client.cookie = None;
        match client.get(path).await {
            Ok(page) if page.status == 200 => {
                self.took.record(u64::try_from(since.elapsed().as_micros())?)?;
                self.bytes = page.body.len();
                page.header("content-encoding").clone_into(&mut self.coding);
            }
            Ok(_) => self.refused += 1,
            Err(_) => self.failed += 1,
        }
        Ok(())
    }

    fn add(&mut self, other: &Self) -> anyhow::Result<()> {
        self.took.add(&other.took)?;
        self.refused += other.refused;
        self.failed += other.failed;
        self.bytes = self.bytes.max(other.bytes);
        self.coding.clone_from(&other.coding);
        Ok(())
    }
}

/// One thread: on a small machine the server is to have the rest.
#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let args = NewcomerArgs::parse();
    let origin = Arc::new(Origin::at(args.addr));
    fill(&origin, args.questions, usize::try_from(args.asked_each)?).await?;
    let codings: &'static str = args.accept_encoding.clone().leak();
    let newcomer = || {
        let mut client = HttpClient::new(origin.clone());
        client.accept_encoding = Some(codings);
        client
    };
    // The first makes what the others are given.
    Answers::new()?.open(&mut newcomer(), &args.path, Instant::now()).await?;
    let (began, lasts) = (Instant::now(), Duration::from_secs(args.seconds));
    let mut running = JoinSet::new();
    let clients = args.arrivals.unwrap_or_else(|| args.connections.into());
    for number in 0..clients {
        let (path, mut client, mut answers) = (args.path.clone(), newcomer(), Answers::new()?);
        running.spawn(async move {
            match args.arrivals {
                Some(arrivals) => {
                    let at = began + lasts.mul_f64(f64::from(number) / f64::from(arrivals));
                    sleep_until(at).await;
                    answers.open(&mut client, &path, at).await?;
                }
                None => {
                    while began.elapsed() < lasts {
                        answers.open(&mut client, &path, Instant::now()).await?;
                    }
                }
            }
            anyhow::Ok(answers)
        });
    }
    let mut all = Answers::new()?;
    while let Some(ended) = running.join_next().await {
        all.add(&ended??)?;
    }
    report(&all, began.elapsed());
    Ok(())
}

/// Asks until the board has so many questions. Whoever asks has come before the first is asked, so that no page that is
/// loaded for this has the questions in it.
async fn fill(origin: &Arc<Origin>, questions: usize, asked_each: usize) -> anyhow::Result<()> {
    let participant = || ParticipantClient::new(HttpClient::new(origin.clone()), "default");
    let mut first = participant();
    first.load_page().await?;
    let board = first.load_board().await?;
    let team = board.teams.first().context("the tenant has no team")?.id;
    let missing: Vec<usize> = (board.questions.len()..questions).collect();
    let mut askers = Vec::new();
    for some in missing.chunks(asked_each) {
        first.http.cookie = None;
        first.load_page().await?;
        askers.push((first.http.cookie.clone(), some.to_vec()));
    }
    let mut running = JoinSet::new();
    for connection in 0..SEEDING_CONNECTIONS.min(askers.len()) {
        let askers: Vec<_> = askers.iter().skip(connection).step_by(SEEDING_CONNECTIONS).cloned().collect();
        let mut asker = participant();
        running.spawn(async move {
            for (cookie, some) in askers {
                asker.http.cookie = cookie;
                for number in some {
                    let text = format!(
                        "Question {number}: what will change for those of us who work in the evening, and when?"
                    );
                    asker.ask(team, &text).await?;
                }
            }
            anyhow::Ok(())
        });
    }
    while let Some(ended) = running.join_next().await {
        ended??;
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a figure to read")]
fn report(answers: &Answers, elapsed: Duration) {
    let seconds = elapsed.as_secs_f64();
    let ms = |quantile| answers.took.value_at_quantile(quantile) as f64 / 1_000.0;
    let Answers { took, refused, failed, bytes, coding } = answers;
    println!("pages      {} in {seconds:.2} s, {refused} refused, {failed} failed", took.len());
    println!("per second {:.0}", took.len() as f64 / seconds);
    println!("answered   p50 {:.2} ms, p99 {:.2} ms, max {:.2} ms", ms(0.5), ms(0.99), ms(1.0));
    println!("on the wire {bytes} bytes, {}", if coding.is_empty() { "as they are" } else { coding });
}
