//! Everybody is cut off at once, misses something, and comes back at once: without the delay that browsers are told
//! to keep, which is the worst that can happen.

use anyhow::Context;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::{Report, Tally};
use crate::client::Client;
use crate::hall::{Hall, Plan};
use crate::measure::{Delays, cpu, millis};
use crate::stream::{Stream, open_all};
use pulsestage::event::Cursor;

/// What may be chosen.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Streams that are cut off.
    #[arg(long, default_value_t = 2_000)]
    streams: usize,
    /// Questions that are asked while nobody listens, and as many again while everybody comes back.
    #[arg(long, default_value_t = 40)]
    missed: i64,
    /// Seconds after which everybody must have everything.
    #[arg(long, default_value_t = 10)]
    within_s: u64,
}

/// Runs it.
pub(crate) async fn run(server: &Path, args: &Args) -> anyhow::Result<Report> {
    let hall = Arc::new(Hall::open(server, Plan { tenants: 1, questions: 1, ..Plan::default() }).await?);
    let streams = open_all(&hall, "default", args.streams).await?;
    let places: Vec<Cursor> = streams.iter().map(|stream| stream.cursor).collect();
    drop(streams);

    let mut client = Client::connect(&hall).await?;
    let asker = hall.participant(0);
    for _ in 0..args.missed {
        client.ask(&hall.tenants[0], &asker, "What+did+I+miss").await?;
    }
    let head = places.first().context("nobody was there")?.seq + 2 * args.missed;

    let (start, cpu_before) = (Instant::now(), cpu(hall.pid())?);
    let mut back = JoinSet::new();
    for place in places {
        let hall = hall.clone();
        back.spawn(async move { catch_up(&hall, place, head).await.map(|tally| (start.elapsed(), tally)) });
    }
    for _ in 0..args.missed {
        client.ask(&hall.tenants[0], &asker, "Who+is+back").await?;
    }
    let (mut delays, mut tally) = (Delays::default(), Tally::default());
    let patience = Duration::from_secs(args.within_s * 6);
    let all_back = timeout(patience, async {
        while let Some(one) = back.join_next().await {
            let (delay, found) = one??;
            delays.add(delay);
            tally.append(found);
        }
        anyhow::Ok(())
    });
    all_back.await.with_context(|| format!("not everybody was back after {patience:?}"))??;

    let mut report = Report::new(format!("{} streams cut off at once and back at once", args.streams));
    let last = delays.percentile(100);
    report.figure("facts that each of them missed or met on the way", 2 * args.missed);
    report.figure("half of them have everything after", millis(delays.percentile(50)));
    report.figure("all of them have everything after", millis(last));
    report.figure("server CPU for it", millis(cpu(hall.pid())?.saturating_sub(cpu_before)));
    report.figure("facts lost, doubled", format!("{}, {}", tally.lost, tally.doubled));
    report.require("nothing is lost or doubled", tally == Tally::default());
    report.require(format!("all are back within {} s", args.within_s), last <= Duration::from_secs(args.within_s));
    Ok(report)
}

/// Resumes a stream and reads until it has come to `head`.
async fn catch_up(hall: &Hall, place: Cursor, head: i64) -> anyhow::Result<Tally> {
    let mut stream = Stream::open(hall, "default", Some(place)).await?;
    let (mut seq, mut tally) = (place.seq, Tally::default());
    while seq < head {
        let message = stream.next().await?.context("a stream that was resumed has ended")?;
        anyhow::ensure!(message.kind() != "resync", "a short absence was answered with resync");
        if let Some(fact) = message.fact() {
            tally.follow(seq, fact);
            seq = seq.max(fact);
        }
    }
    Ok(tally)
}
