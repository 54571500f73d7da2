//! A backup that is made while people vote, and restored under clients that are ahead of it.

use std::sync::atomic::Ordering;

use super::PAUSE;
use super::instance::{self, DrillInstance};
use crate::support::{Cluster, Folder, TestAudience, assert_kept};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_are_ahead_of_it() {
    let Some(cluster) = Cluster::start().await else { return };
    let mut instances = [(); 2].map(|()| DrillInstance::of(cluster.url(), None));
    for instance in &mut instances {
        instance.up().await;
    }
    let addrs = instances.each_ref().map(|instance| instance.addr);
    let mut audience = TestAudience::gather(&addrs, 6, 15, PAUSE).await;
    audience.goes_on(200).await;
    let folder = Folder::new();
    let file = folder.path().join("backup.pulsestage").display().to_string();
    let before: Vec<_> = audience.ledger.lock().unwrap().asked.keys().copied().collect();
    let (code, said) = instance::run(&cluster.url(), &["backup", &file]).await;
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = instance::run(&cluster.url(), &["verify", &file]).await;
    assert_eq!(code, Some(0), "{said}");
    // Facts that the backup does not have.
    audience.goes_on(150).await;
    for instance in &mut instances {
        instance.stop().await;
    }
    let (code, said) = instance::run(&cluster.url(), &["restore", &file]).await;
    assert_ne!(code, Some(0), "it writes over nothing that it was not told to: {said}");
    let (code, said) = instance::run(&cluster.url(), &["restore", &file, "--replace"]).await;
    assert_eq!(code, Some(0), "{said}");
    audience.ledger.lock().unwrap().forget_confirmed();
    for instance in &mut instances {
        instance.up().await;
    }
    audience.goes_on(150).await;
    audience.is_silent().await;
    let wanted = instances[0].board().await;
    audience.all_show(&wanted).await;
    assert!(before.iter().all(|question| wanted.questions.contains_key(question)), "the backup lacks something");
    for watcher in &audience.watchers {
        assert!(watcher.resyncs.load(Ordering::Relaxed) > 0, "a client that was ahead was not told");
    }
    assert_kept(&audience.ledger.lock().unwrap(), &wanted);
    let (code, report) = instance::run(&cluster.url(), &["recount"]).await;
    assert_eq!(code, Some(0), "{report}");
}
