//! Whose access has ended: the streams of people who are signed in end with their sessions.
//!
//! Whatever takes an access away writes a revocation in the same transaction. Each instance reads those twice a second,
//! and at once when it is notified; a stream whose session or person one of them names ends then. All streams of people
//! without an account in a tenant have one pass together: it ends when who of them may see what has changed.

mod register;
mod watch;

pub use register::AccessRegister;
pub(crate) use register::StreamAccess;
pub use watch::Watcher;
