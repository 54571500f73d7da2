//! The key's file and the folder that it is in: readable by their owner alone.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use super::KeyError;
use crate::auth::secret::hex;
use pulsestage::ports::Rng;

/// What a group and others may do.
const OTHERS: u32 = 0o077;
/// A folder that everybody writes to, such as `/tmp`.
const SHARED: u32 = 0o1000;
/// More than any text of a key.
const LONGEST: u64 = 1_024;

/// Makes a folder that nobody else on the machine can look into. One of ours that is there and stands more open is closed,
/// save where it is meant to be shared.
///
/// # Errors
/// When it cannot be made.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    if !folder.is_dir() {
        return DirBuilder::new().recursive(true).mode(0o700).create(folder);
    }
    let found = fs::metadata(folder)?;
    let mode = found.permissions().mode();
    if mode & OTHERS == 0 || mode & SHARED != 0 || !is_ours(&found) {
        return Ok(());
    }
    match fs::set_permissions(folder, fs::Permissions::from_mode(mode & !OTHERS & 0o7777)) {
        Ok(()) => tracing::info!(folder = %folder.display(), "closed the data folder to others on this machine"),
        // Some file systems know no such thing as rights; what is in the folder has its own where there are any.
        Err(error) => tracing::warn!(folder = %folder.display(), %error, "the data folder stays open to others"),
    }
    Ok(())
}

/// The text of a key's file; `None` when there is none.
pub(super) fn read(path: &Path) -> Result<Option<String>, KeyError> {
    let file_error = |error| KeyError::File(path.to_owned(), "read", error);
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(file_error)?,
    };
    // Of the file that was opened, whatever has the name by now. One of somebody else's, such as a mounted secret, is
    // kept by them, as ssh sees it too.
    let found = file.metadata().map_err(file_error)?;
    if is_ours(&found) && found.permissions().mode() & OTHERS != 0 {
        return Err(KeyError::Open(path.to_owned()));
    }
    let mut text = String::new();
    match file.take(LONGEST).read_to_string(&mut text) {
        Ok(_) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::InvalidData => Err(KeyError::Form(path.to_owned())),
        Err(error) => Err(file_error(error)),
    }
}

/// Makes the file with this key in it, whole and on the disk or not at all; says whether it did: a file that is there
/// stays as it is.
pub(super) fn make(path: &Path, key: &[u8; 32], rng: &dyn Rng) -> io::Result<bool> {
    let mut random = [0; 8];
    rng.fill(&mut random);
    let mut name = path.file_name().ok_or(ErrorKind::InvalidInput)?.to_owned();
    name.push(format!(".{}", hex(&random)));
    let beside = path.with_file_name(name);
    let made = write(&beside, key).and_then(|()| match fs::hard_link(&beside, path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        linked => linked.map(|()| true),
    });
    let removed = fs::remove_file(&beside);
    let is_new = made?;
    removed?;
    sync_folder_of(path)?;
    Ok(is_new)
}

/// Removes the file.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    fs::remove_file(path)?;
    sync_folder_of(path)
}

fn write(path: &Path, key: &[u8; 32]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(format!("{}\n", hex(key)).as_bytes())?;
    file.sync_all()
}

/// A name is on the disk once its folder is.
fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    File::open(folder)?.sync_all()
}

fn is_ours(found: &fs::Metadata) -> bool {
    found.uid() == rustix::process::geteuid().as_raw()
}
