//! The one SQL text: every statement is taken by both engines, and every one is bound to a tenant.

use std::collections::HashSet;
use std::sync::Arc;

use pulsestage_server::store::sql;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row, SqlSafeStr, SqliteConnection};

use crate::stage::{Stage, on_sqlite, stories};

stories![every_statement_prepares];

async fn every_statement_prepares(stage: Arc<Stage>) {
    if let Some(path) = stage.url.strip_prefix("sqlite://") {
        let mut file = SqliteConnection::connect(path).await.unwrap();
        for (name, text) in sql::all() {
            let prepared = (&mut file).prepare(text.into_sql_str()).await;
            assert!(prepared.is_ok(), "{name}: {:?}", prepared.err());
        }
    } else {
        let mut server = PgConnection::connect(&stage.url).await.unwrap();
        for (name, text) in sql::all() {
            let prepared = (&mut server).prepare(text.into_sql_str()).await;
            assert!(prepared.is_ok(), "{name}: {:?}", prepared.err());
        }
    }
}

/// Tables that grow with every vote and every change for as long as a tenant lives.
const GROWING: [&str; 4] = ["operations", "votes", "events", "audit_log"];

/// Tables that have a row for each question or person of a tenant, or for what was said of a question.
const LISTED: [&str; 7] =
    ["questions", "question_tags", "reports", "thread_messages", "users", "memberships", "sessions"];

/// What these tables are called in a statement: by their names, and by those that it gives them.
fn names_of<'a>(text: &'a str, tables: &'a [&str]) -> HashSet<&'a str> {
    const NEXT: [&str; 14] = [
        "where", "join", "left", "on", "order", "group", "set", "select", "union", "limit", "values", "or", "and", "as",
    ];
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect();
    let named =
        words.windows(2).filter(|pair| tables.contains(&pair[0]) && !NEXT.contains(&pair[1])).map(|pair| pair[1]);
    tables.iter().copied().chain(named).collect()
}

/// What SQLite reads one of these tables by, where that is no more than the tenant: all of its rows, at worst.
#[expect(clippy::disallowed_methods, reason = "the statements of the house, with words in front that run nothing")]
async fn whole_reads(file: &mut SqliteConnection, text: &'static str, tables: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let names = names_of(text, tables);
    for statement in text.split(';').map(str::trim).filter(|statement| !statement.is_empty()) {
        let explained = format!("explain query plan {statement}");
        let Ok(steps) = sqlx::raw_sql(AssertSqlSafe(explained)).fetch_all(&mut *file).await else { continue };
        let steps = steps.iter().map(|step| step.get::<String, _>("detail"));
        found.extend(steps.filter(|step| {
            let reads = step.split(' ').nth(1).is_some_and(|name| names.contains(name));
            reads && (step.starts_with("SCAN") || step.ends_with("(tenant_id=?)"))
        }));
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_statement_of_a_participant_reads_all_that_a_tenant_has() {
    on_sqlite("whole_reads", reads_no_more_than_is_asked_for).await;
}

async fn reads_no_more_than_is_asked_for(stage: Arc<Stage>) {
    // What an admin, the operator or the server's own upkeep asks for, and what somebody does once who erases what they
    // wrote. Of a question that is new SQLite would look for votes only where references are checked at the end.
    let of_upkeep: HashSet<&str> =
        ["VOTES", "PEOPLE", "PEOPLE_BY_BUCKET", "PEOPLE_BY_TEAM", "PRUNE_AUDIT", "FORGET_HASHES", "ASK"].into();
    let mut file = SqliteConnection::connect(stage.url.strip_prefix("sqlite://").unwrap()).await.unwrap();
    let mut wrong = Vec::new();
    for (name, text) in sql::all() {
        let reads = whole_reads(&mut file, text, &GROWING).await;
        if !reads.is_empty() && !of_upkeep.contains(name) {
            wrong.push(format!("{name}: {reads:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Indexes in the order of a list: where a statement has a limit it reads so many rows of them and no more.
const IN_ORDER: [&str; 4] = ["questions_waiting", "questions_noted", "questions_asked", "questions_of_team"];

/// Indexes of few: of those who run a tenant or its teams.
const OF_FEW: [&str; 2] = ["users_of_staff", "memberships_of_moderators"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_list_reads_all_questions_or_people_of_a_tenant() {
    on_sqlite("whole_lists", lists_read_no_more_than_they_show).await;
}

async fn lists_read_no_more_than_they_show(stage: Arc<Stage>) {
    let whole: HashSet<&str> = [
        // The board, which is kept in memory, its counts for streams that begin anew, and those of teams where they are shown.
        "QUESTIONS",
        "TEAM_TOTALS",
        "QUESTION_TAGS",
        "TALLIES",
        // The one value at the end of an index.
        "LOG_HEAD",
        "LOG_HEADS",
        // All that somebody reported or wrote about may be wanted first.
        "CASES",
        "CASES_OF_TEAM",
        "TAGS_OF_CASES",
        "TAGS_OF_TEAM_CASES",
        // What is counted, for those who run the tenant and where the operator limits it.
        "COUNT",
        "COUNT_QUESTIONS",
        "COUNT_PEOPLE",
        "PEOPLE_COUNT",
        "TENANT_SUMMARIES",
        "HAS_OWNER",
        "OTHER_OWNERS",
        "DECLINED",
        "RECOUNT",
        // What is cleared away, erased or upgraded.
        "SESSIONS",
        "EXPIRED_MESSAGES",
        "EXPIRED_REASONS",
        "FORGET_HASHES",
        "CLEAR_TAG",
        "DELETE_TAG",
        "USER_NAMES",
    ]
    .into();
    let mut file = SqliteConnection::connect(stage.url.strip_prefix("sqlite://").unwrap()).await.unwrap();
    let mut wrong = Vec::new();
    for (name, text) in sql::all() {
        let reads = whole_reads(&mut file, text, &LISTED).await;
        let is_few = |read: &String| {
            let is_by = |indexes: &[&str]| indexes.iter().any(|index| read.contains(&format!(" {index} ")));
            is_by(&OF_FEW) || text.contains("limit") && is_by(&IN_ORDER)
        };
        let reads: Vec<_> = reads.into_iter().filter(|read| !is_few(read)).collect();
        if !reads.is_empty() && !whole.contains(name) {
            wrong.push(format!("{name}: {reads:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_statement_names_its_tenant() {
    // These find the tenant, go by a secret that nobody can guess, keep what is the installation's own, are the
    // operator's, or find the team whose code somebody has.
    let needs_none: HashSet<&str> = [
        "TENANT_BY_SLUG",
        "CLAIMABLE",
        "TENANTS",
        "PERSON_LINK",
        "PENDING_SIGN_IN",
        "THREAD_LINK",
        "REDEEM_LINK",
        "ROLE_LINK",
        "ADDRESS_CHANGE",
        "WHOSE_ROLE_LINK",
        "SESSION",
        "TOUCH_SESSION",
        "TOUCH_PERSON",
        "FORGET_REVOCATIONS",
        "KEPT_KEY",
        "FORGET_KEY",
        "FINGERPRINT",
        "PUT_FINGERPRINT",
        "REPLACE_FINGERPRINT",
        "TENANCY",
        "TENANT_SUMMARIES",
        "SET_LIMITS",
        "SET_ARCHIVED",
        "TEAM_BY_CODE",
        "LEASE",
        "OPEN_PRUNING",
        "CLOSE_PRUNING",
        "END_LEASE",
        // Of one kind of job, for whichever tenant, by whoever holds them.
        "NEXT_JOB_DUE",
        "RENEW_JOBS",
        "RELEASE_JOBS",
        "PROBE",
        "MARK",
        // Ask for tenants by their ids.
        "LOG_HEAD",
        "LOG_HEADS",
        "LINEAGES",
        "BEGIN_LINEAGE",
        "PLACE_LINEAGE",
        "MARKS",
        "BEGIN_MARK",
        "RAISE_MARK",
        "TOUCH_MARK",
        "PRUNE_MARKS",
        "SLUGS",
        "MIGRATION",
    ]
    .into();
    for (name, text) in sql::all() {
        let of_tenants = text.contains("tenants") && (text.contains("where id = $1") || text.contains("(id,"));
        let named = text.contains("tenant_id = $1") || text.contains("tenant_id, ") || of_tenants;
        assert!(named || needs_none.contains(name), "{name}: {text}");
    }
}

#[test]
fn no_statement_reads_an_author_or_asks_for_the_time() {
    // AUTHOR addresses what is for the asker alone; the others compare it with whoever asks, and give nobody's away. Those of
    // guests compare it with whoever signs in, and make it theirs.
    let compare: HashSet<&str> = [
        "AUTHOR",
        "OWN_QUESTIONS",
        "TEXTS_OF_ASKER",
        "OWN",
        "IS_ASKER",
        "OPEN_OF_ASKER",
        "REPORT",
        "COUNT",
        "STANDING",
        "OWN_TEXTS",
        "FORGET_HASHES",
        "HAS_TAKEN_PART",
        "HOLD",
        "UNCOUNT_OWN",
        "DELETE_OWN",
        "DELETE_REPORTS",
        "MOVE_QUESTIONS",
    ]
    .into();
    for (name, text) in sql::all() {
        // Those who were there may be counted.
        let counts = name.starts_with("PEOPLE") && text.contains("count(distinct who)");
        let known = counts || compare.contains(name);
        let reads = text.contains("author_id") && !text.starts_with("insert") && !known;
        let tells_time = ["now()", "current_timestamp", "datetime("].iter().any(|clock| text.contains(clock));
        assert!(!reads && !tells_time, "{name}: {text}");
    }
}
