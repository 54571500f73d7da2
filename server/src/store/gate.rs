//! The gate of the store. Connections are private to it and handed out inside [`SqlStore::run`] and
//! [`SqlStore::upkeep`] alone, so that no operation passes by the one place that times it, gives it up at its deadline,
//! and makes a [`StoreError`](pulsestage::ports::StoreError) of what went wrong.

use pulsestage::ports::StoreResult;
use pulsestage::text::Slug;
use sqlx::{PgPool, Postgres, Sqlite, SqlitePool, Transaction};

use crate::deadline::{Deadlines, Ping, Work};
use crate::store::db_error::{DbResult, store_error};
use crate::store::engine::checkpoints::Checkpoints;
use crate::store::engine::group::Queue;
use crate::store::engine::pool;
use crate::store::engine::queued_write::WriteOperation;
use crate::store::lineage::marks::Marks;
use crate::store::sql;
use crate::store::times::{Kind, StoreTimes};

/// One of the two engines, with what is at hand for it.
#[derive(Clone, Debug)]
pub(in crate::store) enum Engine<S, P> {
    /// A file beside the server.
    Sqlite(S),
    /// A server for many boxes.
    Postgres(P),
}

/// Where to send a statement.
pub(in crate::store) type Pool = Engine<SqlitePool, PgPool>;

/// A transaction; rolled back when it is dropped.
pub(in crate::store) type Tx = Engine<Transaction<'static, Sqlite>, Transaction<'static, Postgres>>;

/// The connections to a database.
#[derive(Clone, Debug)]
pub(in crate::store) struct Db {
    /// On SQLite a single connection: writers queue here, in order, instead of polling for the file's lock.
    pub(in crate::store) write: Pool,
    /// On SQLite several that can only read; on PostgreSQL the same pool.
    pub(in crate::store) read: Pool,
    /// Where writes become groups: on SQLite. PostgreSQL has many writers, whose commits it groups itself.
    pub(in crate::store) queue: Option<Queue>,
    /// Who empties the write-ahead log, on SQLite.
    pub(in crate::store) checkpoints: Option<Checkpoints>,
    /// How far this process has written.
    pub(in crate::store) marks: Marks,
}

/// Keeps everything in a database. Cheap to clone: clones share their connections.
#[derive(Clone, Debug)]
pub struct SqlStore {
    db: Db,
    bounds: Option<Bounds>,
}

/// What holds for the operations that people wait for.
#[derive(Clone, Debug)]
struct Bounds {
    times: StoreTimes,
    deadlines: Deadlines,
}

impl SqlStore {
    /// A store over these connections, whose operations take as long as they take: for commands and upkeep.
    pub(in crate::store) fn new(db: Db) -> Self {
        Self { db, bounds: None }
    }

    /// The same store for whoever serves people: its operations are timed, and given up at their deadlines.
    #[must_use]
    pub fn bounded(&self, times: StoreTimes) -> Self {
        Self { db: self.db.clone(), bounds: Some(Bounds { times, deadlines: Deadlines::default() }) }
    }

    /// Does an operation.
    pub(in crate::store) async fn run<T>(
        &self,
        kind: Kind,
        operation: impl AsyncFnOnce(&Db) -> DbResult<T>,
    ) -> StoreResult<T> {
        self.run_as(kind, kind.work(), operation).await
    }

    /// The same for one that may take longer, or not as long, as others of its kind.
    pub(in crate::store) async fn run_as<T>(
        &self,
        kind: Kind,
        work: Work,
        operation: impl AsyncFnOnce(&Db) -> DbResult<T>,
    ) -> StoreResult<T> {
        let Some(Bounds { times, deadlines }) = &self.bounds else { return self.upkeep(operation).await };
        times.observe(kind, deadlines.keep(&self.db, work, self.upkeep(operation))).await
    }

    /// Does an operation that nobody waits for: the server's own upkeep, which is neither timed nor given up.
    pub(in crate::store) async fn upkeep<T>(&self, operation: impl AsyncFnOnce(&Db) -> DbResult<T>) -> StoreResult<T> {
        operation(&self.db).await.map_err(store_error)
    }

    /// What is known of how long operations take, where they are timed.
    pub(in crate::store) fn times(&self) -> Option<&StoreTimes> {
        self.bounds.as_ref().map(|bounds| &bounds.times)
    }

    /// How far this process has written.
    pub(in crate::store) fn marks(&self) -> &Marks {
        &self.db.marks
    }

    /// Waits for what is under way and closes every connection.
    pub async fn close(&self) {
        self.db.close().await;
    }
}

impl Ping for Db {
    async fn ping(&self) -> bool {
        let asked = on!(&self.read, pool => sqlx::query(sql::tenants::TENANT_BY_SLUG)
            .bind(Slug::default_tenant().as_str())
            .execute(pool)
            .await
            .map(drop));
        asked.is_ok()
    }
}

impl Db {
    /// Waits for what is under way and closes every connection.
    pub(in crate::store) async fn close(&self) {
        if let Some(queue) = &self.queue {
            queue.close().await;
        }
        if let Some(checkpoints) = &self.checkpoints {
            checkpoints.close().await;
        }
        on!(&self.read, pool => pool.close().await);
        on!(&self.write, pool => pool.close().await);
        self.marks.end();
    }

    /// Has what the last write took back taken out of the write-ahead log soon, where there is one of ours. Whoever takes
    /// a text or a name back calls it once that is committed. What PostgreSQL keeps of it until its next vacuum and in its
    /// own log is the operator's.
    pub(in crate::store) fn truncate_log(&self) {
        if let Some(checkpoints) = &self.checkpoints {
            checkpoints.want();
        }
    }

    /// Does a write: when this is over well, it is committed.
    pub(in crate::store) async fn write_whole<T: Send + 'static>(&self, work: WriteOperation<T>) -> DbResult<T> {
        match &self.queue {
            Some(queue) => queue.write(work).await,
            None => {
                let done = tx!(self.begin(), tx => { (work.whole)(&mut tx).await });
                if done.is_ok() {
                    self.marks.wrote();
                }
                done
            }
        }
    }

    /// Begins a transaction whose reads all see the same moment.
    pub(in crate::store) async fn begin_read(&self) -> DbResult<Tx> {
        begin_read(&self.read).await
    }

    /// Begins a transaction that writes.
    pub(in crate::store) async fn begin(&self) -> DbResult<Tx> {
        begin(&self.write).await
    }
}

/// Begins a transaction whose reads all see the same moment.
pub(in crate::store) async fn begin_read(pool: &Pool) -> DbResult<Tx> {
    Ok(match pool {
        Pool::Sqlite(pool) => Tx::Sqlite(pool.begin_with("BEGIN DEFERRED").await?),
        Pool::Postgres(pool) => {
            Tx::Postgres(pool::begin(pool, "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await?)
        }
    })
}

/// Begins a transaction that writes. On SQLite it takes the write lock at once: one that took it later could find that
/// what it has read is no longer so, and fail whatever the timeout.
pub(in crate::store) async fn begin(pool: &Pool) -> DbResult<Tx> {
    Ok(match pool {
        Pool::Sqlite(pool) => Tx::Sqlite(pool.begin_with("BEGIN IMMEDIATE").await?),
        Pool::Postgres(pool) => Tx::Postgres(pool::begin(pool, "BEGIN ISOLATION LEVEL READ COMMITTED").await?),
    })
}

impl Tx {
    /// Commits what went well and rolls back what did not.
    pub(in crate::store) async fn end<T>(self, done: DbResult<T>) -> DbResult<T> {
        match done {
            Ok(value) => {
                on!(self, tx => tx.commit().await)?;
                Ok(value)
            }
            Err(failure) => {
                // The failure is the news. A connection on which even this goes wrong is closed by its pool.
                let _ = on!(self, tx => tx.rollback().await);
                Err(failure)
            }
        }
    }
}
