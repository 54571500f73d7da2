//! One bucket for each of many: people, tenants, networks. Bounded, whoever comes.

use std::collections::HashMap;
use std::hash::Hash;

use super::rate::{Limit, Rate};

/// The most that are known at a time: their buckets take 13 MB.
const MAX_KEYS: usize = 1 << 18;
/// So few are not worth looking through.
const FEW_KEYS: usize = 1 << 10;
/// The buckets are looked through at most this often, in nanoseconds, however many newcomers there are.
const SWEEP_PAUSE: i64 = 1_000_000_000;

/// A bucket for each key. A full bucket is as good as none, so those that have filled up again are forgotten when there
/// are twice as many as after the last time: keeping order costs each newcomer a constant share and needs no tick.
#[derive(Debug)]
pub(super) struct Keyed<K> {
    limit: Limit,
    max: usize,
    /// When each one's bucket is full again, in nanoseconds.
    full_at: HashMap<K, i64>,
    /// The one bucket of all for whom there was no room: a flood of made-up names slows newcomers down, it neither
    /// fills the memory nor passes the limit.
    overflow: i64,
    sweep_at: usize,
    swept: i64,
}

/// KeyedPermit to do something; it counts once it is handed to [`Keyed::count`].
#[derive(Debug)]
pub(super) struct KeyedPermit(i64);

impl<K: Eq + Hash> Keyed<K> {
    pub(super) fn new(limit: Limit) -> Self {
        Self::with_room_for(MAX_KEYS, limit)
    }

    fn with_room_for(max: usize, limit: Limit) -> Self {
        Self { limit, max, full_at: HashMap::new(), overflow: i64::MIN, sweep_at: FEW_KEYS.min(max), swept: i64::MIN }
    }

    /// Whether there is one for this key to take now; otherwise how long to wait, in nanoseconds.
    pub(super) fn ask(&self, key: &K, now: i64) -> Result<KeyedPermit, i64> {
        match self.limit.0 {
            Some(rate) => self.ask_at(rate, key, now),
            None => Ok(KeyedPermit(now)),
        }
    }

    /// The same at a rate of this key's own.
    pub(super) fn ask_at(&self, rate: Rate, key: &K, now: i64) -> Result<KeyedPermit, i64> {
        let full_at = match self.full_at.get(key) {
            Some(full_at) => *full_at,
            None if self.full_at.len() < self.max => now,
            None => self.overflow,
        };
        rate.take(full_at, now).map(KeyedPermit)
    }

    /// Takes what was left.
    pub(super) fn count(&mut self, key: K, leave: KeyedPermit, now: i64) {
        if self.limit != Limit::NONE {
            self.count_at(key, leave, now);
        }
    }

    /// The same for what was left by [`Keyed::ask_at`].
    pub(super) fn count_at(&mut self, key: K, KeyedPermit(full_at): KeyedPermit, now: i64) {
        if let Some(known) = self.full_at.get_mut(&key) {
            *known = full_at;
            return;
        }
        if self.full_at.len() >= self.sweep_at && now.saturating_sub(self.swept) >= SWEEP_PAUSE {
            self.sweep(now);
        }
        if self.full_at.len() < self.max {
            self.full_at.insert(key, full_at);
        } else {
            self.overflow = full_at;
        }
    }

    /// Asks and takes in one.
    pub(super) fn take(&mut self, key: K, now: i64) -> Result<(), i64> {
        let leave = self.ask(&key, now)?;
        self.count(key, leave, now);
        Ok(())
    }

    fn sweep(&mut self, now: i64) {
        self.full_at.retain(|_, full_at| *full_at > now);
        self.full_at.shrink_to(self.full_at.len() * 2);
        self.sweep_at = (self.full_at.len() * 2).clamp(FEW_KEYS.min(self.max), self.max);
        self.swept = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    const SECOND: i64 = 1_000_000_000;

    fn limit(count: u32, seconds: u64) -> Limit {
        Limit(Rate::new(count, Duration::from_secs(seconds)))
    }

    #[test]
    fn each_has_a_bucket_of_its_own() {
        let mut keyed = Keyed::new(limit(2, 2));
        for key in ["a", "b"] {
            assert_eq!((keyed.take(key, 0), keyed.take(key, 0)), (Ok(()), Ok(())), "{key}");
            assert_eq!(keyed.take(key, 0), Err(SECOND), "{key}");
        }
    }

    #[test]
    fn what_is_not_counted_costs_nothing() {
        let mut keyed = Keyed::new(limit(1, 1));
        for _ in 0..10 {
            assert!(keyed.ask(&"a", 0).is_ok());
        }
        assert_eq!(keyed.take("a", 0), Ok(()));
        assert_eq!(keyed.take("a", 0), Err(SECOND));
    }

    #[test]
    fn without_a_limit_nothing_is_kept() {
        let mut keyed = Keyed::new(Limit::NONE);
        for key in 0..10_000 {
            assert_eq!(keyed.take(key % 3, 0), Ok(()));
        }
        assert!(keyed.full_at.is_empty());
    }

    #[test]
    fn those_who_left_are_forgotten() {
        let mut keyed = Keyed::new(limit(1, 1));
        for key in 0..1_000_000_i64 {
            // A thousand newcomers a second, each there for a second.
            assert_eq!(keyed.take(key, key * SECOND / 1_000), Ok(()));
            assert!(keyed.full_at.len() <= 4_000, "{} of {key}", keyed.full_at.len());
        }
        assert!(keyed.full_at.capacity() < 16_000, "{}", keyed.full_at.capacity());
    }

    #[test]
    fn a_flood_of_names_fills_no_memory_and_opens_no_door() {
        let mut keyed = Keyed::with_room_for(100, limit(2, 2));
        let taken = (0..100_000).filter(|name| keyed.take(*name, 0).is_ok()).count();
        assert_eq!(taken, 102, "a hundred who are known, then two from the bucket of all others");
        assert_eq!(keyed.full_at.len(), 100);
        assert_eq!(keyed.take(7, 0), Ok(()), "those who were here before have what is theirs");
        assert_eq!(keyed.take(-1, 10 * SECOND), Ok(()), "later there is room again");
        assert_eq!(keyed.full_at.len(), 1);
    }

    proptest! {
        /// Forgetting is never forgiving: everybody is answered as if all were remembered for ever.
        #[test]
        fn nobody_gains_by_the_sweeping(calls in proptest::collection::vec((0_u8..40, 0_i64..800_000_000), 1..400)) {
            let limit = limit(3, 9);
            let mut keyed = Keyed::with_room_for(50, limit);
            keyed.sweep_at = 1;
            let mut remembered: HashMap<u8, i64> = HashMap::new();
            let mut now = 0;
            for (key, gap) in calls {
                now += gap;
                let expected = limit.0.unwrap().take(remembered.get(&key).copied().unwrap_or(now), now);
                prop_assert_eq!(keyed.take(key, now), expected.map(drop));
                if let Ok(full_at) = expected {
                    remembered.insert(key, full_at);
                }
            }
        }
    }
}
