//! Opening: a URL becomes pools, and the schema is brought up to this version.

use std::path::{Path, PathBuf};
use std::time::Duration;

use pulsestage::ports::{PortError, StoreError};
use sqlx::migrate::MigrateError;
use sqlx::pool::PoolOptions;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Database, PgConnection, SqliteConnection, SqlitePool};
use tokio::time::{Instant, sleep};

use crate::store::db_error::{comes_back, is_taken, store_error, unanswered};
use crate::store::engine::checkpoints::Checkpoints;
use crate::store::engine::group::Queue;
use crate::store::engine::migrations::{latest_migration, migrate_file, migrate_server};
use crate::store::engine::pool;
use crate::store::lineage::marks::Marks;
use crate::store::{Db, Pool, SqlStore};

/// How long a request waits for a connection before it is told that we are busy.
const WAIT: Duration = Duration::from_secs(5);
/// How long SQLite waits for another process (a backup, the command line) to let go of the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long until a SQLite file that another has is tried again, where SQLite itself does not wait.
const TAKEN_PAUSE: Duration = Duration::from_millis(10);
/// Connections that read a SQLite file; each is a thread. Reading is memory and CPU, not waiting.
const SQLITE_READERS: u32 = 4;

/// What an acknowledged write survives on SQLite. On PostgreSQL its own configuration decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// Power loss: every commit waits for the disk.
    #[default]
    Full,
    /// The death of the process; power loss may take the last commits.
    Normal,
}

/// How to open.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// What an acknowledged write survives on SQLite.
    pub durability: Durability,
    /// The most connections to PostgreSQL.
    pub connections: u32,
    /// The last migration that is made: the tables of an older version, for a backup of that. All are made when not given.
    pub latest_migration: Option<i64>,
}

impl Default for Options {
    fn default() -> Self {
        Self { durability: Durability::Full, connections: 16, latest_migration: None }
    }
}

/// Why a database could not be opened. No text of it has a password or the URL in it.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL is of no kind that we take.
    #[error("the database URL must be sqlite://<path of a file> or postgres://<user>:<password>@<host>/<database>")]
    Url,
    /// The folder of the file is not there and cannot be made.
    #[error("the folder {} of the database cannot be made", .0.display())]
    Folder(PathBuf, #[source] std::io::Error),
    /// The file cannot be made or written.
    #[error("the database file {} cannot be opened for writing", .0.display())]
    File(PathBuf, #[source] std::io::Error),
    /// The database does not answer, does not let us in, or is none.
    #[error("the database cannot be opened")]
    Connect(#[source] sqlx::Error),
    /// It has migrations that this version does not know.
    #[error(
        "the database was written by a newer version of PulseStage (migration {0}): start that one, or restore a backup"
    )]
    Newer(i64),
    /// It has another form of a migration than this version.
    #[error("migration {0} of the database is not the one of this version of PulseStage")]
    Changed(i64),
    /// A migration failed; the schema is as it was before.
    #[error("the database cannot be brought up to this version of PulseStage")]
    Migrate(#[source] MigrateError),
    /// The texts in it could not be brought into this version's form; they are as they were before.
    #[error("the names in the database cannot be brought up to this version of PulseStage")]
    Texts(#[source] StoreError),
}

impl OpenError {
    /// Whether waiting may mend it: the database is away, starts, or is busy. A wrong password does not pass.
    #[must_use]
    pub fn passes(&self) -> bool {
        match self {
            Self::Connect(error) => comes_back(error),
            Self::Migrate(MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) => comes_back(error),
            Self::Texts(error) => matches!(error, StoreError::Port(PortError::Busy)),
            Self::Url | Self::Folder(..) | Self::File(..) | Self::Newer(_) | Self::Changed(_) | Self::Migrate(_) => {
                false
            }
        }
    }
}

impl From<MigrateError> for OpenError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMissing(version) => Self::Newer(version),
            MigrateError::VersionMismatch(version) => Self::Changed(version),
            other => Self::Migrate(other),
        }
    }
}

/// Opens the database of this URL and brings its schema up to this version.
///
/// `sqlite://data/pulsestage.db` is a file, made with its folder when it is not there; the path is taken as it stands,
/// so an absolute one has three slashes. `postgres://` is a server.
///
/// # Errors
/// [`OpenError`] says what to do about it.
pub async fn open(url: &str, options: Options) -> Result<SqlStore, OpenError> {
    open_db(url, options).await.map(SqlStore::new)
}

/// The same, for whoever works on all of a database at once.
pub(in crate::store) async fn open_db(url: &str, options: Options) -> Result<Db, OpenError> {
    let db = match Address::parse(url)? {
        Address::File(path) => open_file(&path, options).await?,
        Address::Server(server) => open_server(*server, options).await?,
    };
    // The cause is logged where it is told apart.
    if options.latest_migration.is_none_or(|latest| latest >= latest_migration()) {
        db.upgrade().await.map_err(|failure| OpenError::Texts(store_error(failure)))?;
    }
    Ok(db)
}

/// Where a database is.
pub(in crate::store) enum Address {
    File(PathBuf),
    Server(Box<PgConnectOptions>),
}

impl Address {
    pub(in crate::store) fn parse(url: &str) -> Result<Self, OpenError> {
        if let Some(path) = url.strip_prefix("sqlite://") {
            // Nobody's file is called that: it is the way to ask for options, or for a database that is gone on exit.
            let asks_for_more = path.is_empty() || path.contains(['?', '\0']) || path == ":memory:";
            return if asks_for_more { Err(OpenError::Url) } else { Ok(Self::File(path.into())) };
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let server: PgConnectOptions = url.parse().map_err(|_| OpenError::Url)?;
            return Ok(Self::Server(Box::new(server.application_name("pulsestage"))));
        }
        Err(OpenError::Url)
    }
}

async fn open_file(path: &Path, options: Options) -> Result<Db, OpenError> {
    make_parent(path).await?;
    make_private(path).await.map_err(|error| OpenError::File(path.to_owned(), error))?;
    let file = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        // What is deleted or written over is gone from the file as well
        // (<https://www.sqlite.org/pragma.html#pragma_secure_delete>).
        .pragma("secure_delete", "on")
        .synchronous(match options.durability {
            Durability::Full => SqliteSynchronous::Full,
            Durability::Normal => SqliteSynchronous::Normal,
        });
    let write = open_writer(&file).await.map_err(OpenError::Connect)?;
    migrate_file(&write, options.latest_migration).await?;
    let checkpoints = Checkpoints::start(file.clone());
    let read: SqlitePool = lasting(PoolOptions::new().max_connections(SQLITE_READERS))
        .connect_with(file.pragma("query_only", "on"))
        .await
        .map_err(OpenError::Connect)?;
    let write = Pool::Sqlite(write);
    let marks = Marks::default();
    let queue = Some(Queue::start(write.clone(), marks.clone()));
    Ok(Db { write, read: Pool::Sqlite(read), queue, checkpoints: Some(checkpoints), marks })
}

/// The connection that writes. The first ever to a file makes its journal a write-ahead log and needs it alone for that,
/// for which SQLite does not wait by itself (<https://www.sqlite.org/c3ref/busy_handler.html>): of two processes that
/// start at once on an empty file one would be told that it is locked. So we wait as long as it would.
async fn open_writer(file: &SqliteConnectOptions) -> sqlx::Result<SqlitePool> {
    let give_up = Instant::now() + BUSY_TIMEOUT;
    loop {
        let one = PoolOptions::new().max_connections(1).after_release(|connection, _| Box::pin(is_free(connection)));
        match lasting(one).connect_with(file.clone()).await {
            Err(error) if is_taken(&error) && Instant::now() < give_up => sleep(TAKEN_PAUSE).await,
            opened => return opened,
        }
    }
}

/// Whether a connection has left its transaction; its pool closes one that has not.
///
/// In some troubles, a full disk among them, SQLite ends a transaction by itself. sqlx does not notice and believes the
/// connection to be in it for ever, so that none could be begun on it again.
async fn is_free(connection: &mut SqliteConnection) -> sqlx::Result<bool> {
    if connection.is_in_transaction() {
        // The rollback of one that was dropped may be on its way.
        connection.ping().await?;
    }
    Ok(!connection.is_in_transaction())
}

/// Makes the folder that a file is to be in.
pub(in crate::store) async fn make_parent(path: &Path) -> Result<(), OpenError> {
    let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) else { return Ok(()) };
    make_folder(folder).await.map_err(|error| OpenError::Folder(folder.to_owned(), error))
}

/// Makes the folder, when it is not there, so that nobody else on the machine can look into it.
async fn make_folder(path: &Path) -> std::io::Result<()> {
    let mut folder = tokio::fs::DirBuilder::new();
    folder.recursive(true);
    #[cfg(unix)]
    folder.mode(0o700);
    folder.create(path).await
}

/// Makes the file, when it is not there, so that nobody else on the machine can read it: it holds what people have
/// written. SQLite gives its own files beside it the same rights.
async fn make_private(path: &Path) -> std::io::Result<()> {
    let mut file = tokio::fs::OpenOptions::new();
    file.append(true).create(true);
    #[cfg(unix)]
    file.mode(0o600);
    file.open(path).await.map(drop)
}

/// Connections to a file do not go stale: they are kept, and used without a question first.
fn lasting<DB: Database>(pool: PoolOptions<DB>) -> PoolOptions<DB> {
    pool.acquire_timeout(WAIT).idle_timeout(None).max_lifetime(None).test_before_acquire(false)
}

/// Connects once: not through a pool, which would try again and again and in the end say only that it timed out.
pub(in crate::store) async fn connect(
    server: &PgConnectOptions,
    patience: Duration,
) -> Result<PgConnection, OpenError> {
    let connected = tokio::time::timeout(patience, server.connect()).await;
    connected.unwrap_or_else(|_| Err(unanswered())).map_err(OpenError::Connect)
}

async fn open_server(server: PgConnectOptions, options: Options) -> Result<Db, OpenError> {
    let mut first = connect(&server, WAIT).await?;
    migrate_server(&mut first, options.latest_migration).await?;
    first.close().await.map_err(OpenError::Connect)?;
    let pool = pool::open(server, options.connections, WAIT).await.map_err(OpenError::Connect)?;
    let (write, read) = (Pool::Postgres(pool.clone()), Pool::Postgres(pool));
    Ok(Db { write, read, queue: None, checkpoints: None, marks: Marks::default() })
}
