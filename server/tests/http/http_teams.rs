//! Teams that are closed, put away, or not for guests.

use pulsestage::command::{Ask, SetVote};
use pulsestage::error::Refusal;

use crate::http_tenancy::{call, fields, with};
use crate::support::{Plan, TestServer, assert_refused, soon};

#[tokio::test]
async fn a_closed_team_says_so_and_an_archived_one_is_gone() {
    let (server, _default, acme) = TestServer::new(Plan::default()).await;
    let ask = async || {
        let ask = Ask { team: acme.team.id, body: "Is anybody there?".to_owned(), name: None };
        server.service.ask(&server.service.authenticate("acme", &caller()).await.unwrap(), None, ask).await.map(drop)
    };
    let vote = async || {
        let context = server.service.authenticate("acme", &caller()).await.unwrap();
        server.service.set_vote(&context, None, SetVote { question: acme.open.id, up: true }).await.map(drop)
    };
    let set = async |state: &str| {
        let reply = call(&server, "set_team_state", &acme.owner, &with(fields(&acme), &[("state", state)])).await;
        assert_eq!(reply.json()["state"], state);
    };
    set("voting").await;
    assert_eq!((ask().await, vote().await), (Err(Refusal::AskingClosed), Ok(())));
    set("closed").await;
    assert_eq!((ask().await, vote().await), (Err(Refusal::TeamClosed), Err(Refusal::TeamClosed)));
    assert_eq!(call(&server, "archive_team", &acme.owner, &fields(&acme)).await.status, 200);
    let page = server.get("/t/acme").send().await;
    assert!(!page.text().contains("The open question of acme"), "its questions are gone with it");
    assert_eq!(call(&server, "restore_team", &acme.owner, &fields(&acme)).await.status, 200);
    assert!(server.get("/t/acme").send().await.text().contains("The open question of acme"));
}

fn caller() -> pulsestage::service::Credentials {
    pulsestage::service::Credentials { device: Some(uuid::Uuid::from_u128(9)), ..Default::default() }
}

#[tokio::test]
async fn a_team_without_guests_is_not_there_for_them() {
    let (server, _default, acme) = TestServer::new(Plan::default()).await;
    let mut early = server.stream("tenantId=acme").await;
    early.greeting().await;
    let closed = with(fields(&acme), &[("guests", "no"), ("name", "Inner circle")]);
    assert_eq!(call(&server, "change_team", &acme.owner, &closed).await.status, 200);
    let board = server.get("/api/fn/load_board?tenant=acme").send().await;
    assert!(!board.text().contains("Inner circle") && !board.text().contains("The open question of acme"));
    assert!(board.text().contains("People acme"), "the other team is there");
    let own = server.get("/api/fn/load_board?tenant=acme").cookie(&acme.moderator).send().await;
    assert!(own.text().contains("Inner circle") && own.text().contains("The open question of acme"));
    // Whoever was watching is sent away, to come back to what they may see.
    soon("the stream of a guest to end", early.rest()).await;
    // Nor by id, nor on the stream.
    let vote = [("tenant", "acme".to_owned()), ("question", acme.open.id.to_string()), ("up", "true".to_owned())];
    assert_refused("a vote", &call(&server, "set_vote", "", &vote).await, 403, "not_signed_in");
    let ask =
        [("tenant", "acme".to_owned()), ("team", acme.team.id.to_string()), ("question", "May I come in?".into())];
    assert_refused("a question", &call(&server, "ask", "", &ask).await, 403, "not_signed_in");
    let mut wire = server.stream("tenantId=acme").await;
    wire.greeting().await;
    let inner = Ask { team: acme.team.id, body: "Only among us".to_owned(), name: None };
    server.service.ask(&acme.context, None, inner).await.unwrap();
    let outer = Ask { team: acme.other_team.id, body: "For everybody".to_owned(), name: None };
    server.service.ask(&acme.context, None, outer).await.unwrap();
    let told = loop {
        let message = soon("a fact", wire.message()).await;
        assert!(!message.raw.contains("Only among us"), "{}", message.raw);
        if message.kind() != "cursor" {
            break message;
        }
    };
    assert!(told.raw.contains("For everybody"));
    // A tenant without guests, with one team that takes them.
    let shut = with(fields(&acme), &[("settings[guests_allowed]", "false")]);
    assert_eq!(call(&server, "change_settings", &acme.owner, &shut).await.status, 200);
    let closed = server.get("/t/acme?team=people").send().await;
    assert_eq!(
        (closed.status.as_u16(), closed.header("location")),
        (303, "/t/acme/sign-in?to=%2Ft%2Facme%3Fteam%3Dpeople")
    );
    let open = with(fields(&acme), &[("guests", "yes"), ("name", "Open doors")]);
    assert_eq!(call(&server, "change_team", &acme.owner, &open).await.status, 200);
    let board = server.get("/api/fn/load_board?tenant=acme").send().await;
    assert!(board.text().contains("Open doors") && !board.text().contains("People acme"), "{}", board.text());
    assert_eq!(call(&server, "set_vote", "", &vote).await.status, 200);
    // Nor is a guest of that one team told of another that is made, now or when they come back.
    let mut wire = server.stream("tenantId=acme").await;
    let start = wire.greeting().await;
    server.service.create_team(&acme.context, None, "Merger committee").await.unwrap();
    let asked = Ask { team: acme.team.id, body: "After the committee".to_owned(), name: None };
    server.service.ask(&acme.context, None, asked).await.unwrap();
    let mut again = server.stream(&format!("tenantId=acme&last_event_id={start}")).await;
    again.greeting().await;
    for wire in [&mut wire, &mut again] {
        loop {
            let message = soon("a fact", wire.message()).await;
            assert!(!message.raw.contains("Merger committee"), "{}", message.raw);
            if message.raw.contains("After the committee") {
                break;
            }
        }
    }
}
