//! One reader of many reads nothing while large events flow. It must cost a fixed amount, slow nobody, and get
//! everything or be told to load the board once it reads again.

use anyhow::Context;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, timeout};

use super::ScenarioReport;
use crate::crowd_server::{CrowdServer, ServerPlan};
use crate::measure::{Delays, memory_kib, millis};
use crate::streams::{open_all, open_stream};
use pulsestage::id::TeamId;
use pulsestage::question::Question;
use pulsestage_server::audience::{EventStream, ParticipantClient, StreamFaults};

/// How long a reader that reads again may take to have everything.
const PATIENCE: Duration = Duration::from_secs(30);

/// What may be chosen.
#[derive(Debug, clap::Args)]
pub(crate) struct SlowArgs {
    /// Streams in all; one of them does not read.
    #[arg(long, default_value_t = 500)]
    streams: usize,
    /// Seconds for which it does not read.
    #[arg(long, default_value_t = 60)]
    stall_s: u32,
    /// Events a second, of about 2.4 KB each: in a minute more than any buffer between the two holds.
    #[arg(long, default_value_t = 40)]
    rate: u32,
    /// Megabytes by which the server may grow while the reader stands still.
    #[arg(long, default_value_t = 16.0)]
    growth_mib: f64,
}

/// When each event was asked for, in nanoseconds from a common start: written by the publisher, read by readers.
struct SentTimes {
    start: Instant,
    first: i64,
    at: Vec<AtomicU64>,
}

impl SentTimes {
    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// How long ago the event with this place in the log was asked for.
    fn delay(&self, fact: i64) -> Option<Duration> {
        let at = self.at.get(usize::try_from(fact - self.first).ok()?)?.load(Ordering::Acquire);
        Some(Duration::from_nanos(self.now().saturating_sub(at)))
    }
}

/// Runs it.
pub(crate) async fn run(server: &Path, args: &SlowArgs) -> anyhow::Result<ScenarioReport> {
    let running =
        Arc::new(CrowdServer::open(server, ServerPlan { tenants: 1, questions: 1, ..ServerPlan::default() }).await?);
    let mut streams = open_all(|| running.newcomer("default"), args.streams).await?;
    let mut lazy = streams.pop().context("a reader is needed")?;
    let (calm_events, events) = (args.rate * args.stall_s / 4, args.rate * args.stall_s);
    let first = lazy.events.last_id.context("a stream without a cursor")?.seq + 1;
    let at = (0..calm_events + events).map(|_| AtomicU64::new(0)).collect();
    let sent = Arc::new(SentTimes { start: Instant::now(), first, at });
    let turn = first + i64::from(calm_events);
    let head = turn + i64::from(events) - 1;
    let mut readers = JoinSet::new();
    for stream in streams {
        readers.spawn(read(stream, sent.clone(), turn, head));
    }

    // Calm: everybody reads.
    let mut asker = Asker { client: running.browser("default", 0), team: running.tenants[0].team };
    publish(&mut asker, &sent, 0..calm_events, args.rate).await?;
    let mut faults = StreamFaults::default();
    let mut lazy_seq = catch_up(&mut lazy, first - 1, turn - 1, &mut faults).await?;

    // Still: one does not. Memory is looked at once what it may hold is held.
    let third = calm_events + events / 3;
    publish(&mut asker, &sent, calm_events..third, args.rate).await?;
    let held = memory_kib(running.pid())?;
    publish(&mut asker, &sent, third..calm_events + events, args.rate).await?;
    let grown = (memory_kib(running.pid())? - held) / 1024.0;

    let (mut calm, mut still) = (Delays::default(), Delays::default());
    while let Some(reader) = readers.join_next().await {
        let (before, after, found) = reader??;
        calm.append(before);
        still.append(after);
        faults += found;
    }
    let (mut ended, mut told) = (false, false);
    let awake = async {
        while lazy_seq < head && !told {
            match lazy.next_message().await {
                Ok(Some(message)) => {
                    told |= message.kind() == "resync";
                    if let Some(fact) = message.fact() {
                        faults.follow(lazy_seq, fact);
                        lazy_seq = lazy_seq.max(fact);
                    }
                }
                // It was ended, in order or by a reset, and comes back with the last it has.
                Ok(None) | Err(_) => {
                    ended = true;
                    lazy = open_stream(&running.newcomer("default"), lazy.events.last_id).await?;
                }
            }
        }
        anyhow::Ok(())
    };
    timeout(PATIENCE, awake).await.context("the reader that stood still never got everything")??;

    let mut report =
        ScenarioReport::new(format!("one of {} streams reads nothing for {} s", args.streams, args.stall_s));
    let (calm_p99, still_p99) = (calm.percentile(99), still.percentile(99));
    report.figure("events meanwhile", format!("{events}, {} a second", args.rate));
    report.figure("from asked to read, p99, while all read", millis(calm_p99));
    report.figure("the same for the others, while one does not", millis(still_p99));
    report.figure("growth of the server in the last two thirds", format!("{grown:.1} MiB"));
    let fate = if ended { "ended, came back" } else { "kept" };
    report.figure("the one", format!("{fate}, {}", if told { "was told to load the board" } else { "got everything" }));
    report.require(format!("the server grows by no more than {} MiB", args.growth_mib), grown <= args.growth_mib);
    report.require("nothing is lost or doubled", faults == StreamFaults::default());
    let bound = calm_p99.mul_f64(1.25) + Duration::from_millis(5);
    report.require("the others are as fast as before (by a quarter and 5 ms)", still_p99 <= bound);
    Ok(report)
}

/// Who asks, and which team.
struct Asker {
    client: ParticipantClient,
    team: TeamId,
}

/// Asks large questions at a rate, and writes down when.
async fn publish(asker: &mut Asker, sent: &SentTimes, numbers: std::ops::Range<u32>, rate: u32) -> anyhow::Result<()> {
    // 500 characters of four bytes: the longest question. Two in turn: one over and over waits for a moderator, unseen.
    let words = "\u{1F422}\u{1F421}".repeat(250);
    let mut ticks = interval(Duration::from_secs(1) / rate);
    for number in numbers {
        ticks.tick().await;
        sent.at[number as usize].store(sent.now(), Ordering::Release);
        asker.client.send_question(None, asker.team, &words).await?.read::<Question>()?;
    }
    Ok(())
}

/// Reads to the end; delays before and after the turn.
async fn read(
    mut stream: EventStream,
    sent: Arc<SentTimes>,
    turn: i64,
    head: i64,
) -> anyhow::Result<(Delays, Delays, StreamFaults)> {
    let (mut calm, mut still, mut faults) = (Delays::default(), Delays::default(), StreamFaults::default());
    let mut seq = stream.events.last_id.context("a stream without a cursor")?.seq;
    while seq < head {
        let message = stream.next_message().await?.context("a stream that is read has ended")?;
        let Some(fact) = message.fact() else { continue };
        faults.follow(seq, fact);
        seq = seq.max(fact);
        if let Some(delay) = sent.delay(fact) {
            if fact < turn { calm.add(delay) } else { still.add(delay) }
        }
    }
    Ok((calm, still, faults))
}

/// Reads until this place in the log.
async fn catch_up(stream: &mut EventStream, from: i64, to: i64, faults: &mut StreamFaults) -> anyhow::Result<i64> {
    let mut seq = from;
    while seq < to {
        let message = stream.next_message().await?.context("a stream has ended")?;
        if let Some(fact) = message.fact() {
            faults.follow(seq, fact);
            seq = seq.max(fact);
        }
    }
    Ok(seq)
}
