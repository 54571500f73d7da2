//! A rate: so many at once, and as many again in every period. Pure; the time is an argument.
//!
//! This is the generic cell rate algorithm (ITU-T I.371): of a whole bucket only the moment is kept at which it will be
//! full again. Eight bytes hold everything that is known of somebody, and a bucket whose moment has passed holds nothing.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use pulsestage::ports::RateLimited;
use pulsestage::time::Timestamp;

/// The most that may be had at once.
const MAX_COUNT: u32 = 1_000_000;
/// The longest period: a day.
const MAX_PERIOD: Duration = Duration::from_secs(24 * 60 * 60);
const NANOS_PER_MILLI: i64 = 1_000_000;

/// So many at once, and as many again in every period, evenly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    count: u32,
    period: Duration,
}

impl Rate {
    /// `count` at once and as many again in every `period`; `None` when that is nothing, or beyond all use.
    #[must_use]
    pub fn new(count: u32, period: Duration) -> Option<Self> {
        let sound = (1..=MAX_COUNT).contains(&count) && !period.is_zero() && period <= MAX_PERIOD;
        sound.then_some(Self { count, period })
    }

    /// Takes one at `now` from a bucket that is full again at `full_at`: when it will be full after that, or how long
    /// to wait until there is one to take. All in nanoseconds.
    ///
    /// # Errors
    /// The wait.
    pub(super) fn take(self, full_at: i64, now: i64) -> Result<i64, i64> {
        let interval = self.interval();
        let depth = interval * i64::from(self.count);
        // No bucket is full later than a whole period from now, unless the clock was set back: nobody pays for that.
        let next = full_at.clamp(now, now.saturating_add(depth)).saturating_add(interval);
        let wait = next - depth - now;
        if wait <= 0 { Ok(next) } else { Err(wait) }
    }

    /// The time in which one is added, rounded up, so that there are never more than were promised.
    fn interval(self) -> i64 {
        let nanos = self.period.as_nanos().div_ceil(u128::from(self.count));
        i64::try_from(nanos).unwrap_or(i64::MAX)
    }
}

/// A rate, or none: a setting. Written `120/min`, `10000/5s`, or `0` for no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(pub Option<Rate>);

impl Limit {
    /// No limit.
    pub const NONE: Self = Self(None);

    /// Half as many in the same time, and at least one.
    #[must_use]
    pub fn half(self) -> Self {
        Self(self.0.map(|Rate { count, period }| Rate { count: count.div_ceil(2), period }))
    }
}

impl FromStr for Limit {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str = "give a number and the time it is for, such as 120/min, 50/s or 10000/5s; 0 is no limit";
        if text == "0" {
            return Ok(Self::NONE);
        }
        let (count, time) = text.split_once('/').ok_or(FORM)?;
        let unit = time.trim_start_matches(|c: char| c.is_ascii_digit());
        let number = time.strip_suffix(unit).unwrap_or_default();
        let number: u64 = if number.is_empty() { 1 } else { number.parse().map_err(|_| FORM)? };
        let seconds = match unit {
            "s" => 1,
            "min" => 60,
            "h" => 60 * 60,
            _ => return Err(FORM),
        };
        // Digits alone: a number with a sign would be read as well.
        let count = Some(count).filter(|count| count.bytes().all(|b| b.is_ascii_digit())).ok_or(FORM)?;
        let count = count.parse().map_err(|_| FORM)?;
        let period = Duration::from_secs(number.saturating_mul(seconds));
        Rate::new(count, period).map(|rate| Self(Some(rate))).ok_or("take from 1 to 1000000, for at most a day")
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(Rate { count, period }) = self.0 else { return f.write_str("0") };
        match period.as_secs() {
            60 => write!(f, "{count}/min"),
            3_600 => write!(f, "{count}/h"),
            1 => write!(f, "{count}/s"),
            seconds => write!(f, "{count}/{seconds}s"),
        }
    }
}

/// The clock's time as rates count it.
pub(super) fn nanos(at: Timestamp) -> i64 {
    at.0.saturating_mul(NANOS_PER_MILLI)
}

/// A wait in nanoseconds as people are told it: in whole seconds, never too early.
pub(super) fn too_fast(wait: i64) -> RateLimited {
    let seconds = u64::try_from(wait).unwrap_or_default().div_ceil(1_000_000_000).max(1);
    RateLimited { retry_after_s: u32::try_from(seconds).unwrap_or(u32::MAX) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rate(text: &str) -> Rate {
        text.parse::<Limit>().unwrap().0.unwrap()
    }

    #[test]
    fn a_limit_is_read_and_written() {
        for (text, count, seconds) in [
            ("120/min", 120, 60),
            ("1/s", 1, 1),
            ("10000/5s", 10_000, 5),
            ("6/h", 6, 3_600),
            ("1000000/86400s", 1_000_000, 86_400),
        ] {
            let limit: Limit = text.parse().unwrap();
            assert_eq!(limit, Limit(Rate::new(count, Duration::from_secs(seconds))), "{text}");
            assert_eq!(limit.to_string(), text);
        }
        assert_eq!("0".parse(), Ok(Limit::NONE));
        assert_eq!(Limit::NONE.to_string(), "0");
        assert_eq!("60/60s".parse::<Limit>().unwrap().to_string(), "60/min");
    }

    #[test]
    fn what_is_no_limit_is_not_taken() {
        for text in [
            "",
            "1",
            "/",
            "/s",
            "1/",
            "0/s",
            "1/0s",
            "-1/s",
            "+1/s",
            "1/-1s",
            "1 / s",
            "1/m",
            "1/day",
            "1/s/s",
            "1.5/s",
            "1e3/s",
            "1000001/s",
            "1/86401s",
            "1/25h",
            "99999999999/s",
            "1/99999999999999999999s",
            "1/18446744073709551615h",
            "١/s",
        ] {
            assert!(text.parse::<Limit>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_bucket_gives_what_it_holds_then_what_flows_in() {
        let rate = rate("3/3s");
        let second = 1_000_000_000;
        let mut full_at = 0;
        for _ in 0..3 {
            full_at = rate.take(full_at, 0).unwrap();
        }
        assert_eq!(rate.take(full_at, 0), Err(second));
        assert_eq!(rate.take(full_at, second / 4), Err(second - second / 4));
        full_at = rate.take(full_at, second).unwrap();
        assert_eq!(rate.take(full_at, second), Err(second));
        // Idle for a year: no more than a full bucket.
        let later = 365 * 86_400 * second;
        for _ in 0..3 {
            full_at = rate.take(full_at, later).unwrap();
        }
        assert_eq!(rate.take(full_at, later), Err(second));
    }

    #[test]
    fn a_clock_that_is_set_back_shuts_nobody_out() {
        let rate = rate("2/2s");
        let hour = 3_600 * 1_000_000_000;
        let full_at = rate.take(rate.take(hour, hour).unwrap(), hour).unwrap();
        assert!(rate.take(full_at, 0).unwrap_err() <= 1_000_000_000, "at most until the next one flows in");
    }

    #[test]
    fn nobody_is_told_to_come_back_too_early() {
        for (wait, seconds) in [(1, 1), (999_999_999, 1), (1_000_000_000, 1), (1_000_000_001, 2), (0, 1), (-5, 1)] {
            assert_eq!(too_fast(wait).retry_after_s, seconds, "{wait}");
        }
        assert_eq!(too_fast(i64::MAX).retry_after_s, u32::MAX);
    }

    proptest! {
        /// In any window: at most what a bucket holds, and what flows in meanwhile. Whoever waits as told is taken.
        #[test]
        fn never_more_than_was_promised_and_never_less(
            count in 1_u32..50,
            seconds in 1_u64..120,
            start in 0_i64..4_000_000_000_000_000_000,
            gaps in proptest::collection::vec(0_i64..5_000_000_000, 1..200),
        ) {
            let rate = Rate::new(count, Duration::from_secs(seconds)).unwrap();
            let (mut full_at, mut now) = (0, start);
            let mut taken: Vec<i64> = Vec::new();
            for gap in gaps {
                now += gap;
                match rate.take(full_at, now) {
                    Ok(next) => {
                        full_at = next;
                        taken.push(now);
                    }
                    Err(wait) => {
                        prop_assert!(wait > 0);
                        prop_assert!(rate.take(full_at, now + wait).is_ok(), "as told");
                        prop_assert!(rate.take(full_at, now + wait - 1).is_err(), "and not before");
                    }
                }
            }
            for (i, from) in taken.iter().enumerate() {
                for (j, to) in taken.iter().enumerate().skip(i) {
                    // In whole numbers: taken - count <= window * count / period.
                    let above = i128::try_from(j - i + 1).unwrap() - i128::from(count);
                    let window = i128::from(to - from);
                    prop_assert!(above * i128::from(seconds) * 1_000_000_000 <= window * i128::from(count));
                }
            }
        }
    }
}
