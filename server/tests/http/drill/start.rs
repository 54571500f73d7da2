//! Instances that start together, on nothing, and before their database.

use super::PAUSE;
use super::instance::DrillInstance;
use crate::support::{Cluster, TestAudience, assert_answered, assert_kept, load_board, soon};
use sqlx::Executor;
use std::time::Duration;
use tokio::time::sleep;

/// How often they start on an empty database.
const ROUNDS: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_at_once_on_an_empty_database() {
    let Some(cluster) = Cluster::start().await else { return };
    for round in 0..ROUNDS {
        let mut session = cluster.session().await;
        session.execute("drop schema public cascade").await.unwrap();
        session.execute("create schema public").await.unwrap();
        all_come_up(&cluster, round).await;
    }
}

async fn all_come_up(cluster: &Cluster, round: usize) {
    let mut instances: Vec<DrillInstance> = (0..3).map(|_| DrillInstance::of(cluster.url(), None)).collect();
    instances.iter_mut().for_each(DrillInstance::spawn);
    let mut boards = Vec::new();
    for instance in &mut instances {
        let there = async {
            loop {
                let ended = instance.ended();
                assert!(ended.is_none(), "round {round}: one ended with {ended:?}: {}", instance.log());
                match load_board(instance.addr).await {
                    Ok(board) => return board,
                    Err(_) => sleep(Duration::from_millis(50)).await,
                }
            }
        };
        boards.push(soon("all to come up", there).await);
    }
    assert!(boards.iter().all(|board| *board == boards[0]), "they have one tenant");
    let mut session = cluster.session().await;
    let tenants: i64 = sqlx::query_scalar("select count(*) from tenants").fetch_one(&mut session).await.unwrap();
    assert_eq!(tenants, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn before_the_database() {
    let Some(mut cluster) = Cluster::empty() else { return };
    let mut instances: Vec<DrillInstance> = (0..2).map(|_| DrillInstance::of(cluster.url(), None)).collect();
    instances.iter_mut().for_each(DrillInstance::spawn);
    // They wait for it, and say so.
    for instance in &mut instances {
        soon("it to say that it waits", async {
            while !instance.log().contains("waiting for the database") {
                assert!(instance.ended().is_none(), "{}", instance.log());
                sleep(Duration::from_millis(50)).await;
            }
        })
        .await;
    }
    cluster.up().await;
    for instance in &instances {
        instance.board().await;
    }
    let addrs: Vec<_> = instances.iter().map(|instance| instance.addr).collect();
    let mut audience = TestAudience::gather(&addrs, 4, 5, PAUSE).await;
    audience.goes_on(100).await;
    audience.is_silent().await;
    let wanted = instances[0].board().await;
    audience.all_show(&wanted).await;
    let ledger = audience.ledger.lock().unwrap();
    assert_answered(&ledger);
    assert_kept(&ledger, &wanted);
}
