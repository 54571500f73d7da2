//! A backup of everything, of either engine for either: written from one snapshot, checked before anything is read from
//! it, and brought into a database in one transaction.
//!
//! * `container`: the file, with its checksum; `lines`: what is in it
//! * `export`: from a database into lines; `import`: from lines into a database
//! * `restore`: the same into a database that may have something else; `check`: whether what was imported is sound
//!
//! A backup has rows, and no pages: what was deleted or taken back before it was begun is not in it.

mod check;
mod container;
pub(in crate::store) mod copy;
mod export;
mod import;
mod lines;
mod restore;
pub(in crate::store) mod tables;

use std::time::Duration;

use pulsestage::ports::StoreError;
use tokio::time::Instant;

use crate::store::OpenError;
use crate::store::db_error::{DbError, store_error};

pub use check::{LogGap, Soundness, sound};
pub use container::UnreadableBackup;
pub use export::{NewBackup, export, fingerprint};
pub use import::{Imported, Target, Unsound, import, read_manifest};
pub use lines::Manifest;
pub use restore::{Restored, restore};

/// The time between two words about how far it is.
const WORD: Duration = Duration::from_secs(1);

/// Why there is no backup, or nothing came of it.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The file.
    #[error(transparent)]
    Unreadable(#[from] UnreadableBackup),
    /// The file cannot be written.
    #[error("the backup cannot be written")]
    Write(#[source] std::io::Error),
    /// The disk has no room for it.
    #[error("the backup cannot be written: the disk is full")]
    Full,
    /// The database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// There is none.
    #[error("there is no database at {0}")]
    Nowhere(String),
    /// It is none of ours.
    #[error("the database has no tables of PulseStage")]
    NotOurs,
    /// It has data.
    #[error("the database has data already (in {0}): --replace puts the backup in its place")]
    HasData(String),
    /// Somebody uses it.
    #[error("{0}")]
    InUse(String),
    /// The backup is of a newer version.
    #[error("the backup is of a newer version of PulseStage (migration {0}): use that one")]
    Newer(i64),
    /// The tables of the database are others than those of the backup.
    #[error(
        "the tables of the database are not those of the backup ({0} differs): restore it into an empty database, which is \
         brought up to date then"
    )]
    OtherTables(String),
    /// What is in the backup contradicts itself.
    #[error("what is in the backup does not fit together: {0}")]
    Unsound(Unsound),
    /// The database failed.
    #[error("the database failed meanwhile")]
    Store(#[source] StoreError),
}

impl BackupError {
    /// Whether the backup itself is to blame: everything else says nothing about it.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Unreadable(unreadable) => unreadable.is_damage(),
            Self::Unsound(_) => true,
            _ => false,
        }
    }

    fn writing(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded | std::io::ErrorKind::FileTooLarge => {
                Self::Full
            }
            _ => Self::Write(error),
        }
    }
}

/// What went wrong inside is logged here, once.
impl From<DbError> for BackupError {
    fn from(failure: DbError) -> Self {
        Self::Store(store_error(failure))
    }
}

impl From<StoreError> for BackupError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<sqlx::Error> for BackupError {
    fn from(error: sqlx::Error) -> Self {
        DbError::from(error).into()
    }
}

/// How far it is: the table, the rows that are done, and all of them.
pub type Progress<'p> = dyn Fn(&str, u64, u64) + Send + Sync + 'p;

/// Says how far it is, and not too often.
struct Pace<'p> {
    progress: &'p Progress<'p>,
    said: Instant,
    done: u64,
    all: u64,
}

impl<'p> Pace<'p> {
    fn new(progress: &'p Progress<'p>, all: u64) -> Self {
        Self { progress, said: Instant::now(), done: 0, all }
    }

    fn row(&mut self, table: &str) {
        self.done += 1;
        if self.done.is_multiple_of(256) && self.said.elapsed() >= WORD {
            self.said = Instant::now();
            (self.progress)(table, self.done, self.all);
        }
    }
}
