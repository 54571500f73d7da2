//! The log: read in pages, on time, and never half.

use std::sync::Arc;

use pulsestage::ports::{LogStore, PortError, QuestionStore, StoreError, TenantStore};

use crate::stage::{START, Stage, stories};

stories![the_log_is_read_in_pages, a_facts_time_is_known, what_cannot_be_read_is_trouble_and_not_skipped,];

async fn the_log_is_read_in_pages(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    for number in 0..23 {
        stage.ask(&home, &format!("Question {number}?")).await;
    }
    let log = stage.log(home.tenant).await;
    assert_eq!(log.len(), 25);
    let mut pages = Vec::new();
    let mut read = Vec::new();
    loop {
        let after = read.last().map_or(0, |fact: &pulsestage::event::Fact| fact.seq);
        let page = stage.store.facts_after(home.tenant, after, 10).await.unwrap();
        if page.is_empty() {
            break;
        }
        pages.push(page.len());
        read.extend(page);
    }
    assert_eq!((pages, &read), (vec![10, 10, 5], &log));
    for (after, limit) in [(0, 0), (0, -1), (25, 10), (i64::MAX, 10)] {
        assert_eq!(stage.store.facts_after(home.tenant, after, limit).await, Ok(vec![]), "{after} {limit}");
    }
    assert_eq!(stage.store.facts_after(home.tenant, i64::MIN, i64::MAX).await, Ok(log));
}

async fn a_facts_time_is_known(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let at = START.plus_millis(1_234);
    stage.store.ask(stage.write_at(home.tenant, at), stage.new_question(home.team.id, "When?")).await.unwrap();
    let head = stage.store.head(home.tenant).await.unwrap().seq;
    assert_eq!(stage.store.fact_time(home.tenant, head).await, Ok(Some(at)));
    assert_eq!(stage.store.fact_time(home.tenant, head - 1).await, Ok(Some(START)));
    for nowhere in [head + 1, 0, -1, i64::MAX] {
        assert_eq!(stage.store.fact_time(home.tenant, nowhere).await, Ok(None));
    }
}

async fn what_cannot_be_read_is_trouble_and_not_skipped(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    stage.ask(&home, "Readable?").await;
    let broken = Err(StoreError::Port(PortError::Broken));
    for spoil in [
        "update events set type = 'question:teleported' where seq = 3",
        "update events set type = 'heartbeat' where seq = 3",
        "update events set type = 'question:merged' where seq = 3",
        "update events set type = 'question:created', audience = 'asker' where seq = 3",
        "update events set audience = 'all', subject_id = null where seq = 3",
    ] {
        stage.sneak(spoil).await;
        assert_eq!(stage.store.facts_after(home.tenant, 0, 10).await, broken, "{spoil}");
        assert_eq!(stage.store.facts_after(home.tenant, 0, 2).await.unwrap().len(), 2, "{spoil}");
    }
    stage.sneak("update tenants set settings = 'nonsense'").await;
    assert_eq!(stage.store.tenants().await, Err(StoreError::Port(PortError::Broken)));
    // A setting that is not there yet has its default.
    stage.sneak("update tenants set settings = '{\"guestsAllowed\":false}'").await;
    let tenant = stage.store.tenants().await.unwrap().remove(0);
    assert!(!tenant.settings.guests_allowed);
    assert_eq!(tenant.settings.question_length.max, 500);
}
