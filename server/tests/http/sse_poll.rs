//! Asking instead of listening: `/api/events` gives what a stream would begin with, under the same limits and rights.

use axum::http::Method;
use std::time::Duration;

use pulsestage::command::{Ask, SetMark, SetVote};
use pulsestage::event::Cursor;
use pulsestage_server::limits::LimitArgs;

use crate::support::{Plan, Reply, Room, TestServer, Wire, WireMessage, assert_refused, soon};

/// What an answer says: the key of what may be sent, and the messages.
fn messages(reply: &Reply) -> (String, Vec<WireMessage>) {
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(reply.header("cache-control"), "no-store");
    let (viewer, rest) = viewer(reply.text());
    (viewer, rest.split_inclusive("\n\n").map(WireMessage::parse).collect())
}

/// The key at the beginning of what was written, and the rest.
fn viewer(text: &str) -> (String, &str) {
    let named = text.strip_prefix("event: viewer\ndata: ").unwrap_or_else(|| panic!("no key in {text}"));
    let (key, rest) = named.split_once("\n\n").unwrap();
    assert_eq!(key.len(), 16, "{key}");
    (key.to_owned(), rest)
}

async fn poll(server: &TestServer, query: &str, cookie: &str) -> (String, Vec<WireMessage>) {
    messages(&server.get(&format!("/api/events?{query}")).cookie(cookie).send().await)
}

/// Asks until the answer has a message of this type.
async fn until(server: &TestServer, query: &str, cookie: &str, kind: &str) -> Vec<WireMessage> {
    let asking = async {
        loop {
            let (_, messages) = poll(server, query, cookie).await;
            if messages.iter().any(|message| message.kind() == kind) {
                return messages;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    soon(kind, asking).await
}

async fn ask(server: &TestServer, room: &Room, text: &str) {
    let ask = Ask { team: room.team.id, body: text.to_owned(), name: None };
    server.service.ask(&room.context, None, ask).await.unwrap();
}

async fn pin(server: &TestServer, room: &Room, on: bool) {
    server.service.set_pinned(&room.context, None, SetMark { question: room.open.id, on }).await.unwrap();
}

async fn star(server: &TestServer, room: &Room) {
    let question = room.open.id.to_string();
    let form = [("tenant", room.slug.as_str()), ("question", question.as_str()), ("on", "true")];
    let reply = server.function("star").cookie(&room.moderator).form(&form).send().await;
    assert_eq!(reply.status, 200, "{}", reply.text());
}

/// Without what is drawn for each client, and the moment.
fn told(message: &WireMessage) -> (&'static str, Option<Cursor>, String) {
    let mut json = message.json();
    json.as_object_mut().unwrap().remove("timestamp");
    (message.kind(), message.cursor(), json.to_string())
}

#[tokio::test]
async fn it_tells_what_a_stream_would_begin_with() {
    for cursor in ["start", "before", "none", "garbage", "future", "epoch"] {
        let (server, default, acme) = TestServer::new(Plan::default()).await;
        let start = server.store.head(acme.tenant.id).await.unwrap();
        for text in ["One missed question", "Another missed question"] {
            ask(&server, &acme, text).await;
            ask(&server, &default, "A neighbour's question").await;
        }
        pin(&server, &acme, true).await;
        let vote = SetVote { question: acme.open.id, up: true };
        server.service.set_vote(&acme.context, None, vote).await.unwrap();
        let query = match cursor {
            "start" => format!("tenantId=acme&last_event_id={start}"),
            "before" => format!("tenantId=acme&lastEventId={}", Cursor { seq: 1, ..start }),
            "future" => format!("tenantId=acme&last_event_id={}", Cursor { seq: start.seq + 900, ..start }),
            "epoch" => "tenantId=acme&last_event_id=00000000000000ab-7".to_owned(),
            "garbage" => "tenantId=acme&last_event_id=garbage".to_owned(),
            _ => "tenantId=acme".to_owned(),
        };
        for cookie in ["", server.participant(1).as_str(), acme.moderator.as_str()] {
            let (_, polled) = poll(&server, &query, cookie).await;
            let mut stream = Wire::of(server.get(&format!("/sse?{query}")).cookie(cookie).open().await);
            let mut streamed = vec![stream.message().await];
            streamed.extend(stream.drain());
            assert_eq!(
                polled.iter().map(told).collect::<Vec<_>>(),
                streamed.iter().map(told).collect::<Vec<_>>(),
                "{cursor}"
            );
            assert!(polled.iter().all(|message| message.envelope().tenant_id == acme.tenant.id), "{cursor}");
            let retry = polled[0].retry.unwrap();
            assert!((3_000..5_000).contains(&retry), "{retry}");
            let kinds: Vec<_> = polled.iter().skip(1).map(WireMessage::kind).collect();
            match cursor {
                "start" => {
                    assert_eq!(kinds, ["question:created", "question:created", "question:pinned", "question:upvoted"])
                }
                "before" => assert!(kinds.len() > 4 && !kinds.contains(&"resync"), "{kinds:?}"),
                "none" => assert!(kinds.is_empty(), "{kinds:?}"),
                _ => assert_eq!(kinds, ["resync"], "{cursor}"),
            }
        }
        assert_eq!(server.bus.metrics().total_connections, 0, "nothing is left open");
    }
}

#[tokio::test]
async fn whoever_asks_again_and_again_misses_nothing() {
    let (server, _default, acme) = TestServer::new(Plan::default()).await;
    let mut cursor = server.store.head(acme.tenant.id).await.unwrap();
    let mut board = server.store.snapshot(acme.tenant.id, None).await.unwrap().board;
    for round in 0..6 {
        match round % 3 {
            0 => ask(&server, &acme, "What was asked meanwhile?").await,
            1 => pin(&server, &acme, round == 1).await,
            _ => {
                let vote = SetVote { question: acme.open.id, up: round == 2 };
                server.service.set_vote(&acme.context, None, vote).await.unwrap();
            }
        }
        let wanted = ["question:created", "question:pinned", "question:upvoted"][round % 3];
        let query = format!("tenantId=acme&last_event_id={cursor}");
        let settled = async {
            loop {
                for message in until(&server, &query, "", wanted).await {
                    let _ = message.fold_into(&mut board);
                    cursor = message.cursor().filter(|at| at.seq > cursor.seq).unwrap_or(cursor);
                }
                let whole = server.store.snapshot(acme.tenant.id, None).await.unwrap().board;
                if board == whole {
                    return;
                }
            }
        };
        soon("the board to be whole", settled).await;
    }
}

#[tokio::test]
async fn what_is_for_staff_is_told_to_staff() {
    let (server, _default, acme) = TestServer::new(Plan::default()).await;
    let start = server.store.head(acme.tenant.id).await.unwrap();
    star(&server, &acme).await;
    let query = format!("tenantId=acme&last_event_id={start}");
    let staff = until(&server, &query, &acme.moderator, "question:moderated").await;
    assert_eq!(staff.len(), 2, "{staff:?}");
    for cookie in ["", server.participant(1).as_str()] {
        let guest = until(&server, &query, cookie, "cursor").await;
        assert_eq!(guest.len(), 2, "their cursor moves, and nothing more: {guest:?}");
    }
}

#[tokio::test]
async fn the_key_tells_apart_what_may_be_sent_and_is_told_on_request() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    let (me, other) = (server.participant(1), server.participant(2));
    let mut keys = Vec::new();
    for (query, cookie) in [
        ("tenantId=acme", ""),
        ("tenantId=acme", me.as_str()),
        ("tenantId=acme", other.as_str()),
        ("tenantId=acme", acme.moderator.as_str()),
        ("tenantId=acme", acme.owner.as_str()),
        ("tenantId=default", me.as_str()),
        ("tenantId=default", default.moderator.as_str()),
        ("tenantId=acme&events=question:pinned", me.as_str()),
    ] {
        let (key, _) = poll(&server, query, cookie).await;
        let again = poll(&server, &format!("{query}&last_event_id=garbage"), cookie).await.0;
        assert_eq!(key, again, "{query}: it does not depend on where a client is");
        let stream = server.get(&format!("/sse?{query}&viewer=1")).cookie(cookie).open().await;
        let first = soon("the beginning of a stream", async {
            use futures::StreamExt;
            stream.into_body().into_data_stream().next().await.unwrap().unwrap()
        });
        assert_eq!(viewer(std::str::from_utf8(&first.await).unwrap()).0, key, "{query}");
        assert!(!keys.contains(&key), "{query}");
        keys.push(key);
    }
    // Whoever did not ask for it has a stream as ever: `Wire` takes no other.
    for query in ["tenantId=acme", "tenantId=acme&viewer=0", "tenantId=acme&viewer="] {
        server.stream(query).await.greeting().await;
    }
}

#[tokio::test]
async fn it_is_limited_as_a_stream_and_as_a_reading() {
    let limits = LimitArgs { max_streams_per_participant: 1, ..LimitArgs::NONE };
    let (server, _default, _acme) = TestServer::new(Plan { limits, ..Plan::default() }).await;
    let (me, other) = (server.participant(1), server.participant(2));
    for _ in 0..3 {
        assert_eq!(poll(&server, "", &me).await.1[0].kind(), "connected", "it gives its place back");
    }
    let mut stream = Wire::of(server.get("/sse").cookie(&me).open().await);
    stream.greeting().await;
    let full = server.get("/api/events").cookie(&me).send().await;
    let closing = WireMessage::parse(full.text());
    assert!((5_000..=15_000).contains(&closing.closing_frame().unwrap()), "{closing:?}");
    assert_eq!(poll(&server, "", &other).await.1[0].kind(), "connected");

    let limits = LimitArgs { reads_per_participant: "2/h".parse().unwrap(), ..LimitArgs::NONE };
    let (server, _default, _acme) = TestServer::new(Plan { limits, ..Plan::default() }).await;
    for _ in 0..2 {
        poll(&server, "", &server.participant(1)).await;
    }
    let refused = server.get("/api/events").cookie(&server.participant(1)).send().await;
    assert_refused("the third", &refused, 429, "too_many_requests");
    assert!(!refused.header("retry-after").is_empty());
    poll(&server, "", &server.participant(2)).await;
}

#[tokio::test]
async fn what_cannot_be_answered_says_why() {
    let (server, _default, _acme) = TestServer::new(Plan::default()).await;
    let missing = server.get("/api/events?tenantId=nope").send().await;
    assert_refused("no such tenant", &missing, 404, "not_found");
    for query in ["events=nothing", "teamId=1", "events=%00"] {
        let reply = server.get(&format!("/api/events?{query}")).send().await;
        assert_eq!((reply.status.as_u16(), reply.json()["refusal"].as_str()), (400, Some("malformed")), "{query}");
    }
    let head = server.request(Method::HEAD, "/api/events?tenantId=acme").send().await;
    assert_eq!((head.status.as_u16(), head.text()), (200, ""));
    for method in [Method::POST, Method::PUT, Method::DELETE] {
        let reply = server.request(method.clone(), "/api/events?tenantId=acme").send().await;
        assert_eq!(reply.status, 405, "{method}");
        assert_eq!(reply.header("allow"), "GET,HEAD", "{method}");
    }
    assert_eq!(server.bus.metrics().total_connections, 0);
}
