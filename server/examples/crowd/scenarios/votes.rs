//! Everybody votes while everybody watches: each vote is counted, and a stream gets one count for each question that
//! changed within a window, not one for each vote.

use anyhow::Context;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::ScenarioReport;
use crate::crowd_server::{CrowdServer, ServerPlan};
use crate::measure::{Delays, cpu, memory_kib, millis};
use crate::streams::open_all;
use pulsestage::command::VoteReceipt;
use pulsestage::event::Event;
use pulsestage_server::audience::EventStream;

/// How long the last counts may take to be on every screen.
const PATIENCE: Duration = Duration::from_secs(30);

/// What may be chosen.
#[derive(Debug, clap::Args)]
pub(crate) struct VotesArgs {
    /// People who vote.
    #[arg(long, default_value_t = 2_000)]
    participants: usize,
    /// Streams that are open; 0 measures the votes alone.
    #[arg(long, default_value_t = 2_000)]
    streams: usize,
    /// Questions that are voted for.
    #[arg(long, default_value_t = 20)]
    questions: usize,
    /// Votes in all: every participant votes for as many questions as it takes.
    #[arg(long, default_value_t = 10_000)]
    votes: usize,
    /// Connections that votes come through.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Milliseconds of the window.
    #[arg(long, default_value_t = 50)]
    window_ms: u64,
    /// Votes a second that must be taken; 0 asks for none.
    #[arg(long, default_value_t = 0)]
    at_least: u32,
}

/// Runs it.
pub(crate) async fn run(server: &Path, args: &VotesArgs) -> anyhow::Result<ScenarioReport> {
    let per_question = args.votes / args.questions.max(1);
    anyhow::ensure!(
        per_question > 0 && per_question <= args.participants && per_question * args.questions == args.votes,
        "the votes must be the same number for each question, and nobody votes twice"
    );
    let flags = vec!["--window-ms".to_owned(), args.window_ms.to_string()];
    let plan = ServerPlan { tenants: 1, questions: args.questions, flags, ..ServerPlan::default() };
    let running = Arc::new(CrowdServer::open(server, plan).await?);
    let mut readers = JoinSet::new();
    for stream in open_all(|| running.newcomer("default"), args.streams).await? {
        readers.spawn(read(stream, args.questions, per_question));
    }
    let (start, cpu_before) = (Instant::now(), cpu(running.pid())?);
    let mut acknowledged = vote(&running, args).await?;
    let voted = start.elapsed();
    let mut deliveries = 0;
    let all_read = timeout(PATIENCE, async {
        while let Some(reader) = readers.join_next().await {
            deliveries += reader??;
        }
        anyhow::Ok(())
    });
    all_read.await.context("the last counts did not come to every stream")??;
    let taken = start.elapsed();

    let mut report = ScenarioReport::new(format!(
        "{} votes on {} questions by {} participants over {} connections, {} streams open",
        args.votes, args.questions, args.participants, args.connections, args.streams
    ));
    let rate = args.votes as f64 / voted.as_secs_f64();
    report.figure("votes a second, each acknowledged after its commit", format!("{rate:.0}"));
    report.figure("acknowledged after, p50", millis(acknowledged.percentile(50)));
    report.figure("acknowledged after, p99", millis(acknowledged.percentile(99)));
    report.figure("every screen shows every count after", millis(taken));
    report.figure("server CPU", millis(cpu(running.pid())?.saturating_sub(cpu_before)));
    report.figure("server memory", format!("{:.0} MiB", memory_kib(running.pid())? / 1024.0));
    // A window may begin before the first vote and end after the last.
    let windows = taken.as_millis().div_ceil(u128::from(args.window_ms.max(1))) + 1;
    let bound = windows * (args.questions * args.streams) as u128;
    if args.streams > 0 {
        report.figure("counts sent", deliveries);
        report.figure("one for each vote and stream would be", args.votes * args.streams);
        report.require(format!("at most one for each question, window and stream ({bound})"), deliveries <= bound);
        report.require("every stream has the last count of every question", true);
    }
    if args.at_least > 0 {
        report.require(format!("at least {} votes a second", args.at_least), rate >= f64::from(args.at_least));
    }
    Ok(report)
}

/// Votes through all connections at once; how long each vote took.
async fn vote(running: &Arc<CrowdServer>, args: &VotesArgs) -> anyhow::Result<Delays> {
    let (participants, questions) = (args.participants, args.questions);
    let (connections, votes) = (args.connections, args.votes);
    let cookies: Arc<Vec<String>> = Arc::new((0..participants).map(|number| running.cookie(number)).collect());
    let mut voters = JoinSet::new();
    for first in 0..connections {
        let (running, cookies) = (running.clone(), cookies.clone());
        let mut client = running.newcomer("default");
        voters.spawn(async move {
            let mut delays = Delays::default();
            for number in (first..votes).step_by(connections) {
                // Neighbours in the order vote for different questions; one participant's votes are far apart.
                let (question, voter) = (number % questions, (number / questions) % participants);
                let start = Instant::now();
                client.http.cookie = Some(cookies[voter].clone());
                let answer = client.send_vote(None, running.tenants[0].questions[question], true).await?;
                answer.read::<VoteReceipt>()?;
                delays.add(start.elapsed());
            }
            anyhow::Ok(delays)
        });
    }
    let mut all = Delays::default();
    while let Some(voter) = voters.join_next().await {
        all.append(voter??);
    }
    anyhow::ensure!(all.count() == votes, "{} votes of {votes} were taken", all.count());
    Ok(all)
}

/// Reads until every question has all its votes; gives how many counts came.
async fn read(mut stream: EventStream, questions: usize, votes: usize) -> anyhow::Result<u128> {
    let (mut counts, mut received) = (BTreeMap::new(), 0);
    let full = i64::try_from(votes)?;
    while counts.len() < questions || counts.values().any(|upvotes| *upvotes < full) {
        let message = stream.next_message().await?.context("a stream has ended")?;
        if let Some((_, Event::Upvoted(count))) = message.event() {
            received += 1;
            counts.insert(count.question_id, count.upvotes);
        }
    }
    anyhow::ensure!(counts.values().all(|upvotes| *upvotes == full), "a question has more votes than were given");
    Ok(received)
}
