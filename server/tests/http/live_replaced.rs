//! Streams of every kind hear of a log that is another one now, and of a database that does not answer.

use pulsestage::event::Cursor;
use pulsestage_server::system::SystemRng;
use sqlx::{Connection, Executor, SqliteConnection};

use crate::support::{Kind, Live, WireMessage};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_of_a_log_that_was_replaced_load_the_board_and_go_on() {
    for kind in Kind::ALL {
        let live = Live::start(kind, &[]).await;
        let mut wires = [live.stream("").await, live.stream("events=question:pinned").await];
        let (mut before, tenant) = (None, live.context.tenant.id);
        for wire in &mut wires {
            before = Some(wire.greeting().await);
        }
        let before = before.unwrap();
        live.ask("Which log is this?").await;
        for wire in &mut wires {
            assert_eq!(wire.message().await.cursor(), Some(Cursor { seq: before.seq + 1, ..before }), "{kind:?}");
        }
        let store = live.running.state.store();
        assert_eq!(store.renew_epochs_if(tenant, before.epoch, &SystemRng).await, Ok(true));
        let here = store.head(tenant).await.unwrap();
        for wire in wires {
            let rest = wire.rest().await;
            let told: Vec<_> =
                rest.iter().map(|message| (message.kind(), message.cursor(), message.retry.is_some())).collect();
            assert_eq!(told, [("resync", Some(here), false), ("closing", None, true)], "{kind:?}");
        }
        // Old and new streams of one tenant at a time are not mixed up.
        let mut back = live.stream(&format!("last_event_id={before}")).await;
        assert_eq!((back.greeting().await, back.message().await.kind()), (here, "resync"), "{kind:?}");
        let mut new = live.stream(&format!("last_event_id={here}")).await;
        assert_eq!(new.greeting().await, here, "{kind:?}");
        live.ask("And this one?").await;
        for wire in [&mut back, &mut new] {
            assert_eq!(wire.message().await.cursor(), Some(Cursor { seq: here.seq + 1, ..here }), "{kind:?}");
        }
        live.has_streams(2).await;
        live.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_say_that_the_database_does_not_answer() {
    for kind in [Kind::Plain, Kind::Http2, Kind::PlainGzip] {
        let live = Live::start(kind, &["--heartbeat-s", "1"]).await;
        let mut wires = [live.stream("").await, live.stream("events=question:pinned").await];
        for wire in &mut wires {
            wire.greeting().await;
        }
        let mut file = SqliteConnection::connect(&live.database().display().to_string()).await.unwrap();
        file.execute("alter table events rename to elsewhere").await.unwrap();
        for wire in &mut wires {
            let stale = wire.until("stale").await.pop().unwrap();
            assert!(stale.id.is_none() && stale.json()["data"]["since"].is_i64(), "{kind:?} {}", stale.raw);
            assert_eq!(wire.message().await.kind(), "stale", "{kind:?}: instead of heartbeats");
        }
        file.execute("alter table elsewhere rename to events").await.unwrap();
        for wire in &mut wires {
            let told: Vec<_> = wire.until("heartbeat").await.iter().map(WireMessage::kind).collect();
            assert!(told.iter().rev().skip(1).all(|kind| *kind == "stale"), "{kind:?} {told:?}");
        }
        file.close().await.unwrap();
        live.stop().await;
    }
}
