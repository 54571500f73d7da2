//! An instance that is cut off from its database while others go on.

use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::{Instant, sleep};

use super::instance::DrillInstance;
use super::{PAUSE, away, redis_is_missing};
use crate::support::{
    ANSWER, BoardWatcher, Cluster, Folder, Redis, Relay, TestAudience, assert_answered, assert_kept, free_port,
    newcomer, soon,
};

/// Two instances, each with a way of its own to one database, and a Redis between them.
struct Two {
    cluster: Cluster,
    redis: Redis,
    ways: [Relay; 2],
    instances: [DrillInstance; 2],
    _folder: Folder,
}

impl Two {
    async fn up() -> Option<Self> {
        let cluster = Cluster::start().await?;
        let folder = Folder::new();
        let Some(redis) = Redis::start(&folder, free_port()).await else {
            redis_is_missing();
            return None;
        };
        let ways = [Relay::to(&cluster.url()).await, Relay::to(&cluster.url()).await];
        let instance = |way: &Relay| DrillInstance::of(way.url(&cluster.url()), Some(Redis::url(redis.port)));
        let mut instances = [instance(&ways[0]), instance(&ways[1])];
        for instance in &mut instances {
            instance.up().await;
        }
        Some(Self { cluster, redis, ways, instances, _folder: folder })
    }

    async fn audience(&self) -> TestAudience {
        let addrs: Vec<_> = self.instances.iter().map(|instance| instance.addr).collect();
        TestAudience::gather(&addrs, 6, 10, PAUSE).await
    }

    /// Every board is the database's in the end, and nothing that was confirmed is missing or there twice.
    async fn ends_well(&self, mut audience: TestAudience) {
        audience.is_silent().await;
        let wanted = self.instances[0].board().await;
        audience.all_show(&wanted).await;
        let ledger = audience.ledger.lock().unwrap();
        assert_kept(&ledger, &wanted);
        assert_answered(&ledger);
        assert!(
            audience.watchers.iter().all(|watcher| watcher.resyncs.load(Ordering::Relaxed) == 0),
            "nothing was lost"
        );
    }
}

/// Waits until each of these watchers was told that what it shows is old.
async fn are_told(watchers: &[std::sync::Arc<BoardWatcher>]) {
    soon("the watchers to be told that the database is away", async {
        while watchers.iter().any(|watcher| watcher.stale.load(Ordering::Relaxed) == 0) {
            sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
}

/// One of the two is cut off, the other goes on.
async fn cut_off(how: fn(&Relay)) {
    let Some(two) = Two::up().await else { return };
    let audience = two.audience().await;
    audience.goes_on(100).await;
    how(&two.ways[1]);
    let began = Instant::now();
    // The second half watches at the second.
    let (at_first, at_second) = audience.watchers.split_at(audience.watchers.len() / 2);
    are_told(at_second).await;
    while began.elapsed() < away() {
        let asked = Instant::now();
        let answer = newcomer(two.instances[1].addr).http.get("/api/fn/load_board?tenant=").await;
        let took = asked.elapsed();
        let status = answer.unwrap().status.as_u16();
        assert!(status == 503 && took < ANSWER, "{status} after {took:?}");
        audience.goes_on(20).await;
    }
    assert!(
        at_first.iter().all(|watcher| watcher.stale.load(Ordering::Relaxed) == 0),
        "the other one has its database"
    );
    two.ways[1].release();
    audience.goes_on(100).await;
    two.ends_well(audience).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_instance_is_refused() {
    cut_off(Relay::cut).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_instance_gets_no_answer() {
    cut_off(Relay::hold).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_is_frozen_and_killed_and_redis_too() {
    let Some(mut two) = Two::up().await else { return };
    let audience = two.audience().await;
    audience.goes_on(100).await;
    two.cluster.freeze();
    are_told(&audience.watchers).await;
    for instance in &two.instances {
        assert!(instance.readiness().await.unwrap().0 == 503);
    }
    sleep(away() / 2).await;
    two.cluster.thaw();
    audience.goes_on(100).await;
    two.redis.freeze();
    audience.goes_on(50).await;
    two.cluster.kill();
    sleep(Duration::from_secs(2)).await;
    two.cluster.up().await;
    two.redis.thaw();
    audience.goes_on(100).await;
    two.ends_well(audience).await;
}
