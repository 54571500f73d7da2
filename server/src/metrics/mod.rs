//! What is counted, and who may look at it: Prometheus on a listener of its own, and the page about a tenant's health.
//!
//! * `meter`: what one watched tenant's streams count, as atomics; `history`: a part of it
//! * `meters`: all of them, and what those counted that nobody watches any more
//! * `text`: all of it as Prometheus reads it; `listener`: where it is served
//!
//! Counting must cost nothing that shows: streams count in plain numbers and add them once for each pass over a
//! thousand sockets, so that a delivery touches no atomic and no lock.

mod history;
mod listener;
mod meter;
mod meters;
mod sizes;
mod text;

use clap::Args;
use std::net::SocketAddr;

use crate::boards::BoardCache;
use crate::jobs::JobCounts;
use crate::lineage::ReplacedCount;
use crate::store::StoreTimes;

pub use listener::{Exposed, router, serve};
pub use meter::{Meter, ReplaySource, WrittenBytes};
pub use meters::{MAX_TENANT_LABELS, Meters};
pub use sizes::KnownSizes;

/// Where metrics are served.
#[derive(Clone, Debug, Default, Args)]
pub struct MetricsArgs {
    /// Address and port for Prometheus, at `/metrics`; not served when not given. For the operator's network alone: it
    /// tells the ids of tenants and how many people watch them.
    #[arg(long, env = "PULSESTAGE_METRICS_ADDR", value_name = "ADDR")]
    pub metrics_addr: Option<SocketAddr>,
}

/// Everything that is counted. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// What the streams count.
    pub meters: Meters,
    /// How long the database takes.
    pub store: StoreTimes,
    /// How large its tables are.
    pub sizes: KnownSizes,
    /// How often it was found to be replaced.
    pub replaced: ReplacedCount,
    /// What became of mail.
    pub mail: JobCounts,
    /// How boards are read.
    pub boards: BoardCache,
}
