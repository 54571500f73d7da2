//! When somebody was seen last: the day and no more, and nothing that tells of asking or voting.

use pulsestage::id::UserId;
use pulsestage::time::Timestamp;

use crate::endpoints::{FunctionCaller, WRITES};
use crate::support::{ASKER, Plan, Room, TestServer};

/// A day in seconds.
const DAY_S: i64 = 86_400;

/// A moderator who takes part in the room as well, with one browser.
struct Moderator {
    cookie: String,
    id: UserId,
}

impl Moderator {
    async fn of(server: &TestServer, room: &Room) -> Self {
        let sessions = server.get("/api/fn/load_sessions").cookie(&room.moderator).send().await.json();
        let id = sessions["person"]["id"].as_str().unwrap().parse().map(UserId).unwrap();
        Self { cookie: format!("{}; {}", room.moderator, server.participant(ASKER)), id }
    }

    /// What is kept of when they were here: of the person, and of their one session.
    async fn seen(&self, server: &TestServer, room: &Room) -> Vec<Option<Timestamp>> {
        let person = server.store.person(room.tenant.id, self.id).await.unwrap().unwrap();
        let sessions = server.store.sessions_of(room.tenant.id, self.id, Timestamp(0)).await.unwrap();
        [person.seen_at].into_iter().chain(sessions.into_iter().map(|session| session.seen_at)).collect()
    }
}

#[tokio::test]
async fn asking_and_voting_leave_no_trace_in_when_somebody_was_seen() {
    let (server, room, _acme) = TestServer::new(Plan::default()).await;
    server.clock.stop();
    let moderator = Moderator::of(&server, &room).await;
    server.get("/api/fn/load_board").cookie(&moderator.cookie).send().await;
    let before = moderator.seen(&server, &room).await;
    server.clock.turn_on(DAY_S);
    for endpoint in
        WRITES.iter().filter(|endpoint| matches!(endpoint.caller, FunctionCaller::Participant | FunctionCaller::Asker))
    {
        let form = endpoint.form(&room);
        let reply = endpoint.as_nobody(&server, &form).cookie(&moderator.cookie).send().await;
        assert!(!reply.status.is_server_error(), "{}: {}", endpoint.name, reply.text());
        assert_eq!(moderator.seen(&server, &room).await, before, "{}", endpoint.name);
    }
    let (open, spare) = (room.open.id, room.spare.id);
    for path in [
        "/api/fn/own_questions".to_owned(),
        format!("/api/fn/load_thread?question={open}"),
        "/mine".to_owned(),
        format!("/mine/{open}"),
        format!("/report/{open}"),
    ] {
        let reply = server.get(&path).cookie(&moderator.cookie).send().await;
        assert_eq!(reply.status, 200, "{path}");
        assert_eq!(moderator.seen(&server, &room).await, before, "{path}");
    }
    for (path, fields) in [
        ("/mine".to_owned(), vec![("do", "edit"), ("question", ""), ("text", "Another text")]),
        (format!("/mine/{open}"), vec![("text", "A word to the moderators")]),
        (format!("/report/{spare}"), vec![("why", "spam")]),
        ("/api/fn/say".to_owned(), vec![("tenant", "default"), ("question", ""), ("text", "Hello")]),
    ] {
        let id = open.to_string();
        let fields: Vec<_> =
            fields.into_iter().map(|(n, v)| (n, if n == "question" { id.as_str() } else { v })).collect();
        let reply =
            server.request(axum::http::Method::POST, &path).cookie(&moderator.cookie).form(&fields).send().await;
        assert!(!reply.status.is_server_error(), "{path}: {}", reply.status);
        assert_eq!(moderator.seen(&server, &room).await, before, "{path}");
    }
    drop(server.get("/sse?tenantId=default").cookie(&moderator.cookie).open().await);
    assert_eq!(moderator.seen(&server, &room).await, before, "/sse");
}

#[tokio::test]
async fn a_page_that_is_opened_is_noted_as_its_day() {
    let (server, room, _acme) = TestServer::new(Plan::default()).await;
    server.clock.stop();
    let moderator = Moderator::of(&server, &room).await;
    for days in 1..3 {
        server.clock.turn_on(DAY_S);
        let reply = server.get("/api/fn/load_board").cookie(&moderator.cookie).send().await;
        assert_eq!(reply.status, 200);
        let seen = moderator.seen(&server, &room).await;
        assert_eq!(seen.len(), 2);
        for at in seen {
            assert_eq!(at, Some(pulsestage::ports::Clock::now(&server.clock).day()), "{days}");
        }
    }
    let people = server.get("/admin/people").cookie(&room.owner).wants_page().send().await;
    let people = people.text();
    assert!(people.contains("Last seen"));
    let day = pulsestage::ports::Clock::now(&server.clock).day().to_rfc3339();
    assert!(people.contains(&day), "the day, and no time of it");
}
