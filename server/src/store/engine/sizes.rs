//! How large the tables are, as the engine knows it without counting.

use pulsestage::ports::StoreResult;
use sqlx::FromRow;

use crate::store::{Pool, SqlStore, sql};

/// How large a database is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// The large tables.
    pub tables: Vec<TableSize>,
    /// All of the database, in bytes.
    pub bytes: u64,
    /// What of that is free to be used again; SQLite alone.
    pub free_bytes: Option<u64>,
    /// The log of writes beside the file; SQLite alone.
    pub log_bytes: Option<u64>,
}

/// How large a table is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableSize {
    /// Its name.
    pub name: String,
    /// Its rows, estimated.
    pub rows: u64,
    /// Its bytes with those of its indexes; PostgreSQL alone.
    pub bytes: Option<u64>,
}

#[derive(FromRow)]
struct TableRow {
    name: String,
    row_count: i64,
    bytes: Option<i64>,
}

#[derive(FromRow)]
struct FileRow {
    bytes: i64,
    free_bytes: i64,
}

impl From<TableRow> for TableSize {
    fn from(row: TableRow) -> Self {
        Self { name: row.name, rows: unsigned(row.row_count), bytes: row.bytes.map(unsigned) }
    }
}

impl SqlStore {
    /// How large the tables are. It costs a few look-ups, however large they are.
    ///
    /// # Errors
    /// When the database is in trouble.
    pub async fn sizes(&self) -> StoreResult<Sizes> {
        self.upkeep(async move |db| {
            match &db.read {
                Pool::Sqlite(pool) => {
                    let tables: Vec<TableRow> = sqlx::query_as(sql::sizes::SQLITE_TABLES).fetch_all(pool).await?;
                    let file: FileRow = sqlx::query_as(sql::sizes::SQLITE_FILE).fetch_one(pool).await?;
                    let mut log = pool.connect_options().get_filename().to_path_buf().into_os_string();
                    log.push("-wal");
                    // There is none while nobody writes.
                    let log_bytes = tokio::fs::metadata(log).await.map(|file| file.len()).unwrap_or_default();
                    Ok(Sizes {
                        tables: tables.into_iter().map(TableSize::from).collect(),
                        bytes: unsigned(file.bytes),
                        free_bytes: Some(unsigned(file.free_bytes)),
                        log_bytes: Some(log_bytes),
                    })
                }
                Pool::Postgres(pool) => {
                    let tables: Vec<TableRow> = sqlx::query_as(sql::sizes::POSTGRES_TABLES).fetch_all(pool).await?;
                    let bytes: i64 = sqlx::query_scalar(sql::sizes::POSTGRES_DATABASE).fetch_one(pool).await?;
                    let tables = tables.into_iter().map(TableSize::from).collect();
                    Ok(Sizes { tables, bytes: unsigned(bytes), free_bytes: None, log_bytes: None })
                }
            }
        })
        .await
    }
}

/// An engine counts nothing below zero.
fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}
