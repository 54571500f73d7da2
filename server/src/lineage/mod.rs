//! Recognising that the database was put back to an earlier state, or that another one is in its place.
//!
//! A log that goes on from an earlier state gives numbers a second time, to other facts: a browser that has seen the first
//! would keep them for good. So when it happens every log gets a new epoch, and whoever has a cursor of the old one loads
//! the board again. It is recognised by three things:
//!
//! * the database has a lineage, which changes each time that it was found to be replaced, or was restored
//! * each instance has a mark in the database that grows with what it writes (`store::marks`), and keeps the same in a
//!   file in the data folder (`file`): a database that knows less of it than the file was put back
//! * PostgreSQL tells which cluster it is, and on which timeline
//!
//! `judge` decides, from what is known and what is found. It is asked at the start before anybody is served, and once a
//! second ([`Watch`]), so that instances that stay up while a server fails over find out as well.

mod file;
mod judge;
mod watch;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub use judge::{KnownDatabase, KnownMark, LineageFinding, Replaced, judge};
pub use watch::Watch;

/// How often the database was found to be replaced, since the start. Cheap to clone; all clones are one.
#[derive(Clone, Debug, Default)]
pub struct ReplacedCount(Arc<AtomicU64>);

impl ReplacedCount {
    /// The count.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn add_one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Whether a server that runs has this data folder, as far as that can be told.
#[must_use]
pub fn is_in_use(folder: &Path) -> bool {
    file::is_locked(folder)
}
