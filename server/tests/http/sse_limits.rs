//! How many streams there may be. Whoever comes too many is not refused, which browsers take for good, but asked to
//! come back.

use pulsestage_server::limits::{LimitArgs, RefusedStreams};

use crate::support::{Plan, Room, TestServer, Wire};

async fn server(total: usize, per_tenant: usize, per_participant: usize) -> (TestServer, Room, Room) {
    let limits = LimitArgs {
        max_streams: Some(total),
        max_streams_per_tenant: Some(per_tenant),
        max_streams_per_participant: per_participant,
        ..LimitArgs::NONE
    };
    TestServer::new(Plan { limits, ..Plan::default() }).await
}

/// Opens a stream: it, or nothing when it was asked to come back.
async fn open(server: &TestServer, query: &str, cookie: &str) -> Option<Wire> {
    let mut wire = Wire::of(server.get(&format!("/sse?{query}")).cookie(cookie).open().await);
    for (name, value) in [("content-type", "text/event-stream"), ("cache-control", "no-cache, no-transform")] {
        assert_eq!(wire.headers[name], value);
    }
    let first = wire.message().await;
    let Some(retry) = first.closing_frame() else {
        assert_eq!(first.kind(), "connected");
        assert!((1_000..3_000).contains(&first.retry.unwrap()), "{first:?}");
        return Some(wire);
    };
    assert!((5_000..=15_000).contains(&retry), "{retry}");
    assert!(wire.next().await.is_none(), "it ends at once");
    None
}

#[tokio::test]
async fn when_all_places_are_taken_the_next_one_is_asked_to_come_back() {
    let (server, _default, _acme) = server(3, 0, 0).await;
    let mut inside = Vec::new();
    let me = server.participant(1);
    for query in ["", "tenantId=acme", "last_event_id=garbage"] {
        inside.push(open(&server, query, &me).await.unwrap());
    }
    for query in ["", "tenantId=acme", "last_event_id=garbage", "events=question:pinned"] {
        assert!(open(&server, query, &me).await.is_none(), "{query}");
    }
    assert_eq!(server.bus.metrics().total_connections, 3);
    assert_eq!(server.get("/sse?tenantId=nope").send().await.status, 404, "who has no business here is told so");
    drop(inside.pop());
    inside.push(open(&server, "", &me).await.unwrap());
    assert!(open(&server, "", &me).await.is_none());
    let streams = &server.state.limits().streams;
    assert_eq!((streams.taken(), streams.refused()), (3, RefusedStreams { streams: 5, ..RefusedStreams::default() }));
    drop(inside);
    assert_eq!(streams.taken(), 0);
}

#[tokio::test]
async fn one_person_does_not_take_everybodys_place() {
    let (server, _default, _acme) = server(0, 0, 2).await;
    let (me, other) = (server.participant(1), server.participant(2));
    let mut inside = Vec::new();
    for (query, cookie) in
        [("", &me), ("", &me), ("", &other), ("tenantId=acme", &me), ("", &String::new()), ("", &String::new())]
    {
        inside.push(open(&server, query, cookie).await.unwrap());
    }
    assert!(open(&server, "", &me).await.is_none());
    assert!(open(&server, "", "").await.is_some(), "somebody without a cookie is nobody in particular");
    drop(inside.remove(0));
    assert!(open(&server, "", &me).await.is_some());
    assert_eq!(server.state.limits().streams.refused(), RefusedStreams { participant: 1, ..RefusedStreams::default() });
}

#[tokio::test]
async fn one_tenant_does_not_take_its_neighbours_places() {
    let (server, _default, _acme) = server(0, 2, 0).await;
    let _inside = [open(&server, "", "").await.unwrap(), open(&server, "", &server.participant(1)).await.unwrap()];
    assert!(open(&server, "", &server.participant(2)).await.is_none());
    assert!(open(&server, "tenantId=acme", &server.participant(2)).await.is_some());
    assert_eq!(server.state.limits().streams.refused(), RefusedStreams { tenant: 1, ..RefusedStreams::default() });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_herd_as_many_are_let_in_as_there_are_places() {
    let (server, _default, _acme) = server(20, 0, 0).await;
    let came = futures::future::join_all((0..200).map(async |n| open(&server, "", &server.participant(n)).await)).await;
    assert_eq!(came.iter().flatten().count(), 20);
    assert_eq!(server.bus.metrics().total_connections, 20);
    assert_eq!(server.state.limits().streams.refused().streams, 180);
}

#[tokio::test]
async fn a_client_without_a_cookie_leaves_known_participants_their_streams() {
    let limits = LimitArgs {
        max_streams: Some(40),
        max_streams_per_tenant: None,
        streams_per_unknown_network: 10,
        proxies: 1,
        ..LimitArgs::NONE
    };
    let (server, _default, _acme) = TestServer::new(Plan { limits, ..Plan::default() }).await;
    let from = |address: String, cookie: String| {
        let call = server.get("/sse").cookie(&cookie).header("x-forwarded-for", &address);
        async move {
            let mut wire = Wire::of(call.open().await);
            let retry = wire.message().await.retry.unwrap();
            (retry < 5_000).then_some(wire)
        }
    };
    // 30 streams are the tenant's. A cookie that is forged makes nobody known, nor does a session that is none.
    let forged = [
        String::new(),
        TestServer::foreign_participant(1),
        format!("pulsestage_s_default={}", "0".repeat(64)),
        "pulsestage_p=garbage".to_owned(),
    ];
    let mut held = Vec::new();
    for n in 0..150 {
        held.extend(from("192.0.2.1".to_owned(), forged[n % forged.len()].clone()).await);
    }
    assert_eq!(held.len(), 10, "one network");
    for n in 0..150 {
        held.extend(from(format!("198.51.100.{n}"), String::new()).await);
    }
    assert_eq!(held.len(), 15, "half of the tenant's");
    for n in 0..15 {
        let cookie = server.participant(n);
        held.push(from("192.0.2.1".to_owned(), cookie).await.expect("a known participant has a place"));
    }
    assert_eq!(server.state.limits().streams.refused().unknown, 285);
}
