//! Whatever people type is kept as it is, shown as it is, and found again by it.

use serde_json::Value;
use std::collections::HashSet;

use crate::support::{Plan, TestServer, assert_refused, boards, encode_form};

/// What people type, and what breaks searches, pages and databases that were not asked to expect it.
const TYPED: [&str; 8] = [
    "hello!",
    "Q&A <b>today</b>?",
    "%_'\"\\",
    "100% of under_scores?",
    "\u{1f469}\u{200d}\u{1f680} to the \u{1f315}?",
    "\u{645}\u{62a}\u{649} \u{627}\u{644}\u{627}\u{62c}\u{62a}\u{645}\u{627}\u{639}\u{61f}",
    "caf\u{e9} or caf\u{ea}?",
    "'; drop table questions; --",
];

#[tokio::test]
async fn what_is_typed_is_kept_and_found_by_itself_alone() {
    let (server, room, _acme) = TestServer::new(Plan::default()).await;
    let team = room.team.id.to_string();
    for (person, typed) in (0..).zip(TYPED) {
        let form = [("tenant", room.slug.as_str()), ("team", team.as_str()), ("question", typed)];
        let asked = server.function("ask").cookie(&server.participant(50 + person)).form(&form).send().await;
        assert_eq!((asked.status.as_u16(), asked.json()["body"].as_str()), (200, Some(typed)), "{}", asked.text());
    }
    let board = server.get("/api/fn/load_board").send().await.json();
    let questions = board["board"]["questions"].as_object().unwrap();
    let kept: HashSet<&str> = questions.values().map(|question| question["body"].as_str().unwrap()).collect();
    let page = server.get("/").send().await;
    for typed in TYPED {
        assert!(kept.contains(typed), "{typed}");
        assert!(!page.text().contains("<b>today</b>"), "it is text and no markup");
        let query = encode_form(&[("text", typed)]);
        let found = server.get(&format!("/export/questions.json?{query}")).cookie(&room.owner).send().await;
        let found: Vec<Value> = serde_json::from_slice(&found.body).unwrap();
        let texts: Vec<&str> = found.iter().map(|question| question["text"].as_str().unwrap()).collect();
        assert_eq!(texts, [typed]);
    }
}

#[tokio::test]
async fn ten_thousand_marks_on_a_letter_are_too_many() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    let before = boards(&server, &default, &acme).await;
    let (team, tower) = (default.team.id.to_string(), format!("e{}", "\u{301}".repeat(10_000)));
    let form = [("team", team.as_str()), ("question", tower.as_str())];
    let reply = server.function("ask").cookie(&server.participant(1)).form(&form).send().await;
    assert_refused("a tower of marks", &reply, 422, "invalid");
    assert_eq!(boards(&server, &default, &acme).await, before);
}
