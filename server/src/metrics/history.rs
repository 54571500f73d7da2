//! The last minutes of one tenant, for small charts.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use pulsestage::health::Sample;

/// Samples that are kept: five minutes of the poller's ticks, in some kilobytes.
const KEPT: usize = 100;

/// The latest samples, the oldest first.
#[derive(Debug, Default)]
pub(super) struct History(Mutex<VecDeque<Sample>>);

impl History {
    /// Adds one; the oldest goes when there are enough.
    pub(super) fn add(&self, sample: Sample) {
        let mut samples = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if samples.len() >= KEPT {
            samples.pop_front();
        }
        samples.push_back(sample);
    }

    /// All of them.
    pub(super) fn read(&self) -> Vec<Sample> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_latest_are_kept() {
        let history = History::default();
        (0..250).for_each(|at_ms| history.add(Sample { at_ms, ..Sample::default() }));
        let kept: Vec<_> = history.read().iter().map(|sample| sample.at_ms).collect();
        assert_eq!(kept, (150..250).collect::<Vec<_>>());
    }
}
