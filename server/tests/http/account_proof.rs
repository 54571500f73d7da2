//! What needs a fresh proof of who acts, how it is given, and who is told of what was done.

use pulsestage::id::UserId;
use pulsestage::link::PersonLinkPurpose;
use pulsestage::ports::Store;
use pulsestage::service::{PROOF_LIFE_MS, SESSION_IDLE_DAYS};
use pulsestage::user::Role;

use crate::support::{MailServer, PASSWORD, Plan, Reply, Room, TestServer, assert_refused};

const ANN: &str = "ann@example.com";
const BOB: &str = "bob@example.com";
const ORIGIN: &str = "http://ask.test";
const LATER_S: i64 = PROOF_LIFE_MS / 1_000;

async fn server() -> (TestServer, Room) {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    server.clock.stop();
    (server, default)
}

async fn mailing() -> (TestServer, Room, MailServer) {
    let mail = MailServer::start().await;
    let plan = Plan { mail: mail.args.clone(), public_url: Some(ORIGIN.to_owned()), ..Plan::default() };
    let (server, default, _acme) = TestServer::new(plan).await;
    server.clock.stop();
    (server, default, mail)
}

/// Somebody with a password, signed in now.
async fn signed_in(server: &TestServer, room: &Room, email: &str, role: Role) -> (UserId, String) {
    let user = server.person_with_password(room, email, role).await;
    (user, server.post("/sign-in", &[("email", email), ("password", PASSWORD)]).send().await.came_in().0)
}

async fn call(server: &TestServer, name: &str, cookie: &str, fields: &[(&str, &str)]) -> Reply {
    server.function(name).cookie(cookie).form(fields).send().await
}

async fn role_of(server: &TestServer, room: &Room, user: UserId) -> Role {
    let store: &dyn Store = &*server.store;
    store.person(room.tenant.id, user).await.unwrap().unwrap().role
}

async fn email_of(server: &TestServer, room: &Room, user: UserId) -> Option<String> {
    let store: &dyn Store = &*server.store;
    store.person(room.tenant.id, user).await.unwrap().unwrap().email
}

#[tokio::test]
async fn ways_in_and_admins_change_only_with_a_fresh_proof() {
    let (server, default) = server().await;
    let (_, olga) = signed_in(&server, &default, ANN, Role::Owner).await;
    let member = server.person(&default, BOB, Role::Member).await.to_string();
    let admin = server.person(&default, "cleo@example.com", Role::Admin).await.to_string();
    let table = "name,email,role\nDan,dan@example.com,admin";
    let actions: Vec<(&str, Vec<(&str, &str)>)> = vec![
        ("invite_person", vec![("name", "Eve"), ("email", "eve@example.com"), ("role", "member")]),
        ("invite_person", vec![("name", "Fay"), ("email", "fay@example.com"), ("role", "owner")]),
        ("invite_again", vec![("person", &member)]),
        ("change_person", vec![("person", &member), ("name", "Bob"), ("email", "bob2@example.com")]),
        ("change_person", vec![("person", &member), ("name", "Bob"), ("email", "")]),
        ("set_role", vec![("person", &member), ("role", "admin")]),
        ("set_role", vec![("person", &member), ("role", "owner")]),
        ("set_role", vec![("person", &admin), ("role", "member")]),
        ("set_role", vec![("person", &admin), ("role", "owner")]),
        ("set_active", vec![("person", &admin), ("active", "false")]),
        ("import_people", vec![("table", table), ("mode", "all")]),
        ("create_tenant", vec![("slug", "fresh"), ("name", "Fresh")]),
    ];
    let people = server.store.people_count(default.tenant.id).await.unwrap();
    server.clock.turn_on(LATER_S);
    for (name, fields) in &actions {
        let reply = call(&server, name, &olga, fields).await;
        assert_refused(&format!("{name} {fields:?}"), &reply, 403, "proof_needed");
    }
    assert_eq!(server.store.people_count(default.tenant.id).await.unwrap(), people);
    assert_eq!(email_of(&server, &default, member.parse().unwrap()).await.as_deref(), Some(BOB));
    // What is no way in and no matter of admins needs none.
    for (name, fields) in [
        ("change_person", vec![("person", member.as_str()), ("name", "Bobby"), ("email", BOB)]),
        ("set_role", vec![("person", &member), ("role", "moderator")]),
        ("set_active", vec![("person", &member), ("active", "false")]),
        ("set_active", vec![("person", &member), ("active", "true")]),
    ] {
        assert_eq!(call(&server, name, &olga, &fields).await.status, 200, "{name}");
    }
    let proved = server.post("/confirm", &[("password", PASSWORD), ("to", "/admin/people")]).cookie(&olga).send().await;
    assert_eq!((proved.status.as_u16(), proved.header("location")), (303, "/admin/people"));
    server.clock.turn_on(LATER_S - 1);
    for (name, fields) in &actions {
        let reply = call(&server, name, &olga, fields).await;
        assert_eq!(reply.status, 200, "{name} {fields:?}: {}", reply.text());
        if *name == "set_role" && fields[1].1 == "owner" {
            // An owner is as good as the next, and takes it back.
            let back = call(&server, name, &olga, &[fields[0], ("role", "admin")]).await;
            assert_eq!(back.status, 200, "{}", back.text());
        }
    }
}

#[tokio::test]
async fn a_proof_is_a_password_of_ones_own() {
    let (server, default) = server().await;
    let (_, ann) = signed_in(&server, &default, ANN, Role::Owner).await;
    signed_in(&server, &default, BOB, Role::Owner).await;
    server.clock.turn_on(LATER_S);
    let page = server.get("/confirm?to=/admin/people").cookie(&ann).send().await;
    assert!(page.status == 200 && page.text().contains("autocomplete=\"current-password\""));
    assert!(!page.text().contains("<script") && page.header("cache-control") == "no-store");
    for wrong in ["", "not mine at all", &"x".repeat(5_000)] {
        let reply = server.post("/confirm", &[("password", wrong)]).cookie(&ann).send().await;
        assert_eq!(reply.status, 401, "{wrong}");
    }
    let foreign =
        server.post("/confirm", &[("password", PASSWORD)]).cookie(&ann).header("origin", "https://evil.example");
    assert_eq!(foreign.send().await.status, 403);
    let invite = [("name", "Eve"), ("email", "eve@example.com"), ("role", "member")];
    assert_refused("still", &call(&server, "invite_person", &ann, &invite).await, 403, "proof_needed");
    // Nowhere else does it lead, and whoever is not signed in signs in.
    let away = server.post("/confirm", &[("password", PASSWORD), ("to", "//evil.example")]).cookie(&ann).send().await;
    assert_eq!(away.header("location"), "/");
    assert_eq!(server.get("/confirm?to=/admin").send().await.header("location"), "/sign-in?to=%2Fadmin");
    assert_eq!(server.post("/confirm", &[("password", PASSWORD)]).send().await.header("location"), "/sign-in?to=");
    assert_eq!(call(&server, "invite_person", &ann, &invite).await.status, 200);
}

/// The value of a field in a page, as a browser sends it back.
fn value_of(page: &str, name: &str) -> String {
    let field = page.split(&format!("name=\"{name}\"")).nth(1).expect("the field");
    let value = field.split("value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("its value");
    value.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[tokio::test]
async fn a_plain_form_is_filled_in_again_after_the_proof() {
    let (server, default) = server().await;
    let (_, ann) = signed_in(&server, &default, ANN, Role::Owner).await;
    let people = server.store.people_count(default.tenant.id).await.unwrap();
    server.clock.turn_on(LATER_S);
    let rows: String =
        (0..1_900).map(|n| format!("\u{416}\u{435}\u{43d}\u{44f} {n},p{n}@example.com,member\n")).collect();
    let table = format!("name,email,role\n\"Dan & <Dare>\",dan@example.com,admin\n{rows}");
    let forms = [
        (
            "invite_person",
            "people",
            vec![("name", "Eve & \"Co\""), ("email", "eve@example.com"), ("role", "admin")],
            "Eve",
        ),
        ("import_people", "people", vec![("table", &table), ("mode", "all")], "dan@example.com,admin"),
        ("create_tenant", "operator", vec![("slug", "fresh"), ("name", "Fresh")], "value=\"Fresh\""),
    ];
    for (function, page, fields, typed) in forms {
        let referer = format!("{ORIGIN}/admin/{page}?text=a&saved=set_role");
        let call = server.function(function).cookie(&ann).header("referer", &referer).wants_page();
        let asked = call.form(&fields).send().await;
        assert_eq!(asked.status, 403, "{function}");
        assert!(!asked.text().contains("<script") && asked.text().contains("as you filled it in"), "{function}");
        let held = [value_of(asked.text(), "to"), value_of(asked.text(), "endpoint"), value_of(asked.text(), "form")];
        assert_eq!(held[0], format!("/admin/{page}?text=a"));
        let prove = async |password: &str| {
            let form = [("password", password), ("to", &held[0]), ("endpoint", &held[1]), ("form", &held[2])];
            server.post("/confirm", &form).cookie(&ann).send().await
        };
        let wrong = prove("not mine at all").await;
        assert_eq!((wrong.status.as_u16(), value_of(wrong.text(), "form")), (401, held[2].clone()), "{function}");
        let back = prove(PASSWORD).await;
        assert_eq!(back.status, 200, "{function}");
        assert!(back.text().contains(typed) && back.text().contains("send it again"), "{function}: {}", back.text());
        assert!(back.text().contains(&format!("action=\"/api/fn/{function}?page=%2Fadmin%2F{page}")), "{function}");
        server.clock.turn_on(LATER_S);
    }
    assert_eq!(
        server.store.people_count(default.tenant.id).await.unwrap(),
        people,
        "nothing was done without another press"
    );
    // What no server function takes is not held, and a page that is not there is not shown.
    for (endpoint, to) in [("no_such", "/admin/people"), ("invite_person", "/t/nowhere/admin")] {
        let form = [("password", PASSWORD), ("to", to), ("endpoint", endpoint), ("form", "name=Eve")];
        let reply = server.post("/confirm", &form).cookie(&ann).send().await;
        assert_eq!((reply.status.as_u16(), reply.header("location")), (303, to), "{endpoint}");
    }
    let large = "x".repeat(2 * 1024 * 1024);
    let reply = server.post("/confirm", &[("password", PASSWORD), ("form", &large)]).cookie(&ann).send().await;
    assert_eq!(reply.status, 413);
}

#[tokio::test]
async fn whoever_has_no_password_is_led_to_the_proof_and_back() {
    let (server, default, mail) = mailing().await;
    let user = server.person(&default, ANN, Role::Owner).await;
    let (session, _) =
        server.press(&server.link_for(&default, user, PersonLinkPurpose::SignIn).await).send().await.came_in();
    server.clock.turn_on(LATER_S);
    let referer = format!("{ORIGIN}/admin/people?text=a&saved=set_role");
    let call = server.function("invite_person").cookie(&session).header("referer", &referer).wants_page();
    let reply = call.form(&[("name", "Eve"), ("email", "eve@example.com"), ("role", "admin")]).send().await;
    let there = format!("{ORIGIN}/confirm?to=%2Fadmin%2Fpeople%3Ftext%3Da");
    assert_eq!((reply.status.as_u16(), reply.header("location")), (303, &*there));
    let page = server.get(&there[ORIGIN.len()..]).cookie(&session).send().await;
    assert!(page.text().contains("value=\"/admin/people?text=a\"") && page.text().contains("Email me a link"));
    drop(mail);
}

#[tokio::test]
async fn a_first_password_needs_a_fresh_proof_and_another_one_the_old() {
    let (server, default) = server().await;
    let user = server.person(&default, ANN, Role::Moderator).await;
    let (session, _) =
        server.press(&server.link_for(&default, user, PersonLinkPurpose::SignIn).await).send().await.came_in();
    server.clock.turn_on(LATER_S);
    let first = [("password", PASSWORD)];
    let reply = server.post("/password", &first).cookie(&session).send().await;
    assert_eq!((reply.status.as_u16(), reply.header("location")), (303, "/confirm?to=%2Fpassword"));
    assert!(reply.is_closed());
    let page = server.get("/confirm?to=/password").cookie(&session).send().await;
    assert!(page.text().contains("no password here") || page.text().contains("Email me a link"), "{}", page.text());
    // Another link is a proof, and takes the place of the session.
    let link = server.link_for(&default, user, PersonLinkPurpose::SignIn).await;
    let confirm = [("confirm", link.rsplit('/').next().unwrap())];
    let pressed = server.post(&format!("{link}?to=%2Fpassword"), &confirm).cookie(&session).send().await;
    let (session, place) = pressed.came_in();
    assert_eq!(place, "/password", "back to where it was needed");
    server.clock.turn_on(LATER_S - 1);
    let (session, _) = server.post("/password", &first).cookie(&session).send().await.came_in();
    server.clock.turn_on(LATER_S);
    let other = [("old", PASSWORD), ("password", "another lamp hums at dawn")];
    server.post("/password", &other).cookie(&session).send().await.came_in();
}

#[tokio::test]
async fn an_admin_has_no_power_over_a_peer() {
    let (server, default) = server().await;
    let (ann, session) = signed_in(&server, &default, ANN, Role::Admin).await;
    let bob = server.person_with_password(&default, BOB, Role::Admin).await;
    let id = bob.to_string();
    for (name, fields) in [
        ("change_person", vec![("person", id.as_str()), ("name", "Bob"), ("email", "mine@example.com")]),
        ("change_person", vec![("person", &id), ("name", "Not Bob"), ("email", BOB)]),
        ("invite_again", vec![("person", &id)]),
        // Nor by the way round: to put the peer down first.
        ("set_role", vec![("person", &id), ("role", "member")]),
        ("set_active", vec![("person", &id), ("active", "false")]),
        ("revoke_sessions", vec![("of", &id)]),
    ] {
        assert_refused(name, &call(&server, name, &session, &fields).await, 403, "not_allowed");
    }
    assert_eq!(
        (role_of(&server, &default, bob).await, email_of(&server, &default, bob).await),
        (Role::Admin, Some(BOB.into()))
    );
    // They invite another, once; and look after themselves.
    let eve = [("name", "Eve"), ("email", "eve@example.com"), ("role", "admin")];
    assert_eq!(call(&server, "invite_person", &session, &eve).await.status, 200);
    let own = ann.to_string();
    let renamed = [("person", own.as_str()), ("name", "Ann"), ("email", "ann2@example.com")];
    assert_eq!(call(&server, "change_person", &session, &renamed).await.status, 200);
    assert_refused(
        "up",
        &call(&server, "set_role", &session, &[("person", &own), ("role", "owner")]).await,
        403,
        "not_allowed",
    );
    let by_owner = [("person", id.as_str()), ("name", "Bob"), ("email", "b@example.com")];
    assert_eq!(call(&server, "change_person", &default.owner, &by_owner).await.status, 200, "an owner may");
}

#[tokio::test]
async fn another_address_counts_once_it_is_confirmed_there() {
    let (server, default, mut mail) = mailing().await;
    let (_, olga) = signed_in(&server, &default, ANN, Role::Owner).await;
    let (bob, _) = signed_in(&server, &default, BOB, Role::Member).await;
    let id = bob.to_string();
    let change = [("person", id.as_str()), ("name", "Bob Lee"), ("email", "new@example.com")];
    assert_eq!(call(&server, "change_person", &olga, &change).await.status, 200);
    assert_eq!(email_of(&server, &default, bob).await.as_deref(), Some(BOB), "as it was");
    let mut letters = [mail.letter().await, mail.letter().await];
    letters.sort_by(|a, b| a.to.cmp(&b.to));
    let [old, new] = letters;
    assert_eq!((old.to.as_str(), new.to.as_str()), (BOB, "new@example.com"));
    assert!(old.text.contains("is to be changed to new@example.com"), "{}", old.text);
    let link = address_link(&new.text);
    for call in [server.get(&link), server.post(&link, &[]), server.post(&link, &[("confirm", "yes")])] {
        let page = call.send().await;
        assert!(page.status == 200 && page.is_closed() && page.text().contains("new@example.com"));
    }
    for path in ["/open/", "/sign-in/", "/claim/", "/thread/"] {
        let other = link.replace("/address/", path);
        assert_eq!(server.press(&other).send().await.status, 410, "{path}");
    }
    assert_eq!(email_of(&server, &default, bob).await.as_deref(), Some(BOB), "looking changes nothing");
    // A sign-in link that lies in the old mailbox is worth nothing afterwards.
    let lost = server.link_for(&default, bob, PersonLinkPurpose::Password).await;
    let done = server.press(&link).send().await;
    assert!(done.status == 200 && done.is_closed(), "it signs nobody in");
    assert_eq!(email_of(&server, &default, bob).await.as_deref(), Some("new@example.com"));
    assert_eq!(server.get(&lost).send().await.status, 410);
    assert_eq!(server.press(&link).send().await.status, 410, "once");
    let told = mail.letter().await;
    assert!(told.to == BOB && told.text.contains("changed to new@example.com"), "{}: {}", told.to, told.text);
    server.post("/sign-in", &[("email", "new@example.com"), ("password", PASSWORD)]).send().await.came_in();
    // It runs out, and an address that somebody else has is refused at once.
    let change = [("person", id.as_str()), ("name", "Bob Lee"), ("email", "late@example.com")];
    assert_eq!(call(&server, "change_person", &olga, &change).await.status, 200);
    let letters = [mail.letter().await, mail.letter().await];
    let late = letters.iter().find(|letter| letter.to == "late@example.com").unwrap();
    let taken = [("person", id.as_str()), ("name", "Bob"), ("email", ANN)];
    assert_refused("taken", &call(&server, "change_person", &olga, &taken).await, 409, "email_taken");
    server.clock.turn_on(24 * 60 * 60);
    assert_eq!(server.press(&address_link(&late.text)).send().await.status, 410);
}

fn address_link(text: &str) -> String {
    let (_, after) = text.split_once(&format!("{ORIGIN}/address/")).expect("a link");
    format!("/address/{}", after.chars().take_while(char::is_ascii_hexdigit).collect::<String>())
}

#[tokio::test]
async fn whoever_it_concerns_is_told() {
    let (server, default, mut mail) = mailing().await;
    let (_, olga) = signed_in(&server, &default, ANN, Role::Owner).await;
    let (bob, session) = signed_in(&server, &default, BOB, Role::Member).await;
    let id = bob.to_string();
    let change = [("old", PASSWORD), ("password", "another lamp hums at dawn")];
    server.post("/password", &change).cookie(&session).send().await.came_in();
    assert!(mail.letter().await.text.contains("Your password for Tenant default was changed."));
    for (name, fields, said) in [
        ("set_role", vec![("person", id.as_str()), ("role", "admin")], "is now admin"),
        ("set_role", vec![("person", &id), ("role", "moderator")], "is now moderator"),
        ("invite_again", vec![("person", &id)], "created a link"),
        ("revoke_sessions", vec![("of", &id)], "signed you out"),
    ] {
        assert_eq!(call(&server, name, &olga, &fields).await.status, 200, "{name}");
        let letter = mail.letter().await;
        assert!(letter.to == BOB && letter.text.contains(said), "{name}: {}", letter.text);
    }
    // What is no change of this kind is nobody's letter.
    call(&server, "set_role", &olga, &[("person", &id), ("role", "member")]).await;
    call(&server, "revoke_sessions", &olga, &[]).await;
    let reset = server.link_for(&default, bob, PersonLinkPurpose::Password).await;
    server.post(&reset, &[("password", PASSWORD)]).send().await.came_in();
    let letter = mail.letter().await;
    assert!(letter.text.contains("Your password for Tenant default was changed."), "{}", letter.text);
    assert!(mail.is_empty());
}

#[tokio::test]
async fn without_mail_nothing_is_sent_and_an_address_counts_at_once() {
    let (server, default) = server().await;
    let (bob, _) = signed_in(&server, &default, BOB, Role::Admin).await;
    let id = bob.to_string();
    let change = [("person", id.as_str()), ("name", "Bob"), ("email", "new@example.com")];
    assert_eq!(call(&server, "change_person", &default.owner, &change).await.status, 200);
    assert_eq!(email_of(&server, &default, bob).await.as_deref(), Some("new@example.com"));
}

#[tokio::test]
async fn staff_who_stay_away_are_signed_out_and_others_are_not() {
    const DAY_S: i64 = 24 * 60 * 60;
    let (server, default) = server().await;
    let (_, daily) = signed_in(&server, &default, "daily@example.com", Role::Moderator).await;
    let (_, away) = signed_in(&server, &default, "away@example.com", Role::Admin).await;
    let (member, mere) = signed_in(&server, &default, "member@example.com", Role::Member).await;
    let (team, of_team) = signed_in(&server, &default, "team@example.com", Role::Member).await;
    let give = [("person", team.to_string()), ("team", default.team.id.to_string()), ("role", "moderator".to_owned())];
    let give: Vec<(&str, &str)> = give.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(call(&server, "set_team_role", &default.owner, &give).await.status, 200);
    let is_in = async |cookie: &str| {
        let view = server.get("/api/fn/load_board").cookie(cookie).send().await.json();
        view["role"] != "guest"
    };
    for _ in 0..SESSION_IDLE_DAYS {
        server.clock.turn_on(DAY_S);
        assert!(is_in(&daily).await);
    }
    assert_eq!(server.get("/admin").cookie(&away).send().await.status, 200, "just in time");
    for _ in 0..=SESSION_IDLE_DAYS {
        server.clock.turn_on(DAY_S);
        assert!(is_in(&daily).await);
    }
    assert!(!is_in(&away).await && !is_in(&of_team).await);
    assert_eq!(server.get("/admin").cookie(&away).send().await.status, 303);
    assert!(is_in(&mere).await, "{member}: nobody's work is in it");
}
