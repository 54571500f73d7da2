//! Everybody is cut off at once, misses something, and comes back at once: without the delay that browsers are told
//! to keep, which is the worst that can happen.

use anyhow::Context;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::ScenarioReport;
use crate::crowd_server::{CrowdServer, ServerPlan};
use crate::measure::{Delays, cpu, millis};
use crate::streams::{open_all, open_stream};
use pulsestage::event::Cursor;
use pulsestage::question::Question;
use pulsestage_server::audience::StreamFaults;

/// What may be chosen.
#[derive(Debug, clap::Args)]
pub(crate) struct HerdArgs {
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
pub(crate) async fn run(server: &Path, args: &HerdArgs) -> anyhow::Result<ScenarioReport> {
    let running =
        Arc::new(CrowdServer::open(server, ServerPlan { tenants: 1, questions: 1, ..ServerPlan::default() }).await?);
    let streams = open_all(|| running.newcomer("default"), args.streams).await?;
    let places: Vec<Cursor> = streams.iter().filter_map(|stream| stream.events.last_id).collect();
    drop(streams);

    let mut asker = running.browser("default", 0);
    let team = running.tenants[0].team;
    for _ in 0..args.missed {
        asker.send_question(None, team, "What did I miss").await?.read::<Question>()?;
    }
    let head = places.first().context("nobody was there")?.seq + 2 * args.missed;

    let (start, cpu_before) = (Instant::now(), cpu(running.pid())?);
    let mut back = JoinSet::new();
    for place in places {
        let running = running.clone();
        back.spawn(async move { catch_up(&running, place, head).await.map(|faults| (start.elapsed(), faults)) });
    }
    for _ in 0..args.missed {
        asker.send_question(None, team, "Who is back").await?.read::<Question>()?;
    }
    let (mut delays, mut faults) = (Delays::default(), StreamFaults::default());
    let patience = Duration::from_secs(args.within_s * 6);
    let all_back = timeout(patience, async {
        while let Some(one) = back.join_next().await {
            let (delay, found) = one??;
            delays.add(delay);
            faults += found;
        }
        anyhow::Ok(())
    });
    all_back.await.with_context(|| format!("not everybody was back after {patience:?}"))??;

    let mut report = ScenarioReport::new(format!("{} streams cut off at once and back at once", args.streams));
    let last = delays.percentile(100);
    report.figure("facts that each of them missed or met on the way", 2 * args.missed);
    report.figure("half of them have everything after", millis(delays.percentile(50)));
    report.figure("all of them have everything after", millis(last));
    report.figure("server CPU for it", millis(cpu(running.pid())?.saturating_sub(cpu_before)));
    report.figure("facts lost, doubled", format!("{}, {}", faults.lost, faults.doubled));
    report.require("nothing is lost or doubled", faults == StreamFaults::default());
    report.require(format!("all are back within {} s", args.within_s), last <= Duration::from_secs(args.within_s));
    Ok(report)
}

/// Resumes a stream and reads until it has come to `head`.
async fn catch_up(running: &CrowdServer, place: Cursor, head: i64) -> anyhow::Result<StreamFaults> {
    let mut stream = open_stream(&running.newcomer("default"), Some(place)).await?;
    let (mut seq, mut faults) = (place.seq, StreamFaults::default());
    while seq < head {
        let message = stream.next_message().await?.context("a stream that was resumed has ended")?;
        anyhow::ensure!(message.kind() != "resync", "a short absence was answered with resync");
        if let Some(fact) = message.fact() {
            faults.follow(seq, fact);
            seq = seq.max(fact);
        }
    }
    Ok(faults)
}
