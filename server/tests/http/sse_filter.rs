//! Filters: a stream is sent what it chose, and what is hidden from it still moves its cursor on.

use pulsestage::command::{Ask, CreateTag, SetMark, SetVote};
use pulsestage::event::Cursor;
use pulsestage::id::TeamId;

use crate::support::{Plan, Room, TestServer, Wire, WireMessage};

async fn asks(server: &TestServer, room: &Room, team: TeamId, text: &str) {
    server.service.ask(&room.context, None, Ask { team, body: text.to_owned(), name: None }).await.unwrap();
}

async fn pins(server: &TestServer, room: &Room, on: bool) {
    server.service.set_pinned(&room.context, None, SetMark { question: room.open.id, on }).await.unwrap();
}

/// A message that shows nothing.
fn is_advance(message: &WireMessage, cursor: Cursor) -> bool {
    message.moves_to(cursor)
}

async fn opened(server: &TestServer, query: &str) -> (Wire, Cursor) {
    let mut wire = server.stream(query).await;
    let start = wire.greeting().await;
    (wire, start)
}

#[tokio::test]
async fn by_type() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    for query in
        ["events=question:pinned", "events=question:pinned,question:frozen", "events=heartbeat,%20question:pinned"]
    {
        let (mut wire, start) = opened(&server, query).await;
        asks(&server, &default, default.team.id, "Hidden from it").await;
        let at = Cursor { seq: start.seq + 1, ..start };
        let hidden = wire.message().await;
        assert!(is_advance(&hidden, at), "{query}: {hidden:?}");
        pins(&server, &default, true).await;
        let shown = wire.message().await;
        assert_eq!(
            (shown.kind(), shown.cursor()),
            ("question:pinned", Some(Cursor { seq: start.seq + 2, ..start })),
            "{query}"
        );
        pins(&server, &default, false).await;
        assert_eq!(wire.message().await.kind(), "question:pinned");
        server.service.set_vote(&default.context, None, SetVote { question: default.open.id, up: true }).await.unwrap();
        server
            .service
            .set_vote(&default.context, None, SetVote { question: default.open.id, up: false })
            .await
            .unwrap();
        asks(&server, &default, default.team.id, "Hidden as well").await;
        let hidden = wire.message().await;
        assert!(is_advance(&hidden, Cursor { seq: start.seq + 4, ..start }), "a tally was sent: {hidden:?}");
    }
}

#[tokio::test]
async fn tallies_alone() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let (mut wire, start) = opened(&server, "events=question:upvoted").await;
    server.service.set_vote(&default.context, None, SetVote { question: default.open.id, up: true }).await.unwrap();
    let tally = wire.message().await;
    assert_eq!((tally.kind(), tally.id), ("question:upvoted", None));
    asks(&server, &default, default.team.id, "Hidden from it").await;
    assert!(is_advance(&wire.message().await, Cursor { seq: start.seq + 1, ..start }));
}

#[tokio::test]
async fn by_team() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let (mut wire, start) = opened(&server, &format!("teamId={}", default.other_team.id)).await;
    let at = |n| Cursor { seq: start.seq + n, ..start };
    asks(&server, &default, default.team.id, "To another team").await;
    assert!(is_advance(&wire.message().await, at(1)));
    asks(&server, &default, default.other_team.id, "To this team").await;
    let shown = wire.message().await;
    assert_eq!((shown.kind(), shown.cursor()), ("question:created", Some(at(2))));
    // Other teams' counts are not its business, nor that there is one more; what concerns the whole tenant is.
    server.service.set_vote(&default.context, None, SetVote { question: default.open.id, up: true }).await.unwrap();
    server.service.create_team(&default.context, None, "A third team").await.unwrap();
    assert!(is_advance(&wire.message().await, at(3)));
    let tag = CreateTag { name: "For all".to_owned(), color: "#0088AA".to_owned() };
    server.service.create_tag(&default.context, None, tag).await.unwrap();
    let shown = wire.message().await;
    assert_eq!((shown.kind(), shown.cursor()), ("tag:created", Some(at(4))));
    let question = shown_question(&server, &default).await;
    server.service.set_vote(&default.context, None, SetVote { question, up: true }).await.unwrap();
    assert_eq!(wire.message().await.envelope().event.question(), Some(question));
}

/// The question that was put to the other team.
async fn shown_question(server: &TestServer, room: &Room) -> pulsestage::id::QuestionId {
    let board = server.store.snapshot(room.tenant.id, None).await.unwrap().board;
    board.questions.values().find(|question| question.team_id == room.other_team.id).unwrap().id
}

#[tokio::test]
async fn by_type_and_team() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let query = format!("events=question:created,question:pinned&teamId={}", default.other_team.id);
    let (mut wire, start) = opened(&server, &query).await;
    pins(&server, &default, true).await;
    asks(&server, &default, default.other_team.id, "To this team").await;
    let messages = wire.until("question:created").await;
    assert!(messages.iter().all(|message| ["cursor", "question:created"].contains(&message.kind())));
    assert_eq!(messages.last().unwrap().cursor(), Some(Cursor { seq: start.seq + 2, ..start }));
}

#[tokio::test]
async fn an_empty_filter_and_a_team_of_nobody() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    let (mut all, _) = opened(&server, "events=&teamId=").await;
    let (mut none, start) = opened(&server, &format!("teamId={}", acme.team.id)).await;
    asks(&server, &default, default.team.id, "For everybody").await;
    assert_eq!(all.message().await.kind(), "question:created");
    assert!(
        is_advance(&none.message().await, Cursor { seq: start.seq + 1, ..start }),
        "another tenant's team has nothing here"
    );
}

#[tokio::test]
async fn a_replay_is_filtered_and_ends_at_the_head() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let start = server.store.head(default.tenant.id).await.unwrap();
    for n in 0..5 {
        asks(&server, &default, default.team.id, &format!("Hidden {n}")).await;
    }
    pins(&server, &default, true).await;
    for n in 5..10 {
        asks(&server, &default, default.team.id, &format!("Hidden {n}")).await;
    }
    let (mut wire, at) = opened(&server, &format!("events=question:pinned&last_event_id={start}")).await;
    assert_eq!(at, start);
    let pinned = wire.message().await;
    assert_eq!((pinned.kind(), pinned.cursor()), ("question:pinned", Some(Cursor { seq: start.seq + 6, ..start })));
    assert!(
        is_advance(&wire.message().await, Cursor { seq: start.seq + 11, ..start }),
        "one step over all that is hidden"
    );
    assert!(wire.is_quiet());
}

#[tokio::test]
async fn a_long_list_of_types_costs_nothing() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let often = vec!["question:pinned"; 400].join(",");
    let (mut wire, start) = opened(&server, &format!("events={often}")).await;
    pins(&server, &default, true).await;
    let shown = wire.message().await;
    assert_eq!((shown.kind(), shown.cursor().unwrap().seq), ("question:pinned", start.seq + 1));
    for query in [
        format!("events={}", vec!["question:pinned"; 4_000].join(",")),
        format!("teamId={}", "1".repeat(60_000)),
        format!("tenantId={}", "a".repeat(60_000)),
    ] {
        let reply = server.get(&format!("/sse?{query}")).send().await;
        assert_eq!(reply.status, 414, "{} bytes", query.len());
        assert!(reply.body.len() < 200);
    }
    assert_eq!(server.get(&format!("/?{}", "a".repeat(9_000))).send().await.status, 414, "other addresses as well");
}
