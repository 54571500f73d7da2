//! Migrations: the tables are brought up to this version, one step after another.
//!
//! The steps are numbered in one row, whichever engine they are for. Versions before that row left numbers out; a
//! database of theirs is recognised by the checksums of the steps that it has, which are the same, and renumbered.

use std::ops::Deref;

use futures::future::BoxFuture;
use sqlx::migrate::{Migrate, MigrateError, Migration, Migrator};
use sqlx::{Acquire, Connection, PgConnection, SqliteConnection, SqlitePool};

use crate::store::db_error::DbResult;
use crate::store::engine::open::OpenError;
use crate::store::{Engine, Tx, sql};

/// What both engines take.
static BOTH: Migrator = sqlx::migrate!("../migrations");
/// What they word differently; their numbers are none of the others'.
static SQLITE: Migrator = sqlx::migrate!("../migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("../migrations/postgres");

/// What the steps were numbered before, in their order.
pub(in crate::store) const OLD_NUMBERS: [i64; 16] = [1, 2, 4, 5, 10, 11, 12, 20, 21, 22, 23, 24, 25, 26, 27, 29];

/// A step that a database has had: its number and its checksum.
type AppliedStep = (i64, Vec<u8>);

/// What the tables of a database are to this version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Schema {
    /// This version's own.
    Ours,
    /// There are none.
    None,
    /// Those of an older one.
    Older,
    /// Those of a newer one, which has this migration.
    Newer(i64),
    /// This migration was another one.
    Changed(i64),
}

/// The last migration of this version.
pub(in crate::store) fn latest_migration() -> i64 {
    let all = [&BOTH, &SQLITE, &POSTGRES];
    all.into_iter().flat_map(Migrator::iter).map(|migration| migration.version).max().unwrap_or_default()
}

/// Migrates in one transaction that holds the write lock: two processes that start at once on an empty file take turns.
pub(in crate::store) async fn migrate_file(pool: &SqlitePool, latest: Option<i64>) -> Result<(), OpenError> {
    let mut tx = pool.begin_with("BEGIN IMMEDIATE").await.map_err(OpenError::Connect)?;
    let has_texts: bool =
        sqlx::query_scalar(sql::wal::LOG_HAS_TEXTS).fetch_one(&mut *tx).await.map_err(OpenError::Connect)?;
    renumber(Engine::Sqlite(&mut *tx)).await.map_err(OpenError::Connect)?;
    migrate(&SQLITE, latest, &mut *tx).await?;
    tx.commit().await.map_err(OpenError::Connect)?;
    if has_texts {
        // What versions before this one deleted is in pages that nothing uses any more: the file is written anew.
        tracing::info!(
            "writing the database file anew, without what was deleted; it needs as much room again meanwhile"
        );
        if let Err(error) = sqlx::query(sql::wal::VACUUM).execute(pool).await {
            tracing::warn!(%error, "the file could not be written anew: run VACUUM on it when there is room");
        }
    }
    Ok(())
}

/// Migrates over a connection of its own. Instances that start at once do so one after another, under a lock that goes
/// with the connection.
pub(in crate::store) async fn migrate_server(
    connection: &mut PgConnection,
    latest: Option<i64>,
) -> Result<(), OpenError> {
    let mut tx = Connection::begin(&mut *connection).await.map_err(OpenError::Connect)?;
    renumber(Engine::Postgres(&mut *tx)).await.map_err(OpenError::Connect)?;
    tx.commit().await.map_err(OpenError::Connect)?;
    Ok(migrate(&POSTGRES, latest, connection).await?)
}

/// Runs the migrations of both engines and of this one, in the order of their numbers, up to the latest that is meant.
/// Boxed with the connection's own lifetime: the compiler cannot see that the bare future may move between threads.
fn migrate<'c, A>(of_engine: &Migrator, latest: Option<i64>, connection: A) -> BoxFuture<'c, Result<(), MigrateError>>
where
    A: Acquire<'c> + Send + 'c,
    <A::Connection as Deref>::Target: Migrate,
{
    let all = BOTH.iter().chain(of_engine.iter());
    let meant = all.filter(|migration| latest.is_none_or(|latest| migration.version <= latest));
    let all = Migrator::with_migrations(meant.cloned().collect());
    Box::pin(async move { all.run(connection).await })
}

/// Gives the steps that a database has had their numbers in the row, in a transaction that keeps others out.
async fn renumber(mut database: Engine<&mut SqliteConnection, &mut PgConnection>) -> sqlx::Result<()> {
    let (are_there, of_engine) = match &database {
        Engine::Sqlite(_) => (sql::tables::SQLITE_HAS_MIGRATIONS, &SQLITE),
        Engine::Postgres(_) => (sql::tables::POSTGRES_HAS_MIGRATIONS, &POSTGRES),
    };
    let are_there: bool = fetch_one!(scalar &mut database, are_there)?;
    if !are_there {
        return Ok(());
    }
    if let Engine::Postgres(connection) = &mut database {
        sqlx::query(sql::tables::LOCK_MIGRATIONS).execute(&mut **connection).await?;
    }
    let made: Vec<AppliedStep> = fetch_all!(&mut database, sql::tables::MIGRATIONS)?;
    for (old, new) in renumbered(&made, BOTH.iter().chain(of_engine.iter())) {
        execute!(&mut database, sql::tables::RENUMBER_MIGRATION, old, new)?;
    }
    Ok(())
}

/// Which steps get another number, in an order in which no two have one number at a time: numbers only become smaller.
/// A step is the one that it is taken for when its checksum is that one's, and its number the one that it had.
fn renumbered<'m>(made: &[AppliedStep], ours: impl Iterator<Item = &'m Migration>) -> Vec<(i64, i64)> {
    let ours: Vec<_> = ours.collect();
    let numbers = made.iter().filter_map(|(number, checksum)| {
        let place = OLD_NUMBERS.iter().position(|old| old == number)?;
        let step = i64::try_from(place + 1).ok()?;
        let is_it = |migration: &&&Migration| migration.version == step && *migration.checksum == **checksum;
        ours.iter().find(is_it).filter(|_| step < *number).map(|_| (*number, step))
    });
    let mut numbers: Vec<_> = numbers.collect();
    numbers.sort_unstable();
    numbers
}

/// Compares which migrations a database has had with those of this version.
pub(in crate::store) async fn schema_of(tx: &mut Tx) -> DbResult<Schema> {
    let (are_there, of_engine) = match tx {
        Tx::Sqlite(_) => (sql::tables::SQLITE_HAS_MIGRATIONS, &SQLITE),
        Tx::Postgres(_) => (sql::tables::POSTGRES_HAS_MIGRATIONS, &POSTGRES),
    };
    let are_there: bool = fetch_one!(scalar tx, are_there)?;
    if !are_there {
        return Ok(Schema::None);
    }
    let made: Vec<AppliedStep> = fetch_all!(tx, sql::tables::MIGRATIONS)?;
    let ours: Vec<_> = BOTH.iter().chain(of_engine.iter()).collect();
    if !renumbered(&made, ours.iter().copied()).is_empty() {
        return Ok(Schema::Older);
    }
    for (version, checksum) in &made {
        match ours.iter().find(|migration| migration.version == *version) {
            None => return Ok(Schema::Newer(*version)),
            Some(migration) if *migration.checksum != **checksum => return Ok(Schema::Changed(*version)),
            Some(_) => {}
        }
    }
    Ok(if made.len() < ours.len() { Schema::Older } else { Schema::Ours })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_of_each_engine_are_one_row_without_gaps() {
        for of_engine in [&SQLITE, &POSTGRES] {
            let mut numbers: Vec<_> = BOTH.iter().chain(of_engine.iter()).map(|migration| migration.version).collect();
            numbers.sort_unstable();
            assert_eq!(numbers, (1..=latest_migration()).collect::<Vec<_>>());
        }
    }
}
