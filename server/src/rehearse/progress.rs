//! What is seen while a rehearsal runs: one line that changes on a terminal, a plain line now and then elsewhere.

use std::io::{IsTerminal, Write, stderr};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::{Instant, interval};

use super::measurements::Measurements;

/// Says what is going on until it is dropped. To standard error, for standard output is the report's.
pub(super) struct ProgressLine {
    task: JoinHandle<()>,
    live: bool,
}

impl ProgressLine {
    /// Begins.
    pub(super) fn start(measurements: Arc<Measurements>, participants: usize) -> Self {
        let live = stderr().is_terminal();
        let task = tokio::spawn(async move {
            let began = Instant::now();
            let mut ticks = interval(if live { Duration::from_millis(500) } else { Duration::from_secs(5) });
            loop {
                ticks.tick().await;
                let line = line(&measurements, participants, began.elapsed());
                let (before, after) = if live { ("\r\x1b[K", "") } else { ("", "\n") };
                // Nobody who reads it is no reason to stop.
                let _closed = write!(stderr(), "{before}{line}{after}").and_then(|()| stderr().flush());
            }
        });
        Self { task, live }
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        self.task.abort();
        if self.live {
            let _closed = writeln!(stderr());
        }
    }
}

fn line(measurements: &Measurements, participants: usize, elapsed: Duration) -> String {
    let ledger = measurements.ledger();
    let to_screen = measurements.to_screen.histogram().value_at_quantile(0.99) / 1_000;
    format!(
        "{:>4} s  {} of {participants} in  {} votes  {} questions  {} failed  {} messages  vote to screen p99 {to_screen} ms",
        elapsed.as_secs(),
        measurements.joined(),
        ledger.votes.len(),
        ledger.asked.len(),
        ledger.failed,
        measurements.messages(),
    )
}
