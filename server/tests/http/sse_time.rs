//! What streams do as time passes, with the clock held still: heartbeats, slow readers, the end.

use std::time::Duration;
use tokio::time::{Instant, sleep};

use pulsestage::ports::{Change, Notifier};

use crate::support::{LogStub, Plan, TestServer, Wire};

async fn server(heartbeat_s: u64) -> (TestServer, LogStub) {
    let store = LogStub::new();
    let plan =
        Plan { heartbeat: Duration::from_secs(heartbeat_s), window: Duration::from_millis(50), ..Plan::default() };
    (TestServer::on_log(&store, plan).await.0, store)
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_every_thirty_seconds() {
    let (server, _store) = server(30).await;
    let mut wire = server.stream("").await;
    wire.greeting().await;
    let began = Instant::now();
    for beat in 1..=5 {
        let message = wire.message().await;
        assert_eq!(began.elapsed().as_secs(), 30 * beat);
        let at = message.envelope().timestamp.0;
        let tenant = LogStub::TENANT;
        let raw = format!(
            "data: {{\"type\":\"heartbeat\",\"tenantId\":\"{tenant}\",\"data\":{{\"timestamp\":{at}}},\"timestamp\":{at}}}\n\n"
        );
        assert_eq!(message.raw, raw);
    }
}

#[tokio::test(start_paused = true)]
async fn heartbeats_pass_every_filter() {
    let (server, _store) = server(1).await;
    for query in ["events=question:pinned", "teamId=00000000-0000-0000-0000-000000000001"] {
        let mut wire = server.stream(query).await;
        wire.greeting().await;
        assert_eq!(wire.message().await.kind(), "heartbeat", "{query}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_was_written_to_just_now_gets_no_heartbeat() {
    let (server, store) = server(30).await;
    let mut wire = server.stream("").await;
    wire.greeting().await;
    let began = Instant::now();
    for fact in 1..=1_000_u128 {
        sleep(Duration::from_millis(70)).await;
        assert!(wire.is_quiet(), "a heartbeat after fact {fact}");
        store.asked(fact);
        server.bus.notify(LogStub::TENANT, Change::Facts);
        let notified = Instant::now();
        wire.until("question:created").await;
        assert!(notified.elapsed() <= Duration::from_millis(60), "a fact came {:?} late", notified.elapsed());
    }
    assert_eq!(began.elapsed().as_secs() / 30, 2, "two heartbeats were due");
    let rested = Instant::now();
    assert_eq!(wire.message().await.kind(), "heartbeat");
    assert!(rested.elapsed() <= Duration::from_secs(30), "{:?} without a sign of life", rested.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_change_without_a_ring_comes_with_the_slow_tick() {
    let (server, store) = server(3_600).await;
    let mut wire = server.stream("").await;
    wire.greeting().await;
    for n in 0..5 {
        let question = store.asked(n);
        store.counted(question, 3);
        let began = Instant::now();
        let messages = wire.until("question:upvoted").await;
        assert_eq!(messages.len(), 2, "the fact, then the count");
        assert!(began.elapsed() <= Duration::from_secs(4), "late by {:?}", began.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_falls_behind_is_sent_away_and_misses_nothing() {
    let (server, store) = server(1).await;
    let mut slow = server.stream("").await;
    let mut last = slow.greeting().await;
    let mut quick = server.stream("").await;
    quick.greeting().await;
    for n in 0..200 {
        // Ten heartbeats and a fact: more than the ring holds before it is over.
        for _ in 0..10 {
            assert_eq!(quick.message().await.kind(), "heartbeat");
        }
        store.asked(n);
        server.bus.notify(LogStub::TENANT, Change::Facts);
        quick.until("question:created").await;
    }
    let rest = slow.rest().await;
    assert!(
        rest.len() == 1 && rest[0].closing_frame().is_some(),
        "only a closing frame, for what is in the ring has a gap before it: {rest:?}"
    );
    // The browser comes back by itself with the last id it has, as often as it takes.
    let mut seqs = Vec::new();
    while seqs.len() < 200 {
        let call = server.get("/sse").header("last-event-id", &last.to_string());
        let mut wire = Wire::of(call.open().await);
        assert_eq!(wire.greeting().await, last);
        for message in wire.drain() {
            if let Some(cursor) = message.cursor() {
                seqs.push(cursor.seq);
                last = cursor;
            }
        }
    }
    assert_eq!(seqs, (1..=200).collect::<Vec<i64>>());
    assert_eq!(server.bus.metrics().total_connections, 1, "only the quick one is left");
}

#[tokio::test(start_paused = true)]
async fn streams_end_themselves_when_the_house_closes() {
    let (server, store) = server(30).await;
    let mut wires = Vec::new();
    for query in ["", "events=question:pinned", "last_event_id=garbage"] {
        let mut wire = server.stream(query).await;
        wire.greeting().await;
        wires.push(wire);
    }
    store.asked(1);
    server.bus.notify(LogStub::TENANT, Change::Facts);
    wires[0].until("question:created").await;
    server.stop.cancel();
    server.tasks.close();
    let mut retries = Vec::new();
    for wire in wires {
        let rest = wire.rest().await;
        let closing_frame = rest.last().unwrap();
        retries.push(closing_frame.closing_frame().unwrap());
    }
    assert_eq!(retries.len(), 3);
    assert!(retries.iter().all(|retry| (1_000..3_000).contains(retry)));
    crate::support::soon("the tailer to end", server.tasks.wait()).await;
    // Whoever comes late is let go in the same way, never with 5xx.
    let mut late = server.stream("").await;
    late.greeting().await;
    let rest = late.rest().await;
    assert!(rest.len() == 1 && rest[0].closing_frame().is_some(), "{rest:?}");
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_nobody_watches_is_given_up_and_opened_again() {
    let (server, store) = server(30).await;
    drop(server.stream("").await);
    server.tasks.close();
    crate::support::soon("the tailer to go", server.tasks.wait()).await;
    server.tasks.reopen();
    store.asked(1);
    let mut wire = server.stream(&format!("last_event_id={}", LogStub::cursor(0))).await;
    assert_eq!(wire.greeting().await.seq, 0);
    assert_eq!(wire.message().await.cursor(), Some(LogStub::cursor(1)));
    store.asked(2);
    server.bus.notify(LogStub::TENANT, Change::Facts);
    assert_eq!(wire.message().await.cursor(), Some(LogStub::cursor(2)));
}

#[tokio::test(start_paused = true)]
async fn what_is_committed_while_the_first_stream_opens_is_not_late() {
    let (server, store) = server(30).await;
    store.surprises(1);
    let mut wire = server.stream("").await;
    assert_eq!(wire.greeting().await.seq, 0);
    let began = Instant::now();
    assert_eq!(wire.message().await.cursor(), Some(LogStub::cursor(1)));
    assert!(began.elapsed() < Duration::from_millis(100), "late by {:?}", began.elapsed());
}
