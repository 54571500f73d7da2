//! How much is taken of everything, so that nobody's too much is somebody else's too little.
//!
//! * `rate`, `keyed`: the one algorithm, and a bounded table of it
//! * `pace`: requests, by participant and by tenant, as the domain's port; `turns`: who of them writes next
//! * `doors`, `network`: those whom nobody knows yet, by network and tenant
//! * `refusals`: those that are noted in the audit
//! * `streams`: how many there may be; `life`: for how long
//! * `pacer`: connections as they are accepted; `connections`: those that are open; `files`: how many there can be
//! * `args`: the settings
//!
//! Nobody is held back by their address alone: a hall of a thousand phones is one address.

mod args;
mod connections;
mod doors;
mod files;
mod keyed;
mod life;
mod network;
mod pace;
mod pacer;
mod rate;
mod refusals;
mod streams;
mod turns;

pub use args::LimitArgs;
pub use connections::{Activity, Busy, Connection, ConnectionLimits, Connections, Settled, Shed};
pub use doors::{Doors, Guess};
pub use files::raise_open_files;
pub use life::StreamLife;
pub use network::Network;
pub use pace::{HeldBack, Paces};
pub use pacer::Pacer;
pub use rate::{Limit, Rate};
pub use refusals::{MISSED_A_MINUTE, NOTED_A_MINUTE, NotedRefusals};
pub use streams::{Admission, FullOf, Holder, Permit, Refused, StreamLimits, TurnedAway};

use std::sync::Arc;

use pulsestage::ports::Clock;

/// The limits of one instance. Cheap to clone; all clones count together.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Who is let in to a stream.
    pub streams: Admission,
    /// How long a stream lives.
    pub stream_life: StreamLife,
    /// How fast requests may come; the use cases are given it by `Service::paced_by`.
    pub paces: Arc<Paces>,
    /// Those whom nobody knows yet.
    pub doors: Arc<Doors>,
    /// Connections that are open.
    pub connections: Connections,
}

impl Limits {
    /// The limits that these settings say, where so many files may be open.
    #[must_use]
    pub fn new(args: &LimitArgs, open_files: usize, clock: Arc<dyn Clock>) -> Self {
        Self {
            streams: Admission::new(args.streams(open_files)),
            stream_life: args.stream_life(),
            paces: Arc::new(Paces::new(args, clock.clone())),
            doors: Arc::new(Doors::new(args, clock)),
            connections: Connections::new(args.connections(open_files)),
        }
    }
}
