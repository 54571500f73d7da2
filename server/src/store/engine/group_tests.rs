//! What a group does in trouble that only its own connection can be put into.

use super::*;
use crate::store::engine::open::open_db;
use crate::store::{Db, Options};
use futures::future::join_all;
use std::path::PathBuf;
use uuid::Uuid;

use pulsestage::ports::Rng;

use crate::system::SystemRng;

/// A table for these tests, with a rule that rows can break.
const TABLE: &str = "create table marks (number bigint not null primary key, filling text not null)";
const MARK: &str = "insert into marks (number, filling) values ($1, $2)";
const MARKS: &str = "select number from marks order by number";

async fn opened() -> (Db, PathBuf) {
    let mut random = [0; 16];
    SystemRng.fill(&mut random);
    let folder = std::env::temp_dir().join(format!("pulsestage-group-{}", Uuid::from_bytes(random).simple()));
    let store = reopened(&folder).await;
    behind(&store, TABLE).await;
    (store, folder)
}

async fn reopened(folder: &std::path::Path) -> Db {
    open_db(&format!("sqlite://{}/group.db", folder.display()), Options::default()).await.unwrap()
}

async fn closed(store: Db, folder: PathBuf) {
    store.close().await;
    std::fs::remove_dir_all(folder).unwrap();
}

/// A statement on the writer's connection.
async fn behind(store: &Db, statement: &'static str) {
    let Pool::Sqlite(pool) = &store.write else { panic!("not on SQLite") };
    sqlx::query(statement).execute(pool).await.unwrap();
}

async fn marks(store: &Db) -> Vec<i64> {
    let Pool::Sqlite(pool) = &store.read else { panic!("not on SQLite") };
    sqlx::query_scalar(MARKS).fetch_all(pool).await.unwrap()
}

/// Writes a mark of so many bytes.
async fn mark(store: &Db, number: i64, bytes: usize) -> DbResult<i64> {
    written!(store, tx => {
        execute!(tx, MARK, number, "x".repeat(bytes))?;
        if number < 0 {
            return Err(pulsestage::error::Refusal::Frozen.into());
        }
        assert!(number != 1_000, "a mistake of ours");
        Ok(number)
    })
}

#[tokio::test]
async fn what_fails_takes_nothing_else_with_it() {
    let (store, folder) = opened().await;
    // Numbers below zero are refused after they were written, a number that is there already fails.
    let outcomes = join_all([1, -2, 3, 3, 4].map(|number| mark(&store, number, 1))).await;
    let told: Vec<_> =
        outcomes.into_iter().map(|outcome| outcome.map_err(crate::store::db_error::store_error)).collect();
    let refused = Err(pulsestage::error::Refusal::Frozen.into());
    assert_eq!(told, [Ok(1), refused, Ok(3), Err(PortError::Broken.into()), Ok(4)]);
    assert_eq!(marks(&store).await, [1, 3, 4]);
    closed(store, folder).await;
}

#[tokio::test]
async fn a_full_disk_loses_nothing_that_was_acknowledged_and_writes_go_on_after_it() {
    let (store, folder) = opened().await;
    behind(&store, "pragma max_page_count = 200").await;
    // Together a megabyte and a half, where there is room for less than one.
    let outcomes = join_all((0..24).map(|number| mark(&store, number, 64 * 1024))).await;
    assert!(outcomes.iter().any(Result::is_err));
    let acknowledged: Vec<i64> = outcomes.into_iter().flatten().collect();
    assert_eq!(marks(&store).await, acknowledged);
    behind(&store, "pragma max_page_count = 100000").await;
    assert!(mark(&store, 100, 64 * 1024).await.is_ok());
    assert!(marks(&store).await.contains(&100));
    closed(store, folder).await;
}

#[tokio::test]
async fn a_transaction_that_sqlite_ended_by_itself_is_not_gone_on_with() {
    let (store, folder) = opened().await;
    let lost = written!(&store, tx => {
        execute!(tx, MARK, 1, "x")?;
        step(tx, "rollback").await
    });
    assert!(matches!(lost, Err(DbError::Told(PortError::Broken))), "{lost:?}");
    assert!(marks(&store).await.is_empty());
    assert_eq!(mark(&store, 2, 1).await.unwrap(), 2);
    assert_eq!(marks(&store).await, [2]);
    closed(store, folder).await;
}

#[tokio::test]
async fn a_panic_is_rolled_back_and_the_writer_lives() {
    let (store, folder) = opened().await;
    let outcomes = join_all([1, 1_000, 2].map(|number| mark(&store, number, 1))).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Err(DbError::Told(PortError::Broken)))), "{outcomes:?}");
    assert!(marks(&store).await.is_empty());
    assert_eq!(mark(&store, 3, 1).await.unwrap(), 3);
    assert_eq!(marks(&store).await, [3]);
    closed(store, folder).await;
}

#[tokio::test]
async fn nobody_waits_for_company_and_whoever_left_is_passed_over() {
    let (store, folder) = opened().await;
    assert_eq!(mark(&store, 1, 1).await.unwrap(), 1);
    let mut left = Box::pin(mark(&store, 2, 1));
    assert!(futures::poll!(&mut left).is_pending());
    drop(left);
    assert_eq!(mark(&store, 3, 1).await.unwrap(), 3);
    assert_eq!(marks(&store).await, [1, 3]);
    closed(store, folder).await;
}

#[tokio::test]
async fn one_too_many_is_told_that_we_are_busy_and_those_before_are_done() {
    const TOO_MANY: i64 = 100;
    let (store, folder) = opened().await;
    let (mut waiting, mut turned_away) = (Vec::new(), 0);
    for number in 0..i64::try_from(WAITING).unwrap() + TOO_MANY {
        // QueuedOperation once each without the writer having a turn: it is on the same thread.
        let mut write = Box::pin(mark(&store, 2_000 + number, 1));
        match futures::poll!(&mut write) {
            std::task::Poll::Pending => waiting.push(write),
            std::task::Poll::Ready(outcome) => {
                assert!(matches!(outcome, Err(DbError::Told(PortError::Busy))), "{outcome:?}");
                turned_away += 1;
            }
        }
    }
    assert_eq!((waiting.len(), turned_away), (WAITING, TOO_MANY));
    assert!(join_all(waiting).await.iter().all(Result::is_ok));
    assert_eq!(marks(&store).await.len(), WAITING);
    assert!(mark(&store, 1, 1).await.is_ok(), "there is room again");
    closed(store, folder).await;
}

#[tokio::test]
async fn what_was_taken_before_the_end_is_done_and_nothing_is_taken_after_it() {
    let (store, folder) = opened().await;
    let mut waiting: Vec<_> = (0..300).map(|number| Box::pin(mark(&store, number, 1))).collect();
    for write in &mut waiting {
        assert!(futures::poll!(write).is_pending());
    }
    store.close().await;
    assert!(join_all(waiting).await.iter().all(Result::is_ok));
    assert!(mark(&store, 300, 1).await.is_err());
    let again = reopened(&folder).await;
    assert_eq!(marks(&again).await, (0..300).collect::<Vec<i64>>());
    closed(again, folder).await;
}
