//! Whose access has ended: the streams of people who are signed in end with their sessions.
//!
//! Whatever takes an access away writes a revocation in the same transaction. Each instance reads those twice a second,
//! and at once when it is rung; a stream whose session or person one of them names ends then. Streams of people
//! without an account have no part in this and cost nothing.

mod passes;
mod watch;

pub(crate) use passes::Pass;
pub use passes::Passes;
pub use watch::Watcher;
