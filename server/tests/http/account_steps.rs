//! Links are two steps, whatever they are for: looking and empty forms change nothing, and each serves its own purpose alone.

use axum::http::Method;
use clap::Parser;

use pulsestage::link::PersonLinkPurpose;
use pulsestage::ports::MOST_WAITING_LINKS;
use pulsestage::text::Slug;
use pulsestage::user::Role;
use pulsestage_server::auth::Secret;
use pulsestage_server::commands::{Cli, Command, link};
use pulsestage_server::system::SystemRng;

use crate::support::{ASKER, Folder, PASSWORD, Plan, Reply, Room, TestServer, open_store};

const ANN: &str = "ann@example.com";
/// The first of `furnish`'s tenants, which nobody owns: what is claimed.
const UNOWNED: &str = "unowned";

/// A link of each kind, by its path.
struct Links {
    role: String,
    claim: String,
    sign_in: String,
    password: String,
    invitation: String,
    thread: String,
}

impl Links {
    fn all(&self) -> [(&'static str, &str); 6] {
        [
            ("role", self.role.as_str()),
            ("claim", &self.claim),
            ("sign in", &self.sign_in),
            ("password", &self.password),
            ("invitation", &self.invitation),
            ("thread", &self.thread),
        ]
    }
}

async fn server() -> (TestServer, Room, Folder) {
    let folder = Folder::new();
    let store = open_store(&folder.sqlite_url()).await;
    let server = TestServer::on(store, Plan::default());
    let room = Room::furnish(&server.service, "default").await;
    let name = pulsestage::text::Name::parse("Nobody's").unwrap();
    server.service.create_tenant(Slug::parse(UNOWNED).unwrap(), name).await.unwrap();
    (server, room, folder)
}

async fn links(server: &TestServer, room: &Room) -> Links {
    let secret = || Secret::new(&SystemRng);
    let (role, claim) = (secret(), secret());
    server.service.put_link(&Slug::parse(&room.slug).unwrap(), Role::Moderator, role.hash()).await.unwrap();
    assert!(server.service.offer_claim(&Slug::parse(UNOWNED).unwrap(), claim.hash()).await.unwrap());
    // Each for a person of their own: a new password would withdraw the others.
    let mut own = Vec::new();
    for (number, purpose) in
        [PersonLinkPurpose::SignIn, PersonLinkPurpose::Password, PersonLinkPurpose::Invitation].into_iter().enumerate()
    {
        let user = server.person(room, &format!("{number}{ANN}"), Role::Member).await;
        own.push(server.link_for(room, user, purpose).await);
    }
    let [sign_in, password, invitation] = own.try_into().unwrap();
    Links {
        role: format!("/sign-in/{}", role.reveal()),
        claim: format!("/claim/{}", claim.reveal()),
        sign_in,
        password,
        invitation,
        thread: thread(server, room).await,
    }
}

/// The link that an asker makes to a question's thread.
async fn thread(server: &TestServer, room: &Room) -> String {
    let id = room.open.id;
    let reply = server.post(&format!("/mine/{id}"), &[("do", "link")]).cookie(&server.participant(ASKER)).send().await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let at = reply.text().find("/thread/").expect("a link");
    reply.text()[at..].chars().take("/thread/".len() + 64).collect()
}

/// What is typed on each of the pages, and what their buttons send.
fn filled(link: &str) -> [(&'static str, &str); 5] {
    let confirm = link.rsplit('/').next().unwrap();
    [("name", "Ann Lee"), ("email", ANN), ("password", PASSWORD), ("text", "Hello?"), ("confirm", confirm)]
}

fn shows_a_page(reply: &Reply) {
    for (name, value) in [("cache-control", "no-store"), ("referrer-policy", "strict-origin")] {
        assert_eq!(reply.header(name), value);
    }
    assert!(reply.is_closed() && reply.set_cookies().is_empty(), "{:?}", reply.set_cookies());
}

#[tokio::test]
async fn looking_at_a_link_of_any_purpose_changes_nothing() {
    let (server, room, _folder) = server().await;
    let links = links(&server, &room).await;
    let people = server.store.people_count(room.tenant.id).await.unwrap();
    for (kind, link) in links.all() {
        let page = server.get(link).wants_page().send().await;
        assert_eq!(page.status, 200, "{kind}");
        assert!(page.text().contains("noindex") && page.text().contains("<button"), "{kind}");
        // Without one it works as well; a message that was begun is kept as a draft.
        let drafts = page.text().matches("<script").count();
        let kept = page.text().matches("<script src=\"/keep.js\"").count();
        assert_eq!((drafts, kept), if kind == "thread" { (1, 1) } else { (0, 0) }, "{kind}");
        let form = "application/x-www-form-urlencoded";
        let calls = [
            server.get(link),
            server.request(Method::HEAD, link),
            server.request(Method::OPTIONS, link),
            server.request(Method::PUT, link),
            server.request(Method::DELETE, link),
            server.get(link).header("sec-purpose", "prefetch;prerender"),
            server.get(link).header("user-agent", "Slackbot-LinkExpanding 1.0"),
            server.request(Method::POST, link),
            server.request(Method::POST, link).header("content-length", "0"),
            server.post(link, &[]),
            server.post(link, &[("utm_source", "mail"), ("confirm", "")]),
            server.post(link, &[("confirm", "yes")]),
            server.post(link, &[("confirm", &"0".repeat(64))]),
            server.request(Method::POST, link).raw(form, b"\0\xff&&&===".to_vec()),
            server.request(Method::POST, link).raw("text/plain", b"confirm".to_vec()),
            server.post(link, &filled(link)).header("origin", "https://evil.example"),
        ];
        for (number, call) in calls.into_iter().enumerate() {
            let reply = call.send().await;
            let status = reply.status.as_u16();
            assert!(matches!(status, 200 | 403 | 405 | 415 | 422), "{kind}, {number}: {status}");
            assert!(reply.is_closed() && reply.set_cookies().is_empty(), "{kind}, {number}");
            if status == 200 {
                shows_a_page(&reply);
            }
        }
    }
    assert_eq!(server.store.people_count(room.tenant.id).await.unwrap(), people, "nobody was made");
    for (kind, link) in links.all() {
        let reply = server.post(link, &filled(link)).send().await;
        assert_eq!(reply.status, 303, "{kind}: {}", reply.text());
        assert!(kind == "thread" || !reply.is_closed(), "{kind}");
    }
}

#[tokio::test]
async fn ten_thousand_looks_leave_a_link_as_it_was() {
    let (server, room, _folder) = server().await;
    let secret = Secret::new(&SystemRng);
    server.service.put_link(&Slug::parse(&room.slug).unwrap(), Role::Moderator, secret.hash()).await.unwrap();
    let link = format!("/sign-in/{}", secret.reveal());
    for _ in 0..10_000 / 20 {
        let looks = futures::future::join_all((0..20).map(|_| server.get(&link).send())).await;
        assert!(looks.iter().all(|look| look.status == 200 && look.set_cookies().is_empty()));
    }
    server.press(&link).send().await.came_in();
}

#[tokio::test]
async fn a_token_serves_only_the_purpose_it_was_made_for() {
    let (server, room, _folder) = server().await;
    let links = links(&server, &room).await;
    let paths = ["/sign-in/", "/claim/", "/open/", "/thread/"];
    for (kind, link) in links.all() {
        let token = link.rsplit('/').next().unwrap();
        for path in paths.into_iter().filter(|path| !link.starts_with(path)) {
            let address = format!("{path}{token}");
            let filled = filled(&address);
            for call in [server.get(&address), server.press(&address), server.post(&address, &filled)] {
                let reply = call.send().await;
                assert_eq!(reply.status, 410, "{kind} at {path}");
                assert!(reply.is_closed() && reply.text().contains("no longer works"), "{kind} at {path}");
            }
        }
    }
    // At the one address that three kinds share, the kind decides what is done, whatever else is sent.
    let (hash, arrival) = (|link: &str| Secret::parse(link.rsplit('/').next().unwrap()).unwrap().hash(), arrival());
    let spent = Err(pulsestage::error::Refusal::LinkSpent);
    let service = &server.service;
    for link in [&links.password, &links.invitation] {
        assert_eq!(service.sign_in_by_link(hash(link), &arrival).await, spent);
    }
    for link in [&links.sign_in, &links.invitation] {
        assert_eq!(service.set_password_by_link(hash(link), PASSWORD, &arrival).await, spent);
    }
    for link in [&links.sign_in, &links.password] {
        assert_eq!(service.accept_invitation(hash(link), "Ann Lee", PASSWORD, &arrival).await, spent);
    }
    for (kind, link) in links.all() {
        assert_eq!(server.get(link).send().await.status, 200, "{kind} is still good");
    }
}

#[tokio::test]
async fn a_second_link_for_a_role_leaves_the_first() {
    let (server, room, _folder) = server().await;
    let slug = Slug::parse(&room.slug).unwrap();
    let mut made = Vec::new();
    for _ in 0..3 {
        let secret = Secret::new(&SystemRng);
        server.service.put_link(&slug, Role::Admin, secret.hash()).await.unwrap();
        made.push(format!("/sign-in/{}", secret.reveal()));
    }
    for link in &made[..2] {
        server.press(link).send().await.came_in();
    }
    assert_eq!(server.service.withdraw_links(&slug, Some(Role::Admin)).await, Ok(1));
    assert_eq!(server.press(&made[2]).send().await.status, 410, "withdrawn, as was asked");
}

#[tokio::test]
async fn the_command_line_makes_lists_and_withdraws_links() {
    let (server, _room, _folder) = server().await;
    let run = async |flags: &[&str]| {
        let line = ["pulsestage", "link", "--public-url", "http://ask.test"].iter().chain(flags);
        let Some(Command::Link(args)) = Cli::parse_from(line).command else { panic!("another command") };
        link::carry_out(&server.service, &args).await
    };
    let path = |link: String| link.strip_prefix("http://ask.test").unwrap().to_owned();
    assert!(run(&["--list"]).await.unwrap().ends_with("has no unused links."));
    let (first, second) = (path(run(&[]).await.unwrap()), path(run(&[]).await.unwrap()));
    server.press(&first).send().await.came_in();
    let third = path(run(&["--replace"]).await.unwrap());
    assert_eq!(server.get(&second).send().await.status, 410);
    assert_eq!(server.get(&third).send().await.status, 200);
    let owners = path(run(&["--role", "owner"]).await.unwrap());
    let listed = run(&["--list"]).await.unwrap();
    assert_eq!(listed.lines().count(), 2, "{listed}");
    assert!(listed.contains("moderator") && !listed.contains(&third[9..20]), "{listed}");
    for _ in 1..MOST_WAITING_LINKS {
        run(&[]).await.unwrap();
    }
    let full = run(&[]).await.unwrap_err().to_string();
    assert!(full.contains("50 unused links") && full.contains("--replace"), "{full}");
    assert_eq!(run(&["--withdraw-all"]).await.unwrap(), "Withdrew 51 links of default.");
    assert_eq!(server.get(&owners).send().await.status, 410);
    assert!(run(&["--tenant", "nope"]).await.is_err());
}

fn arrival() -> pulsestage::service::SignInBrowser {
    let label = pulsestage::session::SessionLabel::default();
    pulsestage::service::SignInBrowser {
        session: Secret::new(&SystemRng).hash(),
        label,
        instead_of: None,
        device: None,
    }
}
