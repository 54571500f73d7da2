//! Background jobs: each is one instance's at a time, and nobody's for longer than its lease.

use std::sync::Arc;

use pulsestage::id::TenantId;
use pulsestage::ports::TenantStore;
use pulsestage::text::Slug;
use pulsestage::time::Timestamp;
use pulsestage_server::store::{LeasedJob, NewJob};
use uuid::Uuid;

use crate::stage::{START, Stage, stories};

stories![
    a_job_is_leased_to_one_and_ends_once,
    a_lease_ends_by_itself_or_by_its_holder,
    jobs_of_an_archived_tenant_wait_until_they_expire,
    a_tenant_has_so_many_jobs_and_none_twice,
];

const HERE: Uuid = Uuid::from_u128(0xA);
const THERE: Uuid = Uuid::from_u128(0xB);
const LIFE_MS: i64 = 600_000;

fn job(number: u128, tenant: TenantId) -> NewJob {
    let (id, payload) = (Uuid::from_u128(number), number.to_be_bytes().to_vec());
    NewJob { id, tenant, kind: "test", payload, at: START, expires_at: START.plus_millis(LIFE_MS) }
}

fn at(second: i64) -> Timestamp {
    START.plus_millis(second * 1_000)
}

/// What a holder gets at a second; its lease is ten long.
async fn take(stage: &Stage, holder: Uuid, second: i64) -> Vec<LeasedJob> {
    stage.store.take_jobs("test", holder, (at(second), at(second + 10)), 100).await.unwrap()
}

async fn a_job_is_leased_to_one_and_ends_once(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    for number in 0..20 {
        assert!(stage.store.put_job(job(number, home.tenant), 100).await.unwrap());
    }
    let store = &stage.store;
    let race = (0..8).map(|holder| async move {
        store.take_jobs("test", Uuid::from_u128(100 + holder), (START, at(10)), 5).await.unwrap()
    });
    let taken: Vec<Uuid> = futures::future::join_all(race).await.into_iter().flatten().map(|job| job.id()).collect();
    let different: std::collections::BTreeSet<_> = taken.iter().collect();
    assert_eq!(different.len(), taken.len(), "nobody has what another has");
    assert!(!taken.is_empty());
    let rest = take(&stage, HERE, 0).await;
    assert_eq!(taken.len() + rest.len(), 20);
    assert!(stage.store.take_jobs("other", HERE, (at(60), at(70)), 5).await.unwrap().is_empty(), "of another kind");
    for job in &rest {
        assert!(!stage.store.end_job(job, THERE).await.unwrap(), "of another");
        assert!(stage.store.end_job(job, HERE).await.unwrap());
        assert!(!stage.store.end_job(job, HERE).await.unwrap(), "once");
    }
}

async fn a_lease_ends_by_itself_or_by_its_holder(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    assert!(stage.store.put_job(job(1, home.tenant), 100).await.unwrap());
    assert_eq!(stage.store.next_job_due("test").await.unwrap(), Some(START));
    let first = take(&stage, HERE, 0).await.remove(0);
    assert_eq!((first.attempts(), first.tenant(), first.payload()), (1, home.tenant, &1_u128.to_be_bytes()[..]));
    assert!(take(&stage, THERE, 9).await.is_empty());
    stage.store.renew_jobs("test", HERE, at(30)).await.unwrap();
    assert!(take(&stage, THERE, 29).await.is_empty(), "renewed");
    let second = take(&stage, THERE, 30).await.remove(0);
    assert_eq!(second.attempts(), 2);
    assert!(!stage.store.end_job(&first, HERE).await.unwrap(), "another has it by now");
    stage.store.put_job_off(&first, HERE, at(500)).await.unwrap();
    stage.store.put_job_off(&second, THERE, at(50)).await.unwrap();
    assert_eq!(stage.store.next_job_due("test").await.unwrap(), Some(at(50)));
    assert!(take(&stage, HERE, 49).await.is_empty());
    assert_eq!(take(&stage, HERE, 50).await.len(), 1);
    stage.store.release_jobs("test", HERE, at(51)).await.unwrap();
    let again = take(&stage, THERE, 51).await.remove(0);
    assert_eq!(again.attempts(), 3, "what was given back was not begun");
    assert!(stage.store.end_job(&again, THERE).await.unwrap());
    assert_eq!(stage.store.next_job_due("test").await.unwrap(), None);
}

async fn jobs_of_an_archived_tenant_wait_until_they_expire(stage: Arc<Stage>) {
    let (home, other) = (stage.home("acme").await, stage.home("globex").await);
    assert!(stage.store.put_job(job(1, home.tenant), 100).await.unwrap());
    let acme = Slug::parse("acme").unwrap();
    stage.store.set_archived(&acme, Some(START)).await.unwrap();
    assert!(!stage.store.put_job(job(2, home.tenant), 100).await.unwrap(), "nothing is promised there");
    assert!(stage.store.put_job(job(3, other.tenant), 100).await.unwrap());
    let taken = take(&stage, HERE, 1).await;
    assert_eq!(taken.iter().map(LeasedJob::id).collect::<Vec<_>>(), [Uuid::from_u128(3)]);
    assert!(stage.store.end_job(&taken[0], HERE).await.unwrap());
    let expires = START.plus_millis(LIFE_MS);
    assert_eq!(stage.store.next_job_due("test").await.unwrap(), Some(expires));
    assert_eq!(take(&stage, HERE, LIFE_MS / 1_000).await.len(), 1, "to be given up");
    stage.store.set_archived(&acme, None).await.unwrap();
}

async fn a_tenant_has_so_many_jobs_and_none_twice(stage: Arc<Stage>) {
    let (home, other) = (stage.home("acme").await, stage.home("globex").await);
    for (number, is_added) in [(1, true), (1, false), (2, true), (3, false)] {
        assert_eq!(stage.store.put_job(job(number, home.tenant), 2).await.unwrap(), is_added, "{number}");
    }
    assert!(stage.store.put_job(job(3, other.tenant), 2).await.unwrap(), "another has room of its own");
    assert!(!stage.store.put_job(job(4, TenantId(Uuid::from_u128(9))), 2).await.unwrap(), "a tenant that is none");
}
