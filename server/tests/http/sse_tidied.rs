//! What housekeeping took from the log: a cursor before it gets one `resync`, and one after it misses nothing.

use std::sync::Arc;

use pulsestage::command::SetMark;
use pulsestage::event::Cursor;
use pulsestage_server::housekeeping::Housekeeper;
use pulsestage_server::store::SqlStore;
use pulsestage_server::streams::MAX_REPLAY;
use pulsestage_server::system::SystemRng;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::support::{Folder, Plan, Room, TestServer, open_store};

/// Facts that are made: more than may be replayed.
const MADE: usize = MAX_REPLAY + 100;
/// Two days in seconds.
const TWO_DAYS: i64 = 2 * 86_400;

async fn server() -> (TestServer, SqlStore, Room, Folder) {
    let folder = Folder::new();
    let store = open_store(&folder.sqlite_url()).await;
    let server = TestServer::on(store.clone(), Plan::default());
    let room = Room::furnish(&server.service, "default").await;
    server.clock.stop();
    (server, store, room, folder)
}

async fn make_facts(server: &TestServer, room: &Room) {
    for number in 0..MADE {
        let set = SetMark { question: room.open.id, on: number % 2 == 0 };
        server.service.set_pinned(&room.context, None, set).await.unwrap();
    }
}

fn housekeeper(server: &TestServer, store: &SqlStore) -> Housekeeper {
    let (clock, notifier) = (Arc::new(server.clock.clone()), Arc::new(server.bus.clone()));
    Housekeeper::new(store.clone(), clock, Arc::new(SystemRng), notifier)
}

async fn tidy(server: &TestServer, store: &SqlStore) -> u64 {
    let housekeeper = housekeeper(server, store);
    let round = housekeeper.round(&CancellationToken::new()).await.unwrap();
    assert!(round.is_ours && !round.is_cut_short);
    round.removed
}

/// How many facts are missing after this cursor: none when the answer is a `resync`.
async fn replayed(server: &TestServer, cursor: Cursor, head: Cursor) -> Option<usize> {
    let mut wire = server.stream(&format!("last_event_id={cursor}")).await;
    let start = wire.greeting().await;
    if start != cursor {
        assert_eq!(start, head);
        assert_eq!(wire.message().await.kind(), "resync");
        return None;
    }
    let mut count = 0;
    for seq in cursor.seq + 1..=head.seq {
        assert_eq!(wire.message().await.cursor(), Some(Cursor { seq, ..head }), "no gap");
        count += 1;
    }
    Some(count)
}

#[tokio::test]
async fn a_cursor_before_what_was_removed_gets_resync() {
    let (server, store, room, _folder) = server().await;
    make_facts(&server, &room).await;
    let head = server.store.head(room.tenant.id).await.unwrap();
    assert_eq!(server.store.log_floor(room.tenant.id).await.unwrap(), 0);
    tidy(&server, &store).await;
    assert_eq!(server.store.log_floor(room.tenant.id).await.unwrap(), 0, "a day has not passed");
    server.clock.turn_on(TWO_DAYS);
    assert!(tidy(&server, &store).await > 0);
    let floor = server.store.log_floor(room.tenant.id).await.unwrap();
    assert_eq!(head.seq - floor, i64::try_from(MAX_REPLAY).unwrap(), "what may be replayed is there");
    let at = |seq| Cursor { seq, ..head };
    for seq in [0, 1, floor / 2, floor - 1] {
        assert_eq!(replayed(&server, at(seq), head).await, None, "{seq}");
    }
    for seq in [floor, floor + 1, head.seq - 1, head.seq] {
        assert_eq!(replayed(&server, at(seq), head).await, usize::try_from(head.seq - seq).ok(), "{seq}");
    }
}

#[tokio::test]
async fn what_the_ring_holds_is_replayed_from_it() {
    let (server, store, room, _folder) = server().await;
    // Somebody watches, so that all of it is in the ring as well.
    let mut watching = server.stream("").await;
    let begun = watching.greeting().await;
    make_facts(&server, &room).await;
    let head = server.store.head(room.tenant.id).await.unwrap();
    for seq in begun.seq + 1..=head.seq {
        assert_eq!(watching.message().await.cursor(), Some(Cursor { seq, ..head }));
    }
    server.clock.turn_on(TWO_DAYS);
    assert!(tidy(&server, &store).await > 0);
    let floor = server.store.log_floor(room.tenant.id).await.unwrap();
    let at = |seq| Cursor { seq, ..head };
    for seq in [0, begun.seq, floor - 1] {
        assert_eq!(replayed(&server, at(seq), head).await, None, "{seq}");
    }
    for seq in [floor, floor + 1, head.seq - 1, head.seq] {
        assert_eq!(replayed(&server, at(seq), head).await, usize::try_from(head.seq - seq).ok(), "{seq}");
    }
}

#[tokio::test]
async fn one_instance_tidies_at_a_time() {
    let (server, store, _room, _folder) = server().await;
    let [one, two] = [(); 2].map(|()| housekeeper(&server, &store));
    let stop = CancellationToken::new();
    assert!(one.round(&stop).await.unwrap().is_ours);
    assert!(!two.round(&stop).await.unwrap().is_ours);
    assert!(one.round(&stop).await.unwrap().is_ours);
    server.clock.turn_on(121);
    assert!(two.round(&stop).await.unwrap().is_ours, "one that has died is followed");
    assert!(!one.round(&stop).await.unwrap().is_ours);
}

#[tokio::test]
async fn a_key_outlives_what_a_browser_keeps_for_a_day() {
    let (server, store, room, _folder) = server().await;
    let (team, op) = (room.team.id.to_string(), Uuid::from_u128(9).to_string());
    let send = || {
        let fields = [("tenant", room.slug.as_str()), ("team", &team), ("question", "Once, for a day?"), ("op", &op)];
        server.function("ask").cookie(&server.participant(9)).form(&fields)
    };
    let first = send().send().await;
    assert_eq!(first.status, 200, "{}", first.text());
    server.clock.turn_on(TWO_DAYS / 2 + 3_600);
    tidy(&server, &store).await;
    assert_eq!(send().send().await.json(), first.json(), "the last attempt of the outbox finds the key");
    server.clock.turn_on(TWO_DAYS / 2);
    tidy(&server, &store).await;
    assert_ne!(send().send().await.json()["id"], first.json()["id"], "it is not kept for ever");
}
