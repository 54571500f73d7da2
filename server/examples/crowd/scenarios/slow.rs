//! One reader of many reads nothing while large events flow. It must cost a fixed amount, slow nobody, and get
//! everything or be told to load the board once it reads again.

use anyhow::Context;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, timeout};

use super::{Report, Tally};
use crate::client::Client;
use crate::hall::{Hall, Plan};
use crate::measure::{Delays, memory_kib, millis};
use crate::stream::{Stream, open_all};

/// How long a reader that reads again may take to have everything.
const PATIENCE: Duration = Duration::from_secs(30);

/// What may be chosen.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
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
struct Sent {
    start: Instant,
    first: i64,
    at: Vec<AtomicU64>,
}

impl Sent {
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
pub(crate) async fn run(server: &Path, args: &Args) -> anyhow::Result<Report> {
    let hall = Arc::new(Hall::open(server, Plan { tenants: 1, questions: 1, ..Plan::default() }).await?);
    let mut streams = open_all(&hall, "default", args.streams).await?;
    let mut lazy = streams.pop().context("a reader is needed")?;
    let (calm_events, events) = (args.rate * args.stall_s / 4, args.rate * args.stall_s);
    let first = lazy.cursor.seq + 1;
    let at = (0..calm_events + events).map(|_| AtomicU64::new(0)).collect();
    let sent = Arc::new(Sent { start: Instant::now(), first, at });
    let turn = first + i64::from(calm_events);
    let head = turn + i64::from(events) - 1;
    let mut readers = JoinSet::new();
    for stream in streams {
        readers.spawn(read(stream, sent.clone(), turn, head));
    }

    // Calm: everybody reads.
    let mut client = Client::connect(&hall).await?;
    publish(&hall, &mut client, &sent, 0..calm_events, args.rate).await?;
    let mut tally = Tally::default();
    let mut lazy_seq = catch_up(&mut lazy, first - 1, turn - 1, &mut tally).await?;

    // Still: one does not. Memory is looked at once what it may hold is held.
    let third = calm_events + events / 3;
    publish(&hall, &mut client, &sent, calm_events..third, args.rate).await?;
    let held = memory_kib(hall.pid())?;
    publish(&hall, &mut client, &sent, third..calm_events + events, args.rate).await?;
    let grown = (memory_kib(hall.pid())? - held) / 1024.0;

    let (mut calm, mut still) = (Delays::default(), Delays::default());
    while let Some(reader) = readers.join_next().await {
        let (before, after, found) = reader??;
        calm.append(before);
        still.append(after);
        tally.append(found);
    }
    let (mut ended, mut told) = (false, false);
    let awake = async {
        while lazy_seq < head && !told {
            match lazy.next().await {
                Ok(Some(message)) => {
                    told |= message.kind() == "resync";
                    if let Some(fact) = message.fact() {
                        tally.follow(lazy_seq, fact);
                        lazy_seq = lazy_seq.max(fact);
                    }
                }
                // It was ended, in order or by a reset, and comes back with the last it has.
                Ok(None) | Err(_) => {
                    ended = true;
                    lazy = Stream::open(&hall, "default", Some(lazy.cursor)).await?;
                }
            }
        }
        anyhow::Ok(())
    };
    timeout(PATIENCE, awake).await.context("the reader that stood still never got everything")??;

    let mut report = Report::new(format!("one of {} streams reads nothing for {} s", args.streams, args.stall_s));
    let (calm_p99, still_p99) = (calm.percentile(99), still.percentile(99));
    report.figure("events meanwhile", format!("{events}, {} a second", args.rate));
    report.figure("from asked to read, p99, while all read", millis(calm_p99));
    report.figure("the same for the others, while one does not", millis(still_p99));
    report.figure("growth of the server in the last two thirds", format!("{grown:.1} MiB"));
    let fate = if ended { "ended, came back" } else { "kept" };
    report.figure("the one", format!("{fate}, {}", if told { "was told to load the board" } else { "got everything" }));
    report.require(format!("the server grows by no more than {} MiB", args.growth_mib), grown <= args.growth_mib);
    report.require("nothing is lost or doubled", tally == Tally::default());
    let bound = calm_p99.mul_f64(1.25) + Duration::from_millis(5);
    report.require("the others are as fast as before (by a quarter and 5 ms)", still_p99 <= bound);
    Ok(report)
}

/// Asks large questions at a rate, and writes down when.
async fn publish(
    hall: &Hall,
    client: &mut Client,
    sent: &Sent,
    numbers: std::ops::Range<u32>,
    rate: u32,
) -> anyhow::Result<()> {
    // 500 characters of four bytes: the longest question. Two in turn: one over and over waits for a moderator, unseen.
    let words = "%F0%9F%90%A2%F0%9F%90%A1".repeat(250);
    let asker = hall.participant(0);
    let mut ticks = interval(Duration::from_secs(1) / rate);
    for number in numbers {
        ticks.tick().await;
        sent.at[number as usize].store(sent.now(), Ordering::Release);
        client.ask(&hall.tenants[0], &asker, &words).await?;
    }
    Ok(())
}

/// Reads to the end; delays before and after the turn.
async fn read(mut stream: Stream, sent: Arc<Sent>, turn: i64, head: i64) -> anyhow::Result<(Delays, Delays, Tally)> {
    let (mut calm, mut still, mut tally) = (Delays::default(), Delays::default(), Tally::default());
    let mut seq = stream.cursor.seq;
    while seq < head {
        let message = stream.next().await?.context("a stream that is read has ended")?;
        let Some(fact) = message.fact() else { continue };
        tally.follow(seq, fact);
        seq = seq.max(fact);
        if let Some(delay) = sent.delay(fact) {
            if fact < turn { calm.add(delay) } else { still.add(delay) }
        }
    }
    Ok((calm, still, tally))
}

/// Reads until this place in the log.
async fn catch_up(stream: &mut Stream, from: i64, to: i64, tally: &mut Tally) -> anyhow::Result<i64> {
    let mut seq = from;
    while seq < to {
        let message = stream.next().await?.context("a stream has ended")?;
        if let Some(fact) = message.fact() {
            tally.follow(seq, fact);
            seq = seq.max(fact);
        }
    }
    Ok(seq)
}
