//! Logs that are watched: where many of them end, which fact is the last of each, and new epochs by whoever finds out
//! first that they are other logs.

use std::collections::HashSet;
use std::sync::Arc;

use futures::future::join_all;
use pulsestage::event::{FactIdentity, LogHead};
use pulsestage::id::TenantId;
use pulsestage::ports::{LogStore, VoteStore};
use pulsestage_server::system::SystemRng;
use uuid::Uuid;

use crate::stage::{START, Stage, ballot, stories};

stories![
    the_ends_of_many_logs_are_read_at_once,
    whoever_reads_on_sees_whether_it_is_the_log_they_know,
    counts_are_read_whether_they_ever_changed_or_not,
    only_the_log_that_was_seen_gives_all_a_new_epoch,
    of_many_who_renew_at_once_one_does,
];

async fn heads(stage: &Stage, tenants: &[TenantId]) -> Vec<LogHead> {
    let mut heads = stage.store.log_heads(tenants).await.unwrap();
    heads.sort_by_key(|head| tenants.iter().position(|tenant| *tenant == head.tenant));
    heads
}

async fn the_ends_of_many_logs_are_read_at_once(stage: Arc<Stage>) {
    assert!(stage.store.log_heads(&[]).await.unwrap().is_empty());
    let (one, two) = (stage.home("one").await, stage.home("two").await);
    let question = stage.ask(&one, "First?").await;
    let nowhere = TenantId(Uuid::from_u128(7));
    let known = heads(&stage, &[one.tenant, nowhere, two.tenant]).await;
    assert_eq!(known.iter().map(|head| head.tenant).collect::<Vec<_>>(), [one.tenant, two.tenant]);
    for head in &known {
        let last = stage.log(head.tenant).await.pop().unwrap();
        assert_eq!(Ok(head.cursor), stage.store.head(head.tenant).await);
        assert_eq!((head.cursor.seq, head.last), (last.seq, Some(last.identity())));
    }
    assert_eq!(known[0].last, Some(FactIdentity { at: START, subject: Some(question.id.0) }));
    assert_eq!((known[0].voted_at, known[1].voted_at), (None, None));
    let at = START.plus_millis(50);
    let ballot = ballot(question.id, stage.participant(), true);
    stage.store.set_vote(stage.write_at(one.tenant, at), ballot).await.unwrap();
    let now = heads(&stage, &[one.tenant, two.tenant]).await;
    assert_eq!((now[0].voted_at, now[1].voted_at), (Some(at), None));
    assert_eq!((now[0].cursor, now[0].last), (known[0].cursor, known[0].last), "a vote writes no fact");
    // More than one statement asks for, in any order.
    let mut many: Vec<TenantId> = (100..1_300).map(|number| TenantId(Uuid::from_u128(number))).collect();
    many.insert(0, two.tenant);
    many.insert(777, one.tenant);
    let found: HashSet<TenantId> = heads(&stage, &many).await.iter().map(|head| head.tenant).collect();
    assert_eq!(found, HashSet::from([one.tenant, two.tenant]));
}

async fn whoever_reads_on_sees_whether_it_is_the_log_they_know(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    for number in 0..5 {
        stage.ask(&home, &format!("Question {number}?")).await;
    }
    let log = stage.log(home.tenant).await;
    for (known, limit) in [(0, 100), (1, 2), (4, 100), (6, 1)] {
        let page = stage.store.log_page(home.tenant, known, limit).await.unwrap();
        let after: Vec<_> = log.iter().filter(|fact| fact.seq > known).take(usize::try_from(limit).unwrap()).collect();
        assert_eq!(page.facts.iter().collect::<Vec<_>>(), after, "after {known}");
        assert_eq!(page.known, log.iter().find(|fact| fact.seq == known).map(|fact| fact.identity()), "after {known}");
    }
    for nothing in [7, 8, i64::MAX] {
        assert!(stage.store.log_page(home.tenant, nothing, 10).await.unwrap().facts.is_empty());
    }
    let before = log[3].identity();
    stage.sneak("update events set at = at + 1 where seq = 4").await;
    let page = stage.store.log_page(home.tenant, 4, 10).await.unwrap();
    assert_eq!(page.known, Some(FactIdentity { at: before.at.plus_millis(1), ..before }));
}

async fn counts_are_read_whether_they_ever_changed_or_not(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let (quiet, loud) = (stage.ask(&home, "Quiet?").await, stage.ask(&home, "Loud?").await);
    stage.vote(&home, loud.id, stage.participant(), true).await.unwrap();
    let mut counts: Vec<_> = stage.store.tallies(home.tenant).await.unwrap();
    counts.sort_by_key(|tally| tally.upvotes);
    assert_eq!(
        counts.iter().map(|tally| (tally.question, tally.upvotes)).collect::<Vec<_>>(),
        [(quiet.id, 0), (loud.id, 1)]
    );
    assert!(counts.iter().all(|tally| tally.team == home.team.id));
}

async fn only_the_log_that_was_seen_gives_all_a_new_epoch(stage: Arc<Stage>) {
    let homes = [stage.home("one").await, stage.home("two").await, stage.home("three").await];
    let tenants = homes.each_ref().map(|home| home.tenant);
    let before = heads(&stage, &tenants).await;
    let (tenant, seen) = (tenants[1], before[1].cursor.epoch);
    assert_eq!(stage.store.renew_epochs_if(tenant, seen, &SystemRng).await, Ok(true));
    let after = heads(&stage, &tenants).await;
    for (before, after) in before.iter().zip(&after) {
        assert_ne!(before.cursor.epoch, after.cursor.epoch);
        assert_eq!((before.cursor.seq, before.last), (after.cursor.seq, after.last));
    }
    // Asked for a log that is another one already, somebody else was faster; and for one that is nowhere.
    assert_eq!(stage.store.renew_epochs_if(tenant, seen, &SystemRng).await, Ok(false));
    let nowhere = TenantId(Uuid::from_u128(7));
    assert_eq!(stage.store.renew_epochs_if(nowhere, after[1].cursor.epoch, &SystemRng).await, Ok(false));
    assert_eq!(heads(&stage, &tenants).await, after);
}

async fn of_many_who_renew_at_once_one_does(stage: Arc<Stage>) {
    let homes = [stage.home("one").await, stage.home("two").await, stage.home("three").await];
    let tenants = homes.each_ref().map(|home| home.tenant);
    let seen = heads(&stage, &tenants).await;
    let tries = (0..12).map(|number| {
        let head = seen[number % seen.len()];
        let store = stage.store.clone();
        async move { store.renew_epochs_if(head.tenant, head.cursor.epoch, &SystemRng).await.unwrap() }
    });
    let did = join_all(tries).await;
    assert_eq!(did.iter().filter(|did| **did).count(), 1, "{did:?}");
}
