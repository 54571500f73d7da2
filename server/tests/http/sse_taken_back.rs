//! What was taken back is told to nobody who comes back, from whichever cursor, by the ring and by the database.

use std::collections::HashSet;
use std::time::Duration;

use pulsestage::board::{Applied, Board};
use pulsestage::command::{AnswerQuestion, Ask, CreateTag, SetTag};
use pulsestage::event::Cursor;
use pulsestage::id::QuestionId;
use pulsestage::moderation::ReviewDecision;
use pulsestage::service::Credentials;
use pulsestage_server::bus::BufferRead;
use uuid::Uuid;

use crate::support::{ASKER, Plan, Room, TestServer, Wire, soon};

/// The marks in a text: `zq1zq` and the like.
fn marks(text: &str) -> HashSet<String> {
    text.split("zq").filter(|part| part.parse::<u32>().is_ok()).map(str::to_owned).collect()
}

/// Waits until it is so.
async fn until(what: &str, is_so: impl Fn() -> bool) {
    let look_again = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    soon(what, look_again).await;
}

/// Asks as the asker.
async fn ask(server: &TestServer, room: &Room, text: &str) -> QuestionId {
    let caller = Credentials { device: Some(Uuid::from_u128(ASKER)), ..Credentials::default() };
    let context = server.service.authenticate(&room.slug, &caller).await.unwrap();
    let ask = Ask { team: room.team.id, body: text.to_owned(), name: None };
    server.service.ask(&context, None, ask).await.unwrap().id
}

async fn decide(server: &TestServer, room: &Room, question: QuestionId, decision: ReviewDecision<String>) {
    server.service.decide(&room.context, None, question, decision, None).await.unwrap();
}

fn tag_called(name: &str) -> CreateTag {
    CreateTag { name: name.to_owned(), color: "#112233".to_owned() }
}

/// Everything that people do which takes something back; each mark is of another kind.
async fn a_day_of_moderation(server: &TestServer, room: &Room) {
    let caller = Credentials { device: Some(Uuid::from_u128(ASKER)), ..Credentials::default() };
    let asker = server.service.authenticate(&room.slug, &caller).await.unwrap();
    let mut asked = Vec::new();
    for number in 0..9 {
        asked.push(ask(server, room, &format!("What about zq{number}zq then?")).await);
    }
    let by_moderators = [
        ReviewDecision::Hold,
        ReviewDecision::Decline { reason: Some("zq20zq".to_owned()) },
        ReviewDecision::Delete,
        ReviewDecision::Edit { body: "As it is now, zq21zq?".to_owned() },
    ];
    for (question, decision) in asked.iter().zip(by_moderators) {
        decide(server, room, *question, decision).await;
    }
    server.service.withdraw_own(&asker, None, asked[4]).await.unwrap();
    server.service.edit_own(&asker, None, asked[5], "As its asker has it now, zq22zq?").await.unwrap();
    for text in ["An answer zq23zq", "Another answer zq24zq"] {
        let answer = AnswerQuestion { question: asked[6], text: text.to_owned(), seen: None };
        server.service.answer(&room.context, None, answer).await.unwrap();
    }
    let answer = AnswerQuestion { question: asked[7], text: "Taken back zq25zq".to_owned(), seen: None };
    server.service.answer(&room.context, None, answer).await.unwrap();
    decide(server, room, asked[7], ReviewDecision::Reopen).await;
    server.service.merge(&room.context, None, asked[8], asked[7]).await.unwrap();
    // One that comes back comes with what it has.
    decide(server, room, asked[1], ReviewDecision::Restore).await;

    let tag = server.service.create_tag(&room.context, None, tag_called("zq30zq")).await.unwrap().id;
    let set = |on| SetTag { question: asked[6], tag, on };
    server.service.set_tag(&room.context, None, set(true)).await.unwrap();
    server.service.change_tag(&room.context, None, tag, tag_called("zq31zq")).await.unwrap();
    let gone = server.service.create_tag(&room.context, None, tag_called("zq32zq")).await.unwrap().id;
    server.service.delete_tag(&room.context, None, gone).await.unwrap();
}

/// What a stranger is sent who comes back to this place, up to the head.
async fn resumed(server: &TestServer, room: &Room, start: Cursor, head: Cursor) -> (String, Board) {
    let mut wire = Wire::of(server.get(&format!("/sse?tenantId={}&last_event_id={start}", room.slug)).open().await);
    assert_eq!(wire.greeting().await, start);
    let (mut text, mut board) = (String::new(), Board::empty(room.tenant.id, start));
    let mut at = start;
    while at.seq < head.seq {
        let message = wire.message().await;
        at = message.cursor().unwrap_or(at);
        text.push_str(&message.raw);
        assert_ne!(message.fold_into(&mut board), Applied::Resync);
    }
    (text, board)
}

async fn nothing_else_is_told(server: &TestServer, room: &Room) {
    let snapshot = server.store.snapshot(room.tenant.id, None).await.unwrap();
    let head = snapshot.board.cursor;
    let on_board = marks(&serde_json::to_string(&(&snapshot.board, &snapshot.tenant)).unwrap());
    assert!(on_board.len() > 5, "{on_board:?}");
    for seq in 0..head.seq {
        let (text, board) = resumed(server, room, Cursor { seq, ..head }, head).await;
        let told = marks(&text);
        assert!(told.is_subset(&on_board), "from {seq}: {:?}", told.difference(&on_board));
        if seq == 0 {
            assert_eq!(told, on_board);
            let bodies = |board: &Board| board.questions.values().map(|q| q.body.clone()).collect::<Vec<_>>();
            assert_eq!(bodies(&board), bodies(&snapshot.board));
        }
    }
}

#[tokio::test]
async fn by_the_database() {
    // Nobody watches, so there is no ring until somebody comes back.
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    for room in [&default, &acme] {
        a_day_of_moderation(&server, room).await;
        nothing_else_is_told(&server, room).await;
    }
    server.close().await;
}

#[tokio::test]
async fn by_the_ring() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    // A ring that goes back far enough: the count's slack is ten seconds by the clock of the server.
    let mut watcher = server.stream("").await;
    watcher.greeting().await;
    server.clock.stop();
    server.clock.turn_on(60);
    a_day_of_moderation(&server, &default).await;
    // At once, while the tailer may not have looked yet, and again when it has.
    nothing_else_is_told(&server, &default).await;
    let head = server.store.head(default.tenant.id).await.unwrap();
    let subscription = server.bus.subscribe(default.tenant.id).await.unwrap();
    until("the ring has all of it", || subscription.channel().tail().1 == head.seq).await;
    nothing_else_is_told(&server, &default).await;
    server.close().await;
}

#[tokio::test]
async fn a_stream_that_is_behind_is_sent_it_no_more() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let subscription = server.bus.subscribe(default.tenant.id).await.unwrap();
    let channel = subscription.channel();
    let (place, seq) = channel.tail();
    let question = ask(&server, &default, "Soon gone, zq1zq?").await;
    until("it is in the ring", || channel.tail().1 > seq).await;
    let read = || match channel.read(place) {
        BufferRead::Chunk(chunk) => chunk.iter().map(|f| f.bytes.to_vec()).collect::<Vec<_>>().concat(),
        _ => Vec::new(),
    };
    assert!(String::from_utf8(read()).unwrap().contains("zq1zq"));
    decide(&server, &default, question, ReviewDecision::Delete).await;
    until("it is gone from the ring", || !String::from_utf8(read()).unwrap().contains("zq1zq")).await;
    let BufferRead::Chunk(chunk) = channel.read(place) else { panic!("its place is empty") };
    let left = chunk.iter().next().unwrap();
    assert!(left.bytes.is_empty() && left.cursor == Some(Cursor { epoch: channel.epoch, seq: seq + 1 }), "{left:?}");
    server.close().await;
}
