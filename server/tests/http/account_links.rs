//! Links for one person: invitations, new passwords, signing in; by mail and without.

use axum::http::Method;
use pulsestage::link::PersonLinkPurpose;
use pulsestage::user::Role;
use pulsestage_server::limits::LimitArgs;

use crate::support::{MailServer, PASSWORD, Plan, TestServer, soon};

const ANN: &str = "ann@example.com";
const ORIGIN: &str = "http://ask.test";

async fn mailing(limits: LimitArgs) -> (TestServer, crate::support::Room, MailServer) {
    let mail = MailServer::start().await;
    let plan = Plan { mail: mail.args.clone(), public_url: Some(ORIGIN.to_owned()), limits, ..Plan::default() };
    let (server, default, _acme) = TestServer::new(plan).await;
    (server, default, mail)
}

#[tokio::test]
async fn an_invitation_sets_a_name_and_a_password_once() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    for (room, first, path) in [(&default, "/", "/sign-in"), (&acme, "/t/acme/", "/t/acme/sign-in")] {
        let user = server.person(room, ANN, Role::Member).await;
        let link = server.link_for(room, user, PersonLinkPurpose::Invitation).await;
        let page = server.get(&link).send().await;
        assert_eq!(page.status, 200);
        for part in ["autocomplete=\"new-password\"", "autocomplete=\"name\"", ANN, room.tenant.name.as_str()] {
            assert!(page.text().contains(part), "{part}");
        }
        for (name, password, said) in [
            ("", PASSWORD, "is empty"),
            ("Ann", "short", "at least 12 characters"),
            ("Annabelle Anderson", "annabelle anderson", "too easy"),
        ] {
            let reply = server.post(&link, &[("name", name), ("password", password)]).send().await;
            assert_eq!(reply.status, 422, "{said}");
            assert!(reply.text().contains(said) && reply.is_closed(), "{said}: {}", reply.text());
        }
        let (_, place) = server.post(&link, &[("name", "Ann O'Lee"), ("password", PASSWORD)]).send().await.came_in();
        assert_eq!(place, first);
        assert_eq!(server.store.person(room.tenant.id, user).await.unwrap().unwrap().name, "Ann O'Lee");
        for reply in [
            server.get(&link).send().await,
            server.post(&link, &[("name", "Eve"), ("password", PASSWORD)]).send().await,
        ] {
            assert_eq!(reply.status, 410, "a link works once");
            assert!(reply.text().contains("no longer works") && reply.is_closed());
        }
        server.post(path, &[("email", ANN), ("password", PASSWORD)]).send().await.came_in();
    }
}

#[tokio::test]
async fn looking_at_a_link_does_not_use_it_up() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let user = server.person(&default, ANN, Role::Moderator).await;
    let link = server.link_for(&default, user, PersonLinkPurpose::SignIn).await;
    for method in [Method::GET, Method::HEAD, Method::GET] {
        assert_eq!(server.request(method, &link).send().await.status, 200);
    }
    assert_eq!(server.press(&link).header("origin", "https://evil.example").send().await.status, 403);
    let (session, place) = server.press(&link).send().await.came_in();
    assert_eq!(place, "/admin");
    assert_eq!(server.get("/admin").cookie(&session).send().await.status, 200);
}

#[tokio::test]
async fn a_link_that_is_raced_lets_one_in() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let user = server.person(&default, ANN, Role::Moderator).await;
    for purpose in [PersonLinkPurpose::SignIn, PersonLinkPurpose::Password, PersonLinkPurpose::Invitation] {
        let link = server.link_for(&default, user, purpose).await;
        let confirm = link.rsplit('/').next().unwrap();
        let fields = [("name", "Ann"), ("password", PASSWORD), ("confirm", confirm)];
        let race = (0..8).map(|_| server.post(&link, &fields).send());
        let replies = futures::future::join_all(race).await;
        let (won, lost): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| !reply.is_closed());
        assert_eq!((won.len(), lost.len()), (1, 7), "{purpose:?}");
        assert!(lost.iter().all(|reply| reply.status == 410));
    }
}

#[tokio::test]
async fn links_run_out_are_withdrawn_and_end_with_their_person() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    server.clock.stop();
    let user = server.person(&default, ANN, Role::Member).await;
    let is_good = async |link: &str| server.get(link).send().await.status == 200;
    let (old, new) = (
        server.link_for(&default, user, PersonLinkPurpose::SignIn).await,
        server.link_for(&default, user, PersonLinkPurpose::SignIn).await,
    );
    let reset = server.link_for(&default, user, PersonLinkPurpose::Password).await;
    assert!(!is_good(&old).await && is_good(&new).await && is_good(&reset).await, "the last of each purpose is good");
    server.clock.turn_on(15 * 60);
    assert!(!is_good(&new).await && is_good(&reset).await);
    assert_eq!(server.press(&new).send().await.status, 410);
    let invitation = server.link_for(&default, user, PersonLinkPurpose::Invitation).await;
    server.post(&reset, &[("password", PASSWORD)]).send().await.came_in();
    assert!(!is_good(&invitation).await, "a new password withdraws the other links");
    for token in ["x", &"0".repeat(64), &"G".repeat(64), "%3Cscript%3E", "%ff", &"a".repeat(5_000)] {
        let status = server.get(&format!("/open/{token}")).send().await.status.as_u16();
        assert!(matches!(status, 400 | 410), "{status}");
    }
}

#[tokio::test]
async fn a_new_password_by_mail_ends_every_session() {
    let (server, default, mut mail) = mailing(LimitArgs::NONE).await;
    server.person_with_password(&default, ANN, Role::Moderator).await;
    let old = server.post("/sign-in", &[("email", ANN), ("password", PASSWORD)]).send().await.came_in().0;
    assert!(server.get("/sign-in").send().await.text().contains("/sign-in/forgot"));
    assert_eq!(server.get("/sign-in/forgot").send().await.status, 200);
    let reply = server.post("/sign-in/forgot", &[("email", "Ann@example.com")]).send().await;
    assert!(reply.status == 200 && reply.text().contains("Check your inbox") && !reply.text().contains("/open/"));
    let letter = mail.letter().await;
    assert_eq!((letter.from.as_str(), letter.to.as_str()), ("ask@example.com", ANN));
    for part in ["Subject: A new password for Tenant default", "Auto-Submitted: auto-generated", "Hello Ann Lee,"] {
        assert!(letter.text.contains(part), "{part} in {}", letter.text);
    }
    let link = letter.link(ORIGIN);
    let (session, _) = server.post(&link, &[("password", "a kettle sings at noon")]).send().await.came_in();
    assert_eq!(server.get("/admin").cookie(&old).send().await.status, 303);
    assert_eq!(server.get("/admin").cookie(&session).send().await.status, 200);
    assert_eq!(server.post("/sign-in", &[("email", ANN), ("password", PASSWORD)]).send().await.status, 401);
    assert_eq!(server.post(&link, &[("password", PASSWORD)]).send().await.status, 410, "a stolen link, used twice");
}

#[tokio::test]
async fn signing_in_by_mail_needs_no_password() {
    let (server, default, mut mail) = mailing(LimitArgs::NONE).await;
    server.person(&default, ANN, Role::Moderator).await;
    assert_eq!(server.post("/sign-in/link", &[("email", ANN)]).send().await.status, 200);
    let letter = mail.letter().await;
    assert!(letter.text.contains("Subject: Sign in to Tenant default"), "{}", letter.text);
    server.press(&letter.link(ORIGIN)).send().await.came_in();
}

#[tokio::test]
async fn who_asks_for_a_letter_learns_nothing() {
    let (server, default, mut mail) = mailing(LimitArgs::NONE).await;
    server.person(&default, ANN, Role::Member).await;
    let mut said = Vec::new();
    for email in ["nobody@example.com", ANN] {
        let reply = server.post("/sign-in/link", &[("email", email)]).send().await;
        said.push((reply.status, reply.body));
    }
    assert_eq!(said[0], said[1]);
    assert_eq!(mail.letter().await.to, ANN, "the one letter goes to the one who is there");
    assert!(mail.is_empty());
    for bad in ["", "nobody", "a@b\r\nBcc: c@d", "a@b,c@d"] {
        assert_eq!(server.post("/sign-in/link", &[("email", bad)]).send().await.status, 422, "{bad}");
    }
    assert!(mail.is_empty());
}

#[tokio::test]
async fn nobodys_mailbox_is_filled() {
    let limits = LimitArgs { letters_per_account: "2/h".parse().unwrap(), ..LimitArgs::NONE };
    let (server, default, mut mail) = mailing(limits).await;
    server.clock.stop();
    server.person(&default, ANN, Role::Member).await;
    for (path, status) in
        [("/sign-in/link", 200), ("/sign-in/forgot", 200), ("/sign-in/link", 429), ("/sign-in/forgot", 429)]
    {
        assert_eq!(server.post(path, &[("email", ANN)]).send().await.status, status);
        if status == 200 {
            soon("a letter", mail.letter()).await;
        }
    }
    assert!(mail.is_empty());
}

#[tokio::test]
async fn without_mail_nothing_is_offered() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    server.person(&default, ANN, Role::Member).await;
    assert!(!server.get("/sign-in").send().await.text().contains("/sign-in/forgot"));
    for path in ["/sign-in/link", "/sign-in/forgot"] {
        assert_eq!(server.get(path).send().await.status, 404);
        let reply = server.post(path, &[("email", ANN)]).send().await;
        assert!(reply.status == 404 && !reply.text().contains("/open/"), "no link for whoever types an address");
    }
}
