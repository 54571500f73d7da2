//! The bus while the database is in trouble: streams stay open, and nothing is lost when it is back.

use std::time::Duration;
use tokio::time::{Instant, sleep};

use pulsestage::event::Event;
use pulsestage::ports::{Change, Clock, Notifier};

use crate::support::{LogStub, Plan, TestServer, Wire};

async fn server() -> (TestServer, LogStub) {
    let store = LogStub::new();
    (TestServer::on_log(&store, Plan { window: Duration::ZERO, ..Plan::default() }).await.0, store)
}

#[tokio::test(start_paused = true)]
async fn facts_and_counts_come_once_it_answers_again() {
    for failures in [1, 2, 5, 20] {
        let (server, store) = server().await;
        let mut wire = server.stream("").await;
        wire.greeting().await;
        store.fail(failures);
        let question = store.asked(1);
        store.counted(question, 7);
        server.bus.notify(LogStub::TENANT, Change::Facts);
        server.bus.notify(LogStub::TENANT, Change::Tallies);
        let asked = wire.until("question:created").await.pop().unwrap();
        assert_eq!(asked.cursor(), Some(LogStub::cursor(1)), "after {failures} failures");
        let Event::Upvoted(tally) = wire.message().await.envelope().event else { panic!("the count is lost") };
        assert_eq!((tally.question_id, tally.upvotes), (question, 7));
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_asked_again_soon_and_not_all_the_time() {
    let (server, store) = server().await;
    let mut wire = server.stream("").await;
    wire.greeting().await;
    store.fail(10);
    store.asked(1);
    server.bus.notify(LogStub::TENANT, Change::Facts);
    let began = Instant::now();
    wire.until("question:created").await;
    // Half a second, doubled each time, at most five.
    assert!((Duration::from_secs(20)..Duration::from_secs(60)).contains(&began.elapsed()), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_cannot_read_its_past_is_refused_for_the_moment_only() {
    let (server, store) = server().await;
    store.asked(1);
    let mut first = server.stream("").await;
    first.greeting().await;
    store.fail(1);
    let reply = server.get(&format!("/sse?last_event_id={}", LogStub::cursor(0))).open().await;
    // EventSource gives up for good on any status but 200.
    assert_eq!(reply.status(), 200);
    let mut wire = crate::support::Wire::of(reply);
    let rest = loop {
        match wire.next().await {
            Some(message) if message.closing_frame().is_some() => {}
            other => break other,
        }
    };
    assert_eq!(rest, None, "a stream that cannot be had ends at once and comes back later");
}

#[tokio::test(start_paused = true)]
async fn a_count_that_goes_back_before_the_next_look_is_told_again() {
    let (server, store) = server().await;
    let question = store.asked(1);
    store.counted(question, 4);
    let mut first = server.stream("").await;
    first.greeting().await;
    server.bus.notify(LogStub::TENANT, Change::Tallies);
    assert_eq!(first.message().await.json()["data"]["upvotes"], 4);
    // Between two looks: somebody votes, a page comes back and reads five, and the vote is taken back.
    store.counted(question, 5);
    let mut back = server.stream(&format!("last_event_id={}", LogStub::cursor(1))).await;
    back.greeting().await;
    assert_eq!(back.message().await.json()["data"]["upvotes"], 5);
    store.counted(question, 4);
    server.bus.notify(LogStub::TENANT, Change::Tallies);
    assert_eq!(back.message().await.json()["data"]["upvotes"], 4, "or it would show five for good");
}

/// Lets time pass, for the clock of the instance as well, which must have been stopped.
async fn pass(server: &TestServer, seconds: i64) {
    for _ in 0..seconds {
        server.clock.turn_on(1);
        sleep(Duration::from_secs(1)).await;
    }
}

/// What a stream has been sent, by type.
fn kinds(wire: &mut Wire) -> Vec<&'static str> {
    wire.drain().iter().map(crate::support::WireMessage::kind).collect()
}

#[tokio::test(start_paused = true)]
async fn a_lost_bell_makes_a_screen_three_seconds_late() {
    let (server, store) = server().await;
    let mut wire = server.stream("").await;
    wire.greeting().await;
    for round in 0..5 {
        let question = store.asked(round);
        let began = Instant::now();
        assert_eq!(wire.message().await.kind(), "question:created");
        store.counted(question, 3);
        assert_eq!(wire.message().await.json()["data"]["upvotes"], 3);
        assert!(began.elapsed() < Duration::from_millis(6_100), "{:?}", began.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn a_count_is_found_however_long_the_database_was_away() {
    for (seconds, hangs) in [(1, false), (10, false), (119, false), (130, false), (130, true), (4_000, false)] {
        let (server, store) = server().await;
        server.clock.stop();
        let question = store.asked(1);
        let mut wire = server.stream("").await;
        wire.greeting().await;
        pass(&server, 4).await;
        if hangs {
            store.hang(true)
        } else {
            store.away(true)
        }
        // Somebody else's instance takes it at once, and nobody does afterwards.
        store.counted_at(question, 7, server.clock.now());
        server.bus.notify(LogStub::TENANT, Change::Tallies);
        pass(&server, seconds).await;
        store.hang(false);
        store.away(false);
        pass(&server, 12).await;
        let told: Vec<_> = wire.drain().into_iter().filter(|message| message.kind() == "question:upvoted").collect();
        let last = told.last().unwrap_or_else(|| panic!("the count is lost after {seconds} s"));
        assert_eq!(last.json()["data"]["upvotes"], 7, "after {seconds} s");
    }
}

#[tokio::test(start_paused = true)]
async fn a_count_that_is_lower_after_an_outage_is_told() {
    let (server, store) = server().await;
    server.clock.stop();
    let (told, loaded) = (store.asked(1), store.asked(2));
    let mut wire = server.stream("").await;
    wire.greeting().await;
    store.counted_at(told, 5, server.clock.now());
    store.counted_at(loaded, 5, server.clock.now().plus_millis(-900_000));
    let copy = store.copy();
    pass(&server, 300).await;
    // A vote is told; another one is on the board of a page that was loaded just before, and no look has seen it.
    store.counted_at(told, 6, server.clock.now());
    server.bus.notify(LogStub::TENANT, Change::Tallies);
    pass(&server, 1).await;
    wire.drain();
    store.counted_at(loaded, 6, server.clock.now());
    store.away(true);
    pass(&server, 10).await;
    store.replace_by(&copy);
    store.away(false);
    pass(&server, 5).await;
    let counts: Vec<_> = wire.drain().into_iter().filter(|message| message.kind() == "question:upvoted").collect();
    for question in [told, loaded] {
        let id = question.to_string();
        let last = counts.iter().rfind(|message| message.json()["data"]["questionId"] == id.as_str());
        assert_eq!(last.expect("nothing is told of it").json()["data"]["upvotes"], 5);
    }
}

#[tokio::test(start_paused = true)]
async fn votes_that_are_gone_without_an_outage_are_noticed() {
    let (server, store) = server().await;
    server.clock.stop();
    let question = store.asked(1);
    store.counted_at(question, 5, server.clock.now());
    let mut wire = server.stream("").await;
    wire.greeting().await;
    let copy = store.copy();
    pass(&server, 400).await;
    store.counted_at(question, 6, server.clock.now());
    pass(&server, 4).await;
    wire.drain();
    store.replace_by(&copy);
    pass(&server, 4).await;
    assert_eq!(wire.drain().last().unwrap().json()["data"]["upvotes"], 5);
}

#[tokio::test(start_paused = true)]
async fn while_the_database_is_away_a_stream_says_so_instead_of_heartbeats() {
    for hangs in [false, true] {
        let store = LogStub::new();
        let heartbeat = Duration::from_secs(5);
        let server = TestServer::on_log(&store, Plan { heartbeat, ..Plan::default() }).await.0;
        server.clock.stop();
        let mut wire = server.stream("").await;
        wire.greeting().await;
        pass(&server, 12).await;
        let good = server.clock.now();
        assert_eq!(kinds(&mut wire), ["heartbeat"; 2]);
        if hangs {
            store.hang(true)
        } else {
            store.away(true)
        }
        let began = Instant::now();
        let message = wire.until("stale").await.pop().unwrap();
        assert!(began.elapsed() <= Duration::from_secs(8), "{:?}", began.elapsed());
        assert_eq!(message.id, None, "it is no fact");
        let since = message.json()["data"]["since"].as_i64().unwrap();
        assert!((good.0 - 4_000..=good.0).contains(&since), "{since} at {}", good.0);
        // Nothing but that, as often as heartbeats come, and always of the same time.
        pass(&server, 60).await;
        let told = wire.drain();
        assert!((5..=13).contains(&told.len()), "{}", told.len());
        assert!(told.iter().all(|message| message.json()["data"]["since"] == since), "{told:?}");
        // As soon as it is back all is well.
        store.hang(false);
        store.away(false);
        let began = Instant::now();
        let told = wire.until("heartbeat").await;
        assert!(began.elapsed() <= Duration::from_secs(7), "{:?}", began.elapsed());
        assert!(told.len() <= 3, "{told:?}");
        pass(&server, 60).await;
        assert!(kinds(&mut wire).iter().all(|kind| *kind == "heartbeat"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_blip_is_told_to_nobody() {
    let (server, store) = server().await;
    let mut wire = server.stream("").await;
    wire.greeting().await;
    for _ in 0..5 {
        sleep(Duration::from_secs(20)).await;
        store.asked(1);
        store.fail(2);
        server.bus.notify(LogStub::TENANT, Change::Facts);
        sleep(Duration::from_secs(10)).await;
        assert!(!kinds(&mut wire).contains(&"stale"));
    }
}

#[tokio::test(start_paused = true)]
async fn one_log_that_cannot_be_read_is_told_to_those_who_watch_it() {
    let (server, store) = server().await;
    let mut wire = server.stream("").await;
    wire.greeting().await;
    store.asked(1);
    store.fail(u32::MAX);
    server.bus.notify(LogStub::TENANT, Change::Facts);
    assert_eq!(wire.message().await.kind(), "stale");
    // Whoever comes now hears it first of all.
    let mut late = server.stream("").await;
    late.greeting().await;
    assert_eq!(late.message().await.kind(), "stale");
    store.fail(0);
    for wire in [&mut wire, &mut late] {
        let told: Vec<_> = wire.until("heartbeat").await.iter().map(crate::support::WireMessage::kind).collect();
        assert!(told.contains(&"question:created"), "{told:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_comes_while_the_database_is_away_is_sent_to_come_back() {
    let log = LogStub::new();
    let (server, database) = TestServer::on_log(&log, Plan { window: Duration::ZERO, ..Plan::default() }).await;
    log.asked(1);
    let cursor = LogStub::cursor(1);
    let mut first = server.stream("").await;
    first.greeting().await;
    log.away(true);
    database.close().await;
    // What is known of the tenant is good for a second.
    server.clock.stop();
    server.clock.turn_on(2);
    for query in ["", &format!("last_event_id={cursor}"), "last_event_id=nonsense", "events=question:created"] {
        let reply = server.get(&format!("/sse?{query}")).open().await;
        // EventSource gives up for good on any status but 200.
        assert_eq!((reply.status().as_u16(), &reply.headers()["content-type"] == "text/event-stream"), (200, true));
        let rest = Wire::of(reply).rest().await;
        assert!(rest.iter().any(|message| message.retry.is_some()), "{rest:?}");
        assert!(rest.iter().all(|message| message.id.is_none()), "{rest:?}");
    }
    let page = server.get("/").wants_page().send().await;
    assert_eq!((page.status.as_u16(), page.header("content-type").starts_with("text/html")), (503, true));
    assert!(!page.header("retry-after").is_empty());
    let board = server.get("/api/fn/load_board").send().await;
    assert_eq!(board.status, 503, "{}", board.text());
}

#[tokio::test(start_paused = true)]
async fn nothing_happening_costs_one_query_a_tick() {
    let (server, store) = server().await;
    server.clock.stop();
    let question = store.asked(1);
    store.counted_at(question, 3, server.clock.now());
    let mut wires = Vec::new();
    for _ in 0..5 {
        let mut wire = server.stream("").await;
        wire.greeting().await;
        wires.push(wire);
    }
    // What has changed lately is looked at for two minutes more.
    pass(&server, 130).await;
    let (heads, others) = store.asked_for();
    pass(&server, 300).await;
    let (heads, others) = (store.asked_for().0 - heads, store.asked_for().1 - others);
    assert!((95..=101).contains(&heads), "{heads} in 300 s");
    assert_eq!(others, 0);
    // Nobody is there any more: nothing is asked.
    drop(wires);
    pass(&server, 40).await;
    let before = store.asked_for();
    pass(&server, 60).await;
    assert_eq!(store.asked_for(), before);
}
