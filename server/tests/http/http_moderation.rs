//! Reviewing over HTTP: who may, what is told to whom, and that what waits is seen by nobody else.

use serde_json::Value;
use uuid::Uuid;

use pulsestage::command::Ask;
use pulsestage::moderation::Standing;
use pulsestage::question::Status;
use pulsestage::service::Credentials;
use pulsestage::tenant::TenantSettings;
use pulsestage::user::Role;

use crate::support::{ASKER, Call, Plan, Reply, Room, TestServer, Wire, boards, signed_in, soon};

const ASKED: &str = "Who wrote this under cover of secrecy?";

/// Asks a question as a participant of a room where all of them wait.
async fn ask_held(server: &TestServer, room: &Room) -> String {
    let caller = Credentials { device: Some(Uuid::from_u128(ASKER)), ..Credentials::default() };
    let mut context = server.service.authenticate(&room.slug, &caller).await.unwrap();
    context.tenant.settings = TenantSettings { pre_moderation: true, ..TenantSettings::default() };
    let ask = Ask { team: room.team.id, body: ASKED.to_owned(), name: None };
    server.service.ask(&context, None, ask).await.unwrap().id.to_string()
}

async fn act(server: &TestServer, room: &Room, name: &str, cookie: &str, fields: &[(&str, &str)]) -> Reply {
    let form = [&[("tenant", &*room.slug)], fields].concat();
    server.function(name).cookie(cookie).form(&form).send().await
}

fn cases(server: &TestServer, room: &Room, cookie: &str) -> Call {
    server.get(&format!("/api/fn/cases?tenant={}", room.slug)).cookie(cookie)
}

#[tokio::test]
async fn what_waits_is_seen_by_moderators_and_its_asker_alone() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    let (asker, other) = (server.participant(ASKER), server.participant(7));
    let mut of_asker = Wire::of(server.get("/sse").cookie(&asker).open().await);
    let mut of_other = Wire::of(server.get("/sse").cookie(&other).open().await);
    let mut of_moderator = Wire::of(server.get("/sse").cookie(&default.moderator).open().await);
    for wire in [&mut of_asker, &mut of_other, &mut of_moderator] {
        wire.greeting().await;
    }
    let id = ask_held(&server, &default).await;
    let told = of_moderator.message().await;
    assert_eq!((told.kind(), told.json()["data"]["questionId"].as_str()), ("question:moderated", Some(&*id)));
    // The others' cursors move past what is not for them.
    let message = of_other.message().await;
    assert_eq!(message.kind(), "cursor");
    let own = of_asker.message().await;
    assert_eq!((own.kind(), own.json()["data"]["standing"].as_str()), ("question:reviewed", Some("waiting")));

    for (path, cookie) in [
        ("/", &other),
        ("/", &asker),
        ("/api/fn/load_board", &other),
        ("/api/fn/load_board", &default.moderator),
        ("/api/fn/own_questions", &other),
        ("/t/acme", &other),
    ] {
        let reply = server.get(path).cookie(cookie).send().await;
        let text = reply.text();
        assert!(!text.contains(ASKED) && !text.contains(&id), "{path}");
    }
    assert!(!cases(&server, &acme, &acme.moderator).send().await.text().contains(ASKED));
    let own = server.get("/api/fn/own_questions").cookie(&asker).send().await.json();
    assert_eq!((&own[0]["body"], &own[0]["standing"]), (&ASKED.into(), &"waiting".into()));

    let approved =
        act(&server, &default, "decide", &default.moderator, &[("question", &id), ("decision", "approve")]).await;
    assert_eq!(approved.status, 200, "{}", approved.text());
    for wire in [&mut of_asker, &mut of_other, &mut of_moderator] {
        let shown = wire.until("question:created").await.pop().unwrap();
        assert_eq!(shown.json()["data"]["body"], ASKED);
    }
    assert_eq!(of_asker.message().await.json()["data"]["standing"], "shown");
    assert_eq!(of_moderator.message().await.kind(), "question:moderated");
}

#[tokio::test]
async fn whoever_comes_back_is_sent_what_is_theirs() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let (asker, other) = (server.participant(ASKER), server.participant(7));
    let start = Wire::of(server.get("/sse").open().await).greeting().await;
    ask_held(&server, &default).await;
    let ring = Wire::of(server.get("/sse").open().await);
    for (cookie, kinds) in [
        (&other, &["cursor"][..]),
        (&asker, &["question:reviewed"]),
        (&default.moderator, &["question:moderated", "cursor"]),
    ] {
        let mut wire = Wire::of(server.get(&format!("/sse?last_event_id={start}")).cookie(cookie).open().await);
        assert_eq!(wire.greeting().await, start);
        for kind in kinds {
            assert_eq!(wire.message().await.kind(), *kind, "{kinds:?}");
        }
        assert!(wire.is_quiet());
    }
    drop(ring);
}

#[tokio::test]
async fn only_moderators_of_the_team_may_and_only_admins_delete() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    let id = default.open.id.to_string();
    let (member, _) = signed_in(&server.service, &pulsestage::text::Slug::default_tenant(), Role::Member).await;
    for (cookie, status) in
        [(&server.participant(3), 403), (&member, 403), (&acme.moderator, 403), (&default.moderator, 200)]
    {
        let reply = act(&server, &default, "star", cookie, &[("question", &id), ("on", "true")]).await;
        assert_eq!(reply.status, status, "{}", reply.text());
        assert_eq!(cases(&server, &default, cookie).send().await.status, status);
    }
    let delete = [("question", &*id), ("decision", "delete")];
    assert_eq!(act(&server, &default, "decide", &default.moderator, &delete).await.status, 403);
    assert_eq!(act(&server, &default, "decide", &default.owner, &delete).await.status, 200);
    let undelete = [("question", &*id), ("decision", "undelete")];
    assert_eq!(act(&server, &default, "decide", &default.moderator, &undelete).await.status, 403);
    // Another tenant's is not there, whoever asks.
    let theirs = acme.open.id.to_string();
    let reply = act(&server, &default, "decide", &default.owner, &[("question", &theirs), ("decision", "hold")]).await;
    assert_eq!(reply.status, 404);
}

#[tokio::test]
async fn a_bulk_action_says_what_came_of_each() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    let ids = [default.open.id, default.frozen.id, acme.open.id].map(|id| id.to_string());
    let fields: Vec<(&str, &str)> =
        [("questions[0]", &*ids[0]), ("questions[1]", &*ids[1]), ("questions[2]", &*ids[2])]
            .into_iter()
            .chain([("decision", "decline"), ("op", "01900000-0000-7000-8000-000000000001")])
            .collect();
    let first = act(&server, &default, "decide_all", &default.moderator, &fields).await;
    assert_eq!(first.status, 200, "{}", first.text());
    let refusals: Vec<Value> = first.json().as_array().unwrap().iter().map(|item| item["refusal"].clone()).collect();
    assert_eq!(refusals[..2], [Value::Null, Value::Null]);
    assert_eq!(refusals[2]["refusal"], "not_found");
    let again = act(&server, &default, "decide_all", &default.moderator, &fields).await;
    assert_eq!(again.json(), first.json(), "sent twice is done once");
    assert_eq!(act(&server, &default, "decide_all", &server.participant(1), &fields).await.status, 403);
    let many: Vec<(String, &str)> = (0..201).map(|n| (format!("questions[{n}]"), &*ids[0])).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, id)| (&**name, *id)).chain([("decision", "hold")]).collect();
    assert_eq!(act(&server, &default, "decide_all", &default.moderator, &many).await.status, 422);
}

#[tokio::test]
async fn notes_and_reasons_have_their_limits() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    let id = default.open.id.to_string();
    for (name, field, most) in
        [("label", "label", 40), ("draft", "text", 10_000), ("decline", "reason", 500), ("report", "reason", 500)]
    {
        let cookie = if name == "report" { server.participant(1) } else { default.moderator.clone() };
        let text = "ä".repeat(most + 1);
        let reply = act(&server, &default, name, &cookie, &[("question", &id), (field, &text)]).await;
        assert_eq!(reply.status, 422, "{name}: {}", reply.text());
    }
    assert!(boards(&server, &default, &acme).await.0.questions.contains_key(&default.open.id));
    // Control characters are taken out of what is kept.
    let label = [("question", &*id), ("label", "a\0b")];
    let labelled = act(&server, &default, "label", &default.moderator, &label).await;
    assert_eq!(labelled.json()["label"], "ab", "{}", labelled.text());
}

#[tokio::test]
async fn moderators_questions_wait_as_everybodys() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let mut context = default.context.clone();
    let mut ask = async |pre_moderation, body: &str| {
        context.tenant.settings.pre_moderation = pre_moderation;
        let ask = Ask { team: default.team.id, body: body.to_owned(), name: None };
        server.service.ask(&context, None, ask).await.unwrap()
    };
    let held = ask(true, "Does this wait?").await;
    assert_eq!(held.status, Status::UnderReview);
    assert_eq!(ask(false, "Is this you: jane.doe@example.com?").await.status, Status::UnderReview);
    let shown = ask(false, "Does this wait?").await;
    assert_eq!(shown.status, Status::Open);
    // A change is a text as any other.
    let changed =
        server.service.edit_own(&default.context, None, shown.id, "Is it jane.doe@example.com?").await.unwrap();
    assert_eq!(changed.standing, Standing::Waiting);
}

#[tokio::test]
async fn suspicious_text_waits_and_a_serious_question_does_not() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let team = default.team.id.to_string();
    let ask = async |text: &str| {
        let reply = act(&server, &default, "ask", &server.participant(5), &[("team", &team), ("question", text)]).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()["status"].clone()
    };
    assert_eq!(ask("How can staff safely report abuse?").await, "OPEN");
    assert_eq!(ask("What the fuck is going on?").await, "UNDER_REVIEW");
    assert_eq!(ask("Is this you: jane.doe@example.com?").await, "UNDER_REVIEW");
    let cases = soon("the cases", cases(&server, &default, &default.moderator).send()).await.json();
    assert_eq!((&cases[0]["hold"], &cases[1]["hold"]), (&"contact".into(), &"word:fuck".into()));
}
