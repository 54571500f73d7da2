//! Statistics for moderators: how much was asked, voted and answered, how fast, by whom, in which team.

use serde::{Deserialize, Serialize};

use crate::id::{TeamId, UserId};
use crate::team::TeamName;
use crate::tenant::Tenant;
use crate::time::Timestamp;
use crate::user::Role;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// The time that statistics look back over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Range {
    /// An hour, by two minutes.
    Hour,
    /// A day, by the hour.
    #[default]
    Day,
    /// A week, by six hours.
    Week,
    /// Thirty days, by the day.
    Month,
    /// Fifty-two weeks, by the week.
    Year,
}

impl Range {
    /// Every range, from the shortest.
    pub const ALL: [Self; 5] = [Self::Hour, Self::Day, Self::Week, Self::Month, Self::Year];

    /// The word in an address.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }

    /// The range of a word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|range| range.as_str() == word)
    }

    /// How long one bucket is, in milliseconds, and how many there are.
    #[must_use]
    pub const fn buckets(self) -> (i64, usize) {
        match self {
            Self::Hour => (2 * MINUTE, 30),
            Self::Day => (HOUR, 24),
            Self::Week => (6 * HOUR, 28),
            Self::Month => (DAY, 30),
            Self::Year => (7 * DAY, 52),
        }
    }

    /// The buckets that end with the one in which `now` is.
    #[must_use]
    pub const fn window(self, now: Timestamp) -> Window {
        let (width, count) = self.buckets();
        let end = now.0.div_euclid(width).saturating_add(1).saturating_mul(width);
        Window { from: Timestamp(end.saturating_sub(width.saturating_mul(count.cast_signed() as i64))), width, count }
    }
}

/// A stretch of time, cut into buckets of one width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Where the first one begins.
    pub from: Timestamp,
    /// How long each is, in milliseconds.
    pub width: i64,
    /// How many there are.
    pub count: usize,
}

impl Window {
    /// Where the last one ends.
    #[must_use]
    pub const fn until(self) -> Timestamp {
        self.from.plus_millis(self.width.saturating_mul(self.count.cast_signed() as i64))
    }

    /// An empty bucket for each.
    #[must_use]
    pub fn empty(self) -> Vec<Bucket> {
        let starts = (0..self.count.cast_signed() as i64).map(|number| self.from.plus_millis(number * self.width));
        starts.map(|at| Bucket { at, volume: Volume::default() }).collect()
    }
}

/// How much there was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Volume {
    /// Questions that were asked.
    pub asked: i64,
    /// Of these, those that are on the board.
    pub shown: i64,
    /// Questions that were declined.
    pub declined: i64,
    /// Questions that were answered.
    pub answered: i64,
    /// Votes that were cast and are there still.
    pub votes: i64,
    /// Different people who asked or voted.
    pub participants: i64,
}

/// What was in one stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bucket {
    /// When it began.
    pub at: Timestamp,
    /// How much there was.
    #[serde(flatten)]
    pub volume: Volume,
}

/// How long questions waited for their answers, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Waits {
    /// How many there were.
    pub count: i64,
    /// Half of them waited no longer.
    pub half: Option<i64>,
    /// Nine of ten waited no longer.
    pub nine_of_ten: Option<i64>,
}

impl Waits {
    /// Of these waits. The value of a share is the smallest that so many do not exceed (nearest rank).
    #[must_use]
    pub fn of(mut waits: Vec<i64>) -> Self {
        waits.sort_unstable();
        let rank = |tenths: usize| waits.get((waits.len() * tenths).div_ceil(10).saturating_sub(1)).copied();
        let count = i64::try_from(waits.len()).unwrap_or(i64::MAX);
        Self { count, half: rank(5), nine_of_ten: rank(9) }
    }
}

/// What one moderator did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ByModerator {
    /// Who.
    pub user: UserId,
    /// Their name.
    pub name: String,
    /// Questions answered, changed answers among them.
    pub answers: i64,
    /// Questions let onto the board.
    pub approved: i64,
    /// Questions declined.
    pub declined: i64,
    /// Everything they did, as the audit has it.
    pub acts: i64,
    /// How long the questions waited whose answer is theirs.
    pub waits: Waits,
}

/// What happened in one team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ByTeam {
    /// The team.
    pub team: TeamId,
    /// Its name.
    pub name: String,
    /// How much there was.
    #[serde(flatten)]
    pub volume: Volume,
    /// How long its questions waited for an answer.
    pub waits: Waits,
}

/// Statistics of a tenant, or of the teams that somebody moderates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Statistics {
    /// The time that they look back over.
    pub range: Range,
    /// How much there was in all of it.
    pub total: Volume,
    /// How much there was over time, in order, without gaps.
    pub buckets: Vec<Bucket>,
    /// How long questions waited for their answers.
    pub waits: Waits,
    /// By moderator, the busiest first.
    pub moderators: Vec<ByModerator>,
    /// By team, in the order of their names.
    pub teams: Vec<ByTeam>,
}

/// Statistics as a page shows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatisticsView {
    /// The tenant.
    pub tenant: Tenant,
    /// What the viewer may do here.
    pub role: Role,
    /// The teams that they may choose from.
    pub teams: Vec<TeamName>,
    /// The one that they chose.
    pub team: Option<TeamId>,
    /// The figures.
    pub statistics: Statistics,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn waits_are_of_the_nearest_rank() {
        assert_eq!(Waits::of(Vec::new()), Waits::default());
        assert_eq!(Waits::of(vec![7]), Waits { count: 1, half: Some(7), nine_of_ten: Some(7) });
        let hundred = Waits::of((1..=100).rev().collect());
        assert_eq!(hundred, Waits { count: 100, half: Some(50), nine_of_ten: Some(90) });
    }

    #[test]
    fn the_last_bucket_is_the_one_that_is_now() {
        let now = Timestamp(1_759_919_400_000);
        for range in Range::ALL {
            let window = range.window(now);
            assert_eq!(window.empty().len(), range.buckets().1);
            assert!(window.until() > now && window.until().plus_millis(-window.width) <= now, "{range:?}");
            assert_eq!(Range::of_word(range.as_str()), Some(range));
        }
    }

    proptest! {
        #[test]
        fn no_moment_panics(now: i64) {
            for range in Range::ALL {
                let window = range.window(Timestamp(now));
                prop_assert!(window.from <= window.until());
            }
        }
    }
}
