//! From a backup into a database: all of it in one transaction, or nothing.

use std::fmt;
use std::path::Path;

use pulsestage::ports::{PortError, Rng};

use crate::store::backup::container::{Lines, UnreadableBackup, check};
use crate::store::backup::export::LEFT_OUT;
use crate::store::backup::lines::{Line, Manifest, is_row, parse_row, table_of};
use crate::store::backup::tables::{self, Checksum, Row, Table, Value};
use crate::store::backup::{BackupError, Pace, Progress};
use crate::store::db_error::DbError;
use crate::store::engine::migrations::latest_migration;
use crate::store::engine::open::open_db;
use crate::store::log::epochs::renew_all;
use crate::store::{Db, OpenError, Options, SqlStore, Tx, sql};

/// The most rows of one statement, and about the most bytes.
const ROWS: usize = 200;
const BYTES: usize = 1 << 20;
/// What a database has before anybody has used it, or belongs to who is at work on it.
pub(in crate::store) const NO_DATA: [&str; 5] =
    ["database_lineages", "instance_marks", "leases", "upgrades", "write_probe"];

/// What in a backup contradicts the rest of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unsound {
    /// The rows of a table are not those that were written.
    Rows(String),
    /// Rows refer to others that are not there: the table, and how many on SQLite.
    References(Vec<(String, i64)>),
    /// A rule of the tables is broken.
    Rule(String),
}

impl fmt::Display for Unsound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rows(table) => write!(f, "the rows of {table} are not those that were written"),
            Self::References(tables) => {
                let told: Vec<String> = tables.iter().map(|(table, rows)| format!("{rows} of {table}")).collect();
                write!(f, "rows refer to others that are not there: {}", told.join(", "))
            }
            Self::Rule(table) => write!(f, "a row of {table} breaks a rule of the tables"),
        }
    }
}

/// Where a backup is to go.
pub struct Target<'t> {
    /// The database.
    pub url: &'t str,
    /// Whether what is there may be replaced.
    pub replace: bool,
}

/// A backup that was brought into a database.
pub struct Imported {
    /// The database, opened.
    pub store: SqlStore,
    /// What the backup says of itself.
    pub manifest: Manifest,
    /// The installation's key, in hexadecimal digits, if it is in it.
    pub key: Option<String>,
}

/// Reads what a backup says of itself, once its checksum is found right.
///
/// # Errors
/// When it is no backup, or one of a newer version.
pub fn read_manifest(path: &Path) -> Result<Manifest, BackupError> {
    let mut lines = check(path)?.lines()?;
    first_line(&mut lines)
}

fn first_line(lines: &mut Lines) -> Result<Manifest, BackupError> {
    let line = lines.next()?.ok_or_else(|| UnreadableBackup::content("it has no line"))?;
    let Line::Backup(manifest) = Line::parse(line)? else {
        return Err(UnreadableBackup::content("it does not say what it is").into());
    };
    if manifest.migration() > latest_migration() {
        return Err(BackupError::Newer(manifest.migration()));
    }
    Ok(manifest)
}

/// Brings a backup into a database, which gets the tables that it was made of and is then brought up to this version.
/// Every log gets a new epoch.
///
/// # Errors
/// [`BackupError`] says why not; the database has then what it had.
pub async fn import(
    path: &Path,
    target: Target<'_>,
    rng: &dyn Rng,
    progress: &Progress<'_>,
) -> Result<Imported, BackupError> {
    let mut lines = check(path)?.lines()?;
    let manifest = first_line(&mut lines)?;
    let options = Options { latest_migration: Some(manifest.migration()), ..Options::default() };
    let db = match open_db(target.url, options).await {
        // It has later tables than the backup.
        Err(OpenError::Newer(_)) if manifest.migration() < latest_migration() => {
            return Err(BackupError::OtherTables("their version".to_owned()));
        }
        opened => opened?,
    };
    let read = read_into(&db, &mut lines, &manifest, (&target, rng), progress).await;
    if read.is_err() || manifest.migration() < latest_migration() {
        db.close().await;
    }
    let key = read?;
    let db =
        if manifest.migration() < latest_migration() { open_db(target.url, Options::default()).await? } else { db };
    Ok(Imported { store: SqlStore::new(db), manifest, key })
}

async fn read_into(
    db: &Db,
    lines: &mut Lines,
    manifest: &Manifest,
    (target, rng): (&Target<'_>, &dyn Rng),
    progress: &Progress<'_>,
) -> Result<Option<String>, BackupError> {
    let mut tx = db.begin().await?;
    let read = in_transaction(&mut tx, lines, manifest, (target, rng), progress).await;
    match read {
        Ok(key) => {
            tx.end(Ok(())).await?;
            Ok(key)
        }
        Err(error) => {
            let rolled_back = DbError::Told(PortError::Broken);
            let _rolled_back = tx.end::<()>(Err(rolled_back)).await;
            Err(error)
        }
    }
}

async fn in_transaction(
    tx: &mut Tx,
    lines: &mut Lines,
    manifest: &Manifest,
    (target, rng): (&Target<'_>, &dyn Rng),
    progress: &Progress<'_>,
) -> Result<Option<String>, BackupError> {
    let tables = tables::tables(tx).await?;
    clear(tx, &tables, target.replace).await?;
    if let Tx::Sqlite(tx) = tx {
        // So that all that is missing is found, and not the first of it alone.
        sqlx::query(sql::backup::DEFER_REFERENCES).execute(&mut **tx).await?;
    }
    let mut left: Vec<&Table> = tables.iter().filter(|table| !LEFT_OUT.contains(&&*table.name)).collect();
    let (mut pace, mut key) = (Pace::new(progress, manifest.rows()), None);
    loop {
        let line = lines.next()?.ok_or_else(|| UnreadableBackup::content("it has no end"))?;
        match Line::parse(line)? {
            Line::Table(name, columns) => {
                let table = table_of(name.clone(), columns);
                let table = table.ok_or_else(|| UnreadableBackup::content("a table has columns of an unknown type"))?;
                let Some(place) = left.iter().position(|known| **known == table) else {
                    return Err(BackupError::OtherTables(name));
                };
                read_table(tx, left.remove(place), lines, &mut pace).await?;
            }
            Line::Key(text) => key = Some(text),
            Line::End => break,
            Line::Backup(_) | Line::Rows(..) => {
                return Err(UnreadableBackup::content("its lines are not in their order").into());
            }
        }
    }
    if let Some(missing) = left.first() {
        return Err(BackupError::OtherTables(missing.name.clone()));
    }
    if let Tx::Sqlite(tx) = tx {
        let missing: Vec<(String, i64)> = sqlx::query_as(sql::backup::MISSING_REFERENCES).fetch_all(&mut **tx).await?;
        if !missing.is_empty() {
            return Err(BackupError::Unsound(Unsound::References(missing)));
        }
    }
    renew_all(tx, rng).await?;
    Ok(key)
}

/// Makes room, where that is allowed or there is nothing.
async fn clear(tx: &mut Tx, tables: &[Table], replace: bool) -> Result<(), BackupError> {
    for table in tables.iter().filter(|table| !NO_DATA.contains(&&*table.name)) {
        if !replace && tables::has_rows(tx, table).await? {
            return Err(BackupError::HasData(table.name.clone()));
        }
    }
    if replace && tables.iter().any(|table| table.name == "audit_retention") {
        // The audit gives nothing up otherwise.
        execute!(tx, sql::housekeeping::OPEN_PRUNING, i64::MAX)?;
    }
    for table in tables.iter().rev() {
        tables::clear(tx, table).await?;
    }
    Ok(())
}

async fn read_table(tx: &mut Tx, table: &Table, lines: &mut Lines, pace: &mut Pace<'_>) -> Result<(), BackupError> {
    let (mut sum, mut batch, mut bytes) = (Checksum::default(), Vec::new(), 0);
    loop {
        let line = lines.next()?.ok_or_else(|| UnreadableBackup::content("a table has no end"))?;
        if !is_row(line) {
            let Line::Rows(rows, written) = Line::parse(line)? else {
                return Err(UnreadableBackup::content("a table has no end").into());
            };
            insert(tx, table, batch).await?;
            return if (rows, written) == (sum.rows, sum.to_string()) {
                Ok(())
            } else {
                Err(BackupError::Unsound(Unsound::Rows(table.name.clone())))
            };
        }
        let row = parse_row(line, table);
        let row = row.ok_or_else(|| UnreadableBackup::content(format!("a row of {} is none", table.name)))?;
        sum.add(&row);
        bytes += row.iter().map(Value::size).sum::<usize>();
        batch.push(row);
        if batch.len() >= ROWS || bytes >= BYTES {
            insert(tx, table, std::mem::take(&mut batch)).await?;
            bytes = 0;
        }
        pace.row(&table.name);
    }
}

async fn insert(tx: &mut Tx, table: &Table, rows: Vec<Row>) -> Result<(), BackupError> {
    match tables::insert(tx, table, rows).await {
        Err(DbError::Sql(sqlx::Error::Database(error))) if error.kind() != sqlx::error::ErrorKind::Other => {
            Err(BackupError::Unsound(Unsound::Rule(table.name.clone())))
        }
        inserted => Ok(inserted?),
    }
}
