//! What a rehearsal will do, worked out before it begins, so that what cannot be done is said at once.

use std::time::Duration;

use super::args::{RehearsalLimits, RehearseArgs};
use pulsestage::ports::Rng;

/// Boards hold a copy of every question for every participant: more copies than this are more than a laptop holds.
const MOST_COPIES: u64 = 5_000_000;
/// Questions that may be there at the start.
const MOST_OPENING_QUESTIONS: u64 = 500;

/// What a rehearsal will do.
#[derive(Clone, Copy, Debug)]
pub struct RehearsalPlan {
    /// People who take part.
    pub participants: usize,
    /// Questions that are there when they come in.
    pub opening_questions: usize,
    /// Questions asked each minute.
    pub asks_per_minute: u32,
    /// Votes given each second.
    pub votes_per_second: u32,
    /// How long people ask and vote.
    pub duration: Duration,
    /// The time over which they come in.
    pub join: Duration,
    /// What must hold.
    pub limits: RehearsalLimits,
}

impl RehearsalPlan {
    /// The plan that the flags ask for.
    ///
    /// # Errors
    /// When it cannot be carried out; the text says why and what to change.
    pub fn of(args: &RehearseArgs) -> Result<Self, String> {
        let votes = Schedule::of_votes(args.votes_per_second, args.duration).count();
        let asks = Schedule::of_asks(args.asks_per_minute, args.duration).count();
        let participants = u64::from(args.participants);
        // One person votes once for one question.
        let needed = votes.div_ceil(participants);
        if needed > MOST_OPENING_QUESTIONS {
            return Err(format!(
                "{participants} people would need {needed} questions to give {votes} votes, one each; \
                 take more --participants, fewer --votes-per-second or a shorter --duration"
            ));
        }
        let opening = u64::from(args.questions).max(needed);
        if opening.saturating_add(asks).saturating_mul(participants) > MOST_COPIES {
            return Err(format!(
                "{participants} boards with {} questions each are too much for one machine; \
                 take fewer --participants, fewer --asks-per-minute or a shorter --duration",
                opening + asks
            ));
        }
        Ok(Self {
            participants: usize::try_from(participants).unwrap_or(usize::MAX),
            opening_questions: usize::try_from(opening).unwrap_or(usize::MAX),
            asks_per_minute: args.asks_per_minute,
            votes_per_second: args.votes_per_second,
            duration: args.duration,
            join: args.join,
            limits: args.limits,
        })
    }

    /// When votes are due.
    #[must_use]
    pub fn votes(&self) -> Schedule {
        Schedule::of_votes(self.votes_per_second, self.duration)
    }

    /// When questions are due.
    #[must_use]
    pub fn asks(&self) -> Schedule {
        Schedule::of_asks(self.asks_per_minute, self.duration)
    }

    /// When people come in.
    #[must_use]
    pub fn arrivals(&self) -> Schedule {
        let every = micros(self.join) / u64::try_from(self.participants.max(1)).unwrap_or(u64::MAX);
        Schedule { every, count: u64::try_from(self.participants).unwrap_or(u64::MAX) }
    }

    /// All questions that there will be.
    #[must_use]
    pub fn all_questions(&self) -> usize {
        self.opening_questions + usize::try_from(self.asks().count()).unwrap_or(usize::MAX)
    }
}

/// A steady rate that nobody keeps exactly: one thing in each slot of time, anywhere in its slot. The number of things
/// is exact, which a random one would not be, and they still come bunched and apart as people's do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The length of a slot, in microseconds.
    every: u64,
    count: u64,
}

impl Schedule {
    fn of_votes(per_second: u32, duration: Duration) -> Self {
        Self::new(u64::from(per_second), 1_000_000, duration)
    }

    fn of_asks(per_minute: u32, duration: Duration) -> Self {
        Self::new(u64::from(per_minute), 60_000_000, duration)
    }

    fn new(things: u64, each: u64, duration: Duration) -> Self {
        let every = each.checked_div(things).unwrap_or(u64::MAX).max(1);
        Self { every, count: micros(duration).saturating_mul(things) / each }
    }

    /// How many things there are.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// When the thing of this number is due, in microseconds after the start.
    #[must_use]
    pub fn due(&self, number: u64, rng: &dyn Rng) -> u64 {
        // Exact to a millionth of a slot, which is enough for anything that is slept for.
        let within = (unit(rng) * self.every as f64) as u64;
        number.saturating_mul(self.every).saturating_add(within)
    }
}

/// A length of time in microseconds.
pub(super) fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// A random number from 0 to less than 1.
pub(super) fn unit(rng: &dyn Rng) -> f64 {
    let mut random = [0; 8];
    rng.fill(&mut random);
    // The 53 bits that a float holds exactly.
    (u64::from_le_bytes(random) >> 11) as f64 / (1_u64 << 53) as f64
}

/// A random index below `len`.
pub(super) fn pick(rng: &dyn Rng, len: usize) -> usize {
    ((unit(rng) * len as f64) as usize).min(len.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::SystemRng;
    use clap::Parser;

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        args: RehearseArgs,
    }

    fn plan(words: &str) -> Result<RehearsalPlan, String> {
        let flags = Flags::try_parse_from(["rehearse"].into_iter().chain(words.split_whitespace())).unwrap();
        RehearsalPlan::of(&flags.args)
    }

    #[test]
    fn the_defaults_are_a_town_hall() {
        let plan = plan("").unwrap();
        assert_eq!((plan.participants, plan.opening_questions), (2_000, 20));
        assert_eq!((plan.votes().count(), plan.asks().count(), plan.arrivals().count()), (6_000, 10, 2_000));
    }

    #[test]
    fn voters_never_run_out_of_questions() {
        assert_eq!(plan("--participants 50 --votes-per-second 200").unwrap().opening_questions, 120);
        assert!(plan("--participants 1 --votes-per-second 200").unwrap_err().contains("--participants"));
        assert_eq!(plan("--votes-per-second 0 --questions 0").unwrap().opening_questions, 0);
    }

    #[test]
    fn what_no_machine_holds_is_refused() {
        assert!(plan("--participants 100000 --asks-per-minute 6000").unwrap_err().contains("too much"));
        assert!(plan("--votes-per-second 0 --asks-per-minute 6000 --duration 24h").is_err());
    }

    #[test]
    fn each_thing_is_due_in_its_own_slot() {
        let schedule = Schedule::new(20, 60_000_000, Duration::from_secs(30));
        assert_eq!(schedule, Schedule { every: 3_000_000, count: 10 });
        for number in 0..10 {
            let due = schedule.due(number, &SystemRng);
            assert!((number * 3_000_000..(number + 1) * 3_000_000).contains(&due), "{number}: {due}");
        }
        assert_eq!(Schedule::new(0, 1_000_000, Duration::from_secs(1)).count(), 0);
    }

    #[test]
    fn an_index_is_within_its_list() {
        for len in [1, 2, 7] {
            assert!((0..100).all(|_| pick(&SystemRng, len) < len));
        }
    }
}
