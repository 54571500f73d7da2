//! A clock that a test can stop and turn on.

use std::sync::{Arc, Mutex};

use pulsestage::ports::Clock;
use pulsestage::time::Timestamp;
use pulsestage_server::system::SystemClock;

/// The system's clock until it is stopped; from then on it goes as far as it is turned.
#[derive(Clone, Debug, Default)]
pub(crate) struct HandClock(Arc<Mutex<Option<Timestamp>>>);

impl HandClock {
    /// Stops it.
    pub(crate) fn stop(&self) {
        *self.0.lock().unwrap() = Some(SystemClock.now());
    }

    /// Turns it on by so many seconds; it must have been stopped.
    pub(crate) fn turn_on(&self, seconds: i64) {
        let mut stopped = self.0.lock().unwrap();
        *stopped = Some(stopped.expect("a clock that goes is not turned").plus_millis(seconds * 1_000));
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        self.0.lock().unwrap().unwrap_or_else(|| SystemClock.now())
    }
}
