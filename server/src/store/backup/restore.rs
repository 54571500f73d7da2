//! A backup in the place of what a database has: on SQLite as a new file that takes the place of the old one when it is
//! whole, on PostgreSQL in one transaction.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pulsestage::id::uuid_v7;
use pulsestage::ports::Rng;
use pulsestage::time::Timestamp;
use sqlx::PgConnection;
use sqlx::pool::PoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteLockingMode, SqlitePool};
use tokio::time::sleep;

use crate::store::backup::import::{Imported, NO_DATA, Target, import, read_manifest};
use crate::store::backup::lines::Manifest;
use crate::store::backup::tables;
use crate::store::backup::{BackupError, Progress};
use crate::store::db_error::is_taken;
use crate::store::engine::open::{Address, connect, make_parent};
use crate::store::{OpenError, SqlStore, StartLock, Tx, sql};

/// How long a database may take for an answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a file is waited for that another process has.
const BUSY: Duration = Duration::from_millis(500);
/// How often it is looked whether others use a database, and how long after one another.
const LOOKS: usize = 20;
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);
/// The files of a SQLite database.
const ENDS: [&str; 3] = ["", "-wal", "-shm"];

/// What was restored.
pub struct Restored {
    /// What the backup says of itself.
    pub manifest: Manifest,
    /// The installation's key, in hexadecimal digits, if it is in it.
    pub key: Option<String>,
    /// By what the key of the database is recognised.
    pub fingerprint: Option<[u8; 32]>,
}

/// Restores a backup. Every log gets a new epoch, and the database a new lineage.
///
/// # Errors
/// [`BackupError`] says why not; the database is as it was then.
pub async fn restore(
    path: &Path,
    target: Target<'_>,
    (at, rng): (Timestamp, &dyn Rng),
    progress: &Progress<'_>,
) -> Result<Restored, BackupError> {
    // Before anything is touched.
    read_manifest(path)?;
    let address = Address::parse(target.url)?;
    if let Address::Server(server) = &address {
        let mut session = connect(server, PATIENCE).await?;
        if is_used_by_others(&mut session).await? {
            let text = "a server of PulseStage, or a command, is at work on this database: stop it first";
            return Err(BackupError::InUse(text.to_owned()));
        }
    }
    // An instance that is started meanwhile waits until all of it is there.
    let lock = StartLock::take(target.url, PATIENCE, || {}).await?;
    let restored = match &address {
        Address::File(file) => restore_file(path, (file, target.replace), (at, rng), progress).await,
        Address::Server(_) => {
            let imported = import(path, target, rng, progress).await?;
            finish(imported, (at, rng)).await
        }
    };
    lock.release(PATIENCE).await;
    restored
}

/// Whether others have sessions on this database. PostgreSQL lists a session for a moment after its client has closed it,
/// so who has just stopped is given that moment.
async fn is_used_by_others(session: &mut PgConnection) -> Result<bool, sqlx::Error> {
    for _ in 0..LOOKS {
        let others: i64 = sqlx::query_scalar(sql::backup::POSTGRES_OTHERS).fetch_one(&mut *session).await?;
        if others == 0 {
            return Ok(false);
        }
        sleep(BETWEEN_LOOKS).await;
    }
    Ok(true)
}

async fn finish(imported: Imported, (at, rng): (Timestamp, &dyn Rng)) -> Result<Restored, BackupError> {
    let Imported { store, manifest, key } = imported;
    let finished = renew(&store, &manifest, (at, rng)).await;
    store.close().await;
    Ok(Restored { manifest, key, fingerprint: finished? })
}

async fn renew(
    store: &SqlStore,
    manifest: &Manifest,
    (at, rng): (Timestamp, &dyn Rng),
) -> Result<Option<[u8; 32]>, BackupError> {
    let history = store.database_history().await?;
    let number = history.lineages.last().map_or(1, |present| present.number + 1);
    let mut random = [0; 10];
    rng.fill(&mut random);
    let reason = format!("restored from a backup of {}", Timestamp(manifest.taken_at));
    let identity = history.identity.as_ref();
    store.renew_lineage((number, uuid_v7(at, random)), &reason, identity, at, rng).await?;
    Ok(store.key_fingerprint().await?)
}

async fn restore_file(
    path: &Path,
    (file, replace): (&Path, bool),
    (at, rng): (Timestamp, &dyn Rng),
    progress: &Progress<'_>,
) -> Result<Restored, BackupError> {
    make_parent(file).await?;
    look(file, replace).await?;
    let beside = beside(file, ".restoring");
    remove(&beside).map_err(BackupError::writing)?;
    let restored = async {
        let url = format!("sqlite://{}", beside.display());
        let imported = import(path, Target { url: &url, replace: false }, rng, progress).await?;
        let restored = finish(imported, (at, rng)).await?;
        put_in_place(&beside, file).map_err(BackupError::writing)?;
        Ok(restored)
    }
    .await;
    if restored.is_err() {
        // What is left of it is nothing.
        let _gone_already = remove(&beside);
    }
    restored
}

/// Whether a file may be replaced: nobody has it open, and it has no data or is to be replaced.
async fn look(file: &Path, replace: bool) -> Result<(), BackupError> {
    if !fs::metadata(file).is_ok_and(|meta| meta.len() > 0) {
        return Ok(());
    }
    // A connection of another process holds a lock, also when it does nothing.
    let options = SqliteConnectOptions::new().filename(file).create_if_missing(false).busy_timeout(BUSY);
    let options = options.locking_mode(SqliteLockingMode::Exclusive);
    match first_data(options).await {
        Ok(Some(table)) if !replace => Err(BackupError::HasData(table)),
        Ok(_) => Ok(()),
        Err(BackupError::Open(OpenError::Connect(error))) if is_taken(&error) => {
            Err(BackupError::InUse(format!("another process has {} open: stop the server first", file.display())))
        }
        // It is no database, or a broken one.
        Err(BackupError::Open(OpenError::Connect(_))) if replace => Ok(()),
        Err(error) => Err(error),
    }
}

/// The first table that has data.
async fn first_data(options: SqliteConnectOptions) -> Result<Option<String>, BackupError> {
    let pool: SqlitePool =
        PoolOptions::new().max_connections(1).connect_with(options).await.map_err(OpenError::Connect)?;
    let found = async {
        let mut tx = Tx::Sqlite(pool.begin_with("BEGIN EXCLUSIVE").await.map_err(OpenError::Connect)?);
        let mut found = None;
        for table in tables::tables(&mut tx).await? {
            if !NO_DATA.contains(&&*table.name) && tables::has_rows(&mut tx, &table).await? {
                found = Some(table.name);
                break;
            }
        }
        let _ended = tx.end(Ok(())).await;
        Ok(found)
    }
    .await;
    pool.close().await;
    found
}

fn beside(file: &Path, end: &str) -> PathBuf {
    let mut name: OsString = file.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

/// Removes a database's files.
fn remove(file: &Path) -> io::Result<()> {
    for end in ENDS {
        match fs::remove_file(beside(file, end)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Puts a file in the place of another one, whose files go last of all: wherever this breaks off, one of the two is there.
fn put_in_place(new: &Path, file: &Path) -> io::Result<()> {
    File::open(new)?.sync_all()?;
    let old = beside(file, ".replaced");
    remove(&old)?;
    for end in ENDS {
        match fs::rename(beside(file, end), beside(&old, end)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    fs::rename(new, file)?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    File::open(folder)?.sync_all()?;
    remove(&old)
}
