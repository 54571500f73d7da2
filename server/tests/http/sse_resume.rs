//! Coming back: exactly the missed facts, then the counts, then live; or one `resync`, never a part of the past.

use pulsestage::command::{Ask, SetMark, SetVote};
use pulsestage::event::{Cursor, Epoch};
use pulsestage::ports::{Change, LogStore, Notifier};

use crate::support::{LogStub, Plan, Room, TestServer, Wire};

/// Five facts and two changed counts after `start`.
async fn past(server: &TestServer, room: &Room) -> Cursor {
    let start = server.store.head(room.tenant.id).await.unwrap();
    for (n, on) in [(1, true), (2, false)] {
        let ask = Ask { team: room.team.id, body: format!("Missed question {n}"), name: None };
        let question = server.service.ask(&room.context, None, ask).await.unwrap().id;
        server.service.set_vote(&room.context, None, SetVote { question, up: true }).await.unwrap();
        server.service.set_pinned(&room.context, None, SetMark { question: room.open.id, on }).await.unwrap();
    }
    server.service.create_team(&room.context, None, "Missed team").await.unwrap();
    start
}

/// What follows the greeting must be the past after `start`, and then the next live fact.
async fn reads_the_past(server: &TestServer, room: &Room, wire: &mut Wire, start: Cursor) {
    assert_eq!(wire.greeting().await, start);
    let kinds = ["question:created", "question:pinned", "question:created", "question:pinned", "team:created"];
    for (seq, kind) in (start.seq + 1..).zip(kinds) {
        let message = wire.message().await;
        assert_eq!((message.kind(), message.cursor()), (kind, Some(Cursor { seq, ..start })));
    }
    let counts = [wire.message().await, wire.message().await];
    let mut counted: Vec<_> = counts
        .iter()
        .map(|message| (message.kind(), message.json()["data"]["upvotes"].as_i64(), message.cursor()))
        .collect();
    counted.dedup();
    assert_eq!(counted, [("question:upvoted", Some(1), None)]);
    assert_ne!(counts[0].json()["data"]["questionId"], counts[1].json()["data"]["questionId"]);
    assert!(wire.is_quiet());
    let pinned = server.service.set_pinned(&room.context, None, SetMark { question: room.open.id, on: true });
    pinned.await.unwrap();
    let live = wire.message().await;
    assert_eq!((live.kind(), live.cursor()), ("question:pinned", Some(Cursor { seq: start.seq + 6, ..start })));
    server.service.set_pinned(&room.context, None, SetMark { question: room.open.id, on: false }).await.unwrap();
    assert_eq!(wire.message().await.cursor(), Some(Cursor { seq: start.seq + 7, ..start }));
}

#[tokio::test]
async fn by_the_query() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let start = past(&server, &default).await;
    let mut wire = server.stream(&format!("last_event_id={start}")).await;
    reads_the_past(&server, &default, &mut wire, start).await;
}

#[tokio::test]
async fn by_the_header_which_wins_over_the_query() {
    for query in ["", "&last_event_id=garbage", "&last_event_id=0000000000000000-1"] {
        let (server, _default, acme) = TestServer::new(Plan::default()).await;
        let start = past(&server, &acme).await;
        let call = server.get(&format!("/sse?tenantId=acme{query}")).header("last-event-id", &start.to_string());
        let mut wire = Wire::of(call.open().await);
        reads_the_past(&server, &acme, &mut wire, start).await;
    }
}

#[tokio::test]
async fn by_each_spelling_and_the_last_of_two() {
    for query in [
        "lastEventId=START",
        "Last-Event-ID=START",
        "last-event-id=START",
        "lastEventId=garbage&last_event_id=START",
        "last_event_id=0000000000000000-1&lastEventId=START&lastEventId=",
        "color=red&last_event_id=START&%00=%ff&t=1",
    ] {
        let (server, default, _acme) = TestServer::new(Plan::default()).await;
        let start = past(&server, &default).await;
        let mut wire = server.stream(&query.replace("START", &start.to_string())).await;
        reads_the_past(&server, &default, &mut wire, start).await;
    }
}

#[tokio::test]
async fn an_empty_header_is_none() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let start = past(&server, &default).await;
    let call = server.get(&format!("/sse?last_event_id={start}")).header("last-event-id", "");
    let mut wire = Wire::of(call.open().await);
    reads_the_past(&server, &default, &mut wire, start).await;
    // An empty one alone is a new client.
    let mut wire = server.stream("last_event_id=").await;
    assert_eq!(wire.greeting().await.seq, start.seq + 7);
    assert!(wire.is_quiet());
}

#[tokio::test]
async fn from_the_head_there_is_nothing_to_tell() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let head = server.store.head(default.tenant.id).await.unwrap();
    let mut wire = server.stream(&format!("last_event_id={head}")).await;
    assert_eq!(wire.greeting().await, head);
    assert!(wire.is_quiet());
}

#[tokio::test]
async fn from_the_very_beginning() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let head = server.store.head(default.tenant.id).await.unwrap();
    let start = Cursor { seq: 0, ..head };
    let mut wire = server.stream(&format!("last_event_id={start}")).await;
    assert_eq!(wire.greeting().await, start);
    let mut board = pulsestage::board::Board::empty(default.tenant.id, start);
    for seq in 1..=head.seq {
        let message = wire.message().await;
        assert_eq!(message.cursor(), Some(Cursor { seq, ..head }));
        let _ = message.fold_into(&mut board);
    }
    assert_eq!(board, server.store.snapshot(default.tenant.id, None).await.unwrap().board);
}

/// One `resync` at the place where the stream goes on, and then live.
async fn is_resync(case: &str, server: &TestServer, room: &Room, mut wire: Wire) {
    let head = server.store.head(room.tenant.id).await.unwrap();
    assert_eq!(wire.greeting().await, head, "{case}");
    let resync = wire.message().await;
    let at = resync.envelope().timestamp.0;
    let tenant = room.tenant.id;
    let raw = format!("id: {head}\ndata: {{\"type\":\"resync\",\"tenantId\":\"{tenant}\",\"timestamp\":{at}}}\n\n");
    assert_eq!(resync.raw, raw, "{case}");
    assert!(wire.is_quiet(), "{case}: a part of the past was sent");
    let ask = Ask { team: room.team.id, body: "After the resync".to_owned(), name: None };
    server.service.ask(&room.context, None, ask).await.unwrap();
    assert_eq!(wire.message().await.cursor(), Some(Cursor { seq: head.seq + 1, ..head }), "{case}");
}

#[tokio::test]
async fn a_cursor_of_no_use_is_one_resync() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    let head = server.store.head(default.tenant.id).await.unwrap();
    let epoch = head.epoch;
    let useless = [
        "garbage".to_owned(),
        "0".to_owned(),
        "-".to_owned(),
        format!("{epoch}"),
        format!("{epoch}-"),
        format!("{epoch}--1"),
        format!("{epoch}-+1"),
        format!("{epoch}-1x"),
        format!("{epoch}-0x1"),
        format!("{epoch}-1-1"),
        format!("{epoch}-{}", i64::MAX),
        format!("{epoch}-9223372036854775808"),
        format!("{epoch}-{}", "9".repeat(40)),
        format!("{epoch}-{}", "0".repeat(5_000)),
        format!("{}-1", epoch.to_string().to_uppercase().replace(|c: char| c.is_ascii_digit(), "A")),
        Cursor { epoch: Epoch(epoch.0.wrapping_add(1)), seq: 1 }.to_string(),
        // From the future.
        Cursor { seq: head.seq + 1_000, ..head }.to_string(),
        // Of another tenant.
        server.store.head(acme.tenant.id).await.unwrap().to_string(),
        "<script>alert(1)</script>".to_owned(),
        "' or 1=1 --".to_owned(),
        "x".repeat(8_000),
    ];
    for cursor in &useless {
        let query = crate::support::encode_form(&[("last_event_id", cursor)]);
        is_resync(&format!("query {cursor:.60}"), &server, &default, server.stream(&query).await).await;
        let wire = Wire::of(server.get("/sse").header("last-event-id", cursor).open().await);
        is_resync(&format!("header {cursor:.60}"), &server, &default, wire).await;
    }
    let wire = Wire::of(server.get("/sse").header("last-event-id", "\u{e9}\u{1F600}").open().await);
    is_resync("not ASCII", &server, &default, wire).await;
    for query in
        ["lastEventId=%", "lastEventId=%zz", "last-event-id=%00", "Last-Event-ID=%ff%fe", "lastEventId=1&lastEventId=2"]
    {
        is_resync(query, &server, &default, server.stream(query).await).await;
    }
    for name in ["last_event_id", "lastEventId"] {
        let wire = server.stream(&format!("{name}={}", "1".repeat(60_000))).await;
        is_resync("longer than any address", &server, &default, wire).await;
    }
}

#[tokio::test(start_paused = true)]
async fn who_has_missed_more_than_the_cap_loads_the_board() {
    const CAP: i64 = 1_000;
    let store = LogStub::new();
    for n in 0..CAP + 5 {
        store.asked(u128::try_from(n).unwrap());
    }
    let server = TestServer::on_log(&store, Plan::default()).await.0;
    for (from, facts) in [(5, CAP), (6, CAP - 1), (CAP + 5, 0)] {
        let mut wire = server.stream(&format!("last_event_id={}", LogStub::cursor(from))).await;
        assert_eq!(wire.greeting().await.seq, from);
        for seq in from + 1..=from + facts {
            assert_eq!(wire.message().await.cursor(), Some(LogStub::cursor(seq)));
        }
        assert!(wire.is_quiet());
    }
    for from in [0, 1, 4] {
        let mut wire = server.stream(&format!("last_event_id={}", LogStub::cursor(from))).await;
        assert_eq!(wire.greeting().await.seq, CAP + 5);
        assert_eq!(wire.message().await.kind(), "resync");
        assert!(wire.is_quiet());
    }
    store.asked(9_999);
    server.bus.notify(LogStub::TENANT, Change::Facts);
    let mut wire = server.stream(&format!("last_event_id={}", LogStub::cursor(CAP + 5))).await;
    assert_eq!(wire.until("question:created").await.last().unwrap().cursor(), Some(LogStub::cursor(CAP + 6)));
    assert_eq!(store.head(LogStub::TENANT).await.unwrap().seq, CAP + 6);
}
