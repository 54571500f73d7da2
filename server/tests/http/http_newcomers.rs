//! Those whom nobody knows yet: browsers that become participants, and links that are tried.

use axum::Extension;
use axum::extract::ConnectInfo;
use std::net::SocketAddr;

use pulsestage_server::limits::LimitArgs;

use crate::support::{House, Plan, Reply};

/// The same house as it is seen from this address.
fn from(house: &mut House, addr: &str) {
    let addr: SocketAddr = addr.parse().unwrap();
    house.router = pulsestage_server::router::router(house.state.clone()).layer(Extension(ConnectInfo(addr)));
}

async fn house(proxies: u8) -> House {
    let limits = LimitArgs {
        newcomers_per_network: "5/50s".parse().unwrap(),
        sign_ins_per_network: "3/30s".parse().unwrap(),
        proxies,
        ..LimitArgs::NONE
    };
    let (mut house, _default, _acme) = House::new(Plan { limits, ..Plan::default() }).await;
    house.clock.stop();
    from(&mut house, "192.0.2.1:1000");
    house
}

/// How many of so many newcomers to this page become participants.
async fn join(house: &House, path: &str, count: usize, forwarded: &str) -> usize {
    let mut joined = 0;
    for _ in 0..count {
        let reply = house.get(path).header("x-forwarded-for", forwarded).send().await;
        joined += usize::from(reply.status == 200 && !reply.set_cookies().is_empty());
    }
    joined
}

fn assert_waits_outside(reply: &Reply) {
    assert_eq!(reply.status, 429);
    assert!(reply.set_cookies().is_empty());
    assert_eq!(reply.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(reply.header("cache-control"), "private, no-store");
    let seconds: u32 = reply.header("retry-after").parse().unwrap();
    assert!((10..15).contains(&seconds), "{seconds}");
    assert_eq!(reply.header("refresh"), seconds.to_string(), "browsers come back by themselves");
}

#[tokio::test]
async fn a_flood_of_newcomers_waits_outside() {
    let mut house = house(0).await;
    assert_eq!(join(&house, "/", 20, "").await, 5);
    assert_waits_outside(&house.get("/").send().await);
    assert_eq!(house.get("/").cookie(&house.participant(1)).send().await.status, 200, "those inside go on");
    assert_eq!(join(&house, "/t/acme/", 20, "").await, 5, "another tenant's hall");
    assert_eq!(join(&house, "/", 3, "198.51.100.1").await, 0, "saying to be elsewhere helps nobody");
    from(&mut house, "192.0.2.2:1000");
    assert_eq!(join(&house, "/", 20, "").await, 5, "another network");
    from(&mut house, "192.0.2.1:2000");
    house.clock.turn_on(10);
    assert_eq!(join(&house, "/", 20, "").await, 1, "as told");
}

#[tokio::test]
async fn behind_a_proxy_its_word_counts() {
    let house = house(1).await;
    assert_eq!(join(&house, "/", 20, "198.51.100.1").await, 5);
    assert_eq!(join(&house, "/", 20, "198.51.100.2").await, 5);
    assert_eq!(join(&house, "/", 20, "198.51.100.9, 198.51.100.2").await, 0);
}

#[tokio::test]
async fn made_up_tenants_make_no_participants() {
    let house = house(0).await;
    for n in 0..20 {
        let reply = house.get(&format!("/t/made-up-{n}/")).send().await;
        assert_eq!(reply.status, 404);
        assert!(reply.set_cookies().is_empty());
    }
    for path in ["/nowhere", "/t/x/y/z/nowhere"] {
        assert!(house.get(path).send().await.set_cookies().is_empty(), "{path}");
    }
    assert!(join(&house, "/", 20, "").await > 0);
}

#[tokio::test]
async fn links_are_not_guessed_in_a_hurry() {
    let house = house(0).await;
    let guess = || house.get(&format!("/sign-in/{}", "0".repeat(64))).send();
    for _ in 0..3 {
        assert_eq!(guess().await.status, 410);
    }
    let reply = guess().await;
    assert_eq!(reply.status, 429);
    assert_eq!(reply.header("retry-after"), "10");
    assert_eq!(house.get("/sign-in/spent").send().await.status, 410, "where one is sent is no guess");
    house.clock.turn_on(10);
    assert_eq!(guess().await.status, 410);
}
