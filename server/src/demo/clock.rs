//! The clock that demo data is made by.

use std::sync::atomic::{AtomicI64, Ordering};

use pulsestage::ports::Clock;
use pulsestage::time::Timestamp;

/// A clock that stands still until it is set.
pub(super) struct StageClock(AtomicI64);

impl StageClock {
    pub(super) const fn starting(at: Timestamp) -> Self {
        Self(AtomicI64::new(at.0))
    }

    pub(super) fn set(&self, at: Timestamp) {
        self.0.store(at.0, Ordering::Relaxed);
    }
}

impl Clock for StageClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
}
