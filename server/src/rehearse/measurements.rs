//! What all participants share: when each vote was given, and what was measured.

use hdrhistogram::Histogram;
use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

use super::plan::micros;
use crate::audience::Ledger;
use pulsestage::id::QuestionId;

/// The longest time that is told apart, in microseconds; what takes longer counts as this.
const LONGEST: u64 = 120_000_000;

/// LatencyHistogram of one kind.
#[derive(Debug)]
pub(super) struct LatencyHistogram(Mutex<Histogram<u64>>);

impl LatencyHistogram {
    fn new() -> Result<Self, String> {
        // Three digits: a thousandth of the time itself.
        let histogram = Histogram::new_with_bounds(1, LONGEST, 3).map_err(|error| error.to_string())?;
        Ok(Self(Mutex::new(histogram)))
    }

    /// Adds one time.
    pub(super) fn add(&self, time: Duration) {
        self.add_all(std::iter::once(micros(time)));
    }

    /// Adds times in microseconds.
    pub(super) fn add_all(&self, times: impl Iterator<Item = u64>) {
        let mut histogram = self.histogram();
        times.for_each(|time| histogram.saturating_record(time.clamp(1, LONGEST)));
    }

    /// What was added.
    pub(super) fn histogram(&self) -> MutexGuard<'_, Histogram<u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What all participants share.
#[derive(Debug)]
pub(super) struct Measurements {
    began: Instant,
    /// When the vote was given that made a question's count this number; 0 while it is not known.
    given: HashMap<QuestionId, Vec<AtomicU64>>,
    /// From the request for the page to the stream's first message.
    pub(super) join: LatencyHistogram,
    /// From the tap to the receipt.
    pub(super) acknowledged: LatencyHistogram,
    /// From the tap to each screen.
    pub(super) to_screen: LatencyHistogram,
    /// Participants whose stream was opened.
    joined: AtomicU64,
    /// Messages that were read, by all participants together.
    messages: AtomicU64,
    /// Questions and votes that were taken, and what failed: joining, asking, voting.
    ledger: Mutex<Ledger>,
}

impl Measurements {
    /// Of participants who vote for these questions, each at most once for each.
    pub(super) fn new(questions: &[QuestionId], participants: usize) -> Result<Self, String> {
        let counts = || (0..=participants).map(|_| AtomicU64::new(0)).collect();
        Ok(Self {
            began: Instant::now(),
            given: questions.iter().map(|id| (*id, counts())).collect(),
            join: LatencyHistogram::new()?,
            acknowledged: LatencyHistogram::new()?,
            to_screen: LatencyHistogram::new()?,
            joined: AtomicU64::new(0),
            messages: AtomicU64::new(0),
            ledger: Mutex::default(),
        })
    }

    /// Notes when the vote was given that made the count this number.
    pub(super) fn note_vote(&self, question: QuestionId, upvotes: i64, given: Instant) {
        if let Some(cell) = self.cell(question, upvotes) {
            cell.store(self.at(given).max(1), Ordering::Relaxed);
        }
    }

    /// Microseconds from the vote that made the count this number until then; `None` when nobody has its receipt yet.
    pub(super) fn since_vote(&self, question: QuestionId, upvotes: i64, until: u64) -> Option<u64> {
        let given = self.cell(question, upvotes)?.load(Ordering::Relaxed);
        (given > 0).then(|| until.saturating_sub(given))
    }

    /// The counts after this one up to that one which votes of ours can have made; a server may name any number.
    pub(super) fn votes_between(&self, question: QuestionId, seen: i64, now: i64) -> RangeInclusive<i64> {
        let most = self.given.get(&question).map_or(0, |counts| i64::try_from(counts.len()).unwrap_or(i64::MAX) - 1);
        seen.clamp(0, most) + 1..=now.min(most)
    }

    fn cell(&self, question: QuestionId, upvotes: i64) -> Option<&AtomicU64> {
        self.given.get(&question)?.get(usize::try_from(upvotes).ok()?)
    }

    /// A moment in microseconds since the measurement began.
    pub(super) fn at(&self, moment: Instant) -> u64 {
        micros(moment.saturating_duration_since(self.began))
    }

    /// Notes that a participant has joined, and how long it took.
    pub(super) fn note_join(&self, took: Duration) {
        self.join.add(took);
        self.joined.fetch_add(1, Ordering::Relaxed);
    }

    /// How many have joined.
    pub(super) fn joined(&self) -> u64 {
        self.joined.load(Ordering::Relaxed)
    }

    /// Notes that so many messages were read.
    pub(super) fn note_messages(&self, count: u64) {
        self.messages.fetch_add(count, Ordering::Relaxed);
    }

    /// How many messages were read.
    pub(super) fn messages(&self) -> u64 {
        self.messages.load(Ordering::Relaxed)
    }

    /// What was confirmed, and what failed.
    pub(super) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_count_is_traced_to_the_vote_that_made_it() {
        let (known, other) = (QuestionId(Uuid::from_u128(1)), QuestionId(Uuid::from_u128(2)));
        let measurements = Measurements::new(&[known], 2).unwrap();
        let given = measurements.began + Duration::from_millis(5);
        assert_eq!(measurements.since_vote(known, 1, 9_000), None);
        measurements.note_vote(known, 1, given);
        assert_eq!(measurements.since_vote(known, 1, 9_000), Some(4_000));
        for (question, upvotes) in [(known, 2), (known, 3), (known, -1), (known, i64::MAX), (other, 1)] {
            measurements.note_vote(other, upvotes, given);
            assert_eq!(measurements.since_vote(question, upvotes, 9_000), None);
        }
    }

    #[test]
    fn a_count_of_any_size_is_no_more_than_the_votes_there_can_be() {
        let question = QuestionId(Uuid::from_u128(1));
        let measurements = Measurements::new(&[question], 3).unwrap();
        let between = |seen, now| measurements.votes_between(question, seen, now).collect::<Vec<_>>();
        assert_eq!(between(0, 2), [1, 2]);
        assert_eq!(between(1, i64::MAX), [2, 3]);
        assert_eq!(between(i64::MIN, 1), [1]);
        for (seen, now) in [(2, 1), (i64::MAX, i64::MAX), (0, -1)] {
            assert!(between(seen, now).is_empty());
        }
        assert_eq!(measurements.votes_between(QuestionId(Uuid::from_u128(2)), 0, 9).count(), 0);
    }
}
