//! How much is taken of everything, so that nobody's too much is somebody else's too little.
//!
//! * `rate`, `keyed`: the one algorithm, and a bounded table of it
//! * `pace`: requests, by participant and by tenant, as the domain's port; `turns`: who of them writes next
//! * `sign_in`, `network`: unknown clients, by network and tenant
//! * `refusals`: those that are noted in the audit
//! * `streams`: how many there may be; `life`: for how long
//! * `pacer`: connections as they are accepted; `connections`: those that are open; `files`: how many there can be
//! * `args`: the settings
//!
//! No client is limited by its address alone: an audience of a thousand phones can have one address.

mod accept_limiter;
mod action_limiter;
mod args;
mod connections;
mod files;
mod keyed;
mod life;
mod network;
mod rate;
mod refusals;
mod sign_in;
mod streams;
mod turns;

pub use accept_limiter::AcceptLimiter;
pub use action_limiter::{ActionLimiter, HeldBack};
pub use args::LimitArgs;
pub use connections::{Activity, Busy, Connection, ConnectionLimits, Connections, Shed, StreamConnection};
pub use files::raise_open_files;
pub use life::StreamLife;
pub use network::Network;
pub use rate::{Limit, Rate};
pub use refusals::{AuditedRefusals, MISSED_A_MINUTE, NOTED_A_MINUTE};
pub use sign_in::{PasswordAttempt, SignInLimits};
pub use streams::{FullOf, Permit, RefusedStreams, StreamAdmission, StreamHolder, StreamLimits, TurnedAway};

use std::sync::Arc;

use pulsestage::ports::Clock;

/// The limits of one instance. Cheap to clone; all clones count together.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Who is let in to a stream.
    pub streams: StreamAdmission,
    /// How long a stream lives.
    pub stream_life: StreamLife,
    /// How fast requests may come; the use cases are given it by `Service::limited_by`.
    pub paces: Arc<ActionLimiter>,
    /// Those whom nobody knows yet.
    pub sign_in: Arc<SignInLimits>,
    /// Connections that are open.
    pub connections: Connections,
}

impl Limits {
    /// The limits that these settings say, where so many files may be open.
    #[must_use]
    pub fn new(args: &LimitArgs, open_files: usize, clock: Arc<dyn Clock>) -> Self {
        Self {
            streams: StreamAdmission::new(args.streams(open_files)),
            stream_life: args.stream_life(),
            paces: Arc::new(ActionLimiter::new(args, clock.clone())),
            sign_in: Arc::new(SignInLimits::new(args, clock)),
            connections: Connections::new(args.connections(open_files)),
        }
    }
}
