//! `pulsestage backup`: everything in one file, while the server runs.

use anyhow::Context;
use clap::Args;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::auth::secret::hex;
use crate::config::StoreArgs;
use crate::installation_key::{self, KeyArgs, KeyText, VARIABLE};
use crate::store::backup::{BackupError, Manifest, NewBackup, export, fingerprint};
use crate::system::{SystemClock, SystemRng};
use pulsestage::ports::{Clock, Rng};
use pulsestage::time::Timestamp;

/// The flags of `backup`.
#[derive(Debug, Args)]
pub struct BackupArgs {
    /// The file to write. It appears under this name when it is complete.
    pub file: PathBuf,
    /// Overwrite an existing file.
    #[arg(long)]
    pub force: bool,
    /// Include the installation's key. The file then shows who asked what.
    #[arg(long)]
    pub with_key: bool,
    /// Where the key is.
    #[command(flatten)]
    pub key: KeyPlace,
    /// Where the data is.
    #[command(flatten)]
    pub store: StoreArgs,
}

/// Where a command finds the installation's key.
#[derive(Debug, Default, Args)]
pub struct KeyPlace {
    /// File with the installation's key; by default `installation.key` in the data folder. The variable PULSESTAGE_KEY
    /// holds the key itself instead.
    #[arg(long, env = "PULSESTAGE_KEY_FILE", value_name = "FILE")]
    pub key_file: Option<PathBuf>,
}

impl KeyPlace {
    pub(crate) fn args(&self) -> KeyArgs {
        KeyArgs { key_file: self.key_file.clone(), new_key: false, key: std::env::var(VARIABLE).ok() }
    }
}

/// Writes the backup; gives what to print.
///
/// # Errors
/// When there is none; the message says why.
pub async fn run(args: &BackupArgs) -> anyhow::Result<String> {
    let file = &args.file;
    refuse(file, args.force)?;
    let url = args.store.url();
    must_be_there(&url)?;
    let key = match args.with_key {
        true => Some(key(args, &url).await?),
        false => None,
    };
    let part = Part::new(file).with_context(|| format!("{} cannot be written", file.display()))?;
    let taken_at = SystemClock.now();
    let backup = NewBackup { url: &url, taken_at, key: key.as_ref().map(KeyText::hex) };
    let (manifest, written) =
        export(backup, part.file()?, &|table, done, all| tell("backup", table, done, all)).await?;
    let place = || -> io::Result<u64> {
        written.sync_all()?;
        part.put(file, args.force)?;
        Ok(written.metadata()?.len())
    };
    let bytes = place().with_context(|| format!("{} cannot be put in its place", file.display()))?;
    Ok(told(file, &manifest, bytes))
}

/// Says how far it is, to whoever waits.
pub(crate) fn tell(what: &str, table: &str, done: u64, all: u64) {
    eprintln!("{what}: {done} of {all} rows, in {table}");
}

/// What a backup is, in a few lines.
pub(crate) fn described(manifest: &Manifest) -> String {
    let tenants = manifest.tenants.len();
    format!(
        "taken at {} from {} by version {}: {} rows of {} tables, {tenants} tenant{}",
        Timestamp(manifest.taken_at),
        if manifest.engine == "sqlite" { "SQLite" } else { "PostgreSQL" },
        manifest.version,
        manifest.rows(),
        manifest.tables.len(),
        if tenants == 1 { "" } else { "s" },
    )
}

fn told(file: &Path, manifest: &Manifest, bytes: u64) -> String {
    let key = if manifest.with_key {
        "It contains the installation's key and so shows who asked what. Restrict who can read it."
    } else {
        "It does not contain the installation's key: keep a copy of installation.key, or of PULSESTAGE_KEY, elsewhere."
    };
    format!("{}: {}, {bytes} bytes.\n{key}", file.display(), described(manifest))
}

fn refuse(file: &Path, force: bool) -> anyhow::Result<()> {
    match fs::symlink_metadata(file) {
        Ok(meta) if meta.is_dir() => anyhow::bail!("{} is a folder: name a file in it", file.display()),
        Ok(_) if !force => anyhow::bail!("{} is there already: --force writes over it", file.display()),
        _ => Ok(()),
    }
}

/// A SQLite file that is not there would be said in SQLite's own words.
fn must_be_there(url: &str) -> Result<(), BackupError> {
    match url.strip_prefix("sqlite://") {
        Some(path) if !Path::new(path).is_file() => Err(BackupError::Nowhere(path.to_owned())),
        _ => Ok(()),
    }
}

async fn key(args: &BackupArgs, url: &str) -> anyhow::Result<KeyText> {
    let key = installation_key::given_text(&args.store.data_dir, &args.key.args())?;
    let key = key.context("there is no key to include: name its file with --key-file, or give it in PULSESTAGE_KEY")?;
    let known = fingerprint(url).await?;
    anyhow::ensure!(
        known.is_none_or(|known| known == key.fingerprint()),
        "{} is not the key of this database, so it is of no use in its backup",
        key.named()
    );
    Ok(key)
}

/// The file while it is written: under another name, and gone when it does not become whole.
struct Part(PathBuf);

impl Part {
    fn new(file: &Path) -> io::Result<Self> {
        let mut random = [0; 8];
        SystemRng.fill(&mut random);
        let mut name = OsString::from(".");
        name.push(file.file_name().ok_or(io::ErrorKind::InvalidInput)?);
        name.push(format!(".{}.part", hex(&random)));
        let part = Self(file.with_file_name(name));
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part.0)?;
        Ok(part)
    }

    fn file(&self) -> io::Result<File> {
        OpenOptions::new().write(true).open(&self.0)
    }

    /// Gives it its name. Where it may not write over another, it does not, also when that has just come.
    fn put(&self, file: &Path, force: bool) -> io::Result<()> {
        if force {
            fs::rename(&self.0, file)?;
        } else {
            match fs::hard_link(&self.0, file) {
                // A file system without links.
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists && !file.exists() => {
                    fs::rename(&self.0, file)?;
                }
                linked => linked?,
            }
        }
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        File::open(folder)?.sync_all()
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // Renamed already, if all went well.
        let _gone_already = fs::remove_file(&self.0);
    }
}
