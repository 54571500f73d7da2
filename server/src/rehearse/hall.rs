//! What all participants share: when each vote was given, and what was measured.

use hdrhistogram::Histogram;
use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

use super::plan::micros;
use pulsestage::id::QuestionId;

/// The longest time that is told apart, in microseconds; what takes longer counts as this.
const LONGEST: u64 = 120_000_000;

/// Times of one kind.
#[derive(Debug)]
pub(super) struct Times(Mutex<Histogram<u64>>);

impl Times {
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

/// How often something happened.
#[derive(Debug, Default)]
pub(super) struct Count(AtomicU64);

impl Count {
    /// Once more.
    pub(super) fn one(&self) {
        self.add(1);
    }

    /// So many times more.
    pub(super) fn add(&self, times: u64) {
        self.0.fetch_add(times, Ordering::Relaxed);
    }

    /// How often.
    pub(super) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What all participants share.
#[derive(Debug)]
pub(super) struct Hall {
    began: Instant,
    /// When the vote was given that made a question's count this number; 0 while it is not known.
    given: HashMap<QuestionId, Vec<AtomicU64>>,
    /// From the request for the page to the stream's first message.
    pub(super) join: Times,
    /// From the tap to the receipt.
    pub(super) acknowledged: Times,
    /// From the tap to each screen.
    pub(super) to_screen: Times,
    /// Participants whose stream is open.
    pub(super) joined: Count,
    /// Questions that were taken.
    pub(super) asked: Count,
    /// Votes that were taken.
    pub(super) voted: Count,
    /// What was refused or not answered: joining, asking, voting.
    pub(super) failed: Count,
    /// Messages that were read, by all participants together.
    pub(super) messages: Count,
    why_failed: Mutex<Option<String>>,
}

impl Hall {
    /// A hall whose participants vote for these questions, each at most once for each.
    pub(super) fn new(questions: &[QuestionId], participants: usize) -> Result<Self, String> {
        let counts = || (0..=participants).map(|_| AtomicU64::new(0)).collect();
        Ok(Self {
            began: Instant::now(),
            given: questions.iter().map(|id| (*id, counts())).collect(),
            join: Times::new()?,
            acknowledged: Times::new()?,
            to_screen: Times::new()?,
            joined: Count::default(),
            asked: Count::default(),
            voted: Count::default(),
            failed: Count::default(),
            messages: Count::default(),
            why_failed: Mutex::new(None),
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

    /// A moment in microseconds since the hall was opened.
    pub(super) fn at(&self, moment: Instant) -> u64 {
        micros(moment.saturating_duration_since(self.began))
    }

    /// Counts a failure; the first one's reason is kept for the report.
    pub(super) fn fail(&self, why: impl FnOnce() -> String) {
        self.failed.one();
        self.why_failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(why);
    }

    /// Why the first failure was one.
    pub(super) fn first_failure(&self) -> Option<String> {
        self.why_failed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_count_is_traced_to_the_vote_that_made_it() {
        let (known, other) = (QuestionId(Uuid::from_u128(1)), QuestionId(Uuid::from_u128(2)));
        let hall = Hall::new(&[known], 2).unwrap();
        let given = hall.began + Duration::from_millis(5);
        assert_eq!(hall.since_vote(known, 1, 9_000), None);
        hall.note_vote(known, 1, given);
        assert_eq!(hall.since_vote(known, 1, 9_000), Some(4_000));
        for (question, upvotes) in [(known, 2), (known, 3), (known, -1), (known, i64::MAX), (other, 1)] {
            hall.note_vote(other, upvotes, given);
            assert_eq!(hall.since_vote(question, upvotes, 9_000), None);
        }
    }

    #[test]
    fn a_count_of_any_size_is_no_more_than_the_votes_there_can_be() {
        let question = QuestionId(Uuid::from_u128(1));
        let hall = Hall::new(&[question], 3).unwrap();
        let between = |seen, now| hall.votes_between(question, seen, now).collect::<Vec<_>>();
        assert_eq!(between(0, 2), [1, 2]);
        assert_eq!(between(1, i64::MAX), [2, 3]);
        assert_eq!(between(i64::MIN, 1), [1]);
        for (seen, now) in [(2, 1), (i64::MAX, i64::MAX), (0, -1)] {
            assert!(between(seen, now).is_empty());
        }
        assert_eq!(hall.votes_between(QuestionId(Uuid::from_u128(2)), 0, 9).count(), 0);
    }

    #[test]
    fn the_first_reason_is_kept() {
        let hall = Hall::new(&[], 1).unwrap();
        hall.fail(|| "one".to_owned());
        hall.fail(|| "two".to_owned());
        assert_eq!((hall.failed.get(), hall.first_failure().as_deref()), (2, Some("one")));
    }
}
