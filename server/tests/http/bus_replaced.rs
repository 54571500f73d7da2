//! The bus and a database that is another one all of a sudden: every board ends as the database is.

use axum::http::Method;
use futures::FutureExt;
use proptest::prelude::*;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

use pulsestage::board::{Applied, Board};
use pulsestage::event::{Cursor, Epoch};
use pulsestage::id::QuestionId;
use pulsestage::ports::{Change, Clock, Notifier};
use pulsestage_server::metrics;

use crate::support::{Call, LogStub, Plan, TestServer, Wire};

/// As long as a look may be away, and a moment.
const TICK: Duration = Duration::from_millis(3_200);

async fn server() -> (TestServer, LogStub) {
    let store = LogStub::new();
    (TestServer::on_log(&store, Plan { window: Duration::ZERO, ..Plan::default() }).await.0, store)
}

fn ask(server: &TestServer, store: &LogStub, id: u128) -> QuestionId {
    let question = store.asked(id);
    server.bus.notify(LogStub::TENANT, Change::Facts);
    question
}

/// A stream that has been sent so many facts.
async fn stream_after(server: &TestServer, store: &LogStub, facts: u128) -> Wire {
    let mut wire = server.stream("").await;
    wire.greeting().await;
    for id in 1..=facts {
        ask(server, store, id);
        assert_eq!(wire.message().await.kind(), "question:created");
    }
    wire
}

/// The stream is told to load the board again, within a tick, and ends; gives the cursor that it is told.
async fn resynced(mut wire: Wire) -> Option<Cursor> {
    let began = Instant::now();
    let message = wire.message().await;
    assert_eq!(message.kind(), "resync", "{}", message.raw);
    assert!(began.elapsed() <= TICK, "{:?}", began.elapsed());
    let rest = wire.rest().await;
    assert!(rest.iter().all(|message| message.id.is_none()), "nothing comes after it: {rest:?}");
    message.cursor()
}

/// Whoever comes with this cursor is told to load the board.
async fn is_of_no_use(server: &TestServer, cursor: Cursor) -> bool {
    let mut wire = server.stream(&format!("last_event_id={cursor}")).await;
    wire.greeting().await;
    wire.next().now_or_never().flatten().is_some_and(|message| message.kind() == "resync")
}

#[tokio::test(start_paused = true)]
async fn another_epoch_is_another_log() {
    let (server, store) = server().await;
    let (one, two) = (stream_after(&server, &store, 3).await, server.stream("").await);
    store.renewed(Epoch(9));
    let there = Cursor { epoch: Epoch(9), seq: 3 };
    assert_eq!(resynced(one).await, Some(there));
    let mut two = two;
    two.greeting().await;
    assert_eq!(resynced(two).await, Some(there));
    // The streams that come are of the new one.
    assert!(is_of_no_use(&server, LogStub::cursor(3)).await);
    assert!(!is_of_no_use(&server, there).await);
    let mut wire = server.stream(&format!("last_event_id={there}")).await;
    wire.greeting().await;
    ask(&server, &store, 4);
    assert_eq!(wire.message().await.cursor(), Some(Cursor { seq: 4, ..there }));
}

#[tokio::test(start_paused = true)]
async fn a_log_that_has_lost_facts_gets_another_epoch() {
    for kept in 0..5 {
        let (server, store) = server().await;
        let mut wire = stream_after(&server, &store, kept).await;
        let copy = store.copy();
        for id in kept + 1..=5 {
            ask(&server, &store, id);
            wire.message().await;
        }
        store.replace_by(&copy);
        let there = resynced(wire).await.unwrap();
        assert_ne!(store.epoch(), LogStub::EPOCH, "no cursor of what is lost may be good again");
        assert_eq!(there, Cursor { epoch: store.epoch(), seq: i64::try_from(kept).unwrap() });
        // Also once the log is as long again.
        for id in 10..20 {
            ask(&server, &store, id);
        }
        for seq in 0..=5 {
            assert!(is_of_no_use(&server, LogStub::cursor(seq)).await, "{seq} of {kept}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn other_facts_in_the_place_of_those_that_were_sent_are_not_sent_as_news() {
    // The log is shorter, as long, or longer by the time of the next look, which a notification or the tick brings.
    for (others, rings) in [(1, false), (2, false), (3, false), (2, true), (3, true), (600, true)] {
        let (server, store) = server().await;
        let mut wire = stream_after(&server, &store, 3).await;
        let copy = store.copy();
        for id in 4..=5 {
            ask(&server, &store, id);
            wire.message().await;
        }
        store.replace_by(&copy);
        (0..others).for_each(|id| _ = store.asked(100 + id));
        if rings {
            server.bus.notify(LogStub::TENANT, Change::Facts);
        }
        let there = resynced(wire).await.unwrap();
        assert_eq!(there, Cursor { epoch: store.epoch(), seq: 3 + i64::try_from(others).unwrap() });
        assert_ne!(there.epoch, LogStub::EPOCH);
    }
}

#[tokio::test(start_paused = true)]
async fn a_tenant_that_is_nowhere_any_more_leaves_no_silent_stream() {
    let (server, store) = server().await;
    let wire = stream_after(&server, &store, 3).await;
    store.lose_tenant();
    assert_eq!(resynced(wire).await, None);
    assert_eq!(server.bus.metrics().tenant_count, 0);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_renewed_while_the_database_cannot_be_written() {
    let (server, store) = server().await;
    let wire = stream_after(&server, &store, 2).await;
    let copy = store.copy();
    store.asked(3);
    sleep(TICK).await;
    store.away(true);
    store.replace_by(&copy);
    sleep(TICK * 3).await;
    assert_eq!(store.epoch(), LogStub::EPOCH);
    store.away(false);
    let mut wire = wire;
    let told = wire.until("resync").await;
    assert!(told.iter().any(|message| message.kind() == "stale"), "{told:?}");
    assert_ne!(store.epoch(), LogStub::EPOCH);
}

#[tokio::test(start_paused = true)]
async fn logs_that_were_renewed_are_counted() {
    let (server, store) = server().await;
    let wires = [stream_after(&server, &store, 1).await, server.stream("").await];
    store.renewed(Epoch(9));
    sleep(TICK).await;
    let text = Call::new(
        &metrics::router((server.state.metrics().clone(), server.state.limits().clone())),
        Method::GET,
        "/metrics",
    )
    .send()
    .await;
    let text = text.text();
    assert!(text.contains("pulsestage_logs_renewed_total 1\n"), "{text}");
    assert!(text.contains("pulsestage_resyncs_total 2\n"), "{text}");
    drop(wires);
}

/// What happens to a database, to its notifications, and to those who watch.
#[derive(Clone, Debug)]
enum Incident {
    Ask {
        rings: bool,
    },
    /// Somebody's vote, by the clock of an instance that is so many seconds behind.
    Vote {
        question: usize,
        more: i64,
        behind: i64,
        rings: bool,
    },
    /// A copy is made.
    Copy,
    /// The copy takes the place of the database; somebody who finds out gives it another epoch after so many seconds.
    Restore {
        found_out_after: u64,
    },
    /// The database is away for so many seconds, and it is the copy when it is back.
    FailOver {
        seconds: u64,
    },
    /// The database does not answer for so many seconds.
    Away {
        seconds: u64,
    },
    /// It hangs for so many seconds.
    Hang {
        seconds: u64,
    },
    /// So many readings fail.
    Fail {
        times: u32,
    },
    Pass {
        seconds: u64,
    },
}

fn step() -> impl Strategy<Value = Incident> {
    let outage = || prop_oneof![1..3_u64, 3..20_u64, Just(200_u64)];
    prop_oneof![
        4 => any::<bool>().prop_map(|rings| Incident::Ask { rings }),
        6 => (0..8_usize, -2..4_i64, prop_oneof![Just(0_i64), 0..100_i64], any::<bool>())
            .prop_map(|(question, more, behind, rings)| Incident::Vote { question, more, behind, rings }),
        1 => Just(Incident::Copy),
        1 => (0..8_u64).prop_map(|found_out_after| Incident::Restore { found_out_after }),
        1 => (6..20_u64).prop_map(|seconds| Incident::FailOver { seconds }),
        2 => outage().prop_map(|seconds| Incident::Away { seconds }),
        1 => outage().prop_map(|seconds| Incident::Hang { seconds }),
        1 => (1..6_u32).prop_map(|times| Incident::Fail { times }),
        4 => prop_oneof![0..8_u64, Just(40_u64)].prop_map(|seconds| Incident::Pass { seconds }),
    ]
}

/// A page: its board and its stream.
struct WatchedPage<'a> {
    server: &'a TestServer,
    store: &'a LogStub,
    board: Option<Board>,
    wire: Option<Wire>,
}

impl WatchedPage<'_> {
    /// Reads what has come; loads the board and opens a stream where it has to and can.
    async fn read(&mut self) {
        if self.board.is_none() {
            self.wire = None;
            let loaded = timeout(Duration::from_millis(100), self.store.board()).await;
            self.board = loaded.ok().and_then(Result::ok);
        }
        let Some(board) = &mut self.board else { return };
        if self.wire.is_none() {
            let path = format!("/sse?last_event_id={}", board.cursor);
            let opened = timeout(Duration::from_millis(100), self.server.get(&path).open()).await;
            self.wire = opened.ok().map(Wire::of);
        }
        let Some(wire) = &mut self.wire else { return };
        loop {
            match wire.next().now_or_never() {
                None => return,
                Some(None) => {
                    self.wire = None;
                    return;
                }
                Some(Some(message)) => {
                    if message.fold_into(board) == Applied::Resync {
                        self.board = None;
                        return;
                    }
                }
            }
        }
    }
}

/// Lets time pass, for the clock of the instance as well.
async fn pass(server: &TestServer, pages: &mut [WatchedPage<'_>], seconds: u64) {
    for _ in 0..seconds {
        server.clock.turn_on(1);
        sleep(Duration::from_secs(1)).await;
        for page in &mut *pages {
            page.read().await;
        }
    }
}

async fn play(steps: Vec<Incident>) -> Result<(), TestCaseError> {
    let (server, store) = server().await;
    server.clock.stop();
    let page = || WatchedPage { server: &server, store: &store, board: None, wire: None };
    let (mut pages, mut copy, mut questions) = (vec![page(), page()], store.copy(), Vec::new());
    pass(&server, &mut pages, 1).await;
    let ring = |rings: bool, look| {
        if rings {
            server.bus.notify(LogStub::TENANT, look);
        }
    };
    for step in steps {
        match step {
            Incident::Ask { rings } => {
                questions.push(store.asked(1_000 + questions.len() as u128));
                ring(rings, Change::Facts);
            }
            Incident::Vote { question, more, behind, rings } => {
                if let Some(question) = store.questions().get(question) {
                    let at = server.clock.now().plus_millis(-1_000 * behind);
                    store.voted_at(*question, more, at);
                    ring(rings, Change::Tallies);
                }
            }
            Incident::Copy => copy = store.copy(),
            Incident::Restore { found_out_after } => {
                store.replace_by(&copy);
                pass(&server, &mut pages, found_out_after).await;
                store.renewed(Epoch(rand_epoch(&store)));
            }
            Incident::FailOver { seconds } => {
                store.away(true);
                pass(&server, &mut pages, seconds).await;
                store.replace_by(&copy);
                store.away(false);
            }
            Incident::Away { seconds } => {
                store.away(true);
                pass(&server, &mut pages, seconds).await;
                store.away(false);
            }
            Incident::Hang { seconds } => {
                store.hang(true);
                pass(&server, &mut pages, seconds).await;
                store.hang(false);
            }
            Incident::Fail { times } => store.fail(times),
            Incident::Pass { seconds } => pass(&server, &mut pages, seconds).await,
        }
    }
    // Long enough for every wait that has begun.
    store.fail(0);
    pass(&server, &mut pages, 25).await;
    let there = store.board().await.unwrap();
    for page in pages {
        let shown = page.board.unwrap();
        prop_assert_eq!(shown.cursor, there.cursor);
        prop_assert_eq!(shown.questions, there.questions.clone());
    }
    Ok(())
}

/// Another epoch than it ever had.
fn rand_epoch(store: &LogStub) -> u64 {
    store.epoch().0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn every_board_ends_as_the_database_is(steps in prop::collection::vec(step(), 1..30)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(play(steps))?;
    }
}
