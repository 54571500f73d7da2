//! Housekeeping: what has done its work goes, and what somebody may still need stays.

use std::sync::Arc;

use pulsestage::error::Refusal;
use pulsestage::id::{OperationId, ParticipantId, QuestionId};
use pulsestage::ports::{LinkStore, LogStore, QuestionStore, StoreError, VoteStore, Write};
use pulsestage::time::{DAY_MS, Timestamp};
use pulsestage::user::Role;
use pulsestage_server::store::Spent;
use sqlx::{Connection, PgConnection, SqliteConnection};

use crate::stage::{Home, START, Stage, ballot, stories};

stories![
    six_hundred_toggles_of_a_vote_leave_a_few_keys,
    votes_that_change_nothing_leave_a_few_keys,
    a_repetition_that_comes_late_undoes_nothing,
    keys_of_other_votes_stay,
    idempotency_keys_are_kept_for_their_time,
    links_and_sessions_that_are_worth_nothing_go,
    another_tenants_rows_stay,
    the_log_loses_its_old_beginning_and_nothing_else,
    one_instance_at_a_time_has_a_task,
    the_sizes_of_tables_are_known_without_counting,
];

/// The one number that a statement gives.
async fn number(stage: &Stage, sql: &'static str) -> i64 {
    if let Some(path) = stage.url.strip_prefix("sqlite://") {
        let mut file = SqliteConnection::connect(path).await.unwrap();
        sqlx::query_scalar(sql).fetch_one(&mut file).await.unwrap()
    } else {
        let mut server = PgConnection::connect(&stage.url).await.unwrap();
        sqlx::query_scalar(sql).fetch_one(&mut server).await.unwrap()
    }
}

const KEYS: &str = "select count(*) from operations where kind in ('vote', 'withdraw')";

/// The frame of one voter's next write, a moment after the one before.
fn next(stage: &Stage, home: &Home, voter: ParticipantId, moment: i64) -> Write {
    let operation = OperationId(stage.id());
    Write { tenant: home.tenant, operation, writer: voter.0, at: START.plus_millis(moment) }
}

async fn six_hundred_toggles_of_a_vote_leave_a_few_keys(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let (question, voter) = (stage.ask(&home, "On or off?").await.id, stage.participant());
    for moment in 0..600 {
        let up = moment % 2 == 0;
        let receipt =
            stage.store.set_vote(next(&stage, &home, voter, moment), ballot(question, voter, up)).await.unwrap();
        assert_eq!((receipt.up, receipt.upvotes), (up, i64::from(up)));
    }
    let keys = number(&stage, KEYS).await;
    assert!((16..=18).contains(&keys), "{keys}");
}

async fn votes_that_change_nothing_leave_a_few_keys(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let (question, voter) = (stage.ask(&home, "Again and again?").await.id, stage.participant());
    for moment in 0..100 {
        let receipt =
            stage.store.set_vote(next(&stage, &home, voter, moment), ballot(question, voter, true)).await.unwrap();
        assert_eq!((receipt.up, receipt.upvotes), (true, 1));
    }
    let keys = number(&stage, KEYS).await;
    assert!((16..=18).contains(&keys), "{keys}");
}

async fn a_repetition_that_comes_late_undoes_nothing(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let (question, voter) = (stage.ask(&home, "What did I want?").await.id, stage.participant());
    let mut sent: Vec<(Write, bool)> = Vec::new();
    for moment in 0..40 {
        let up = moment % 2 == 0;
        let write = next(&stage, &home, voter, moment);
        stage.store.set_vote(write, ballot(question, voter, up)).await.unwrap();
        sent.push((write, up));
        for (old, wanted) in sent.iter().rev().take(16) {
            let again = Write { at: START.plus_millis(moment + 1), ..*old };
            let receipt = stage.store.set_vote(again, ballot(question, voter, *wanted)).await.unwrap();
            assert_eq!((receipt.up, receipt.upvotes), (up, i64::from(up)), "the latest wish holds");
            let another = stage.store.set_vote(again, ballot(question, voter, !wanted)).await;
            assert_eq!(another, Err(StoreError::Refused(Refusal::OperationReused)));
        }
    }
}

async fn keys_of_other_votes_stay(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let (voter, other) = (stage.participant(), stage.participant());
    let questions: Vec<QuestionId> = [stage.ask(&home, "One?").await.id, stage.ask(&home, "Two?").await.id].into();
    let first = next(&stage, &home, voter, 0);
    stage.store.set_vote(first, ballot(questions[1], voter, true)).await.unwrap();
    stage.store.set_vote(next(&stage, &home, other, 0), ballot(questions[0], other, true)).await.unwrap();
    for moment in 1..60 {
        let write = next(&stage, &home, voter, moment);
        stage.store.set_vote(write, ballot(questions[0], voter, moment % 2 == 0)).await.unwrap();
    }
    let keys = number(&stage, KEYS).await;
    assert!((18..=20).contains(&keys), "{keys}");
    stage.vote(&home, questions[1], voter, false).await.unwrap();
    let receipt = stage.store.set_vote(first, ballot(questions[1], voter, true)).await.unwrap();
    assert!(!receipt.up, "the first key is known still");
}

async fn idempotency_keys_are_kept_for_their_time(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let question = stage.ask(&home, "How long?").await.id;
    let at = |ms| START.plus_millis(ms);
    for number in 0..7 {
        let write = stage.write_at(home.tenant, at(number));
        stage.store.set_vote(write, ballot(question, stage.participant(), true)).await.unwrap();
    }
    let before = number(&stage, KEYS).await;
    assert_eq!(before, 7);
    let remove = async |until| stage.store.remove_spent(Spent::Operations, home.tenant, at(until), 2).await.unwrap();
    while remove(0).await > 0 {}
    assert_eq!(number(&stage, KEYS).await, 7, "none of these is older");
    assert_eq!(remove(5).await, 2, "a batch and no more");
    while remove(5).await > 0 {}
    assert_eq!(number(&stage, KEYS).await, 2);
    assert_eq!(number(&stage, "select count(*) from votes").await, 7, "votes stay");
}

async fn links_and_sessions_that_are_worth_nothing_go(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    // One link that waits, one that was used, each with the session that came of it.
    let (waiting, _) = stage.link(home.tenant, Role::Admin);
    stage.store.put_link(waiting).await.unwrap();
    let all = async |until: Timestamp| {
        let mut removed = 0;
        for what in Spent::ALL.into_iter().filter(|what| *what != Spent::Operations) {
            removed += stage.store.remove_spent(what, home.tenant, until, 500).await.unwrap();
        }
        removed
    };
    assert_eq!(all(START).await, 0);
    assert_eq!(number(&stage, "select count(*) from sign_in_links").await, 2);
    assert_eq!(all(START.plus_millis(1)).await, 1, "the one that was used");
    assert_eq!(all(waiting.expires_at.plus_millis(1)).await, 1, "the one that ran out");
    assert_eq!(number(&stage, "select count(*) from sessions").await, 1);
    assert_eq!(all(START.plus_millis(5_001)).await, 1, "the session that ran out");
    assert_eq!(number(&stage, "select count(*) from sessions").await, 0);
}

async fn another_tenants_rows_stay(stage: Arc<Stage>) {
    let (home, other) = (stage.home("acme").await, stage.home("widgets").await);
    for home in [&home, &other] {
        let question = stage.ask(home, "Whose?").await.id;
        stage.vote(home, question, stage.participant(), true).await.unwrap();
    }
    let late = START.plus_millis(DAY_MS);
    let before = number(&stage, "select count(*) from events").await;
    for what in Spent::ALL {
        stage.store.remove_spent(what, home.tenant, late, 500).await.unwrap();
    }
    let removed = stage.store.remove_facts(home.tenant, 0, late, 500).await.unwrap();
    let theirs = i64::try_from(stage.log(other.tenant).await.len()).unwrap();
    assert_eq!(before, theirs + i64::try_from(removed).unwrap());
    assert_eq!(number(&stage, KEYS).await, 1);
    assert_eq!(number(&stage, "select count(*) from sessions").await, 1);
}

async fn the_log_loses_its_old_beginning_and_nothing_else(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    for number in 0..30 {
        let new = stage.new_question(home.team.id, "How old?");
        stage.store.ask(stage.write_at(home.tenant, START.plus_millis(number)), new).await.unwrap();
    }
    let (tenant, log) = (home.tenant, stage.log(home.tenant).await);
    let (head, length) = (log.last().unwrap().seq, i64::try_from(log.len()).unwrap());
    let left = async || {
        let facts = stage.store.facts_after(tenant, 0, 1_000).await.unwrap();
        assert_eq!(facts, log[log.len() - facts.len()..], "what is left is the end of it, with no gap");
        let floor = stage.store.log_floor(tenant).await.unwrap();
        assert_eq!(floor, length - i64::try_from(facts.len()).unwrap());
        facts.len()
    };
    let late = START.plus_millis(1_000);
    assert_eq!(stage.store.remove_facts(tenant, length, late, 500).await.unwrap(), 0, "all of it may be replayed");
    assert_eq!(stage.store.remove_facts(tenant, 10, START, 500).await.unwrap(), 0, "none of it is old");
    assert_eq!(left().await, log.len());
    assert_eq!(stage.store.remove_facts(tenant, 10, late, 5).await.unwrap(), 5, "a batch and no more");
    assert_eq!(left().await, log.len() - 5);
    // The twenty oldest questions are old, the ten newest facts are kept whatever their age.
    while stage.store.remove_facts(tenant, 10, START.plus_millis(18), 5).await.unwrap() > 0 {}
    assert_eq!(left().await, 12);
    while stage.store.remove_facts(tenant, 10, late, 5).await.unwrap() > 0 {}
    assert_eq!(left().await, 10);
    assert_eq!(stage.store.head(tenant).await.unwrap().seq, head, "the next fact gets the next number");
    stage.ask(&home, "And now?").await;
    assert_eq!(stage.store.facts_after(tenant, head, 10).await.unwrap().len(), 1);
}

async fn one_instance_at_a_time_has_a_task(stage: Arc<Stage>) {
    let (one, two) = (stage.id(), stage.id());
    let lease =
        async |holder, now: i64| stage.store.lease("task", holder, Timestamp(now), Timestamp(now + 100)).await.unwrap();
    assert!(lease(one, 0).await);
    assert!(!lease(two, 50).await);
    assert!(lease(one, 60).await, "it goes on");
    assert!(!lease(two, 160).await);
    assert!(stage.store.lease("another", two, Timestamp(160), Timestamp(260)).await.unwrap());
    assert!(lease(two, 161).await, "the first one has died");
    assert!(!lease(one, 162).await);
    stage.store.end_lease("task", one).await.unwrap();
    assert!(!lease(one, 163).await, "nobody ends another's");
    stage.store.end_lease("task", two).await.unwrap();
    assert!(lease(one, 164).await);
}

async fn the_sizes_of_tables_are_known_without_counting(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let question = stage.ask(&home, "How many?").await.id;
    for _ in 0..20 {
        stage.vote(&home, question, stage.participant(), true).await.unwrap();
    }
    if !stage.url.starts_with("sqlite://") {
        stage.sneak("analyze").await;
    }
    let sizes = stage.store.sizes().await.unwrap();
    let names: Vec<&str> = sizes.tables.iter().map(|table| table.name.as_str()).collect();
    let expected =
        ["audit_log", "events", "operations", "questions", "reports", "sessions", "thread_messages", "users", "votes"];
    assert_eq!(names, expected);
    let rows = |name: &str| sizes.tables.iter().find(|table| table.name == name).unwrap().rows;
    assert_eq!((rows("questions"), rows("votes"), rows("thread_messages")), (1, 20, 0));
    assert!(sizes.bytes > 0);
    let is_file = stage.url.starts_with("sqlite://");
    assert_eq!((sizes.free_bytes.is_some(), sizes.log_bytes.is_some()), (is_file, is_file));
    assert!(sizes.tables.iter().all(|table| table.bytes.is_some() != is_file));
}
