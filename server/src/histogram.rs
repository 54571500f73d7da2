//! How often something took about so long.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Counts durations by their size. Adding one is three relaxed atomic additions.
#[derive(Debug)]
pub(crate) struct Histogram {
    /// The longest duration of each class but the last, which has no end; in microseconds.
    bounds: &'static [u64],
    counts: Box<[AtomicU64]>,
    sum: AtomicU64,
}

/// What a histogram has counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Distribution {
    bounds: &'static [u64],
    counts: Vec<u64>,
    sum: u64,
}

impl Histogram {
    /// One with these bounds, in microseconds and ascending.
    pub(crate) fn new(bounds: &'static [u64]) -> Self {
        let counts = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self { bounds, counts, sum: AtomicU64::new(0) }
    }

    /// Counts one.
    pub(crate) fn add(&self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let class = self.bounds.partition_point(|bound| *bound < micros);
        if let Some(count) = self.counts.get(class) {
            count.fetch_add(1, Ordering::Relaxed);
            self.sum.fetch_add(micros, Ordering::Relaxed);
        }
    }

    /// What it has counted.
    pub(crate) fn read(&self) -> Distribution {
        Distribution {
            bounds: self.bounds,
            counts: self.counts.iter().map(|count| count.load(Ordering::Relaxed)).collect(),
            sum: self.sum.load(Ordering::Relaxed),
        }
    }
}

impl Distribution {
    /// An empty one with these bounds.
    pub(crate) fn empty(bounds: &'static [u64]) -> Self {
        Self { bounds, counts: vec![0; bounds.len() + 1], sum: 0 }
    }

    /// Adds another one with the same bounds.
    pub(crate) fn add(&mut self, other: &Self) {
        self.counts.iter_mut().zip(&other.counts).for_each(|(count, more)| *count += more);
        self.sum = self.sum.wrapping_add(other.sum);
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Their average.
    pub(crate) fn mean(&self) -> Option<Duration> {
        Some(Duration::from_micros(self.sum.checked_div(self.count())?))
    }

    /// The sum of all, in seconds.
    pub(crate) fn seconds(&self) -> f64 {
        self.sum as f64 / 1e6
    }

    /// Each class: its longest duration in microseconds, which the last does not have, and how many are in it.
    pub(crate) fn classes(&self) -> impl Iterator<Item = (Option<u64>, u64)> {
        let bounds = self.bounds.iter().copied().map(Some).chain([None]);
        bounds.zip(self.counts.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: &[u64] = &[1_000, 1_000_000];

    #[test]
    fn durations_are_counted_in_their_class() {
        let histogram = Histogram::new(BOUNDS);
        for micros in [0, 1_000, 1_001, 1_000_000, 1_000_001, u64::MAX / 2] {
            histogram.add(Duration::from_micros(micros));
        }
        let read = histogram.read();
        assert_eq!(read.classes().collect::<Vec<_>>(), [(Some(1_000), 2), (Some(1_000_000), 2), (None, 2)]);
        assert_eq!(read.count(), 6);
    }

    #[test]
    fn distributions_add_up_and_an_empty_one_has_no_mean() {
        let histogram = Histogram::new(BOUNDS);
        let mut sum = Distribution::empty(BOUNDS);
        assert_eq!((sum.mean(), sum.count()), (None, 0));
        histogram.add(Duration::from_millis(2));
        sum.add(&histogram.read());
        histogram.add(Duration::from_millis(4));
        sum.add(&histogram.read());
        assert_eq!((sum.count(), sum.mean(), sum.seconds()), (3, Some(Duration::from_micros(2_666)), 0.008));
    }
}
