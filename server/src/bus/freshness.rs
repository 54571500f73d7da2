//! How current the streams of a channel are.

use std::time::Duration;
use tokio::time::Instant;

use super::changes::Changes;
use pulsestage::time::Timestamp;

/// One look that fails, or several within this time, are a short failure that is not reported.
const BLIP: Duration = Duration::from_secs(1);
/// What fails for longer than this is no blip, however few looks that are: a database that hangs answers none.
const PATIENCE: Duration = Duration::from_secs(3);
/// How far before the last look that went well counts are looked for. A vote's time is taken before its commit and by
/// another instance's clock; this is wide enough for a transaction that took its time.
const SLACK_MS: i64 = 120_000;

/// When a channel's log and counts were last read, and since when that fails.
#[derive(Debug)]
pub(super) struct Freshness {
    /// Everything that was committed before this is known: the clock's time before the last look that went well.
    read_at: Timestamp,
    /// The latest change of a count that is known.
    voted_at: Option<Timestamp>,
    /// MeterCounts are to be looked for from here on: they may be older than `read_at` says, by a clock that is behind.
    reach: Option<Timestamp>,
    /// Whether a look has begun that does so.
    is_reached: bool,
    failing: Option<Failing>,
    is_stale: bool,
}

#[derive(Debug)]
struct Failing {
    /// When the first look that failed began.
    since: Instant,
    looks: u32,
}

impl Freshness {
    /// Of a channel that knows everything up to this moment.
    pub(super) const fn new(read_at: Timestamp, voted_at: Option<Timestamp>) -> Self {
        Self { read_at, voted_at, reach: None, is_reached: false, failing: None, is_stale: false }
    }

    /// Since when what is shown is old, if it is.
    pub(super) fn stale_since(&self) -> Option<Timestamp> {
        self.is_stale.then_some(self.read_at)
    }

    /// Whether the last look failed.
    pub(super) const fn is_failing(&self) -> bool {
        self.failing.is_some()
    }

    /// A look went well that began at this time and left nothing out. Says whether streams were sent `stale`.
    pub(super) fn succeed(&mut self, began: Timestamp) -> bool {
        self.read_at = began;
        self.failing = None;
        if std::mem::take(&mut self.is_reached) {
            self.reach = None;
        }
        std::mem::take(&mut self.is_stale)
    }

    /// A look failed. Says whether streams are to be sent `stale` now.
    pub(super) fn fail(&mut self, began: Instant, now: Instant) -> bool {
        let failing = self.failing.get_or_insert(Failing { since: began, looks: 0 });
        failing.looks += 1;
        let lasted = now.duration_since(failing.since);
        let is_no_blip = lasted >= PATIENCE || (failing.looks > 1 && lasted >= BLIP);
        let is_news = is_no_blip && !self.is_stale;
        self.is_stale |= is_no_blip;
        is_news
    }

    /// What the latest change of a count that is in the database now asks for.
    pub(super) fn heard(&mut self, voted_at: Option<Timestamp>, now: Timestamp) -> Option<Changes> {
        let before = std::mem::replace(&mut self.voted_at, voted_at);
        if voted_at < before {
            // Votes are gone: what took the place of the database has fewer.
            return Some(Changes::RETELL_COUNTS);
        }
        if voted_at > before {
            let from = before.unwrap_or(Timestamp(0));
            self.reach = Some(self.reach.map_or(from, |reach| reach.min(from)));
            self.is_reached = false;
            return Some(Changes::MISSED_COUNTS);
        }
        (voted_at >= Some(self.since(now))).then_some(Changes::MISSED_COUNTS)
    }

    /// From when on a look that begins now has to look for counts.
    pub(super) fn reach_back(&mut self, now: Timestamp) -> Timestamp {
        self.is_reached = true;
        let since = self.since(now);
        self.reach.map_or(since, |reach| since.min(reach.plus_millis(-SLACK_MS)))
    }

    /// A clock that was put back must not make it look forward.
    fn since(&self, now: Timestamp) -> Timestamp {
        self.read_at.min(now).plus_millis(-SLACK_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp(seconds * 1_000)
    }

    #[test]
    fn a_blip_is_none_of_anybodys_business() {
        let start = Instant::now();
        let after = |millis| start + Duration::from_millis(millis);
        let mut fresh = Freshness::new(at(1_000), None);
        assert!(!fresh.fail(after(0), after(10)));
        assert!(!fresh.fail(after(300), after(310)));
        assert!(!fresh.succeed(at(1_003)));
        // Counted anew, and sent once.
        assert!(!fresh.fail(after(5_000), after(5_010)));
        assert!(fresh.fail(after(6_000), after(6_010)));
        assert!(!fresh.fail(after(9_000), after(9_010)));
        assert_eq!(fresh.stale_since(), Some(at(1_003)));
        assert!(fresh.succeed(at(1_020)));
        assert_eq!(fresh.stale_since(), None);
    }

    #[test]
    fn one_look_that_hangs_is_no_blip() {
        let start = Instant::now();
        assert!(Freshness::new(at(1_000), None).fail(start, start + PATIENCE));
    }

    #[test]
    fn counts_are_looked_for_since_the_last_look_that_went_well() {
        let mut fresh = Freshness::new(at(10_000), Some(at(9_000)));
        assert_eq!(fresh.heard(Some(at(9_000)), at(10_003)), None);
        assert_eq!(fresh.reach_back(at(10_600)), at(9_880));
        // However long it was cut off.
        assert_eq!(fresh.reach_back(at(99_000)), at(9_880));
        fresh.succeed(at(99_000));
        assert_eq!(fresh.reach_back(at(99_003)), at(98_880));
        // And when the clock was put back.
        assert_eq!(fresh.reach_back(at(50_000)), at(49_880));
    }

    #[test]
    fn a_change_by_a_clock_that_is_behind_is_found() {
        let mut fresh = Freshness::new(at(10_000), Some(at(9_000)));
        assert_eq!(fresh.heard(Some(at(9_001)), at(10_003)), Some(Changes::MISSED_COUNTS));
        assert_eq!(fresh.heard(Some(at(9_002)), at(10_006)), Some(Changes::MISSED_COUNTS));
        // As often as it takes, until a look has gone well that began after the last change was heard of.
        assert_eq!(fresh.reach_back(at(10_006)), at(8_880));
        assert_eq!(fresh.heard(Some(at(9_003)), at(10_008)), Some(Changes::MISSED_COUNTS));
        fresh.succeed(at(10_006));
        assert_eq!(fresh.reach_back(at(10_009)), at(8_880));
        fresh.succeed(at(10_009));
        assert_eq!(fresh.reach_back(at(10_010)), at(9_889));
        assert_eq!(fresh.heard(Some(at(9_003)), at(10_012)), None);
    }

    #[test]
    fn what_changed_lately_is_looked_at_for_a_while() {
        let mut fresh = Freshness::new(at(10_000), Some(at(9_990)));
        assert_eq!(fresh.heard(Some(at(9_990)), at(10_003)), Some(Changes::MISSED_COUNTS));
        fresh.succeed(at(10_110));
        assert_eq!(fresh.heard(Some(at(9_990)), at(10_113)), Some(Changes::MISSED_COUNTS));
        fresh.succeed(at(10_111));
        assert_eq!(fresh.heard(Some(at(9_990)), at(10_114)), None);
    }

    #[test]
    fn votes_that_are_gone_make_all_counts_news() {
        let mut fresh = Freshness::new(at(10_000), Some(at(9_990)));
        assert_eq!(fresh.heard(Some(at(9_980)), at(10_003)), Some(Changes::RETELL_COUNTS));
        assert_eq!(fresh.heard(None, at(10_006)), Some(Changes::RETELL_COUNTS));
        assert_eq!(fresh.heard(None, at(10_009)), None);
    }
}
