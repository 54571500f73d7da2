//! How one tenant's streams are doing, for the people who run the tenant.

use serde::{Deserialize, Serialize};

use crate::tenant::Tenant;
use crate::user::Role;

/// How a tenant's streams are doing on the server that was asked. Counts begin with the first stream after a pause.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// Streams that are open.
    pub streams: u64,
    /// Messages that were published: facts and counts.
    pub published: u64,
    /// Messages that were written, each counted for each of its streams.
    pub deliveries: u64,
    /// Bytes of these.
    pub bytes: u64,
    /// Clients that came back and were sent exactly what they had missed.
    pub replays: u64,
    /// Clients that came back and had to load the board.
    pub resyncs: u64,
    /// Streams that were ended because their client read too slowly.
    pub slow: u64,
    /// Milliseconds from the last change to its being ready for every stream.
    pub lag_ms: Option<u64>,
    /// The heartbeat; absent while nobody watches.
    pub heartbeat: Option<Pulse>,
    /// How long the streams lasted that have ended, from the shortest to the longest.
    pub stays: Vec<Stay>,
    /// How long they lasted on average, in milliseconds.
    pub mean_stay_ms: Option<u64>,
    /// The last minutes, the oldest first.
    pub samples: Vec<Sample>,
}

/// A tenant's heartbeat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pulse {
    /// Milliseconds between two.
    pub every_ms: u64,
    /// Milliseconds since the last one, or since somebody began to watch.
    pub age_ms: u64,
    /// How many were written, each counted for each of its streams.
    pub sent: u64,
    /// How many were left out because the stream had just been written to.
    pub skipped: u64,
}

impl Pulse {
    /// Whether it comes when it should. Half an interval late is late: browsers give up at two and a half.
    #[must_use]
    pub const fn is_late(self) -> bool {
        self.age_ms > self.every_ms.saturating_mul(3) / 2
    }
}

/// How many streams lasted about so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stay {
    /// At most so many seconds, and more than the one before; absent for the longest.
    pub up_to_s: Option<u64>,
    /// How many.
    pub streams: u64,
}

/// The counts at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sample {
    /// When, in milliseconds of a clock that begins anywhere.
    pub at_ms: u64,
    /// Streams that were open.
    pub streams: u64,
    /// Messages that had been published.
    pub published: u64,
    /// Messages that had been written.
    pub deliveries: u64,
}

/// What the page about a tenant's health shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HealthView {
    /// The tenant.
    pub tenant: Tenant,
    /// What the reader is there.
    pub role: Role,
    /// How its streams are doing.
    pub health: Health,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heartbeat_is_late_half_an_interval_after_its_time() {
        let pulse = |age_ms| Pulse { every_ms: 30_000, age_ms, sent: 0, skipped: 0 };
        assert!(!pulse(0).is_late() && !pulse(45_000).is_late());
        assert!(pulse(45_001).is_late());
        assert!(!Pulse { every_ms: u64::MAX, ..pulse(45_001) }.is_late());
    }
}
