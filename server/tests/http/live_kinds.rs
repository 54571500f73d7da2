//! Streams are the same whichever way they are written: parked, in TLS, in HTTP/2.

use pulsestage::event::Cursor;

use crate::support::{Kind, Live, soon};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_begins_goes_on_and_is_resumed() {
    for kind in Kind::ALL {
        let live = Live::start(kind, &[]).await;
        let mut wire = live.stream("").await;
        for (name, value) in [
            ("content-type", "text/event-stream"),
            ("cache-control", "no-cache, no-transform"),
            ("x-accel-buffering", "no"),
        ] {
            assert_eq!(wire.headers[name], value, "{kind:?}");
        }
        let coding = wire.headers.get("content-encoding").map(|coding| coding.to_str().unwrap());
        assert_eq!(coding, kind.takes().and(Some("gzip")), "{kind:?}");
        let varies = wire.headers.get_all("vary").iter().any(|vary| vary.to_str().unwrap().contains("accept-encoding"));
        assert!(varies, "{kind:?} {:?}", wire.headers);
        assert!(wire.headers.contains_key("date") && wire.headers["x-content-type-options"] == "nosniff", "{kind:?}");
        let start = wire.greeting().await;
        let question = live.ask("What comes first?").await;
        let asked = wire.message().await;
        assert_eq!((asked.kind(), asked.cursor().unwrap().seq), ("question:created", start.seq + 1), "{kind:?}");
        live.vote(&question).await;
        assert_eq!(wire.message().await.kind(), "question:upvoted", "{kind:?}");
        let mut only_votes = live.stream("events=question:upvoted").await;
        only_votes.greeting().await;
        let mut resumed = live.stream(&format!("last_event_id={start}")).await;
        assert_eq!(resumed.greeting().await, start, "{kind:?}");
        // As it is now, with the vote that came since.
        let asked = asked.raw.replace("\"upvotes\":0", "\"upvotes\":1");
        assert_eq!(resumed.message().await.raw, asked, "{kind:?}: the same bytes");
        assert_eq!(resumed.message().await.kind(), "question:upvoted", "{kind:?}");
        live.ask("What comes next?").await;
        for stream in [&mut wire, &mut resumed] {
            assert_eq!(stream.message().await.cursor().unwrap().seq, start.seq + 2, "{kind:?}");
        }
        let moved_on = only_votes.message().await;
        assert_eq!((moved_on.kind(), moved_on.cursor().unwrap().seq), ("cursor", start.seq + 2), "{kind:?}");
        live.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_compressed_where_that_is_switched_off() {
    for kind in [Kind::PlainGzip, Kind::Http2Gzip] {
        let live = Live::start(kind, &["--no-stream-compression"]).await;
        let mut wire = live.stream("").await;
        assert!(!wire.headers.contains_key("content-encoding"), "{kind:?}");
        wire.greeting().await;
        live.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cursor_that_is_of_no_use_asks_for_the_board() {
    for kind in Kind::ALL {
        let live = Live::start(kind, &[]).await;
        let here = live.stream("").await.greeting().await;
        let future = Cursor { seq: i64::MAX, ..here };
        let other = Cursor { epoch: pulsestage::event::Epoch(here.epoch.0 ^ 1), ..here };
        for cursor in ["garbage", "-1", "%00", &"9".repeat(1_000), &future.to_string(), &other.to_string()] {
            let mut wire = live.stream(&format!("last_event_id={cursor}")).await;
            assert_eq!(wire.greeting().await, here, "{kind:?} {cursor:.20}");
            assert_eq!(wire.message().await.kind(), "resync", "{kind:?} {cursor:.20}");
        }
        live.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heartbeats_come_and_those_who_leave_are_counted_out() {
    for kind in Kind::ALL {
        let live = Live::start(kind, &["--heartbeat-s", "1"]).await;
        let mut wire = live.stream("").await;
        wire.greeting().await;
        for _ in 0..2 {
            assert_eq!(wire.message().await.kind(), "heartbeat", "{kind:?}");
        }
        live.has_streams(1).await;
        drop(wire);
        live.has_streams(0).await;
        live.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_end_says_when_to_come_back() {
    for kind in Kind::ALL {
        let live = Live::start(kind, &[]).await;
        let mut wires = Vec::new();
        for _ in 0..10 {
            let mut wire = live.stream("").await;
            wire.greeting().await;
            wires.push(wire);
        }
        live.stop().await;
        for wire in wires {
            let rest = wire.rest().await;
            assert!(rest.len() == 1 && rest[0].retry.is_some(), "{kind:?} {rest:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_end_one_after_the_other() {
    for kind in Kind::ALL {
        let live = Live::start(kind, &["--drain-s", "2"]).await;
        let state = live.running.state.clone();
        let mut wires = Vec::new();
        for _ in 0..40 {
            let mut wire = live.stream("").await;
            wire.greeting().await;
            wires.push(wire);
        }
        let stopped = tokio::spawn(live.stop());
        let half = async {
            while state.bus().metrics().total_connections > 20 {
                tokio::task::yield_now().await;
            }
        };
        soon("half of them to be gone", half).await;
        let left = state.bus().metrics().total_connections;
        assert!(left >= 10, "{kind:?}: the other half is there still, not only {left}");
        for wire in wires {
            assert_eq!(wire.rest().await.len(), 1, "{kind:?}");
        }
        soon("the server to stop", stopped).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hurry_cuts_the_draining_short() {
    let live = Live::start(Kind::Plain, &["--drain-s", "600"]).await;
    let mut wire = live.stream("").await;
    wire.greeting().await;
    // Long before the ten minutes are over.
    soon("the server to stop", live.running.stop(std::future::ready(()))).await;
    assert_eq!(wire.rest().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seventh_tab_lives_on_one_connection() {
    let live = Live::start(Kind::Http2, &[]).await;
    assert_eq!(live.get("/health/live").await.version(), axum::http::Version::HTTP_2);
    assert_eq!(live.get("/health/live").await.status(), 200);
    live.stop().await;
}
