//! Links for one person: invitations, new passwords, signing in; by mail and without.

use axum::http::Method;
use pulsestage::door::Purpose;
use pulsestage::user::Role;
use pulsestage_server::limits::LimitArgs;

use crate::support::{House, MailServer, PASSWORD, Plan, soon};

const ANN: &str = "ann@example.com";
const ORIGIN: &str = "http://ask.test";

async fn mailing(limits: LimitArgs) -> (House, crate::support::Room, MailServer) {
    let mail = MailServer::start().await;
    let plan = Plan { mail: mail.args.clone(), public_url: Some(ORIGIN.to_owned()), limits, ..Plan::default() };
    let (house, default, _acme) = House::new(plan).await;
    (house, default, mail)
}

#[tokio::test]
async fn an_invitation_sets_a_name_and_a_password_once() {
    let (house, default, acme) = House::new(Plan::default()).await;
    for (room, first, door) in [(&default, "/", "/sign-in"), (&acme, "/t/acme/", "/t/acme/sign-in")] {
        let user = house.person(room, ANN, Role::Member).await;
        let link = house.link_for(room, user, Purpose::Invitation).await;
        let page = house.get(&link).send().await;
        assert_eq!(page.status, 200);
        for part in ["autocomplete=\"new-password\"", "autocomplete=\"name\"", ANN, room.tenant.name.as_str()] {
            assert!(page.text().contains(part), "{part}");
        }
        for (name, password, said) in [
            ("", PASSWORD, "is empty"),
            ("Ann", "short", "at least 12 characters"),
            ("Annabelle Anderson", "annabelle anderson", "too easy"),
        ] {
            let reply = house.post(&link, &[("name", name), ("password", password)]).send().await;
            assert_eq!(reply.status, 422, "{said}");
            assert!(reply.text().contains(said) && reply.is_closed(), "{said}: {}", reply.text());
        }
        let (_, place) = house.post(&link, &[("name", "Ann O'Lee"), ("password", PASSWORD)]).send().await.came_in();
        assert_eq!(place, first);
        assert_eq!(house.store.person(room.tenant.id, user).await.unwrap().unwrap().name, "Ann O'Lee");
        for reply in
            [house.get(&link).send().await, house.post(&link, &[("name", "Eve"), ("password", PASSWORD)]).send().await]
        {
            assert_eq!(reply.status, 410, "a link works once");
            assert!(reply.text().contains("no longer works") && reply.is_closed());
        }
        house.post(door, &[("email", ANN), ("password", PASSWORD)]).send().await.came_in();
    }
}

#[tokio::test]
async fn looking_at_a_link_does_not_use_it_up() {
    let (house, default, _acme) = House::new(Plan::default()).await;
    let user = house.person(&default, ANN, Role::Moderator).await;
    let link = house.link_for(&default, user, Purpose::SignIn).await;
    for method in [Method::GET, Method::HEAD, Method::GET] {
        assert_eq!(house.request(method, &link).send().await.status, 200);
    }
    assert_eq!(house.press(&link).header("origin", "https://evil.example").send().await.status, 403);
    let (session, place) = house.press(&link).send().await.came_in();
    assert_eq!(place, "/admin");
    assert_eq!(house.get("/admin").cookie(&session).send().await.status, 200);
}

#[tokio::test]
async fn a_link_that_is_raced_lets_one_in() {
    let (house, default, _acme) = House::new(Plan::default()).await;
    let user = house.person(&default, ANN, Role::Moderator).await;
    for purpose in [Purpose::SignIn, Purpose::Password, Purpose::Invitation] {
        let link = house.link_for(&default, user, purpose).await;
        let confirm = link.rsplit('/').next().unwrap();
        let fields = [("name", "Ann"), ("password", PASSWORD), ("confirm", confirm)];
        let race = (0..8).map(|_| house.post(&link, &fields).send());
        let replies = futures::future::join_all(race).await;
        let (won, lost): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| !reply.is_closed());
        assert_eq!((won.len(), lost.len()), (1, 7), "{purpose:?}");
        assert!(lost.iter().all(|reply| reply.status == 410));
    }
}

#[tokio::test]
async fn links_run_out_are_withdrawn_and_end_with_their_person() {
    let (house, default, _acme) = House::new(Plan::default()).await;
    house.clock.stop();
    let user = house.person(&default, ANN, Role::Member).await;
    let is_good = async |link: &str| house.get(link).send().await.status == 200;
    let (old, new) =
        (house.link_for(&default, user, Purpose::SignIn).await, house.link_for(&default, user, Purpose::SignIn).await);
    let reset = house.link_for(&default, user, Purpose::Password).await;
    assert!(!is_good(&old).await && is_good(&new).await && is_good(&reset).await, "the last of each purpose is good");
    house.clock.turn_on(15 * 60);
    assert!(!is_good(&new).await && is_good(&reset).await);
    assert_eq!(house.press(&new).send().await.status, 410);
    let invitation = house.link_for(&default, user, Purpose::Invitation).await;
    house.post(&reset, &[("password", PASSWORD)]).send().await.came_in();
    assert!(!is_good(&invitation).await, "a new password withdraws the other links");
    for token in ["x", &"0".repeat(64), &"G".repeat(64), "%3Cscript%3E", "%ff", &"a".repeat(5_000)] {
        let status = house.get(&format!("/open/{token}")).send().await.status.as_u16();
        assert!(matches!(status, 400 | 410), "{status}");
    }
}

#[tokio::test]
async fn a_new_password_by_mail_ends_every_session() {
    let (house, default, mut mail) = mailing(LimitArgs::NONE).await;
    house.person_with_password(&default, ANN, Role::Moderator).await;
    let old = house.post("/sign-in", &[("email", ANN), ("password", PASSWORD)]).send().await.came_in().0;
    assert!(house.get("/sign-in").send().await.text().contains("/sign-in/forgot"));
    assert_eq!(house.get("/sign-in/forgot").send().await.status, 200);
    let reply = house.post("/sign-in/forgot", &[("email", "Ann@example.com")]).send().await;
    assert!(reply.status == 200 && reply.text().contains("on its way") && !reply.text().contains("/open/"));
    let letter = mail.letter().await;
    assert_eq!((letter.from.as_str(), letter.to.as_str()), ("ask@example.com", ANN));
    for part in ["Subject: A new password for Tenant default", "Auto-Submitted: auto-generated", "Hello Ann Lee,"] {
        assert!(letter.text.contains(part), "{part} in {}", letter.text);
    }
    let link = letter.link(ORIGIN);
    let (session, _) = house.post(&link, &[("password", "a kettle sings at noon")]).send().await.came_in();
    assert_eq!(house.get("/admin").cookie(&old).send().await.status, 303);
    assert_eq!(house.get("/admin").cookie(&session).send().await.status, 200);
    assert_eq!(house.post("/sign-in", &[("email", ANN), ("password", PASSWORD)]).send().await.status, 401);
    assert_eq!(house.post(&link, &[("password", PASSWORD)]).send().await.status, 410, "a stolen link, used twice");
}

#[tokio::test]
async fn signing_in_by_mail_needs_no_password() {
    let (house, default, mut mail) = mailing(LimitArgs::NONE).await;
    house.person(&default, ANN, Role::Moderator).await;
    assert_eq!(house.post("/sign-in/link", &[("email", ANN)]).send().await.status, 200);
    let letter = mail.letter().await;
    assert!(letter.text.contains("Subject: Sign in to Tenant default"), "{}", letter.text);
    house.press(&letter.link(ORIGIN)).send().await.came_in();
}

#[tokio::test]
async fn who_asks_for_a_letter_learns_nothing() {
    let (house, default, mut mail) = mailing(LimitArgs::NONE).await;
    house.person(&default, ANN, Role::Member).await;
    let mut said = Vec::new();
    for email in ["nobody@example.com", ANN] {
        let reply = house.post("/sign-in/link", &[("email", email)]).send().await;
        said.push((reply.status, reply.body));
    }
    assert_eq!(said[0], said[1]);
    assert_eq!(mail.letter().await.to, ANN, "the one letter goes to the one who is there");
    assert!(mail.is_empty());
    for bad in ["", "nobody", "a@b\r\nBcc: c@d", "a@b,c@d"] {
        assert_eq!(house.post("/sign-in/link", &[("email", bad)]).send().await.status, 422, "{bad}");
    }
    assert!(mail.is_empty());
}

#[tokio::test]
async fn nobodys_mailbox_is_filled() {
    let limits = LimitArgs { letters_per_account: "2/h".parse().unwrap(), ..LimitArgs::NONE };
    let (house, default, mut mail) = mailing(limits).await;
    house.clock.stop();
    house.person(&default, ANN, Role::Member).await;
    for (path, status) in
        [("/sign-in/link", 200), ("/sign-in/forgot", 200), ("/sign-in/link", 429), ("/sign-in/forgot", 429)]
    {
        assert_eq!(house.post(path, &[("email", ANN)]).send().await.status, status);
        if status == 200 {
            soon("a letter", mail.letter()).await;
        }
    }
    assert!(mail.is_empty());
}

#[tokio::test]
async fn without_mail_nothing_is_offered() {
    let (house, default, _acme) = House::new(Plan::default()).await;
    house.person(&default, ANN, Role::Member).await;
    assert!(!house.get("/sign-in").send().await.text().contains("/sign-in/forgot"));
    for path in ["/sign-in/link", "/sign-in/forgot"] {
        assert_eq!(house.get(path).send().await.status, 404);
        let reply = house.post(path, &[("email", ANN)]).send().await;
        assert!(reply.status == 404 && !reply.text().contains("/open/"), "no link for whoever types an address");
    }
}
