//! Everybody watches and nothing happens: what remains is memory, and a heartbeat now and then.

use anyhow::Context;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::Report;
use crate::hall::{Hall, Plan};
use crate::measure::{cpu, memory_kib};
use crate::stream::{Stream, open_all};

/// How long the server may take to give back what opening took.
const SETTLE: Duration = Duration::from_secs(2);

/// What may be chosen.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Streams that are open.
    #[arg(long, default_value_t = 10_000)]
    streams: usize,
    /// Seconds between heartbeats, and for which is measured.
    #[arg(long, default_value_t = 30)]
    heartbeat_s: u32,
    /// Percent of a core that may be used.
    #[arg(long, default_value_t = 1.0)]
    percent: f64,
    /// KiB of memory that a stream may take.
    #[arg(long, default_value_t = 1.0)]
    kib: f64,
}

/// Runs it.
pub(crate) async fn run(server: &Path, args: &Args) -> anyhow::Result<Report> {
    let flags = vec!["--heartbeat-s".to_owned(), args.heartbeat_s.to_string()];
    let hall = Arc::new(Hall::open(server, Plan { tenants: 1, questions: 1, flags, ..Plan::default() }).await?);
    // One stream first, so that what the first of them alone takes is not spread over all.
    let first = Stream::open(&hall, "default", None).await?;
    sleep(SETTLE).await;
    let before = memory_kib(hall.pid())?;
    let start = Instant::now();
    let mut streams = open_all(&hall, "default", args.streams - 1).await?;
    let opened = start.elapsed();
    streams.push(first);
    sleep(SETTLE).await;
    let kib = (memory_kib(hall.pid())? - before) / args.streams as f64;

    // Readers have begun before the time is taken; each reads one heartbeat and goes on waiting.
    let mut readers = JoinSet::new();
    for stream in streams {
        readers.spawn(heartbeat(stream));
    }
    let period = Duration::from_secs(u64::from(args.heartbeat_s));
    let cpu_before = cpu(hall.pid())?;
    sleep(period).await;
    let used = cpu(hall.pid())?.saturating_sub(cpu_before);
    // Kept until the end, or the server would be busy with those that go.
    let mut kept = Vec::with_capacity(args.streams);
    let all_heard = timeout(period, async {
        while let Some(reader) = readers.join_next().await {
            kept.push(reader??);
        }
        anyhow::Ok(())
    });
    all_heard.await.context("a stream heard no heartbeat in two periods")??;

    let mut report = Report::new(format!("{} idle streams, a heartbeat every {} s", args.streams, args.heartbeat_s));
    let percent = used.as_secs_f64() / period.as_secs_f64() * 100.0;
    report.figure("opened in", format!("{:.2} s", opened.as_secs_f64()));
    report.figure("server memory per stream", format!("{kib:.2} KiB"));
    report.figure("server CPU over one period, of one core", format!("{percent:.2} %"));
    report.require(format!("at most {} KiB a stream", args.kib), kib <= args.kib);
    report.require(format!("at most {} percent of a core", args.percent), percent <= args.percent);
    report.require("every stream heard a heartbeat", kept.len() == args.streams);
    Ok(report)
}

async fn heartbeat(mut stream: Stream) -> anyhow::Result<Stream> {
    while stream.next().await?.context("an idle stream has ended")?.kind() != "heartbeat" {}
    Ok(stream)
}
