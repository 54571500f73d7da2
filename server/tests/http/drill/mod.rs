//! Drills: two and three instances on a real PostgreSQL and a real Redis, while somebody asks and votes and others
//! watch. Something happens to the database or to the way there, and at the end every board is the database's.
//!
//! They take minutes and the whole machine, so they run by themselves: `scripts/test drills`. `PULSESTAGE_DRILL_SECONDS`
//! makes what is away stay away for longer.

mod instance;

mod failover;
mod partition;
mod restore;
mod start;

use std::time::Duration;

/// The pause between two writes of one person.
const PAUSE: Duration = Duration::from_millis(20);
/// How long something is away, when nothing else is said.
const AWAY: u64 = 12;

/// How long what is away stays away.
fn away() -> Duration {
    let said = std::env::var("PULSESTAGE_DRILL_SECONDS").ok();
    Duration::from_secs(said.map_or(AWAY, |text| text.parse().unwrap()))
}

/// Says loudly that Redis is missing; where everything must be there, that is a failure.
fn redis_is_missing() {
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "CI=true, and redis-server is not installed");
    eprintln!("NOT TESTED: redis-server is not installed, so nothing is known of two instances that lose each other");
}
