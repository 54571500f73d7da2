//! How long a stream lives: long enough to cost nothing, short enough that streams move on to a server that was added,
//! and not all at the same moment.

use std::time::Duration;

use pulsestage::ports::Rng;

/// How much sooner or later than the mean a stream ends, in percent.
const JITTER_PERCENT: u64 = 20;

/// The mean life of a stream; none means that it lives as long as its client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamLife(Option<Duration>);

impl StreamLife {
    /// Streams live this long on the mean; zero is without end.
    #[must_use]
    pub fn new(mean: Duration) -> Self {
        Self(Some(mean).filter(|mean| !mean.is_zero()))
    }

    /// How long one stream may live: drawn for each, a fifth more or less than the mean. `None` is without end.
    #[must_use]
    pub fn draw(&self, rng: &dyn Rng) -> Option<Duration> {
        let mean = u64::try_from(self.0?.as_millis()).unwrap_or(u64::MAX / 200);
        let jitter = mean * JITTER_PERCENT / 100;
        let mut random = [0; 8];
        rng.fill(&mut random);
        Some(Duration::from_millis(mean - jitter + u64::from_le_bytes(random) % (2 * jitter + 1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::SystemRng;

    /// Rng that always says the same.
    struct Fixed(u64);

    impl Rng for Fixed {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.copy_from_slice(&self.0.to_le_bytes());
        }
    }

    #[test]
    fn a_life_is_the_mean_give_or_take_a_fifth() {
        let life = StreamLife::new(Duration::from_secs(900));
        assert_eq!(life.draw(&Fixed(0)), Some(Duration::from_secs(720)));
        assert_eq!(life.draw(&Fixed(360_000)), Some(Duration::from_secs(1_080)));
        let lives: Vec<u64> = (0..1_000).map(|_| life.draw(&SystemRng).unwrap().as_secs()).collect();
        assert!(lives.iter().all(|life| (720..=1_080).contains(life)));
        let (sooner, later) = (lives.iter().filter(|l| **l < 810).count(), lives.iter().filter(|l| **l >= 990).count());
        assert!(sooner > 150 && later > 150, "{sooner} and {later} of a thousand, a quarter each on the mean");
    }

    #[test]
    fn zero_is_without_end() {
        assert_eq!(StreamLife::new(Duration::ZERO).draw(&SystemRng), None);
    }
}
