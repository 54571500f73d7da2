//! Opening, migrating, closing and opening again.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use pulsestage::ports::{BoardStore, LogStore, PortError, QuestionStore, StoreError, TenantStore};
use pulsestage_server::store::{OpenError, Options, open};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

use crate::stage::{Stage, folder, on_postgres, options, stories};

stories![
    everything_is_there_when_it_is_opened_again,
    instances_that_start_at_once_migrate_once,
    a_newer_database_is_refused,
    a_closed_store_is_busy,
];

async fn everything_is_there_when_it_is_opened_again(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let question = stage.ask(&home, "Still there?").await.id;
    let voter = stage.participant();
    stage.vote(&home, question, voter, true).await.unwrap();
    stage.answer(&home, question, "Yes.").await.unwrap();
    let before = stage.store.snapshot(home.tenant, Some(voter)).await.unwrap();
    let log = stage.log(home.tenant).await;
    // Dropped and not closed, as when the process dies.
    let again = open(&stage.url, Options::default()).await.unwrap();
    drop(again);
    let again = open(&stage.url, Options::default()).await.unwrap();
    assert_eq!(again.snapshot(home.tenant, Some(voter)).await.unwrap(), before);
    assert_eq!(again.facts_after(home.tenant, 0, 100).await.unwrap(), log);
    // Both write, and neither loses anything of the other.
    again.ask(stage.write(home.tenant), stage.new_question(home.team.id, "From a second process?")).await.unwrap();
    stage.ask(&home, "And the first?").await;
    assert_eq!(stage.log(home.tenant).await.len(), log.len() + 2);
    again.close().await;
}

async fn instances_that_start_at_once_migrate_once(stage: Arc<Stage>) {
    // Back to an empty database, where a handful start at the same moment.
    stage.store.close().await;
    let url = if let Some(path) = stage.url.strip_prefix("sqlite://") {
        format!("sqlite://{path}.second")
    } else {
        stage.sneak("drop schema public cascade").await;
        stage.sneak("create schema public").await;
        stage.url.clone()
    };
    let starts: Vec<_> = (0..4)
        .map(|_| {
            let url = url.clone();
            tokio::spawn(async move { open(&url, options()).await })
        })
        .collect();
    for start in starts {
        let store = start.await.unwrap().unwrap();
        assert_eq!(store.tenants().await, Ok(vec![]));
        store.close().await;
    }
}

async fn a_newer_database_is_refused(stage: Arc<Stage>) {
    stage
        .sneak(
            "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
            select 99999, 'of the future', success, checksum, execution_time from _sqlx_migrations where version = 1",
        )
        .await;
    let error = open(&stage.url, options()).await.unwrap_err();
    assert!(matches!(error, OpenError::Newer(99999)), "{error:?}");
    assert!(error.to_string().contains("newer version of PulseStage"), "{error}");
    stage
        .sneak("update _sqlx_migrations set version = version + 50000, description = 'changed' where version < 99999")
        .await;
    assert!(open(&stage.url, options()).await.is_err());
}

async fn a_closed_store_is_busy(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let busy = StoreError::Port(PortError::Busy);
    stage.store.close().await;
    assert_eq!(stage.store.tenants().await, Err(busy.clone()));
    assert_eq!(stage.store.snapshot(home.tenant, None).await, Err(busy.clone()));
    let asked = stage.store.ask(stage.write(home.tenant), stage.new_question(home.team.id, "Too late?")).await;
    assert_eq!(asked, Err(busy));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_hung_up_is_busy_and_then_there_again() {
    on_postgres("hung_up", hung_up).await;
}

async fn hung_up(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    stage
        .sneak(
            "select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid()",
        )
        .await;
    // As many tries as the pool has connections; each of them may learn it by itself.
    for _ in 0..=Options::default().connections {
        let asked = stage.store.ask(stage.write(home.tenant), stage.new_question(home.team.id, "Hello?")).await;
        match asked {
            Ok(_) => return assert_eq!(stage.log(home.tenant).await.len(), 3),
            Err(error) => assert_eq!(error, StoreError::Port(PortError::Busy)),
        }
    }
    panic!("the store did not find its server again");
}

/// Everything that somebody could read of an error.
fn told(error: &OpenError) -> String {
    let mut text = format!("{error} {error:?}");
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(" {cause} {cause:?}"));
        source = cause.source();
    }
    text
}

#[tokio::test]
async fn other_urls_are_refused_without_repeating_them() {
    for url in [
        "",
        "sqlite",
        "sqlite:",
        "sqlite::memory:",
        "sqlite://",
        "sqlite://:memory:",
        "sqlite://hunter2.db?mode=ro",
        "sqlite://hunter2\0.db",
        "mysql://root:hunter2@localhost/pulse",
        "postgres:root:hunter2",
        "postgres://root:hunter2@localhost:port/pulse",
        "postgres://root:hunter2@[::1/pulse",
        "POSTGRES://root:hunter2@localhost/pulse",
        "hunter2",
        "\u{0}\u{ffff}",
    ] {
        let error = open(url, options()).await.unwrap_err();
        assert!(matches!(error, OpenError::Url), "{url:?}: {error:?}");
        assert!(error.to_string().contains("sqlite://") && error.to_string().contains("postgres://"), "{error}");
        assert!(!told(&error).contains("hunter2"), "{error:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_at_once_and_without_the_password() {
    // A port that was free a moment ago and refuses.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = open(&format!("postgres://root:hunter2@127.0.0.1:{port}/pulse"), options()).await.unwrap_err();
    assert!(matches!(error, OpenError::Connect(_)), "{error:?}");
    assert!(!told(&error).contains("hunter2"), "{error:?}");
}

#[tokio::test]
async fn a_new_file_that_another_process_writes_is_waited_for() {
    let path = folder("taken").join("new.db");
    // As another instance has it that is about to make its journal a write-ahead log.
    let other = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let mut other = other.connect().await.unwrap();
    let mut taken = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    sqlx::query("create table theirs (id integer)").execute(&mut *taken).await.unwrap();
    let url = format!("sqlite://{}", path.display());
    let mut opening = tokio::spawn(async move { open(&url, options()).await });
    let early = tokio::time::timeout(Duration::from_millis(300), &mut opening).await;
    assert!(early.is_err(), "it did not wait: {early:?}");
    taken.commit().await.unwrap();
    other.close().await.unwrap();
    let store = opening.await.unwrap().unwrap();
    assert_eq!(store.tenants().await, Ok(vec![]));
    store.close().await;
}

#[tokio::test]
async fn a_file_is_made_with_its_folders_and_nothing_else_is_taken_for_one() {
    let folder = folder("files");
    let path = folder.join("a/b c/ü%20?no").display().to_string().replace('?', "-");
    let store = open(&format!("sqlite://{path}"), Options::default()).await.unwrap();
    store.tenants().await.unwrap();
    drop(store);
    assert!(std::fs::metadata(&path).unwrap().is_file());
    #[cfg(unix)]
    for file in std::fs::read_dir(folder.join("a/b c")).unwrap() {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(file.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    #[cfg(unix)]
    for made in ["a", "a/b c"] {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(folder.join(made).metadata().unwrap().permissions().mode() & 0o777, 0o700, "{made}");
    }

    let is_folder = open(&format!("sqlite://{}", folder.display()), options()).await.unwrap_err();
    assert!(matches!(is_folder, OpenError::File(..)), "{is_folder:?}");

    let text = folder.join("text.db");
    std::fs::write(&text, "This is no database. ".repeat(500)).unwrap();
    let is_text = open(&format!("sqlite://{}", text.display()), options()).await.unwrap_err();
    assert!(told(&is_text).contains("not a database"), "{is_text:?}");

    let below = open(&format!("sqlite://{}/x/y.db", text.display()), options()).await.unwrap_err();
    assert!(matches!(below, OpenError::Folder(..)), "{below:?}");
    std::fs::remove_dir_all(folder).unwrap();
}

/// Versions before it have a race in the write-ahead log that damages files (<https://www.sqlite.org/wal.html>, "The
/// WAL-reset bug"); the docs promise that ours is none of them.
#[tokio::test]
async fn the_sqlite_that_is_built_in_has_no_wal_reset_bug() {
    let mut memory = sqlx::SqliteConnection::connect("sqlite::memory:").await.unwrap();
    let version: String = sqlx::query_scalar("select sqlite_version()").fetch_one(&mut memory).await.unwrap();
    let parts: Vec<u32> = version.split('.').map(|part| part.parse().unwrap()).collect();
    assert!(parts >= vec![3, 51, 3] && parts != [3, 52, 0], "{version}");
}
