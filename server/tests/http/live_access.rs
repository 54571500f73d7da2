//! Streams of people who are signed in end with their sessions, however they are written; others go on.

use axum::http::Method;
use std::time::Duration;
use tokio::time::Instant;

use pulsestage::command::Ask;
use pulsestage::error::Refusal;
use pulsestage::id::{SessionId, UserId};
use pulsestage::moderation::ReviewDecision;
use pulsestage::service::{Credentials, RequestContext};
use pulsestage::text::Slug;
use pulsestage::user::Role;

use crate::support::{Folder, Kind, Live, Plan, Room, TestServer, Wire, open_store, signed_in, soon};

/// Somebody who is signed in.
struct Somebody {
    cookie: String,
    caller: Credentials,
    user: UserId,
    session: SessionId,
}

impl Somebody {
    async fn with(live: &Live, role: Role) -> Self {
        let service = live.running.state.service();
        let (cookie, caller) = signed_in(service, &Slug::default_tenant(), role).await;
        let actor = service.authenticate("default", &caller).await.unwrap().actor;
        Self { cookie, caller, user: actor.user.unwrap(), session: actor.session.unwrap() }
    }

    async fn stream(&self, live: &Live) -> Wire {
        let mut wire = live.stream_as("", &self.cookie).await;
        wire.greeting().await;
        wire
    }

    async fn context(&self, live: &Live) -> RequestContext {
        live.running.state.service().authenticate("default", &self.caller).await.unwrap()
    }
}

/// The stream must say goodbye and end within a second of `since`.
async fn ends(wire: Wire, since: Instant, why: &str) {
    let rest = wire.rest().await;
    assert!(rest.last().is_some_and(|last| last.closing_frame().is_some()), "{why}: {rest:?}");
    assert!(since.elapsed() < Duration::from_secs(1), "{why}: {:?}", since.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_kept_out_has_no_stream_and_everybody_else_has() {
    for kind in Kind::ALL {
        let live = Live::start(kind, &[]).await;
        let service = live.running.state.service().clone();
        let (ann, bob) = (Somebody::with(&live, Role::Moderator).await, Somebody::with(&live, Role::Member).await);
        let mut guest = live.stream("").await;
        guest.greeting().await;
        let (hers, mut his) = (ann.stream(&live).await, bob.stream(&live).await);
        live.has_streams(3).await;
        let since = Instant::now();
        service.set_active(&live.context, ann.user, false).await.unwrap();
        ends(hers, since, "deactivated").await;
        live.has_streams(2).await;
        let question = live.ask("Are we still here?").await;
        for wire in [&mut guest, &mut his] {
            let message = wire.message().await;
            assert!(message.raw.contains(&question.id.to_string()), "{kind:?}");
        }
        assert_eq!(ann.context(&live).await.actor.role, Role::Guest);
        live.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_end_of_a_session_ends_its_streams() {
    for kind in [Kind::Plain, Kind::Http2] {
        let live = Live::start(kind, &[]).await;
        let (service, owner) = (live.running.state.service().clone(), live.context.clone());
        let team = service.board(&owner).await.unwrap().board.teams[0].id;
        for why in ["sign out", "revoke", "revoke all", "role", "team", "team again"] {
            let ann = Somebody::with(&live, Role::Viewer).await;
            let stays = Somebody::with(&live, Role::Viewer).await;
            let (first, second, mut other) =
                (ann.stream(&live).await, ann.stream(&live).await, stays.stream(&live).await);
            let since = Instant::now();
            match why {
                "sign out" => service.sign_out(ann.caller.sessions[0].1).await.unwrap(),
                "revoke" => service.revoke_session(&owner, Some(ann.user), ann.session).await.unwrap(),
                "revoke all" => service.revoke_sessions(&ann.context(&live).await, None).await.unwrap(),
                "role" => drop(service.set_role(&owner, ann.user, Role::Member).await.unwrap()),
                _ => drop(service.set_membership(&owner, ann.user, team, Some(Role::Moderator)).await.unwrap()),
            }
            for wire in [first, second] {
                ends(wire, since, why).await;
            }
            let is_in = ann.context(&live).await.actor.user.is_some();
            assert_eq!(is_in, why.starts_with("team"), "{why}");
            live.ask(why).await;
            assert_eq!(other.message().await.kind(), "question:created", "{kind:?} {why}");
        }
        live.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bulk_action_stops_with_the_right_to_it_and_the_stream_ends() {
    const MANY: usize = 200;
    let live = Live::start(Kind::Plain, &["--asks-per-participant", "0"]).await;
    let service = live.running.state.service().clone();
    let ann = Somebody::with(&live, Role::Moderator).await;
    let team = service.board(&live.context).await.unwrap().board.teams[0].id;
    let mut questions = Vec::new();
    for number in 0..MANY {
        let ask = Ask { team, body: format!("Is this question {number}?"), name: None };
        questions.push((service.ask(&live.context, None, ask).await.unwrap().id, None));
    }
    let mut guest = live.stream("").await;
    guest.greeting().await;
    let (hers, context) = (ann.stream(&live).await, ann.context(&live).await);
    let acting = {
        let (service, questions) = (service.clone(), questions.clone());
        tokio::spawn(async move {
            service.decide_all(&context, None, questions, ReviewDecision::Decline { reason: None }).await
        })
    };
    guest.message().await;
    let since = Instant::now();
    service.set_active(&live.context, ann.user, false).await.unwrap();
    ends(hers, since, "in the middle of a bulk action").await;
    let items = acting.await.unwrap().unwrap();
    let done = items.iter().take_while(|item| item.refusal.is_none()).count();
    assert!((1..MANY).contains(&done), "it was running: {done}");
    assert!(items[done..].iter().all(|item| item.refusal == Some(Refusal::NotSignedIn)), "{items:?}");
    let board = service.board(&live.context).await.unwrap().board;
    for (place, (question, _)) in questions.iter().enumerate() {
        assert_eq!(board.questions.contains_key(question), place >= done, "what is told is what was done: {place}");
    }
    live.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_does_not_outlive_its_session() {
    let live = Live::start(Kind::Plain, &[]).await;
    let ann = Somebody::with(&live, Role::Member).await;
    assert!(ann.context(&live).await.until.is_some());
    // A session that is over opens a guest's stream, which nothing ends.
    live.running.state.service().sign_out(ann.caller.sessions[0].1).await.unwrap();
    let mut wire = ann.stream(&live).await;
    live.ask("Is anybody there?").await;
    assert_eq!(wire.message().await.kind(), "question:created");
    live.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_instance_hears_of_it_without_being_rung() {
    let folder = Folder::new();
    let store = open_store(&folder.sqlite_url()).await;
    let here = TestServer::on(store.clone(), Plan::default());
    let there = TestServer::on(store, Plan::default());
    let room = Room::furnish(&here.service, "default").await;
    let (cookie, caller) = signed_in(&here.service, &Slug::default_tenant(), Role::Member).await;
    let ann = here.service.authenticate("default", &caller).await.unwrap().actor.user.unwrap();
    let mut wire = Wire::of(there.get("/sse").cookie(&cookie).open().await);
    let mut guest = Wire::of(there.get("/sse").open().await);
    wire.greeting().await;
    guest.greeting().await;
    let since = Instant::now();
    here.service.set_active(&room.context, ann, false).await.unwrap();
    ends(wire, since, "another instance").await;
    assert!(guest.is_quiet());
    let again = there.get("/sse").cookie(&cookie).open().await;
    assert_eq!(again.status(), 200, "as a guest");
    for server in [here, there] {
        server.close().await;
    }
}

#[tokio::test]
async fn whoever_signs_out_while_their_stream_opens_has_none() {
    let (server, _default, _acme) = TestServer::new(Plan::default()).await;
    for _ in 0..20 {
        let (cookie, caller) = signed_in(&server.service, &Slug::default_tenant(), Role::Member).await;
        let opening = server.get("/sse").cookie(&cookie).open();
        let ending = server.service.sign_out(caller.sessions[0].1);
        let (response, ended) = tokio::join!(opening, ending);
        ended.unwrap();
        let mut wire = Wire::of(response);
        wire.greeting().await;
        // Either it is a guest's by now, or it ends.
        let is_guests = server.state.passes().is_unused();
        if !is_guests {
            soon("the stream to end", wire.rest()).await;
        }
    }
    let reply = server.request(Method::POST, "/sign-out").form(&[("tenant", "default")]).send().await;
    assert_eq!(reply.status, 303);
}
