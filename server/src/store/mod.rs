//! The store: one SQL text on SQLite and PostgreSQL.
//!
//! * [`open()`] takes a URL, opens the pools and runs the migrations
//! * `gate` is what every operation passes: it alone hands out connections, keeps the deadlines, measures (`times`), and
//!   is the one way out for errors (`db_error`)
//! * the traits of `pulsestage::ports` are implemented by noun, in folders by subject, each operation under its own name
//!   with its body: `account`, `people`, `moderation`, `questions`, `tenancy`, `log`, `reports`, `audit`
//! * `sql` has every statement, `rows` what is read from them
//! * `engine` is what the two engines need: opening, migrations, pools, and the writes on SQLite, many to a transaction
//! * `lineage` is how a database is recognised that was replaced, and how far this process has written; `backup` is
//!   everything of one database in a file or in another database
//! * `operations` (idempotency keys), `log::facts` and `audit` are part of every write that needs them
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

/// Runs the same expression on whichever engine it is.
macro_rules! on {
    ($engine:expr, $it:ident => $do:expr) => {
        match $engine {
            $crate::store::Engine::Sqlite($it) => $do,
            $crate::store::Engine::Postgres($it) => $do,
        }
    };
}

/// Does a statement with these values, in a transaction or on a pool (`&db.write`); gives how many rows it changed.
macro_rules! execute {
    (&$db:ident.$pool:ident, $statement:expr $(, $value:expr)* $(,)?) => {
        on!(&$db.$pool, pool => sqlx::query($statement)
            $(.bind($value))*
            .execute(pool)
            .await
            .map(|done| done.rows_affected()))
    };
    ($tx:expr, $statement:expr $(, $value:expr)* $(,)?) => {
        on!($tx, t => sqlx::query($statement)
            $(.bind($value))*
            .execute(&mut **t)
            .await
            .map(|done| done.rows_affected()))
    };
}

/// Reads what a statement with these values gives: rows, or with `scalar` before it their only column.
macro_rules! fetch {
    ($how:ident, scalar &$db:ident.$pool:ident, $statement:expr $(, $value:expr)* $(,)?) => {
        on!(&$db.$pool, pool => sqlx::query_scalar($statement)$(.bind($value))*.$how(pool).await)
    };
    ($how:ident, scalar $tx:expr, $statement:expr $(, $value:expr)* $(,)?) => {
        on!($tx, t => sqlx::query_scalar($statement)$(.bind($value))*.$how(&mut **t).await)
    };
    ($how:ident, &$db:ident.$pool:ident, $statement:expr $(, $value:expr)* $(,)?) => {
        on!(&$db.$pool, pool => sqlx::query_as($statement)$(.bind($value))*.$how(pool).await)
    };
    ($how:ident, $tx:expr, $statement:expr $(, $value:expr)* $(,)?) => {
        on!($tx, t => sqlx::query_as($statement)$(.bind($value))*.$how(&mut **t).await)
    };
}

/// Reads the one row that a statement gives.
macro_rules! fetch_one {
    ($($asked:tt)*) => { fetch!(fetch_one, $($asked)*) };
}

/// Reads the row that a statement gives, if it gives one.
macro_rules! fetch_optional {
    ($($asked:tt)*) => { fetch!(fetch_optional, $($asked)*) };
}

/// Reads all rows that a statement gives.
macro_rules! fetch_all {
    ($($asked:tt)*) => { fetch!(fetch_all, $($asked)*) };
}

/// Has a block done as one write: all of it, and known to be committed when this is over, or nothing of it.
macro_rules! written {
    ($db:expr, $tx:ident => $block:block) => {
        $db.write_whole($crate::store::engine::queued_write::WriteOperation::new(move |$tx| Box::pin(async move $block)))
            .await
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
mod audit;
pub mod backup;
mod db_error;
mod engine;
mod gate;
mod housekeeping;
mod jobs;
mod lineage;
mod log;
mod moderation;
mod operations;
mod people;
mod questions;
mod reports;
mod rows;
pub mod sql;
mod tenancy;
mod times;

use self::gate::{Db, Engine, Pool, Tx, begin, begin_read};
use self::times::Kind;

pub use backup::copy::{Copied, CopyError, CopyProgress, copy};
pub use engine::open::{Durability, OpenError, Options, open};
pub use engine::sizes::{Sizes, TableSize};
pub use engine::start_lock::StartLock;
pub use gate::SqlStore;
pub use housekeeping::Spent;
pub use jobs::{LeasedJob, NewJob};
pub use lineage::marks::{MarkKeeper, MarkOwner};
pub use lineage::{DatabaseHistory, DatabaseLineage, InstanceMark, ServerIdentity};
pub use times::StoreTimes;
