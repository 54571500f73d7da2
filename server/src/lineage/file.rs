//! What an instance knows of its database, in a file of its data folder.
//!
//! It is written with every commit on SQLite, so that a process which is killed at any moment leaves a file that is at most
//! one commit behind the database and never ahead of it; so it is written in place, which costs a few microseconds, and not
//! to a new file that is renamed. Two slots take turns, each with a checksum: a write that breaks off leaves the other one.
//! The disk is waited for once a second (`sync`) and not with each write: what a power cut takes of it makes the file
//! older, and a file that is older than the database proves nothing wrong.
//!
//! The file tells as well when it was written. The system's own note of its latest change cannot be set by anybody: where
//! the two differ, the file was copied, or put back, and the database beside it most likely was too.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::UNIX_EPOCH;

use super::judge::KnownDatabase;
use crate::auth::secret::hex;
use crate::installation_key::make_folder;
use pulsestage::ports::Clock;

/// The file's name in the data folder.
const NAME: &str = "database.mark";
/// Room for one slot. What is known of sixteen other instances is some two thousand bytes.
const SLOT: usize = 4_096;
/// The most other instances that are kept.
const MOST_OTHERS: usize = 24;
/// How far the moment in the file and the system's note of it may be apart, in milliseconds: the system's clock for files
/// is a little coarse.
const APART_MS: i64 = 25;
/// The same where the machine was started anew since: after a power cut one of the two may be some seconds older.
const APART_AFTER_BOOT_MS: i64 = 10_000;
/// How often a file is written again because the two are further apart.
const TRIES: usize = 5;

/// What one slot holds.
#[derive(Debug, Serialize, Deserialize)]
struct MarkRecord {
    /// Which of the slots is the later one.
    turn: u64,
    /// When it was written, in milliseconds since 1970.
    written_at: i64,
    /// The file that it was written to.
    file: FileId,
    /// Whether that file's system notes changes by the same clock.
    has_clock: bool,
    /// Which start of the machine it was.
    boot: Option<String>,
    known: KnownDatabase,
}

/// What tells a file from a copy of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct FileId {
    /// When it was made, in microseconds, where the file system knows.
    made_at: Option<i64>,
    inode: u64,
}

impl FileId {
    fn of(file: &File) -> io::Result<Self> {
        let meta = file.metadata()?;
        let made_at = meta.created().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        Ok(Self { made_at: made_at.and_then(|at| i64::try_from(at.as_micros()).ok()), inode: meta.ino() })
    }

    fn is_same(self, other: Self) -> bool {
        match (self.made_at, other.made_at) {
            (Some(this), Some(other)) => this == other,
            _ => self.inode == other.inode,
        }
    }
}

/// The file, while this process has it.
#[derive(Debug)]
pub(super) struct MarkFile {
    file: File,
    id: FileId,
    turn: u64,
    has_clock: bool,
    boot: Option<String>,
}

/// A file with what was found in it.
#[derive(Debug)]
pub(super) struct OpenedFile {
    pub(super) file: MarkFile,
    pub(super) known: Option<KnownDatabase>,
    /// Whether somebody else has put it there.
    pub(super) is_copy: bool,
}

/// Opens the file of a data folder, or makes it; nothing when another process has it.
///
/// # Errors
/// When it cannot be read or made.
pub(super) fn open(folder: &Path) -> io::Result<Option<OpenedFile>> {
    make_folder(folder)?;
    let path = folder.join(NAME);
    let mut options = OpenOptions::new();
    let file = options.read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        // A file system without locks: then nobody can tell.
        Err(TryLockError::Error(error)) => tracing::debug!(%error, "the file of the mark cannot be locked"),
    }
    let id = FileId::of(&file)?;
    let record = read(&file)?;
    let boot = boot();
    let is_copy = record.as_ref().is_some_and(|record| {
        let is_same_boot = boot.is_some() && boot == record.boot;
        let most = if is_same_boot { APART_MS } else { APART_AFTER_BOOT_MS };
        let is_changed = changed_at(&file).is_ok_and(|at| is_apart(at, record.written_at, most));
        !record.file.is_same(id) || record.has_clock && is_changed
    });
    let turn = record.as_ref().map_or(0, |record| record.turn);
    let file = MarkFile { file, id, turn, has_clock: true, boot };
    Ok(Some(OpenedFile { file, known: record.map(|record| record.known), is_copy }))
}

/// Whether a process has the file of a data folder.
pub(super) fn is_locked(folder: &Path) -> bool {
    let file = File::open(folder.join(NAME));
    file.is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
}

impl MarkFile {
    /// Writes what is known. Quick: it does not wait for the disk.
    pub(super) fn write(&mut self, known: &KnownDatabase, clock: &dyn Clock) -> io::Result<()> {
        let mut known = known.clone();
        known.others.sort_by_key(|mark| std::cmp::Reverse(mark.at));
        known.others.truncate(MOST_OTHERS);
        self.has_clock = true;
        for _ in 0..TRIES {
            let written_at = self.put(&known, clock)?;
            if !is_apart(changed_at(&self.file)?, written_at, APART_MS) {
                return Ok(());
            }
            // This process was held up between the two.
        }
        // Or the file's system has another clock, or one of whole seconds.
        self.has_clock = false;
        self.put(&known, clock).map(drop)
    }

    /// Writes a slot; says for when.
    fn put(&mut self, known: &KnownDatabase, clock: &dyn Clock) -> io::Result<i64> {
        self.turn += 1;
        let written_at = clock.now().0;
        let (file, has_clock, boot) = (self.id, self.has_clock, self.boot.clone());
        let record = MarkRecord { turn: self.turn, written_at, file, has_clock, boot, known: known.clone() };
        let text = serde_json::to_string(&record)?;
        let mut slot = format!("{}\n{text}\n", hex(&Sha256::digest(text.as_bytes()))).into_bytes();
        if slot.len() > SLOT {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "the mark does not fit"));
        }
        // So that whoever looks into the file sees lines, and nothing of what was there before.
        slot.resize(SLOT - 1, b' ');
        slot.push(b'\n');
        self.file.write_all_at(&slot, (self.turn % 2) * SLOT as u64)?;
        Ok(written_at)
    }

    /// Another handle, to wait for the disk with.
    pub(super) fn handle(&self) -> io::Result<File> {
        self.file.try_clone()
    }
}

/// The later of the two slots that are whole.
fn read(file: &File) -> io::Result<Option<MarkRecord>> {
    let mut latest: Option<MarkRecord> = None;
    for slot in 0..2 {
        let mut bytes = vec![0; SLOT];
        let mut length = 0;
        while length < SLOT {
            match file.read_at(&mut bytes[length..], (slot * SLOT + length) as u64)? {
                0 => break,
                read => length += read,
            }
        }
        if let Some(record) = parse(&bytes[..length])
            && latest.as_ref().is_none_or(|latest| latest.turn < record.turn)
        {
            latest = Some(record);
        }
    }
    Ok(latest)
}

fn parse(slot: &[u8]) -> Option<MarkRecord> {
    let mut lines = std::str::from_utf8(slot).ok()?.lines();
    let (sum, text) = (lines.next()?, lines.next()?);
    (hex(&Sha256::digest(text.as_bytes())) == sum).then(|| serde_json::from_str(text).ok()).flatten()
}

/// When the system noted the latest change of the file, in milliseconds since 1970.
fn changed_at(file: &File) -> io::Result<i64> {
    let meta = file.metadata()?;
    Ok(meta.ctime() * 1_000 + meta.ctime_nsec() / 1_000_000)
}

fn is_apart(one: i64, other: i64, most: i64) -> bool {
    one.abs_diff(other) > most.unsigned_abs()
}

/// Which start of the machine this is, where it tells.
fn boot() -> Option<String> {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok().map(|text| text.trim().to_owned())
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
