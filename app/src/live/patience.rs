//! How long to wait: between attempts, for an answer, for a wish to come true. Pure; time and chance are arguments.

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

/// The wait before attempt `attempt` where the server told to wait at least so many milliseconds: after what was told, or
/// all who were told the same would be back at the same moment.
#[must_use]
pub(super) fn retry_ms(attempt: u32, random: f64, at_least: u32) -> u32 {
    at_least.saturating_add(backoff_ms(attempt, random))
}

/// How long attempt `attempt` may wait for its answer (the first is 0), in milliseconds. What was sent into a connection
/// that died in silence is never answered, and must be sent again; on a slow link a later attempt waits longer.
#[must_use]
pub const fn answer_ms(attempt: u32) -> u32 {
    let more = if attempt < 2 { attempt } else { 2 };
    6_000 * (more + 1)
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
    fn an_answer_is_waited_for_longer_each_time() {
        let waits: Vec<u32> = (0..5).map(answer_ms).collect();
        assert_eq!(waits, [6_000, 12_000, 18_000, 18_000, 18_000]);
    }

    proptest! {
        #[test]
        fn every_wait_is_within_bounds(attempt in any::<u32>(), random in any::<f64>()) {
            let wait = backoff_ms(attempt, random);
            prop_assert!((SHORTEST_MS..=LONGEST_MS).contains(&wait));
        }

        #[test]
        fn nobody_comes_back_sooner_than_told_nor_together(attempt in any::<u32>(), random in any::<f64>(), told in any::<u32>()) {
            prop_assert!(retry_ms(attempt, random, told) >= told);
            let told = told % 60_000;
            prop_assert!(retry_ms(attempt, 0.2, told) < retry_ms(attempt, 0.3, told));
        }

        #[test]
        fn chance_spreads_the_waits(attempt in 0u32..20, low in 0.2f64..0.5, more in 0.1f64..0.5) {
            prop_assert!(backoff_ms(attempt, low) < backoff_ms(attempt, low + more));
        }
    }
}
