//! New epochs for every log: cursors of the old ones are recognised, and nothing else changes.

use std::collections::HashSet;
use std::sync::Arc;

use pulsestage::ports::{LogStore, TenantStore};
use pulsestage_server::store::open;
use pulsestage_server::system::SystemRng;

use crate::stage::{Stage, options, stories};

stories![every_log_gets_an_epoch_of_its_own_and_keeps_its_facts, two_that_renew_at_once_do_not_wait_for_each_other,];

async fn every_log_gets_an_epoch_of_its_own_and_keeps_its_facts(stage: Arc<Stage>) {
    let mut homes = Vec::new();
    for slug in ["acme", "globex", "initech"] {
        let home = stage.home(slug).await;
        stage.ask(&home, "Is it the same log?").await;
        homes.push((home.tenant, stage.store.head(home.tenant).await.unwrap(), stage.log(home.tenant).await));
    }
    assert_eq!(stage.store.renew_epochs(&SystemRng).await, Ok(3));
    let mut epochs: HashSet<_> = homes.iter().map(|(_, head, _)| head.epoch).collect();
    for (tenant, before, facts) in homes {
        let head = stage.store.head(tenant).await.unwrap();
        assert_eq!(head.seq, before.seq);
        assert!(epochs.insert(head.epoch), "{} is there twice", head.epoch);
        assert_eq!(stage.log(tenant).await, facts);
    }
    // A tenant goes on where it was.
    let acme = stage.store.tenants().await.unwrap().remove(0).id;
    let head = stage.store.head(acme).await.unwrap();
    stage.tag(acme, "Later").await.unwrap();
    assert_eq!(stage.store.head(acme).await.unwrap().seq, head.seq + 1);
}

async fn two_that_renew_at_once_do_not_wait_for_each_other(stage: Arc<Stage>) {
    for number in 0..12 {
        stage.store.create_tenant(stage.new_tenant(&format!("tenant-{number}"))).await.unwrap();
    }
    let other = open(&stage.url, options()).await.unwrap();
    for _ in 0..5 {
        let (one, two) = tokio::join!(stage.store.renew_epochs(&SystemRng), other.renew_epochs(&SystemRng));
        assert_eq!((one, two), (Ok(12), Ok(12)));
    }
    other.close().await;
}
