//! Ten thousand votes: every one is counted, and streams are sent far fewer counts than there were votes.

use futures::StreamExt;
use std::collections::HashMap;
use std::time::Duration;
use uuid::Uuid;

use pulsestage::command::{Ask, SetVote};
use pulsestage::event::Event;
use pulsestage::id::QuestionId;
use pulsestage::service::Credentials;

use crate::support::{Plan, TestServer};

const VOTERS: usize = 2_000;
const QUESTIONS: usize = 5;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_votes_are_a_few_frames() {
    let plan = Plan { window: Duration::from_millis(50), ..Plan::default() };
    let (server, room, _acme) = TestServer::new(plan).await;
    let mut questions: Vec<QuestionId> = Vec::new();
    for n in 0..QUESTIONS {
        let ask = Ask { team: room.team.id, body: format!("Question {n}"), name: None };
        questions.push(server.service.ask(&room.context, None, ask).await.unwrap().id);
    }
    let mut wire = server.stream("").await;
    wire.greeting().await;
    let service = &server.service;
    let voting = futures::stream::iter(0..VOTERS).for_each_concurrent(32, |voter| {
        let questions = &questions;
        async move {
            let caller =
                Credentials { device: Some(Uuid::from_u128(10_000 + voter as u128)), ..Credentials::default() };
            let context = service.authenticate("default", &caller).await.unwrap();
            for question in questions {
                let receipt =
                    service.set_vote(&context, None, SetVote { question: *question, up: true }).await.unwrap();
                assert!(receipt.up && receipt.upvotes <= i64::try_from(VOTERS).unwrap());
            }
        }
    });
    let mut counts: HashMap<QuestionId, i64> = HashMap::new();
    let mut frames = 0;
    let reading = async {
        let all = i64::try_from(VOTERS).unwrap();
        while counts.len() < QUESTIONS || counts.values().any(|count| *count < all) {
            let message = wire.message().await;
            let Event::Upvoted(tally) = message.envelope().event else { panic!("{}", message.raw) };
            let before = counts.insert(tally.question_id, tally.upvotes).unwrap_or_default();
            assert!(before < tally.upvotes, "a count went back, or was sent twice");
            frames += 1;
        }
    };
    let began = tokio::time::Instant::now();
    let (took, ()) = futures::join!(
        async {
            voting.await;
            began.elapsed()
        },
        reading
    );
    // One look in each window, each with every question that changed; and the first look and the last.
    let windows = usize::try_from(took.as_millis() / 50).unwrap() + 3;
    assert!(frames <= windows * QUESTIONS, "{frames} frames in {windows} windows");
    assert!(frames * 4 < VOTERS * QUESTIONS, "{frames} frames for {} votes", VOTERS * QUESTIONS);
    let board = server.store.snapshot(room.tenant.id, None).await.unwrap().board;
    assert!(questions.iter().all(|id| board.questions[id].upvotes == i64::try_from(VOTERS).unwrap()));
    assert!(wire.is_quiet(), "nothing is sent twice");
}
