//! The bus while the database is in trouble: streams stay open, and nothing is lost when it is back.

use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

use pulsestage::event::Event;
use pulsestage::ports::{Look, Notifier};

use crate::support::{House, MemoryStore, Plan};

fn house() -> (House, MemoryStore) {
    let store = MemoryStore::new();
    (House::on(Arc::new(store.clone()), Plan { window: Duration::ZERO, ..Plan::default() }), store)
}

#[tokio::test(start_paused = true)]
async fn facts_and_counts_come_once_it_answers_again() {
    for failures in [1, 2, 5, 20] {
        let (house, store) = house();
        let mut wire = house.stream("").await;
        wire.greeting().await;
        store.fail(failures);
        let question = store.asked(1);
        store.counted(question, 7);
        house.bus.ring(MemoryStore::TENANT, Look::Facts);
        house.bus.ring(MemoryStore::TENANT, Look::Tallies);
        assert_eq!(wire.message().await.cursor(), Some(MemoryStore::cursor(1)), "after {failures} failures");
        let Event::Upvoted(tally) = wire.message().await.envelope().event else { panic!("the count is lost") };
        assert_eq!((tally.question_id, tally.upvotes), (question, 7));
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_asked_again_soon_and_not_all_the_time() {
    let (house, store) = house();
    let mut wire = house.stream("").await;
    wire.greeting().await;
    store.fail(10);
    store.asked(1);
    house.bus.ring(MemoryStore::TENANT, Look::Facts);
    let began = Instant::now();
    wire.message().await;
    // Half a second, doubled each time, at most five.
    assert!((Duration::from_secs(20)..Duration::from_secs(60)).contains(&began.elapsed()), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_cannot_read_its_past_is_refused_for_the_moment_only() {
    let (house, store) = house();
    store.asked(1);
    let mut first = house.stream("").await;
    first.greeting().await;
    store.fail(1);
    let reply = house.get(&format!("/sse?last_event_id={}", MemoryStore::cursor(0))).open().await;
    // EventSource gives up for good on any status but 200.
    assert_eq!(reply.status(), 200);
    let mut wire = crate::support::Wire::of(reply);
    let rest = loop {
        match wire.next().await {
            Some(message) if message.data.is_none() => assert!(message.retry.is_some()),
            other => break other,
        }
    };
    assert_eq!(rest, None, "a stream that cannot be had ends at once and comes back later");
}

#[tokio::test(start_paused = true)]
async fn a_count_that_goes_back_before_the_next_look_is_told_again() {
    let (house, store) = house();
    let question = store.asked(1);
    store.counted(question, 4);
    let mut first = house.stream("").await;
    first.greeting().await;
    house.bus.ring(MemoryStore::TENANT, Look::Tallies);
    assert_eq!(first.message().await.json()["data"]["upvotes"], 4);
    // Between two looks: somebody votes, a page comes back and reads five, and the vote is taken back.
    store.counted(question, 5);
    let mut back = house.stream(&format!("last_event_id={}", MemoryStore::cursor(1))).await;
    back.greeting().await;
    assert_eq!(back.message().await.json()["data"]["upvotes"], 5);
    store.counted(question, 4);
    house.bus.ring(MemoryStore::TENANT, Look::Tallies);
    assert_eq!(back.message().await.json()["data"]["upvotes"], 4, "or it would show five for good");
}
