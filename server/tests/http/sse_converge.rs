//! A page that is opened while others write: its board, folded on from the cursor it was rendered at, becomes the
//! board that is stored, whatever happened between the rendering, the stream's opening and its live tail.

use futures::future::join_all;
use std::sync::Arc;
use tokio::sync::watch;

use pulsestage::board::{Applied, Board};
use pulsestage::command::{AnswerQuestion, Ask, BoardView, CreateTag, SetMark, SetTag, SetVote};
use pulsestage::service::Credentials;
use pulsestage::user::Actor;
use uuid::Uuid;

use crate::stage::{Stage, stories};
use crate::support::{Plan, Room, TestServer, Wire, open_store, soon};

stories!(every_page_becomes_what_is_stored);

const ROUNDS: u128 = 12;
const WRITERS: u128 = 4;
const READERS: usize = 5;

/// One person who asks, votes and takes some votes back; the first of them is a moderator as well.
async fn writes(server: Arc<TestServer>, room: Arc<Room>, round: u128, writer: u128) {
    let service = &server.service;
    let caller = Credentials { device: Some(Uuid::from_u128(100 + writer)), ..Credentials::default() };
    let mut context = service.authenticate(&room.slug, &caller).await.unwrap();
    context.tenant.settings.own_votes = true;
    if writer == 0 {
        context.actor = Actor { participant: context.actor.participant, ..room.context.actor.clone() };
    }
    for n in 0..6 {
        let ask = Ask { team: room.team.id, body: format!("Question {n} of {writer} in round {round}"), name: None };
        let question = service.ask(&context, None, ask).await.unwrap().id;
        for (up, wanted) in [(true, question), (true, room.open.id), (n % 2 == 0, room.open.id)] {
            service.set_vote(&context, None, SetVote { question: wanted, up }).await.unwrap();
        }
        if context.actor.user.is_none() {
            continue;
        }
        service.set_pinned(&context, None, SetMark { question, on: true }).await.unwrap();
        service.set_tag(&context, None, SetTag { question, tag: room.tag.id, on: true }).await.unwrap();
        service.set_frozen(&context, None, SetMark { question, on: n % 2 == 0 }).await.unwrap();
        if n % 2 == 1 {
            service
                .answer(&context, None, AnswerQuestion { question, text: format!("Answer {n}"), seen: None })
                .await
                .unwrap();
            service.set_pinned(&context, None, SetMark { question, on: false }).await.unwrap();
        }
        let tag = CreateTag { name: format!("Tag {round} {n}"), color: "#000000".to_owned() };
        service.create_tag(&context, None, tag).await.unwrap();
    }
}

/// One browser: the page, then the stream at its cursor, until its board is what is stored when all is done.
async fn follows(server: Arc<TestServer>, room: Arc<Room>, mut stored: watch::Receiver<Option<Board>>) {
    let view: BoardView = server.get(&format!("/api/fn/load_board?tenant={}", room.slug)).send().await.read();
    let mut board = view.board;
    let call = server.get(&format!("/sse?tenantId={}&last_event_id={}", room.slug, board.cursor));
    let mut wire = Wire::of(call.open().await);
    let mut seq = board.cursor.seq;
    while stored.borrow_and_update().as_ref() != Some(&board) {
        let messages = tokio::select! {
            messages = wire.chunk() => messages.expect("the stream has ended"),
            changed = stored.changed() => {
                changed.unwrap();
                continue;
            }
        };
        for message in messages {
            if message.envelope().event.is_fact() {
                seq += 1;
                assert_eq!(message.cursor().unwrap().seq, seq, "a fact is missing or came twice");
            }
            assert_ne!(message.fold_into(&mut board), Applied::Resync, "{}", message.raw);
        }
    }
}

async fn every_page_becomes_what_is_stored(stage: Arc<Stage>) {
    for window in [0, 5] {
        let plan = Plan { window: std::time::Duration::from_millis(window), ..Plan::default() };
        let server = Arc::new(TestServer::on(open_store(&stage.url).await, plan));
        let room = Arc::new(Room::furnish(&server.service, &format!("window-{window}")).await);
        for round in 1..=ROUNDS {
            let (done, stored) = watch::channel(None);
            let readers = || (0..READERS).map(|_| tokio::spawn(follows(server.clone(), room.clone(), stored.clone())));
            let early: Vec<_> = readers().collect();
            let writers: Vec<_> =
                (0..WRITERS).map(|n| tokio::spawn(writes(server.clone(), room.clone(), round, n))).collect();
            // Some come while the writing goes on.
            let late: Vec<_> = readers().collect();
            for writer in join_all(writers).await {
                writer.unwrap();
            }
            done.send_replace(Some(server.store.snapshot(room.tenant.id, None).await.unwrap().board));
            for reader in early.into_iter().chain(late) {
                soon("a page to become what is stored", reader).await.unwrap();
            }
        }
    }
}
