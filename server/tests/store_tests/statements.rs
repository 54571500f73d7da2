//! The one SQL text: every statement is taken by both engines, and every one is bound to a tenant.

use std::collections::HashSet;
use std::sync::Arc;

use pulsestage_server::store::sql;
use sqlx::{Connection, Executor, PgConnection, SqlSafeStr, SqliteConnection};

use crate::stage::{Stage, stories};

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
        // Asks for the tenants that are watched, each by its id.
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
