//! The store: one SQL text on SQLite and PostgreSQL.
//!
//! * [`open()`] takes a URL, opens the pools and runs the migrations
//! * `sql` has every statement, `rows` what is read from them, `trouble` the one way out for errors
//! * `group` does the writes on SQLite, many to a transaction; on PostgreSQL each has its own
//! * `lineage` is how a database is recognised that was replaced, `marks` how far this process has written
//! * `operations` (idempotency keys) and `facts` (the log) are part of every write, `audit` of every one by staff; the
//!   other files are one per noun
//!
//! # Locks
//!
//! A write takes rows in this order and no other, so that no two can wait for each other: its idempotency key, the
//! tenant's row (with the next number of the log; votes write no fact and skip it), then the rows of its noun, a vote
//! before its question. A write that makes a fact thereby runs alone in its tenant from its number to its commit, and
//! facts become visible in the order of their numbers. On SQLite there is one writer anyway.
//!
//! # People
//!
//! Whoever answers, pins or freezes is a row of `users`. Who changes what people may do takes the tenant's row, then the
//! person's, then their sessions', and what ends an access says so in `revocations`.

use sqlx::{PgPool, Postgres, Sqlite, SqlitePool, Transaction};

use self::checkpoints::Checkpoints;
use self::db_error::DbResult;
use self::group::Queue;
use self::marks::Marks;
use self::queued_write::WriteOperation;

/// Runs the same expression on whichever engine it is.
macro_rules! on {
    ($engine:expr, $it:ident => $do:expr) => {
        match $engine {
            $crate::store::Engine::Sqlite($it) => $do,
            $crate::store::Engine::Postgres($it) => $do,
        }
    };
}

/// Has a block done as one write: all of it, and known to be committed when this is over, or nothing of it.
macro_rules! written {
    ($store:expr, $tx:ident => $block:block) => {
        $store.write_whole($crate::store::queued_write::WriteOperation::new(move |$tx| Box::pin(async move $block))).await
    };
}

/// Runs a block in a transaction: committed when it ends well, rolled back when it does not.
macro_rules! tx {
    ($begin:expr, $tx:ident => $block:block) => {{
        let mut $tx = $begin.await?;
        let done = async { $block }.await;
        $tx.end(done).await
    }};
}

mod account;
mod account_port;
mod addresses;
mod audit;
pub mod backup;
mod boards;
mod cases;
mod checkpoints;
mod copy;
mod db_error;
mod epochs;
mod facts;
mod group;
mod guests;
mod housekeeping;
mod invitations;
mod jobs;
mod keys;
mod lineage;
mod marks;
mod merges;
mod migrations;
mod moderation;
mod open;
mod operations;
mod people;
mod people_port;
mod people_reads;
mod pool;
mod port;
mod port_tenancy;
mod probe;
mod projection;
mod questions;
mod queued_write;
mod quota;
mod reports;
mod rows;
mod second_factor;
mod second_factor_port;
mod sessions;
mod sign_in;
mod sizes;
pub mod sql;
mod start_lock;
mod statistics;
mod tables;
mod tag_changes;
mod tags;
mod team_changes;
mod teams;
mod tenancy;
mod tenants;
mod texts;
mod threads;
mod upgrades;
mod votes;
mod watched;

pub use copy::{Copied, CopyError, Progress, copy};
pub use housekeeping::Spent;
pub use jobs::{LeasedJob, NewJob};
pub use lineage::{DatabaseHistory, DatabaseLineage, InstanceMark, ServerIdentity};
pub use marks::{MarkKeeper, MarkOwner};
pub use open::{Durability, OpenError, Options, open};
pub use sizes::{Sizes, TableSize};
pub use start_lock::StartLock;

/// One of the two engines, with what is at hand for it.
#[derive(Clone, Debug)]
pub enum Engine<S, P> {
    /// A file beside the server.
    Sqlite(S),
    /// A server for many boxes.
    Postgres(P),
}

/// Where to send a statement.
pub type Db = Engine<SqlitePool, PgPool>;

/// A transaction; rolled back when it is dropped.
type Tx = Engine<Transaction<'static, Sqlite>, Transaction<'static, Postgres>>;

/// Keeps everything in a database. Cheap to clone: clones share their connections.
#[derive(Clone, Debug)]
pub struct SqlStore {
    /// On SQLite a single connection: writers queue here, in order, instead of polling for the file's lock.
    write: Db,
    /// On SQLite several that can only read; on PostgreSQL the same pool.
    read: Db,
    /// Where writes become groups: on SQLite. PostgreSQL has many writers, whose commits it groups itself.
    queue: Option<Queue>,
    /// Who empties the write-ahead log, on SQLite.
    checkpoints: Option<Checkpoints>,
    /// How far this process has written.
    marks: Marks,
}

impl SqlStore {
    /// Waits for what is under way and closes every connection.
    pub async fn close(&self) {
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
    fn truncate_log(&self) {
        if let Some(checkpoints) = &self.checkpoints {
            checkpoints.want();
        }
    }

    /// Does a write: when this is over well, it is committed.
    async fn write_whole<T: Send + 'static>(&self, work: WriteOperation<T>) -> DbResult<T> {
        match &self.queue {
            Some(queue) => queue.write(work).await,
            None => {
                let done = tx!(begin(&self.write), tx => { (work.whole)(&mut tx).await });
                if done.is_ok() {
                    self.marks.wrote();
                }
                done
            }
        }
    }

    /// Begins a transaction whose reads all see the same moment.
    async fn begin_read(&self) -> DbResult<Tx> {
        Ok(match &self.read {
            Db::Sqlite(pool) => Tx::Sqlite(pool.begin_with("BEGIN DEFERRED").await?),
            Db::Postgres(pool) => {
                Tx::Postgres(pool::begin(pool, "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await?)
            }
        })
    }
}

/// Begins a transaction that writes. On SQLite it takes the write lock at once: one that took it later could find that
/// what it has read is no longer so, and fail whatever the timeout.
async fn begin(db: &Db) -> DbResult<Tx> {
    Ok(match db {
        Db::Sqlite(pool) => Tx::Sqlite(pool.begin_with("BEGIN IMMEDIATE").await?),
        Db::Postgres(pool) => Tx::Postgres(pool::begin(pool, "BEGIN ISOLATION LEVEL READ COMMITTED").await?),
    })
}

impl Tx {
    /// Commits what went well and rolls back what did not.
    async fn end<T>(self, done: DbResult<T>) -> DbResult<T> {
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
