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

/// What SQLite reads a growing table by, where that is no more than the tenant: all of its rows, at worst.
#[expect(clippy::disallowed_methods, reason = "the statements of the house, with words in front that run nothing")]
async fn whole_reads(file: &mut SqliteConnection, text: &'static str) -> Vec<String> {
    let mut found = Vec::new();
    for statement in text.split(';').map(str::trim).filter(|statement| !statement.is_empty()) {
        let explained = format!("explain query plan {statement}");
        let Ok(steps) = sqlx::raw_sql(AssertSqlSafe(explained)).fetch_all(&mut *file).await else { continue };
        let steps = steps.iter().map(|step| step.get::<String, _>("detail"));
        found.extend(steps.filter(|step| {
            let reads = GROWING.iter().any(|table| step.split(' ').nth(1) == Some(table));
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
    let of_upkeep: HashSet<&str> = ["VOTES", "PRUNE_AUDIT", "FORGET_HASHES", "ASK"].into();
    let mut file = SqliteConnection::connect(stage.url.strip_prefix("sqlite://").unwrap()).await.unwrap();
    let mut wrong = Vec::new();
    for (name, text) in sql::all() {
        let reads = whole_reads(&mut file, text).await;
        if !reads.is_empty() && !of_upkeep.contains(name) {
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
