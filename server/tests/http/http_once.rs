//! Idempotency keys: a write that is sent twice happens once, and a key is good for one thing.

use futures::future::join_all;
use serde_json::Value;
use uuid::Uuid;

use crate::endpoints::{Endpoint, Field, WRITES, and, with};
use crate::support::{Plan, Room, TestServer, assert_refused, boards};

/// A fresh key.
fn key(number: u128) -> String {
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + number).to_string()
}

/// The same call, asking for another thing where there is another to ask for.
fn another(endpoint: Endpoint, room: &Room, form: &[(&'static str, String)]) -> Vec<(&'static str, String)> {
    match endpoint.fields.last().unwrap() {
        Field::Up => with(form, "up", "false"),
        Field::Text(name, ..) => with(form, name, "Another text"),
        Field::Color => with(form, "color", "#123456"),
        // The one tag there is: another question instead.
        Field::Tag | Field::Question | Field::Spare | Field::Into | Field::Word(..) => {
            with(form, "question", &room.answered.id.to_string())
        }
        Field::Team => with(form, "team", &room.other_team.id.to_string()),
    }
}

#[tokio::test]
async fn the_same_key_is_the_same_write() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    for (number, endpoint) in (0..).zip(WRITES) {
        let form = and(&endpoint.form(&default), "op", &key(number));
        let first = endpoint.call(&server, &default, &form).send().await;
        assert_eq!(first.status, 200, "{}: {}", endpoint.name, first.text());
        let after = boards(&server, &default, &acme).await;
        let second = endpoint.call(&server, &default, &form).send().await;
        assert_eq!(second.status, 200, "{}: {}", endpoint.name, second.text());
        assert_eq!(second.json(), first.json(), "{}", endpoint.name);
        let other = endpoint.call(&server, &default, &another(endpoint, &default, &form)).send().await;
        assert_refused(&format!("{} with a used key", endpoint.name), &other, 409, "operation_reused");
        assert_eq!(boards(&server, &default, &acme).await, after, "{} was done twice", endpoint.name);
    }
}

#[tokio::test]
async fn a_key_is_its_writers_alone() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    let form = and(&WRITES[0].form(&default), "op", &key(1));
    let mine: Value = WRITES[0].as_nobody(&server, &form).cookie(&server.participant(1)).send().await.json();
    let theirs: Value = WRITES[0].as_nobody(&server, &form).cookie(&server.participant(2)).send().await.json();
    assert_ne!(mine["id"], theirs["id"], "two people who drew the same key asked two questions");
    let elsewhere = and(&WRITES[0].form(&acme), "op", &key(1));
    let there: Value = WRITES[0].as_nobody(&server, &elsewhere).cookie(&server.participant(1)).send().await.json();
    assert_eq!(there["teamId"], acme.team.id.to_string(), "a key used in one tenant is fresh in another");
}

#[tokio::test]
async fn a_key_is_for_one_kind_of_write() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let by_moderator = |name: &str| WRITES.into_iter().find(|endpoint| endpoint.name == name).unwrap();
    let pin = by_moderator("pin");
    assert_eq!(pin.call(&server, &default, &and(&pin.form(&default), "op", &key(1))).send().await.status, 200);
    for name in ["unpin", "freeze", "unfreeze", "tag", "untag", "answer", "create_tag"] {
        let endpoint = by_moderator(name);
        let reply = endpoint.call(&server, &default, &and(&endpoint.form(&default), "op", &key(1))).send().await;
        assert_refused(name, &reply, 409, "operation_reused");
    }
}

#[tokio::test]
async fn a_hasty_double_click_asks_once() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    let (before, _) = boards(&server, &default, &acme).await;
    for round in 0..10 {
        let form = and(&WRITES[0].form(&default), "op", &key(round));
        let clicks = (0..8).map(|_| WRITES[0].call(&server, &default, &form).send());
        let ids: Vec<Value> = join_all(clicks).await.iter().map(|reply| reply.json()["id"].clone()).collect();
        assert!(ids[0].is_string() && ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    }
    let (after, _) = boards(&server, &default, &acme).await;
    assert_eq!(after.questions.len(), before.questions.len() + 10);
    assert_eq!(after.cursor.seq, before.cursor.seq + 10);
}

#[tokio::test]
async fn a_hasty_double_click_votes_once() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    let vote = WRITES[1];
    for (up, upvotes) in [("true", 1), ("true", 1), ("false", 0), ("false", 0), ("true", 1)] {
        let form = with(&vote.form(&default), "up", up);
        for reply in join_all((0..8).map(|_| vote.call(&server, &default, &form).send())).await {
            assert_eq!((&reply.json()["up"], &reply.json()["upvotes"]), (&(up == "true").into(), &upvotes.into()));
        }
    }
    assert_eq!(boards(&server, &default, &acme).await.0.questions[&default.open.id].upvotes, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn seventy_four_impatient_people_are_seventy_four_votes() {
    const PEOPLE: u128 = 74;
    const CLICKS: u128 = 10;
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    let vote = WRITES[1];
    let (server, default) = (&server, &default);
    let click = |person: u128, click: u128| async move {
        // Each two clicks have a key in common, and each is sent again as if its answer had been lost.
        let form = and(&vote.form(default), "op", &key(1 + person * CLICKS + click / 2));
        for _ in 0..3 {
            let reply = vote.as_nobody(server, &form).cookie(&server.participant(1_000 + person)).send().await;
            assert_eq!((reply.status.as_u16(), &reply.json()["up"]), (200, &true.into()), "{}", reply.text());
        }
    };
    join_all((0..PEOPLE).flat_map(|person| (0..CLICKS).map(move |number| (person, number))).map(|(a, b)| click(a, b)))
        .await;
    let (board, other) = boards(server, default, &acme).await;
    assert_eq!(board.questions[&default.open.id].upvotes, i64::try_from(PEOPLE).unwrap());
    assert!(other.questions.values().all(|question| question.upvotes == 0), "nobody else's");
}
