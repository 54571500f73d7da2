//! Those whom nobody knows yet: browsers that become participants, and links that are tried.

use axum::Extension;
use axum::extract::ConnectInfo;
use std::net::SocketAddr;

use pulsestage_server::limits::LimitArgs;

use crate::http_tenancy::call;
use crate::support::{Folder, Plan, Reply, Room, TestServer, dump, open_store};

/// The same server as it is seen from this address.
fn from(server: &mut TestServer, addr: &str) {
    let addr: SocketAddr = addr.parse().unwrap();
    server.router = pulsestage_server::router::router(server.state.clone()).layer(Extension(ConnectInfo(addr)));
}

async fn server(proxies: u8) -> TestServer {
    let limits = LimitArgs {
        newcomers_per_network: "5/50s".parse().unwrap(),
        sign_ins_per_network: "3/30s".parse().unwrap(),
        proxies,
        ..LimitArgs::NONE
    };
    let (mut server, _default, _acme) = TestServer::new(Plan { limits, ..Plan::default() }).await;
    server.clock.stop();
    from(&mut server, "192.0.2.1:1000");
    server
}

/// How many of so many newcomers to this page become participants.
async fn join(server: &TestServer, path: &str, count: usize, forwarded: &str) -> usize {
    let mut joined = 0;
    for _ in 0..count {
        let reply = server.get(path).header("x-forwarded-for", forwarded).send().await;
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
    let mut server = server(0).await;
    assert_eq!(join(&server, "/", 20, "").await, 5);
    assert_waits_outside(&server.get("/").send().await);
    assert_eq!(server.get("/").cookie(&server.participant(1)).send().await.status, 200, "those inside go on");
    assert_eq!(join(&server, "/t/acme/", 20, "").await, 5, "another tenant's audience");
    assert_eq!(join(&server, "/", 3, "198.51.100.1").await, 0, "saying to be elsewhere helps nobody");
    from(&mut server, "192.0.2.2:1000");
    assert_eq!(join(&server, "/", 20, "").await, 5, "another network");
    from(&mut server, "192.0.2.1:2000");
    server.clock.turn_on(10);
    assert_eq!(join(&server, "/", 20, "").await, 1, "as told");
}

#[tokio::test]
async fn behind_a_proxy_its_word_counts() {
    let server = server(1).await;
    assert_eq!(join(&server, "/", 20, "198.51.100.1").await, 5);
    assert_eq!(join(&server, "/", 20, "198.51.100.2").await, 5);
    assert_eq!(join(&server, "/", 20, "198.51.100.9, 198.51.100.2").await, 0);
}

#[tokio::test]
async fn made_up_tenants_make_no_participants() {
    let server = server(0).await;
    for n in 0..20 {
        let reply = server.get(&format!("/t/made-up-{n}/")).send().await;
        assert_eq!(reply.status, 404);
        assert!(reply.set_cookies().is_empty());
    }
    for path in ["/nowhere", "/t/x/y/z/nowhere"] {
        assert!(server.get(path).send().await.set_cookies().is_empty(), "{path}");
    }
    assert!(join(&server, "/", 20, "").await > 0);
}

#[tokio::test]
async fn links_are_not_guessed_in_a_hurry() {
    let server = server(0).await;
    let guess = || server.get(&format!("/sign-in/{}", "0".repeat(64))).send();
    for _ in 0..3 {
        assert_eq!(guess().await.status, 410);
    }
    let reply = guess().await;
    assert_eq!(reply.status, 429);
    assert_eq!(reply.header("retry-after"), "10");
    assert_eq!(server.get("/sign-in/spent").send().await.status, 410, "where one is sent is no guess");
    server.clock.turn_on(10);
    assert_eq!(guess().await.status, 410);
}

/// What somebody opens who then goes away leaves nothing in the database, nor does what their page reads by itself.
#[tokio::test]
async fn a_newcomer_is_no_row_before_their_first_vote() {
    let folder = Folder::new();
    let server = TestServer::on(open_store(&folder.sqlite_url()).await, Plan::default());
    let room = Room::furnish(&server.service, "default").await;
    let before = dump(&folder.sqlite_url()).await;
    for _ in 0..5 {
        let page = server.get("/").send().await;
        let cookie = page.set_cookies()[0].split(';').next().unwrap().to_owned();
        for path in
            ["/", "/?tab=all&find=question", "/api/board", "/api/rows", "/api/mine", "/api/events", "/mine", "/check"]
        {
            assert_eq!(server.get(path).cookie(&cookie).send().await.status, 200, "{path}");
        }
    }
    assert_eq!(dump(&folder.sqlite_url()).await, before);
    let vote = [("question", room.open.id.to_string()), ("up", "true".to_owned())];
    assert_eq!(call(&server, "set_vote", &server.participant(1), &vote).await.status, 200);
    assert_ne!(dump(&folder.sqlite_url()).await, before);
}
