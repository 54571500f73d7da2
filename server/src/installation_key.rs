//! The key of an installation: it signs participants' cookies and makes the pseudonyms under which they ask and vote.
//!
//! It is in a file beside the database or in a variable of the environment, and never in the database: a backup of the
//! database alone tells nobody who asked. The database keeps a fingerprint, so that a start with another key, or without
//! the one that was lost, is refused before it makes strangers of everybody.

mod file;

use base64::Engine;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use clap::Args;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::auth::secret::{hex, unhex};
use crate::store::SqlStore;
use crate::system::InstallationKey;
use pulsestage::ports::{Rng, StoreError};

pub use self::file::make_folder;

/// The variable that may hold the key itself. There is no flag for it: whoever lists processes would see it.
pub const VARIABLE: &str = "PULSESTAGE_KEY";
/// The name of the key's file in the data folder.
const FILE: &str = "installation.key";
/// What the fingerprint is an HMAC of.
const FINGERPRINT: &str = "fingerprint";

/// Where the key is.
#[derive(Clone, Default, Args)]
pub struct KeyArgs {
    /// File with the installation's key, readable by its owner only; by default `installation.key` in the data folder,
    /// created at the first start. The variable PULSESTAGE_KEY holds the key itself instead, as 64 hexadecimal digits
    /// or in base64. Instances that share a database share the key.
    #[arg(long, env = "PULSESTAGE_KEY_FILE", value_name = "FILE")]
    pub key_file: Option<PathBuf>,
    /// Start with a new key after the old one was lost, for one start: guests lose access to the questions they asked and
    /// can vote again.
    #[arg(long)]
    pub new_key: bool,
    /// The key itself, as [`VARIABLE`] has it.
    #[arg(skip = std::env::var(VARIABLE).ok())]
    pub key: Option<String>,
}

/// The key is not shown.
impl fmt::Debug for KeyArgs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.key.as_ref().map(|_| "..");
        let (file, new) = (&self.key_file, &self.new_key);
        f.debug_struct("KeyArgs").field("key_file", file).field("new_key", new).field("key", &shown).finish()
    }
}

/// Why there is no key to start with. No text of it has any of the key in it.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// What the variable holds is no key.
    #[error("PULSESTAGE_KEY is no key: it must be 64 hexadecimal digits, or 32 bytes in base64")]
    Variable,
    /// What the file holds is no key.
    #[error("{} is no key: it must be one line of 64 hexadecimal digits, or of 32 bytes in base64", .0.display())]
    Form(PathBuf),
    /// Others on the machine can read the file.
    #[error(
        "others on this machine can read the installation's key: make it yours alone with `chmod 600 {}`", .0.display()
    )]
    Open(PathBuf),
    /// The file cannot be read or made.
    #[error("the installation's key {} cannot be {how}; give it in PULSESTAGE_KEY where no file can be kept", .0.display(), how = .1)]
    File(PathBuf, &'static str, #[source] std::io::Error),
    /// The database was used with a key that is not there.
    #[error(
        "the key of this installation is not there: {} does not exist. Restore it from where you keep a copy, or name it \
         with --key-file or PULSESTAGE_KEY; every instance of one database needs the same key. If it is lost for good, start \
         once with --new-key: whoever took part without an account is a stranger to what they asked and voted for then \
         (docs/OPERATIONS.md, \"The installation's key\")",
        .0.display()
    )]
    Lost(PathBuf),
    /// The database was used with another key.
    #[error(
        "{0} is not the key of this database. Every instance of one database needs the same key: copy the file \
         installation.key of the first one, or give all of them PULSESTAGE_KEY. If the right key is lost for good, start once \
         with --new-key: whoever took part without an account is a stranger to what they asked and voted for then \
         (docs/OPERATIONS.md, \"The installation's key\")"
    )]
    Wrong(String),
    /// The database is in trouble.
    #[error("the database cannot tell by what the installation's key is recognised")]
    Store(#[from] StoreError),
}

/// A key with where it is from.
struct Found {
    key: InstallationKey,
    place: KeySource,
}

enum KeySource {
    Variable,
    File(PathBuf),
    /// A file that was not there before this start.
    Made(PathBuf),
}

impl Found {
    fn named(&self) -> String {
        match &self.place {
            KeySource::Variable => VARIABLE.to_owned(),
            KeySource::File(path) | KeySource::Made(path) => path.display().to_string(),
        }
    }
}

/// The key of the installation that has this database: as it is given, or moved out of the database where an older
/// version kept it, or made where none was ever used. Instances that start at once on one folder get the same.
///
/// # Errors
/// [`KeyError`] says what to do about it.
pub async fn open(store: &SqlStore, folder: &Path, args: &KeyArgs, rng: &dyn Rng) -> Result<InstallationKey, KeyError> {
    let path = args.key_file.clone().unwrap_or_else(|| folder.join(FILE));
    // In this order: whoever takes the key out of the database has kept the fingerprint before.
    let kept = store.kept_key().await?;
    let known = store.key_fingerprint().await?;
    let found = match given(&path, args)? {
        Some(found) => found,
        None if known.is_some() && !args.new_key => return Err(KeyError::Lost(path)),
        None => made(&path, folder, kept.filter(|_| !args.new_key), rng)?,
    };
    let fingerprint = found.key.mac(FINGERPRINT, &[]);
    match known {
        Some(known) if known == fingerprint => {
            if args.new_key {
                tracing::warn!("--new-key changed nothing: the key that is there is the one of this database");
            }
        }
        Some(_) if args.new_key => {
            tracing::warn!(key = found.named(), "the database has another key from now on, and guests are strangers");
        }
        Some(_) => return Err(KeyError::Wrong(found.named())),
        None => {
            // A key that is given must be the one that an older version kept, or everybody would be a stranger.
            if kept.is_some_and(|kept| InstallationKey::new(kept).mac(FINGERPRINT, &[]) != fingerprint) && !args.new_key
            {
                return Err(KeyError::Wrong(found.named()));
            }
        }
    }
    if known != Some(fingerprint) && store.keep_key_fingerprint(fingerprint, args.new_key).await? != fingerprint {
        // Another instance was quicker, with a key of its own: nothing knows the one that was just made.
        if let (KeySource::Made(path), None) = (&found.place, kept) {
            file::remove(path).map_err(|error| KeyError::File(path.clone(), "removed", error))?;
        }
        return Err(KeyError::Wrong(found.named()));
    }
    if let KeySource::Made(path) = &found.place {
        tracing::info!(file = %path.display(), "made the file of the installation's key: keep a copy apart from the database");
    }
    // Last of all: wherever this breaks off before, the next start goes on.
    if kept.is_some() {
        store.forget_kept_key().await?;
        tracing::info!(key = found.named(), "took the installation's key out of the database");
    }
    Ok(found.key)
}

/// The key as it is given, for who takes a copy of it. Its digits are not shown.
pub struct KeyText {
    hex: String,
    fingerprint: [u8; 32],
    named: String,
}

impl KeyText {
    /// Its hexadecimal digits: a secret.
    #[must_use]
    pub fn hex(&self) -> &str {
        &self.hex
    }

    /// By what it is recognised.
    #[must_use]
    pub const fn fingerprint(&self) -> &[u8; 32] {
        &self.fingerprint
    }

    /// Where it is.
    #[must_use]
    pub fn named(&self) -> &str {
        &self.named
    }
}

impl fmt::Debug for KeyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyText").field("named", &self.named).finish_non_exhaustive()
    }
}

/// The key as it is given in this data folder; `None` when there is none.
///
/// # Errors
/// When what is there cannot be read or is no key.
pub fn given_text(folder: &Path, args: &KeyArgs) -> Result<Option<KeyText>, KeyError> {
    let path = args.key_file.clone().unwrap_or_else(|| folder.join(FILE));
    let (text, named) = match args.key.as_deref().filter(|text| !text.is_empty()) {
        Some(text) => (text.to_owned(), VARIABLE.to_owned()),
        None => match file::read(&path)? {
            Some(text) => (text, path.display().to_string()),
            None => return Ok(None),
        },
    };
    let no_key = || if named == VARIABLE { KeyError::Variable } else { KeyError::Form(path.clone()) };
    let bytes = parse_bytes(&text).ok_or_else(no_key)?;
    let fingerprint = InstallationKey::new(bytes).mac(FINGERPRINT, &[]);
    Ok(Some(KeyText { hex: hex(&bytes), fingerprint, named }))
}

/// Makes the file of a key that a backup had in it; gives where it is. A file that is there stays as it is.
///
/// # Errors
/// When it is no key, or the file cannot be made.
pub fn put_back(folder: &Path, args: &KeyArgs, text: &str, rng: &dyn Rng) -> Result<PathBuf, KeyError> {
    let path = args.key_file.clone().unwrap_or_else(|| folder.join(FILE));
    let file_error = |error| KeyError::File(path.clone(), "made", error);
    let bytes = parse_bytes(text).ok_or_else(|| KeyError::Form(path.clone()))?;
    if path.parent() == Some(folder) {
        make_folder(folder).map_err(file_error)?;
    }
    file::make(&path, &bytes, rng).map_err(file_error)?;
    Ok(path)
}

/// The key as the operator gives it.
fn given(path: &Path, args: &KeyArgs) -> Result<Option<Found>, KeyError> {
    if let Some(text) = args.key.as_deref().filter(|text| !text.is_empty()) {
        let key = parse(text).ok_or(KeyError::Variable)?;
        return Ok(Some(Found { key, place: KeySource::Variable }));
    }
    let Some(text) = file::read(path)? else { return Ok(None) };
    let key = parse(&text).ok_or_else(|| KeyError::Form(path.to_owned()))?;
    Ok(Some(Found { key, place: KeySource::File(path.to_owned()) }))
}

/// A file with the key that the database has, or with a new one. One that another process has made meanwhile is taken as
/// it is.
fn made(path: &Path, folder: &Path, kept: Option<[u8; 32]>, rng: &dyn Rng) -> Result<Found, KeyError> {
    let file_error = |error| KeyError::File(path.to_owned(), "made", error);
    let bytes = kept.unwrap_or_else(|| {
        let mut bytes = [0; 32];
        rng.fill(&mut bytes);
        bytes
    });
    if path.parent() == Some(folder) {
        make_folder(folder).map_err(file_error)?;
    }
    let is_ours = file::make(path, &bytes, rng).map_err(file_error)?;
    let text = file::read(path)?.ok_or_else(|| file_error(std::io::ErrorKind::NotFound.into()))?;
    let key = parse(&text).ok_or_else(|| KeyError::Form(path.to_owned()))?;
    let place = if is_ours { KeySource::Made(path.to_owned()) } else { KeySource::File(path.to_owned()) };
    Ok(Found { key, place })
}

/// A key from its text: 64 hexadecimal digits, or 32 bytes in either alphabet of base64.
fn parse(text: &str) -> Option<InstallationKey> {
    parse_bytes(text).map(InstallationKey::new)
}

fn parse_bytes(text: &str) -> Option<[u8; 32]> {
    let text = text.trim();
    let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let base64 = |alphabet| GeneralPurpose::new(alphabet, lenient).decode(text).ok();
    let bytes = match text.len() {
        64 => unhex(text),
        43 | 44 => base64(&alphabet::STANDARD).or_else(|| base64(&alphabet::URL_SAFE)),
        _ => None,
    };
    bytes?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[test]
    fn a_key_is_read_in_three_ways() {
        let bytes = [0xFB; 32];
        let key = InstallationKey::new(bytes).mac("x", b"");
        let hex = "fb".repeat(32);
        let url = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
        let standard = base64::engine::general_purpose::STANDARD.encode(bytes);
        for text in [hex.clone(), hex.to_uppercase(), format!(" {hex}\n"), url, standard] {
            assert_eq!(parse(&text).unwrap().mac("x", b""), key, "{text}");
        }
        for text in ["", "fb", &"g".repeat(64), &"fb".repeat(31), &"fb".repeat(33), &"!".repeat(43), &"é".repeat(32)] {
            assert!(parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn the_key_is_shown_nowhere() {
        #[derive(Parser)]
        struct Only {
            #[command(flatten)]
            key: KeyArgs,
        }
        let mut args = Only::parse_from(["pulsestage"]).key;
        args.key = Some("hush-hush".to_owned());
        assert!(!format!("{args:?}").contains("hush"), "{args:?}");
    }
}
