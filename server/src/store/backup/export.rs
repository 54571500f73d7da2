//! From a database into a backup, while others write to it: all of it is as it was at one moment.

use std::io::Write;

use futures::stream::StreamExt;
use pulsestage::time::Timestamp;

use crate::store::backup::container::Writer;
use crate::store::backup::copy::open_source;
use crate::store::backup::lines::{LatestMigration, Line, Manifest, row_line};
use crate::store::backup::tables::{self, Checksum, Table};
use crate::store::backup::{BackupError, Pace, Progress};
use crate::store::db_error::DbResult;
use crate::store::engine::migrations::{Schema, schema_of};
use crate::store::{OpenError, Tx, begin_read, sql};

/// Who is at work on a database is no part of it, nor is what is to be done: a restore must send no letter again.
pub(in crate::store) const LEFT_OUT: [&str; 2] = ["jobs", "leases"];

/// A backup to be made.
pub struct NewBackup<'b> {
    /// The database.
    pub url: &'b str,
    /// When it is begun.
    pub taken_at: Timestamp,
    /// The installation's key, in hexadecimal digits, if it is to be in it.
    pub key: Option<&'b str>,
}

/// Writes a backup; gives what it says of itself.
///
/// # Errors
/// [`BackupError`] says why there is none.
pub async fn export<W: Write + Send>(
    backup: NewBackup<'_>,
    to: W,
    progress: &Progress<'_>,
) -> Result<(Manifest, W), BackupError> {
    let source = open_source(backup.url).await?;
    let written = async {
        let mut tx = begin_read(&source).await?;
        let written = write(&mut tx, &backup, to, progress).await;
        // It was only read.
        let _ended = tx.end(Ok(())).await;
        written
    }
    .await;
    on!(&source, pool => pool.close().await);
    written
}

async fn write<W: Write + Send>(
    tx: &mut Tx,
    backup: &NewBackup<'_>,
    to: W,
    progress: &Progress<'_>,
) -> Result<(Manifest, W), BackupError> {
    match schema_of(tx).await? {
        Schema::Ours | Schema::Older => {}
        Schema::None => return Err(BackupError::NotOurs),
        Schema::Newer(version) => return Err(OpenError::Newer(version).into()),
        Schema::Changed(version) => return Err(OpenError::Changed(version).into()),
    }
    let mut tables = tables::tables(tx).await?;
    tables.retain(|table| !LEFT_OUT.contains(&&*table.name));
    let manifest = manifest(tx, backup, &tables).await?;
    let mut writer = Writer::new(to).map_err(BackupError::writing)?;
    writer.line(&Line::Backup(manifest.clone())).map_err(BackupError::writing)?;
    let mut pace = Pace::new(progress, manifest.rows());
    for table in &tables {
        write_table(tx, table, &mut writer, &mut pace).await?;
    }
    if let Some(key) = backup.key {
        writer.line(&Line::Key(key.to_owned())).map_err(BackupError::writing)?;
    }
    writer.line(&Line::End).map_err(BackupError::writing)?;
    let to = writer.finish().map_err(BackupError::writing)?;
    Ok((manifest, to))
}

async fn manifest(tx: &mut Tx, backup: &NewBackup<'_>, tables: &[Table]) -> DbResult<Manifest> {
    let migration = fetch_one!(scalar tx, sql::backup::MIGRATION)?;
    let tenants = fetch_all!(scalar tx, sql::backup::SLUGS)?;
    let engine = match tx {
        Tx::Sqlite(_) => "sqlite",
        Tx::Postgres(_) => "postgres",
    };
    let mut counts = Vec::with_capacity(tables.len());
    for table in tables {
        counts.push((table.name.clone(), tables::count(tx, table).await?));
    }
    Ok(Manifest {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        engine: engine.to_owned(),
        latest: LatestMigration::Numbered(migration),
        taken_at: backup.taken_at.0,
        tenants,
        tables: counts,
        with_key: backup.key.is_some(),
    })
}

async fn write_table<W: Write>(
    tx: &mut Tx,
    table: &Table,
    writer: &mut Writer<W>,
    pace: &mut Pace<'_>,
) -> Result<(), BackupError> {
    writer.line(&Line::table(table)).map_err(BackupError::writing)?;
    let mut sum = Checksum::default();
    let mut rows = tables::rows(tx, table);
    while let Some(row) = rows.next().await {
        let row = row?;
        sum.add(&row);
        writer.line(&row_line(&row)).map_err(BackupError::writing)?;
        pace.row(&table.name);
    }
    writer.line(&Line::Rows(sum.rows, sum.to_string())).map_err(BackupError::writing)
}

/// The fingerprint of the key that a database is used with.
///
/// # Errors
/// When the database cannot be read.
pub async fn fingerprint(url: &str) -> Result<Option<Vec<u8>>, BackupError> {
    let source = open_source(url).await?;
    let found = async {
        let mut tx = begin_read(&source).await?;
        let bytes: Option<Vec<u8>> = fetch_optional!(scalar &mut tx, sql::keys::FINGERPRINT, "participants")?;
        let _ended = tx.end(Ok(())).await;
        Ok(bytes)
    }
    .await;
    on!(&source, pool => pool.close().await);
    found
}
