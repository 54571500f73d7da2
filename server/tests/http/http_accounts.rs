//! Whoever is signed in asks and votes as their account, whatever cookies and devices they bring; what they did as a guest in
//! that browser before is theirs; and a browser that is left shows nothing of them.

use clap::Parser;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

use pulsestage::email::Email;
use pulsestage::link::PersonLinkPurpose;
use pulsestage::text::Slug;
use pulsestage::user::Role;
use pulsestage_server::auth::Secret;
use pulsestage_server::limits::LimitArgs;
use pulsestage_server::system::SystemRng;

use crate::http_tenancy::{call, fields, with};
use crate::stage::{Stage, stories};
use crate::support::{PASSWORD, Plan, Reply, Room, TestServer, Wire, assert_refused, assert_refused_page};

const ANN: &str = "ann@example.com";

stories![
    however_many_cookies_a_member_has_they_are_one_voter,
    what_a_guest_did_is_theirs_after_signing_in_in_any_way,
    a_browser_that_is_left_shows_nothing_of_the_account,
];

async fn server(stage: &Stage) -> (TestServer, Room) {
    let server = TestServer::on(stage.store.clone(), Plan::default());
    let room = Room::furnish(&server.service, "acme").await;
    (server, room)
}

/// Guests stay outside.
async fn shut(server: &TestServer, room: &Room) {
    let form = with(fields(room), &[("settings[guests_allowed]", "false")]);
    assert_eq!(call(server, "change_settings", &room.owner, &form).await.status, 200);
}

async fn ask(server: &TestServer, room: &Room, cookies: &[&str], text: &str) -> String {
    let team = room.team.id.to_string();
    let form = [("tenant", &*room.slug), ("team", &team), ("question", text)];
    let call = cookies.iter().fold(server.function("ask"), |call, cookie| call.cookie(cookie));
    let reply = call.form(&form).send().await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()["id"].as_str().unwrap().to_owned()
}

async fn vote(server: &TestServer, room: &Room, cookies: &[&str], question: &str) -> Reply {
    let form = [("tenant", &*room.slug), ("question", question), ("up", "true")];
    let call = cookies.iter().fold(server.function("set_vote"), |call, cookie| call.cookie(cookie));
    call.form(&form).send().await
}

/// What a browser sees as its own, and the counts.
struct Seen {
    own: BTreeSet<String>,
    voted: BTreeSet<String>,
    board: Value,
}

impl Seen {
    fn count(&self, question: &str) -> i64 {
        self.board["board"]["questions"]
            .as_array()
            .map(|all| all.iter().find(|one| one["id"] == question).unwrap())
            .unwrap_or_else(|| &self.board["board"]["questions"][question])["upvotes"]
            .as_i64()
            .unwrap()
    }
}

async fn seen(server: &TestServer, room: &Room, cookies: &[&str]) -> Seen {
    let call = server.get(&format!("/api/fn/load_board?tenant={}", room.slug));
    let board = cookies.iter().fold(call, |call, cookie| call.cookie(cookie)).send().await.json();
    let ids = |name: &str| {
        board[name].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect::<BTreeSet<_>>()
    };
    Seen { own: ids("own"), voted: ids("voted"), board: board.clone() }
}

fn set(ids: &[&str]) -> BTreeSet<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

/// Signs Ann in in this browser; gives the cookie of her session.
async fn come_in(server: &TestServer, room: &Room, way: &str, device: &str) -> String {
    let call = match way {
        "password" => server.post("/t/acme/sign-in", &[("email", ANN), ("password", PASSWORD)]),
        purpose => {
            let user =
                server.store.credentials(room.tenant.id, &Email::parse(ANN).unwrap()).await.unwrap().unwrap().user;
            let purpose = if purpose == "link" { PersonLinkPurpose::SignIn } else { PersonLinkPurpose::Password };
            let path = server.link_for(room, user, purpose).await;
            let token = path.rsplit('/').next().unwrap();
            server.post(&path, &[("confirm", token), ("password", PASSWORD)])
        }
    };
    call.cookie(device).send().await.came_in().0
}

async fn however_many_cookies_a_member_has_they_are_one_voter(stage: Arc<Stage>) {
    let (server, room) = server(&stage).await;
    server.person_with_password(&room, ANN, Role::Member).await;
    shut(&server, &room).await;
    let one = come_in(&server, &room, "password", &server.participant(1)).await;
    let two = come_in(&server, &room, "password", &server.participant(2)).await;
    let open = room.open.id.to_string();
    for session in [&one, &two] {
        for device in 100..125 {
            let reply = vote(&server, &room, &[session, &server.participant(device)], &open).await;
            assert_eq!((reply.status.as_u16(), reply.json()["upvotes"].as_i64()), (200, Some(1)), "{device}");
        }
        // Nor does a browser without one count anew.
        assert_eq!(vote(&server, &room, &[session], &open).await.json()["upvotes"], 1);
    }
    let mine = ask(&server, &room, &[&one, &server.participant(1)], "May I vote for this myself?").await;
    for device in [1, 2, 3] {
        let reply = vote(&server, &room, &[&two, &server.participant(device)], &mine).await;
        assert_refused("a vote for one's own", &reply, 409, "own_question");
    }
    let elsewhere = seen(&server, &room, &[&two, &server.participant(9)]).await;
    assert_eq!((elsewhere.own, elsewhere.voted), (set(&[&mine]), set(&[&open])), "on every device");
    // Reports count by person as well.
    for device in 200..204 {
        let form = [("tenant", "acme"), ("question", &*open), ("reason", "Not nice")];
        let call = server.function("report").cookie(&one).cookie(&server.participant(device));
        assert_eq!(call.form(&form).send().await.status, 200);
    }
    assert_eq!(server.store.case(room.tenant.id, room.open.id).await.unwrap().reports, 1);
}

async fn what_a_guest_did_is_theirs_after_signing_in_in_any_way(stage: Arc<Stage>) {
    let (server, room) = server(&stage).await;
    server.person_with_password(&room, ANN, Role::Member).await;
    let (open, spare) = (room.open.id.to_string(), room.spare.id.to_string());
    let mut asked = Vec::new();
    for (device, way) in (10..).zip(["password", "link", "password link", "later"]) {
        let device = server.participant(device);
        // As a guest, in a browser of her own each time.
        asked.push(ask(&server, &room, &[&device], &format!("Asked before the {way}?")).await);
        assert_eq!(vote(&server, &room, &[&device], &open).await.status, 200);
        assert_eq!(vote(&server, &room, &[&device], &spare).await.status, 200);
        assert_eq!(seen(&server, &room, &[&device]).await.count(&open), if asked.len() == 1 { 1 } else { 2 });
        let session = match way {
            // A session that was there before the server knew how to join them, or came without the cookie.
            "later" => come_in(&server, &room, "password", "theme=dark").await,
            way => come_in(&server, &room, way, &device).await,
        };
        let cookies = if way == "later" { vec![&*session, &device] } else { vec![&*session] };
        let hers = seen(&server, &room, &cookies).await;
        let all: Vec<&str> = asked.iter().map(String::as_str).collect();
        assert_eq!((hers.own.clone(), hers.voted.clone()), (set(&all), set(&[&open, &spare])), "{way}");
        assert_eq!((hers.count(&open), hers.count(&spare)), (1, 1), "{way}: counted once");
        // The browser by itself is nobody any more.
        let left = seen(&server, &room, &[&device]).await;
        assert_eq!((left.own, left.voted), (set(&[]), set(&[])), "{way}");
    }
    // Whoever comes by a link with a role is somebody new, to whom the same happens.
    let (device, link) = (server.participant(30), Secret::new(&SystemRng));
    let asked = ask(&server, &room, &[&device], "Asked before the link with a role?").await;
    server.service.put_link(&Slug::parse("acme").unwrap(), Role::Moderator, link.hash()).await.unwrap();
    let came = server.press(&format!("/sign-in/{}", link.reveal())).cookie(&device).send().await;
    assert_eq!(seen(&server, &room, &[&came.came_in().0]).await.own, set(&[&asked]));
    let (_, differing) = server.store.recount(room.tenant.id).await.unwrap();
    assert!(differing.is_empty(), "{differing:?}");
}

async fn a_browser_that_is_left_shows_nothing_of_the_account(stage: Arc<Stage>) {
    let (server, room) = server(&stage).await;
    server.person_with_password(&room, ANN, Role::Member).await;
    let device = server.participant(5);
    let before = ask(&server, &room, &[&device], "Asked as a guest?").await;
    let session = come_in(&server, &room, "password", &device).await;
    let after = ask(&server, &room, &[&session, &device], "Asked as a member?").await;
    vote(&server, &room, &[&session, &device], &room.open.id.to_string()).await;
    let out = server.post("/sign-out", &[("tenant", "acme")]).cookie(&session).cookie(&device).send().await;
    assert_eq!((out.status.as_u16(), out.header("location")), (303, "/t/acme/signed-out"));
    let page = server.get("/t/acme/mine").cookie(&device).send().await.text().to_owned();
    assert!(page.contains("Nothing asked yet") && !page.contains(&before) && !page.contains(&after), "{page}");
    let left = seen(&server, &room, &[&device]).await;
    assert_eq!((left.own, left.voted), (set(&[]), set(&[])));
    // As a guest again, and then as herself: it is joined once more.
    let between = ask(&server, &room, &[&device], "Asked as a guest again?").await;
    let session = come_in(&server, &room, "password", &device).await;
    assert_eq!(seen(&server, &room, &[&session, &device]).await.own, set(&[&before, &after, &between]));
}

#[tokio::test]
async fn an_asker_hears_of_their_question_on_every_device() {
    let (server, _default, acme) = TestServer::new(Plan::default()).await;
    server.person(&acme, ANN, Role::Member).await;
    let (here, there) = (server.participant(1), server.participant(2));
    let asked = ask(&server, &acme, &[&here], "Does my other device hear of this?").await;
    let one = come_in(&server, &acme, "link", &here).await;
    let two = come_in(&server, &acme, "link", &there).await;
    let mut wire = Wire::of(server.get("/sse?tenantId=acme").cookie(&two).cookie(&there).open().await);
    wire.greeting().await;
    let form = [("tenant", "acme"), ("question", &*asked), ("text", "What do you mean?")];
    assert_eq!(server.function("say").cookie(&acme.moderator).form(&form).send().await.status, 200);
    loop {
        let message = wire.message().await;
        if message.kind() == "question:moderated" {
            break;
        }
    }
    for (session, device) in [(&one, &here), (&two, &there), (&two, &here)] {
        let thread = server.get(&format!("/t/acme/mine/{asked}")).cookie(session).cookie(device).send().await;
        assert!(thread.text().contains("What do you mean?"), "{}", thread.text());
    }
    let stranger = server.get(&format!("/t/acme/mine/{asked}")).cookie(&here).send().await;
    assert!(!stranger.text().contains("What do you mean?"));
}

#[tokio::test]
async fn a_member_has_one_share_whatever_cookies_they_bring() {
    #[derive(Parser)]
    struct Only {
        #[command(flatten)]
        limits: LimitArgs,
    }
    let limits = Only::parse_from(["pulsestage", "--asks-per-participant", "2/h"]).limits;
    let (server, _default, acme) = TestServer::new(Plan { limits, ..Plan::default() }).await;
    server.person_with_password(&acme, ANN, Role::Member).await;
    let session = come_in(&server, &acme, "password", "theme=dark").await;
    let team = acme.team.id.to_string();
    for (device, status) in [(1, 200), (2, 200), (3, 429)] {
        let form = [("tenant", "acme"), ("team", &*team), ("question", "How often may I ask?"), ("again", "true")];
        let call = server.function("ask").cookie(&session).cookie(&server.participant(device));
        assert_eq!(call.form(&form).send().await.status, status, "{device}");
    }
}

#[tokio::test]
async fn a_browser_is_forgotten_on_its_users_word_alone() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    let device = server.participant(5);
    let asked = ask(&server, &acme, &[&device], "Who am I on this device?").await;
    for path in ["/t/acme/signed-out", "/t/acme/forget", "/forget", "/t/acme/forgotten"] {
        let page = server.get(path).cookie(&device).cookie(&acme.moderator).send().await;
        assert_eq!((page.status.as_u16(), page.header("cache-control")), (200, "no-store"), "{path}");
        // After signing out one script erases what the device kept for accounts that are not signed in.
        let scripts = usize::from(path.ends_with("signed-out"));
        assert!(page.set_cookies().is_empty(), "to look changes nothing: {path}");
        assert_eq!(page.text().matches("<script").count(), scripts, "to look erases nothing: {path}");
    }
    assert!(server.get("/t/acme/signed-out").send().await.text().contains("action=\"/t/acme/forget\""));
    assert_eq!(server.get("/t/nowhere/forget").send().await.status, 404);
    let page = server.get("/t/acme/mine").cookie(&device).send().await;
    assert!(page.text().contains("href=\"/t/acme/forget\""), "{}", page.text());

    let foreign = server.post("/t/acme/forget", &[]).cookie(&device).header("origin", "https://evil.example");
    assert_refused_page("another site", &foreign.send().await, 403, "came from another site");
    let forget = server.post("/t/acme/forget", &[]).cookie(&device).cookie(&acme.moderator).cookie(&default.moderator);
    let gone = forget.send().await;
    assert_eq!((gone.status.as_u16(), gone.header("location")), (303, "/t/acme/forgotten"));
    let cookies = gone.set_cookies();
    for name in ["pulsestage_p=;", "pulsestage_s_acme=;", "pulsestage_s_default=;"] {
        let cookie = cookies.iter().find(|cookie| cookie.starts_with(name)).expect(name);
        assert!(cookie.contains("Max-Age=0") && cookie.contains("Path=/"), "{cookie}");
    }
    assert_eq!(server.get("/t/acme/admin").cookie(&acme.moderator).send().await.status, 303, "a copy is worth nothing");
    // The question stays, and the next one in this browser is somebody new.
    let next = server.get("/t/acme/").send().await;
    let fresh = next.set_cookies()[0].split(';').next().unwrap().to_owned();
    let theirs = seen(&server, &acme, &[&fresh]).await;
    assert!(theirs.own.is_empty() && theirs.count(&asked) == 0);
    // Whoever was never here can be forgotten as well.
    assert_eq!(server.post("/forget", &[]).send().await.status, 303);
}
