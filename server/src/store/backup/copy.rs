//! Everything of one database into another, exactly: read in one snapshot, written in one transaction, and committed only
//! when the target has the same rows.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::stream::StreamExt;
use pulsestage::ports::{Rng, StoreError};
use sqlx::ConnectOptions;
use sqlx::pool::PoolOptions;
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};

use crate::store::backup::tables::{self, Checksum, Kind, Row, Table, Value};
use crate::store::db_error::{DbError, store_error};
use crate::store::engine::migrations::{Schema, schema_of};
use crate::store::engine::open::{Address, OpenError, connect, open_db};
use crate::store::log::epochs::renew_all;
use crate::store::{Db, Options, Pool, SqlStore, StartLock, Tx, begin_read, sql};

/// What belongs to one database, and is not taken along: who is at work on it, and how it is recognised.
const OWN: [&str; 3] = ["database_lineages", "instance_marks", "leases"];
/// What a database has before anybody has used it; it is replaced.
const FROM_THE_START: [&str; 2] = ["upgrades", "write_probe"];
/// The most rows of one statement, and about the most bytes.
const ROWS: usize = 200;
const BYTES: usize = 1 << 20;
/// How often progress is told.
const PROGRESS: u64 = 100_000;
/// How long the databases may take to answer at first.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why nothing was copied. Whatever it is, the target is as it was.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The source cannot be opened.
    #[error("the database to copy from cannot be used")]
    From(#[source] OpenError),
    /// The target cannot be opened.
    #[error("the database to copy to cannot be used")]
    To(#[source] OpenError),
    /// The source is no database of ours.
    #[error("the database to copy from has no tables of PulseStage")]
    NotOurs,
    /// The source has the tables of an older version.
    #[error(
        "the database to copy from has the tables of an older version: bring it up to date first, which every start and \
         every command of this version does, such as `pulsestage tenant list --database-url URL`"
    )]
    Older,
    /// The target has data.
    #[error(
        "the database to copy to has data already (in {0}): give one that nobody has used, a file that is not there or an \
         empty database"
    )]
    HasData(String),
    /// The two have other tables, which the same migrations cannot lead to.
    #[error("the two databases do not have the same tables: {0} differs")]
    Differs(String),
    /// A text that PostgreSQL cannot hold.
    #[error(
        "a text in {0}.{1} has the character NUL in it, which PostgreSQL cannot hold: change that text in the source first"
    )]
    Nul(String, String),
    /// The target does not have what the source has.
    #[error("the copy of {0} is not the same as the source; nothing was copied")]
    Unlike(String),
    /// A database failed.
    #[error("the databases failed while they were copied; nothing was copied")]
    Store(#[source] StoreError),
}

/// A failure inside, before it is logged.
impl From<DbError> for CopyError {
    fn from(failure: DbError) -> Self {
        Self::Store(store_error(failure))
    }
}

/// What was copied.
#[derive(Debug)]
pub struct Copied {
    /// Each table, with how many rows it has and the checksum of them, in the order in which they were copied.
    pub tables: Vec<(String, u64, String)>,
    /// How many tenants got a new epoch.
    pub tenants: usize,
    /// The target, to be used or closed.
    pub store: SqlStore,
}

/// How far it is.
#[derive(Clone, Copy, Debug)]
pub enum CopyProgress<'a> {
    /// Another instance is at the target's first steps.
    Waits,
    /// So many rows of a table are copied.
    Rows(&'a str, u64),
    /// So many rows of a table were compared.
    Compared(&'a str, u64),
}

/// Copies everything from one database to another that nobody has used. The tables of the target are made; its logs get
/// new epochs, for the two databases go different ways from here on.
///
/// # Errors
/// [`CopyError`] says what to do; the target is as it was before.
pub async fn copy(
    from: &str,
    to: &str,
    rng: &dyn Rng,
    progress: &(dyn Fn(CopyProgress<'_>) + Send + Sync),
) -> Result<Copied, CopyError> {
    let source = open_source(from).await.map_err(CopyError::From)?;
    let copied = from_source(&source, to, rng, progress).await;
    on!(&source, pool => pool.close().await);
    copied
}

async fn from_source(
    source: &Pool,
    to: &str,
    rng: &dyn Rng,
    progress: &(dyn Fn(CopyProgress<'_>) + Send + Sync),
) -> Result<Copied, CopyError> {
    let mut source = begin_read(source).await?;
    match schema_of(&mut source).await? {
        Schema::Ours => {}
        Schema::None => return Err(CopyError::NotOurs),
        Schema::Older => return Err(CopyError::Older),
        Schema::Newer(version) => return Err(CopyError::From(OpenError::Newer(version))),
        Schema::Changed(version) => return Err(CopyError::From(OpenError::Changed(version))),
    }
    // Held to the end: an instance that is started on the target meanwhile waits, and finds all of it.
    let lock = StartLock::take(to, PATIENCE, || progress(CopyProgress::Waits)).await.map_err(CopyError::To)?;
    let db = open_db(to, Options::default()).await.map_err(CopyError::To)?;
    let copied = into_target(&mut source, &db, rng, progress).await;
    // The snapshot was only read.
    let _ended = source.end(Ok(())).await;
    match copied {
        Ok((tables, tenants)) => {
            lock.release(PATIENCE).await;
            Ok(Copied { tables, tenants, store: SqlStore::new(db) })
        }
        Err(error) => {
            db.close().await;
            Err(error)
        }
    }
}

type CopiedTables = Vec<(String, u64, String)>;

async fn into_target(
    source: &mut Tx,
    db: &Db,
    rng: &dyn Rng,
    progress: &(dyn Fn(CopyProgress<'_>) + Send + Sync),
) -> Result<(CopiedTables, usize), CopyError> {
    let mut target = db.begin().await?;
    if let Tx::Postgres(tx) = &mut target {
        sqlx::query(sql::tables::MAY_BE_IDLE).execute(&mut **tx).await.map_err(DbError::from)?;
    }
    let done = in_transaction(source, &mut target, rng, progress).await;
    match done {
        Ok(done) => {
            target.end(Ok(())).await?;
            Ok(done)
        }
        Err(error) => {
            let _rolled_back = target.end::<()>(Err(DbError::Told(pulsestage::ports::PortError::Broken))).await;
            Err(error)
        }
    }
}

async fn in_transaction(
    source: &mut Tx,
    target: &mut Tx,
    rng: &dyn Rng,
    progress: &(dyn Fn(CopyProgress<'_>) + Send + Sync),
) -> Result<(CopiedTables, usize), CopyError> {
    let tables = tables::tables(target).await?;
    same_tables(&tables::tables(source).await?, &tables)?;
    let tables: Vec<Table> = tables.into_iter().filter(|table| !OWN.contains(&&*table.name)).collect();
    for table in &tables {
        if FROM_THE_START.contains(&&*table.name) {
            tables::clear(target, table).await?;
        } else if tables::has_rows(target, table).await? {
            return Err(CopyError::HasData(table.name.clone()));
        }
    }
    let mut sums = Vec::with_capacity(tables.len());
    for table in &tables {
        sums.push(copy_table(source, target, table, progress).await?);
    }
    for (table, sum) in tables.iter().zip(&sums) {
        let mut found = Checksum::default();
        let mut rows = tables::rows(target, table);
        while let Some(row) = rows.next().await {
            found.add(&row?);
            if found.rows.is_multiple_of(PROGRESS) {
                progress(CopyProgress::Compared(&table.name, found.rows));
            }
        }
        if found != *sum {
            return Err(CopyError::Unlike(table.name.clone()));
        }
    }
    let tenants = renew_all(target, rng).await?;
    let told = tables.into_iter().zip(sums).map(|(table, sum)| (table.name, sum.rows, sum.to_string()));
    Ok((told.collect(), tenants))
}

fn same_tables(source: &[Table], target: &[Table]) -> Result<(), CopyError> {
    let named = |tables: &[Table]| -> BTreeMap<String, Table> {
        tables.iter().map(|table| (table.name.clone(), table.clone())).collect()
    };
    let (source, target) = (named(source), named(target));
    let differs = |name: &&String| source.get(*name) != target.get(*name);
    match source.keys().chain(target.keys()).find(differs) {
        Some(name) => Err(CopyError::Differs(name.clone())),
        None => Ok(()),
    }
}

async fn copy_table(
    source: &mut Tx,
    target: &mut Tx,
    table: &Table,
    progress: &(dyn Fn(CopyProgress<'_>) + Send + Sync),
) -> Result<Checksum, CopyError> {
    let (mut sum, mut batch, mut bytes) = (Checksum::default(), Vec::new(), 0);
    let keeps_nul = matches!(target, Tx::Sqlite(_));
    let mut rows = tables::rows(source, table);
    while let Some(row) = rows.next().await {
        let row = row?;
        if !keeps_nul {
            without_nul(table, &row)?;
        }
        sum.add(&row);
        bytes += row.iter().map(Value::size).sum::<usize>();
        batch.push(row);
        if batch.len() >= ROWS || bytes >= BYTES {
            tables::insert(target, table, std::mem::take(&mut batch)).await?;
            bytes = 0;
        }
        if sum.rows.is_multiple_of(PROGRESS) {
            progress(CopyProgress::Rows(&table.name, sum.rows));
        }
    }
    tables::insert(target, table, batch).await?;
    if sum.rows > 0 {
        progress(CopyProgress::Rows(&table.name, sum.rows));
    }
    Ok(sum)
}

fn without_nul(table: &Table, row: &Row) -> Result<(), CopyError> {
    let nul = |value: &Value| matches!(value, Value::Text(text) if text.contains('\0'));
    match row.iter().zip(&table.columns).find(|(value, column)| column.kind == Kind::Text && nul(value)) {
        Some((_, column)) => Err(CopyError::Nul(table.name.clone(), column.name.clone())),
        None => Ok(()),
    }
}

/// Opens a database to read it, as it is: no table of it is touched.
pub(in crate::store) async fn open_source(url: &str) -> Result<Pool, OpenError> {
    match Address::parse(url)? {
        Address::File(path) => {
            let file = SqliteConnectOptions::new().filename(&path).create_if_missing(false).pragma("query_only", "on");
            let file = file.busy_timeout(PATIENCE).disable_statement_logging();
            let pool: SqlitePool =
                PoolOptions::new().max_connections(1).connect_with(file).await.map_err(OpenError::Connect)?;
            Ok(Pool::Sqlite(pool))
        }
        Address::Server(server) => {
            // Once by itself, for its own words when it fails.
            drop(connect(&server, PATIENCE).await?);
            let pool = PgPoolOptions::new().max_connections(1).connect_with(*server).await;
            Ok(Pool::Postgres(pool.map_err(OpenError::Connect)?))
        }
    }
}
