//! How long to wait: between attempts, for a heartbeat, for a wish to come true. Pure; time and chance are arguments.

/// The longest wait between two attempts, in milliseconds.
pub const LONGEST_MS: u32 = 10_000;
/// The shortest: nothing is tried in a tight loop.
pub const SHORTEST_MS: u32 = 100;
/// How long a vote is brought again and again before it is given up, in milliseconds.
pub const VOTE_PATIENCE_MS: f64 = 60_000.0;
/// The same for a question or a moderator's change, whose sender is looking on.
pub const WRITE_PATIENCE_MS: f64 = 15_000.0;

/// The wait before attempt `attempt` (the first retry is 0), with full jitter: anything up to 1, 2, 4 .. 10 seconds.
/// `random` is from 0 to 1.
#[must_use]
pub fn backoff_ms(attempt: u32, random: f64) -> u32 {
    let ceiling = 1_000_u32.checked_shl(attempt.min(16)).unwrap_or(LONGEST_MS).min(LONGEST_MS);
    let share = if random.is_finite() { random.clamp(0.0, 1.0) } else { 1.0 };
    let wait = (f64::from(ceiling) * share) as u32;
    wait.clamp(SHORTEST_MS, LONGEST_MS)
}

/// Watches for a stream that has gone silent without telling: a laptop that slept, a network that was left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Watchdog {
    heartbeat_ms: f64,
    last_sign: f64,
}

impl Watchdog {
    /// Starts watching at `now` a stream that beats every `heartbeat_ms`.
    #[must_use]
    pub const fn new(heartbeat_ms: f64, now: f64) -> Self {
        Self { heartbeat_ms, last_sign: now }
    }

    /// Something came.
    pub const fn sign_of_life(&mut self, now: f64) {
        self.last_sign = now;
    }

    /// Whether the stream has been silent for two and a half heartbeats. A clock that was set back starts the wait anew.
    #[must_use]
    pub fn is_overdue(&mut self, now: f64) -> bool {
        if now < self.last_sign {
            self.last_sign = now;
        }
        now - self.last_sign > self.heartbeat_ms * 2.5
    }

    /// How often to look, in milliseconds.
    #[must_use]
    pub fn interval_ms(&self) -> u32 {
        (self.heartbeat_ms / 2.0).clamp(250.0, 60_000.0) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_ceiling_is_1_2_4_8_10_seconds() {
        let ceilings: Vec<u32> = (0..6).map(|attempt| backoff_ms(attempt, 1.0)).collect();
        assert_eq!(ceilings, [1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
    }

    #[test]
    fn silence_for_two_and_a_half_heartbeats_is_too_long() {
        let mut dog = Watchdog::new(1_000.0, 0.0);
        assert!(!dog.is_overdue(2_500.0));
        assert!(dog.is_overdue(2_501.0));
        dog.sign_of_life(2_600.0);
        assert!(!dog.is_overdue(5_000.0));
    }

    #[test]
    fn a_clock_set_back_does_not_put_the_dog_to_sleep() {
        let mut dog = Watchdog::new(1_000.0, 3_600_000.0);
        assert!(!dog.is_overdue(10.0));
        assert!(dog.is_overdue(2_511.0));
    }

    proptest! {
        #[test]
        fn every_wait_is_within_bounds(attempt in any::<u32>(), random in any::<f64>()) {
            let wait = backoff_ms(attempt, random);
            prop_assert!((SHORTEST_MS..=LONGEST_MS).contains(&wait));
        }

        #[test]
        fn chance_spreads_the_waits(attempt in 0u32..20, low in 0.2f64..0.5, more in 0.1f64..0.5) {
            prop_assert!(backoff_ms(attempt, low) < backoff_ms(attempt, low + more));
        }
    }
}
