//! What a rehearsal found: for people a table, for machines one JSON document (its shape is in docs/REHEARSE.md).

use hdrhistogram::Histogram;
use serde::Serialize;
use std::fmt::{self, Display};

use super::args::RehearsalLimits;

const MB: f64 = 1_000_000.0;

/// What a rehearsal found.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RehearsalReport {
    /// The version of this shape.
    pub(super) version: u32,
    /// Whether all checks passed.
    pub(super) passed: bool,
    /// The server.
    pub(super) url: String,
    /// What was planned.
    pub(super) plan: Planned,
    /// What happened.
    pub(super) counts: RehearsalCounts,
    /// How long it took.
    pub(super) latency_ms: Latencies,
    /// What the server used; nothing where that cannot be measured.
    pub(super) server: Option<ServerUse>,
    /// What had to hold.
    pub(super) checks: Vec<Check>,
    /// Why the first failure was one.
    pub(super) first_failure: Option<String>,
    /// What is still on the server.
    pub(super) left_behind: Option<String>,
}

/// What was planned: each field is the flag of the same name.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Planned {
    pub(super) participants: usize,
    pub(super) questions: usize,
    pub(super) asks_per_minute: u32,
    pub(super) votes_per_second: u32,
    pub(super) duration_ms: u64,
    pub(super) join_ms: u64,
}

/// What happened.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct RehearsalCounts {
    /// Participants whose stream was opened.
    pub(super) joined: u64,
    /// Questions that were taken during the rehearsal.
    pub(super) asked: u64,
    /// Votes that were taken.
    pub(super) voted: u64,
    /// Joins, questions and votes that were refused or not answered.
    pub(super) failed: u64,
    /// Messages that were read by all participants together.
    pub(super) messages: u64,
    /// Events that are missing on boards, on all together.
    pub(super) lost: u64,
    /// Events that came again on a stream.
    pub(super) doubled: u64,
    /// Messages that could not be read.
    pub(super) unreadable: u64,
    /// How often a board had to be loaded again.
    pub(super) resyncs: u64,
    /// How often a stream ended and was opened again.
    pub(super) reconnects: u64,
}

/// How long it took.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Latencies {
    /// From the request for the page to the stream's first message.
    pub(super) join: Quantiles,
    /// From the tap to the receipt.
    pub(super) vote_acknowledged: Quantiles,
    /// From the tap to each participant's screen.
    pub(super) vote_to_screen: Quantiles,
}

/// Milliseconds.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct Quantiles {
    pub(super) count: u64,
    pub(super) p50: f64,
    pub(super) p95: f64,
    pub(super) p99: f64,
    pub(super) max: f64,
}

impl Quantiles {
    /// The quantiles of a histogram of microseconds.
    pub(super) fn of(times: &Histogram<u64>) -> Self {
        let millis = |micros: u64| micros as f64 / 1_000.0;
        let at = |quantile| millis(times.value_at_quantile(quantile));
        Self { count: times.len(), p50: at(0.5), p95: at(0.95), p99: at(0.99), max: millis(times.max()) }
    }
}

/// What the server used.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ServerUse {
    /// The most memory it had, in megabytes.
    pub(super) peak_memory_mb: f64,
    /// Processor seconds while people asked and voted.
    pub(super) cpu_seconds: f64,
    /// The same as a share of one core.
    pub(super) cpu_percent: f64,
}

impl ServerUse {
    /// From bytes and seconds.
    pub(super) fn new(peak_memory: u64, cpu: f64, time: f64) -> Self {
        Self { peak_memory_mb: peak_memory as f64 / MB, cpu_seconds: cpu, cpu_percent: cpu / time.max(0.001) * 100.0 }
    }
}

/// One thing that had to hold.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Check {
    /// What it is.
    pub(super) name: &'static str,
    /// The most that was allowed.
    pub(super) limit: f64,
    /// What was found; nothing when it could not be measured, which passes, except for latencies of votes that were due.
    pub(super) value: Option<f64>,
    /// Whether it held.
    pub(super) passed: bool,
}

/// Holds what was found against the limits.
pub(super) fn checks(
    limits: &RehearsalLimits,
    counts: &RehearsalCounts,
    to_screen: Quantiles,
    server: Option<&ServerUse>,
) -> Vec<Check> {
    let check = |name, limit: f64, value: Option<f64>| Check {
        name,
        limit,
        value,
        passed: value.is_none_or(|value| value <= limit),
    };
    let whole = |number: u64| Some(number as f64);
    // Votes that were taken and seen by nobody are no fast votes.
    let unseen = counts.voted > 0 && to_screen.count == 0;
    let mut to_screen = check(
        "vote to screen p99, ms",
        limits.max_vote_to_screen_ms as f64,
        (to_screen.count > 0).then_some(to_screen.p99),
    );
    to_screen.passed &= !unseen;
    vec![
        to_screen,
        check("server memory, MB", limits.max_memory_mb as f64, server.map(|server| server.peak_memory_mb)),
        check("events lost", limits.max_lost as f64, whole(counts.lost)),
        check("events doubled", limits.max_doubled as f64, whole(counts.doubled)),
        check("messages unreadable", 0.0, whole(counts.unreadable)),
        check("requests failed", limits.max_failed as f64, whole(counts.failed)),
    ]
}

impl Display for RehearsalReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RehearsalCounts { joined, asked, voted, failed, messages, resyncs, reconnects, .. } = self.counts;
        writeln!(f, "\n{:<22}{:>10}{:>10}{:>10}{:>10}{:>12}", "milliseconds", "p50", "p95", "p99", "max", "count")?;
        let rows = [
            ("join", self.latency_ms.join),
            ("vote acknowledged", self.latency_ms.vote_acknowledged),
            ("vote to screen", self.latency_ms.vote_to_screen),
        ];
        for (name, Quantiles { count, p50, p95, p99, max }) in rows {
            writeln!(f, "{name:<22}{p50:>10.1}{p95:>10.1}{p99:>10.1}{max:>10.1}{count:>12}")?;
        }
        writeln!(f, "\n{joined} joined, {voted} votes, {asked} questions, {failed} failed")?;
        writeln!(f, "{messages} messages read, {resyncs} resyncs, {reconnects} reconnects")?;
        if let Some(ServerUse { peak_memory_mb, cpu_seconds, cpu_percent }) = &self.server {
            writeln!(
                f,
                "the server used {peak_memory_mb:.1} MB at most, and {cpu_seconds:.1} s of processor time under load \
                 ({cpu_percent:.0}% of one core)"
            )?;
        }
        writeln!(f)?;
        for Check { name, limit, value, passed } in &self.checks {
            let value = value.map_or_else(|| "not measured".to_owned(), |value| format!("{value:.1}"));
            writeln!(f, "{} {name:<24}{value:>12}  (at most {limit})", if *passed { "ok  " } else { "FAIL" })?;
        }
        if let Some(why) = &self.first_failure {
            writeln!(f, "the first failure: {why}")?;
        }
        if let Some(left) = &self.left_behind {
            writeln!(f, "{left}")?;
        }
        write!(f, "\n{}", if self.passed { "passed" } else { "failed" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: RehearsalLimits =
        RehearsalLimits { max_vote_to_screen_ms: 300, max_lost: 0, max_doubled: 0, max_failed: 0, max_memory_mb: 120 };

    fn failing(counts: RehearsalCounts, to_screen: Quantiles, server: Option<ServerUse>) -> Vec<&'static str> {
        let checks = checks(&LIMITS, &counts, to_screen, server.as_ref());
        checks.into_iter().filter(|check| !check.passed).map(|check| check.name).collect()
    }

    #[test]
    fn each_limit_holds_by_itself() {
        let good = Quantiles { count: 1, p99: 300.0, ..Quantiles::default() };
        let none: Vec<&str> = Vec::new();
        assert_eq!(failing(RehearsalCounts::default(), good, Some(ServerUse::new(120_000_000, 1.0, 1.0))), none);
        assert_eq!(
            failing(RehearsalCounts::default(), Quantiles { p99: 300.1, ..good }, None),
            ["vote to screen p99, ms"]
        );
        assert_eq!(
            failing(RehearsalCounts::default(), good, Some(ServerUse::new(120_000_001, 1.0, 1.0))),
            ["server memory, MB"]
        );
        assert_eq!(failing(RehearsalCounts { lost: 1, ..RehearsalCounts::default() }, good, None), ["events lost"]);
        assert_eq!(
            failing(RehearsalCounts { doubled: 1, ..RehearsalCounts::default() }, good, None),
            ["events doubled"]
        );
        assert_eq!(
            failing(RehearsalCounts { failed: 1, ..RehearsalCounts::default() }, good, None),
            ["requests failed"]
        );
        assert_eq!(
            failing(RehearsalCounts { unreadable: 1, ..RehearsalCounts::default() }, good, None),
            ["messages unreadable"]
        );
    }

    #[test]
    fn votes_that_nobody_saw_are_no_fast_votes() {
        let counts = RehearsalCounts { voted: 5, ..RehearsalCounts::default() };
        assert_eq!(failing(counts, Quantiles::default(), None), ["vote to screen p99, ms"]);
    }

    #[test]
    fn quantiles_are_in_milliseconds() {
        let mut times = Histogram::new_with_bounds(1, 120_000_000, 3).unwrap();
        assert_eq!(Quantiles::of(&times).max, 0.0);
        (1..=100).for_each(|millis| times.record(millis * 1_000).unwrap());
        let Quantiles { count, p50, p99, max, .. } = Quantiles::of(&times);
        assert_eq!(count, 100);
        assert!((p50 - 50.0).abs() < 0.1 && (p99 - 99.0).abs() < 0.1 && (max - 100.0).abs() < 0.2);
    }
}
