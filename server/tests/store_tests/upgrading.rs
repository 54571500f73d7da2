//! Databases of older versions: one whose log had texts, whose facts stay while what they told goes, and those whose
//! migrations had other numbers.

use std::sync::Arc;

use pulsestage::audit::{Filter, PageCursor};
use pulsestage::event::{Event, EventType};
use pulsestage::id::{QuestionId, TenantId};
use pulsestage::ports::{AuditStore, LogStore, MergeStore, ModerationStore, TenantStore};
use pulsestage_server::store::{CopyError, copy, open};
use pulsestage_server::system::SystemRng;
use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};
use uuid::Uuid;

use crate::stage::{Stage, folder, options, stories};
use crate::taken_back::are_gone_from;

stories![
    an_older_database_keeps_its_facts_and_loses_what_was_taken_back,
    a_database_of_the_old_numbers_goes_on_wherever_it_was,
    a_database_of_the_old_numbers_is_no_source_of_a_copy,
];

static BOTH: Migrator = sqlx::migrate!("../migrations");
static SQLITE: Migrator = sqlx::migrate!("../migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("../migrations/postgres");

/// The numbers that migrations had before they were in one row.
const OLD_NUMBERS: [i64; 16] = [1, 2, 4, 5, 10, 11, 12, 20, 21, 22, 23, 24, 25, 26, 27, 29];

/// So many of the first migrations, as versions of then made them.
fn older(of_engine: &Migrator, count: usize) -> Migrator {
    let mut all: Vec<_> = BOTH.iter().chain(of_engine.iter()).cloned().collect();
    all.sort_by_key(|migration| migration.version);
    all.truncate(count);
    for (migration, old) in all.iter_mut().zip(OLD_NUMBERS) {
        migration.version = old;
    }
    Migrator::with_migrations(all)
}

/// What stood in a database then. `#1` is an id.
const THEN: &str = "
    insert into tenants (id, slug, name, epoch, seq, settings, created_at) values (#1, 'acme', 'Acme', 7, 5, '{}', 1);
    insert into teams (id, tenant_id, slug, name, name_key, created_at) values (#2, #1, 'a', 'A', 'a', 1);
    insert into questions (id, tenant_id, team_id, author_id, body, status, upvotes, created_at, removal, removed_at,
            merged_into, author_name) values
        (#3, #1, #2, #9, 'As it is now', 'OPEN', 2, 1, null, null, null, null),
        (#4, #1, #2, #9, 'zq-withdrawn', 'OPEN', 0, 1, 'withdrawn', 2, null, 'zq-name'),
        (#5, #1, #2, #9, 'Merged', 'OPEN', 1, 1, 'merged', 3, #3, null);
    insert into votes (tenant_id, question_id, voter_id, at) values (#1, #5, #8, 1), (#1, #3, #8, 3), (#1, #3, #7, 1);
    insert into merged_votes (tenant_id, source_id, target_id, voter_id) values (#1, #5, #3, #8);
    insert into events (tenant_id, seq, type, team_id, data, at) values
        (#1, 1, 'question:created', #2, '{\"id\":\"@3\",\"body\":\"zq-first\",\"upvotes\":0}', 1),
        (#1, 2, 'question:created', #2, '{\"id\":\"@4\",\"body\":\"zq-withdrawn\",\"authorName\":\"zq-name\"}', 1),
        (#1, 3, 'question:merged', #2, '{\"questionId\":\"@5\",\"into\":\"@3\"}', 3),
        (#1, 4, 'tenant:updated', null, '{\"id\":\"@1\",\"name\":\"zq-tenant\"}', 3),
        (#1, 5, 'question:removed', #2, '{\"questionId\":\"@4\"}', 3);
    insert into audit_log (id, tenant_id, at, action, subject_id, outcome, before, after) values
        (#6, #1, 1, 'edit', #3, 'done', '{\"body\":\"zq-first\",\"standing\":\"shown\"}', '{\"body\":\"now\"}'),
        (#7, #1, 1, 'answer', #3, 'done', '{\"answer\":null}', '{\"answer\":\"zq-answer\"}')";

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

#[expect(clippy::disallowed_methods, reason = "the engines write ids differently; all of it is above")]
fn then(literal: fn(Uuid) -> String) -> AssertSqlSafe<String> {
    let text = (1..10).fold(THEN.to_owned(), |text, number| {
        let text = text.replace(&format!("#{number}"), &literal(id(number)));
        text.replace(&format!("@{number}"), &id(number).to_string())
    });
    AssertSqlSafe(text)
}

/// Makes a database of so many migrations, and puts something into it.
async fn make_older(url: &str, count: usize, rows: impl Fn(fn(Uuid) -> String) -> AssertSqlSafe<String>) {
    if url.starts_with("sqlite://") {
        let mut file = SqliteConnection::connect(&format!("{url}?mode=rwc")).await.unwrap();
        older(&SQLITE, count).run(&mut file).await.unwrap();
        file.execute(rows(|id| format!("x'{}'", id.simple()))).await.unwrap();
        file.close().await.unwrap();
    } else {
        let mut server = PgConnection::connect(url).await.unwrap();
        older(&POSTGRES, count).run(&mut server).await.unwrap();
        server.execute(rows(|id| format!("'{id}'"))).await.unwrap();
        server.close().await.unwrap();
    }
}

/// Makes an older database for a story; gives where it is.
async fn older_database(
    stage: &Stage,
    count: usize,
    rows: impl Fn(fn(Uuid) -> String) -> AssertSqlSafe<String>,
) -> String {
    let url = match stage.url.strip_prefix("sqlite://") {
        Some(path) => format!("sqlite://{path}.{count}"),
        None => {
            stage.store.close().await;
            stage.sneak("drop schema public cascade").await;
            stage.sneak("create schema public").await;
            stage.url.clone()
        }
    };
    tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(make_older(&url, count, rows)));
    url
}

/// The numbers of the migrations that a database has had.
async fn numbers(url: &str) -> Vec<i64> {
    const NUMBERS: &str = "select version from _sqlx_migrations order by version";
    if let Some(path) = url.strip_prefix("sqlite://") {
        let mut file = SqliteConnection::connect(path).await.unwrap();
        sqlx::query_scalar(NUMBERS).fetch_all(&mut file).await.unwrap()
    } else {
        let mut server = PgConnection::connect(url).await.unwrap();
        sqlx::query_scalar(NUMBERS).fetch_all(&mut server).await.unwrap()
    }
}

/// A tenant, in every version's form.
#[expect(clippy::disallowed_methods, reason = "the engines write ids differently; all of it is here")]
fn a_tenant(literal: fn(Uuid) -> String) -> AssertSqlSafe<String> {
    let id = literal(id(1));
    AssertSqlSafe(format!(
        "insert into tenants (id, slug, name, epoch, seq, settings, created_at) values ({id}, 'acme', 'Acme', 7, 0, '{{}}', 1)"
    ))
}

async fn a_database_of_the_old_numbers_goes_on_wherever_it_was(stage: Arc<Stage>) {
    let ours = numbers(&stage.url).await;
    assert_eq!(ours, (1..=i64::try_from(ours.len()).unwrap()).collect::<Vec<_>>());
    for count in 1..=OLD_NUMBERS.len() {
        let url = older_database(&stage, count, a_tenant).await;
        assert_eq!(numbers(&url).await, OLD_NUMBERS[..count]);
        // Several start at once, and again.
        let starts = (0..3).map(|_| async { open(&url, options()).await.unwrap().close().await });
        futures::future::join_all(starts).await;
        assert_eq!(numbers(&url).await, ours, "after {count}");
        let store = open(&url, options()).await.unwrap();
        assert_eq!(store.tenants().await.unwrap()[0].slug, "acme");
        store.close().await;
    }
}

async fn a_database_of_the_old_numbers_is_no_source_of_a_copy(stage: Arc<Stage>) {
    let url = older_database(&stage, OLD_NUMBERS.len(), a_tenant).await;
    let folder = folder("old_numbers");
    let target = format!("sqlite://{}", folder.join("new.db").display());
    let refused = copy(&url, &target, &SystemRng, &|_| {}).await.unwrap_err();
    assert!(matches!(refused, CopyError::Older), "{refused:?}");
    assert_eq!(numbers(&url).await, OLD_NUMBERS, "a source is only read");
    open(&url, options()).await.unwrap().close().await;
    copy(&url, &target, &SystemRng, &|_| {}).await.unwrap().store.close().await;
    std::fs::remove_dir_all(folder).unwrap();
}

async fn an_older_database_keeps_its_facts_and_loses_what_was_taken_back(stage: Arc<Stage>) {
    // The migrations before the log lost its texts.
    let url = older_database(&stage, 7, then).await;
    let store = open(&url, options()).await.unwrap();
    let (tenant, question) = (TenantId(id(1)), QuestionId(id(3)));
    let facts = store.facts_after(tenant, 0, 10).await.unwrap();
    let types: Vec<_> = facts.iter().map(|fact| fact.event().map(Event::event_type)).collect();
    let [created, merged, tenant_updated, removed] =
        [EventType::Created, EventType::Merged, EventType::TenantUpdated, EventType::Removed].map(Some);
    assert_eq!(types, [created, None, merged, tenant_updated, removed]);
    let texts = ["zq-first", "zq-withdrawn", "zq-name", "zq-tenant", "zq-answer"];
    are_gone_from(&url, &texts).await;
    let noted = store.audit(tenant, &Filter::default(), PageCursor::NEWEST, 10).await.unwrap();
    let noted = format!("{noted:?}");
    assert!(["bodyLength", "answerLength", "standing"].iter().all(|field| noted.contains(field)), "{noted}");
    refuses_changes(&url).await;
    // What a merge had brought goes back.
    let write = stage.write(tenant);
    let by = pulsestage::id::UserId(id(9));
    let back = store.split(write, QuestionId(id(5)), by).await.unwrap();
    assert_eq!(back.question.upvotes, 1);
    assert_eq!(store.case(tenant, question).await.unwrap().question.upvotes, 1);
    store.close().await;
}

/// The audit is still one that only grows.
async fn refuses_changes(url: &str) {
    const CHANGE: &str = "update audit_log set action = 'other'";
    let changed = if let Some(path) = url.strip_prefix("sqlite://") {
        SqliteConnection::connect(path).await.unwrap().execute(CHANGE).await.map(drop)
    } else {
        PgConnection::connect(url).await.unwrap().execute(CHANGE).await.map(drop)
    };
    assert!(changed.unwrap_err().to_string().contains("the audit only grows"));
}
