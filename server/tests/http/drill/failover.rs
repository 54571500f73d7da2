//! PostgreSQL fails over to a copy that lacks the last seconds, while the instances stay up.

use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::sleep;

use super::instance::{self, DrillInstance};
use super::{PAUSE, redis_is_missing};
use crate::support::{Cluster, Folder, Redis, Relay, TestAudience, assert_kept, free_port};

/// How the copy came to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Copy {
    /// A standby that fell behind and is promoted: it has another timeline.
    Standby,
    /// Files that were copied a while ago and recover by themselves: the timeline is the same.
    Files,
}

async fn fails_over_to(kind: Copy) {
    let Some(mut first) = Cluster::start().await else { return };
    let folder = Folder::new();
    let Some(redis) = Redis::start(&folder, free_port()).await else { return redis_is_missing() };
    let way = Relay::to(&first.url()).await;
    let mut instances = [(); 2].map(|()| DrillInstance::of(way.url(&first.url()), Some(Redis::url(redis.port))));
    for instance in &mut instances {
        instance.up().await;
    }
    let addrs = instances.each_ref().map(|instance| instance.addr);
    let mut audience = TestAudience::gather(&addrs, 6, 25, PAUSE).await;
    audience.goes_on(150).await;

    let follows = Relay::to(&first.url()).await;
    let mut second = match kind {
        Copy::Standby => first.standby(&follows).await,
        Copy::Files => first.copy(),
    };
    if kind == Copy::Standby {
        audience.goes_on(50).await;
        follows.cut();
    }
    // The copy has nothing of this.
    audience.goes_on(150).await;
    first.kill();
    match kind {
        Copy::Standby => second.promote().await,
        Copy::Files => second.up().await,
    }
    way.lead_to(&second.url());
    // What is asked now has the numbers of what was lost.
    audience.goes_on(20).await;
    // A write that was answered by the first and not by the second may be on its way.
    sleep(Duration::from_secs(1)).await;
    audience.ledger.lock().unwrap().forget_confirmed();
    audience.goes_on(150).await;

    audience.is_silent().await;
    let wanted = instances[0].board().await;
    assert_eq!(instances[1].board().await, wanted, "both have the same database");
    audience.all_show(&wanted).await;
    for (number, watcher) in audience.watchers.iter().enumerate() {
        assert!(watcher.resyncs.load(Ordering::Relaxed) > 0, "watcher {number} was not told that facts are gone");
    }
    assert_kept(&audience.ledger.lock().unwrap(), &wanted);
    let said = instances.each_ref().map(DrillInstance::log).concat();
    assert!(said.contains("WARN") && said.contains("new epoch"), "the log says nothing of it: {said}");
    let (code, report) = instance::run(&second.url(), &["recount"]).await;
    assert_eq!(code, Some(0), "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_that_fell_behind() {
    fails_over_to(Copy::Standby).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_that_were_copied_a_while_ago() {
    fails_over_to(Copy::Files).await;
}
