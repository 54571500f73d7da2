//! How many votes a second a running server takes, and whether it counts them: participants with cookies of their own
//! vote and take votes back over connections that stay open, each as soon as its last vote is acknowledged.
//!
//! ```sh
//! target/release/pulsestage --data-dir /tmp/votes &
//! cargo run --release -p server --example votes -- --addr 127.0.0.1:3000 --connections 64 --seconds 10
//! ```

use anyhow::{Context, ensure};
use clap::Parser;
use hdrhistogram::Histogram;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

use pulsestage::command::VoteReceipt;
use pulsestage::id::QuestionId;
use pulsestage_server::audience::{HttpClient, Ledger, Origin, ParticipantClient, fresh_key};

/// Votes as fast as they are acknowledged, and checks the counts.
#[derive(Clone, Debug, Parser)]
struct VoteRateArgs {
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
    let args = VoteRateArgs::parse();
    let origin = Arc::new(Origin::at(args.addr));
    let newcomer = || ParticipantClient::new(HttpClient::new(origin.clone()), "default");
    let mut asker = newcomer();
    asker.load_page().await?;
    let team = asker.load_board().await?.teams.first().context("the tenant has no team")?.id;
    let (mut questions, mut ledger) = (Vec::new(), Ledger::default());
    for number in 1..=args.questions {
        let question = asker.ask(team, &format!("What is the answer to question {number}?")).await?;
        ledger.asked.insert(question, usize::MAX);
        questions.push(question);
    }
    let ledger = Arc::new(Mutex::new(ledger));
    let mut voters = Vec::new();
    for connection in 0..usize::from(args.connections) {
        let mut client = newcomer();
        let mut cookies = Vec::new();
        for _ in 0..args.participants {
            client.http.cookie = None;
            client.load_page().await?;
            cookies.extend(client.http.cookie.clone());
        }
        let first = connection * cookies.len();
        let (questions, ledger) = (questions.clone(), ledger.clone());
        voters.push(ConnectionVoters { client, cookies, first, questions, ledger, took: Histogram::new(3)? });
    }
    let began = Instant::now();
    let until = began + Duration::from_secs(args.seconds);
    let mut running: JoinSet<_> = voters.into_iter().map(|voters| voters.vote(until)).collect();
    let mut took = Histogram::<u64>::new(3)?;
    while let Some(ended) = running.join_next().await {
        took.add(ended??)?;
    }
    let elapsed = began.elapsed();
    let board = asker.load_board().await?;
    let ledger = ledger.lock().unwrap_or_else(PoisonError::into_inner);
    report(&took, ledger.answered_with(|status| status != 200), elapsed);
    let differences = ledger.differences(&board);
    ensure!(differences.is_empty(), "{}", differences.join("\n"));
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

/// The participants of one connection.
struct ConnectionVoters {
    client: ParticipantClient,
    cookies: Vec<String>,
    /// The number of the first of them.
    first: usize,
    questions: Vec<QuestionId>,
    ledger: Arc<Mutex<Ledger>>,
    /// Microseconds from sending a vote to its receipt.
    took: Histogram<u64>,
}

impl ConnectionVoters {
    /// Goes through all questions with all participants until the time is up: votes, and the next time round takes the
    /// votes back. A server that is too busy for a vote, or finds its voter too hasty, refuses it.
    async fn vote(mut self, until: Instant) -> anyhow::Result<Histogram<u64>> {
        loop {
            for question in &self.questions {
                for (voter, cookie) in (self.first..).zip(&self.cookies) {
                    let began = Instant::now();
                    if began >= until {
                        return Ok(self.took);
                    }
                    let ledger = || self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
                    let up = !ledger().votes.contains(&(*question, voter));
                    self.client.http.cookie = Some(cookie.clone());
                    let answer = self.client.send_vote(Some(fresh_key()), *question, up).await?;
                    let took = began.elapsed();
                    ledger().note_status(answer.status.as_u16(), took);
                    if matches!(answer.status.as_u16(), 429 | 503) {
                        continue;
                    }
                    let receipt: VoteReceipt = answer.read()?;
                    let is_for_it = (receipt.question_id, receipt.up) == (*question, up);
                    ensure!(is_for_it, "the receipt is for something else: {receipt:?}");
                    self.took.record(u64::try_from(took.as_micros())?)?;
                    ledger().note_vote(*question, voter, up);
                }
            }
        }
    }
}
