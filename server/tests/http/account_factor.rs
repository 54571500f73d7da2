//! The second factor, from outside: every way in asks for it, and every code is good once.

use hmac::{Hmac, KeyInit, Mac};
use pulsestage::email::Email;
use pulsestage::link::PersonLinkPurpose;
use pulsestage::ports::Clock;
use pulsestage::second_factor::{FactorOwner, PENDING_LIFE_MS, Requirement, STEP_S, TRIES_PER_SIGN_IN, WRONG_CODES};
use pulsestage::user::Role;
use pulsestage_server::auth::Secret;
use pulsestage_server::system::SystemRng;
use sha1::Sha1;

use crate::support::{PASSWORD, Plan, Reply, Room, TestServer};

const ANN: &str = "ann@example.com";

/// What an app shows for a secret in base 32: written anew here, so that two must agree.
fn code_of(secret: &str, step: i64) -> String {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bits: String = secret.chars().map(|c| format!("{:05b}", ALPHABET.find(c).unwrap())).collect();
    let bytes: Vec<u8> = bits
        .as_bytes()
        .chunks_exact(8)
        .map(|byte| u8::from_str_radix(std::str::from_utf8(byte).unwrap(), 2).unwrap())
        .collect();
    let mut mac = Hmac::<Sha1>::new_from_slice(&bytes).unwrap();
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let at = usize::from(digest[19] & 15);
    let number = u32::from_be_bytes(digest[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

/// The text between two others.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("{before} is not in {text}"));
    rest.split_once(after).unwrap().0
}

/// An app with a secret in it.
struct App {
    secret: String,
}

impl App {
    fn code(&self, server: &TestServer) -> String {
        code_of(&self.secret, server.clock.now().0.div_euclid(STEP_S * 1_000))
    }
}

impl Reply {
    /// The sign-in that waits, as a cookie to bring, with the place it leads to.
    fn must_show_code(&self) -> (String, String) {
        assert_eq!(self.status, 303, "{}", self.text());
        assert!(self.is_closed(), "no session is open");
        let cookies = self.set_cookies();
        let waiting = cookies.iter().find(|cookie| cookie.starts_with("pulsestage_f=")).expect("a sign-in that waits");
        assert!(waiting.contains("HttpOnly") && waiting.contains("Max-Age=300"), "{waiting}");
        (waiting.split(';').next().unwrap().to_owned(), self.header("location").to_owned())
    }

    fn secret_and_setup(&self) -> (App, String) {
        let text = self.text();
        let secret = between(text, "<code>", "</code>").replace(' ', "");
        assert_eq!(secret.len(), 32);
        assert!(text.contains("<svg") && text.contains("autocomplete=\"one-time-code\""));
        (App { secret }, between(text, "name=\"setup\" value=\"", "\"").to_owned())
    }

    fn recovery_codes(&self) -> Vec<String> {
        assert_eq!(self.status, 200, "{}", self.text());
        let list = between(self.text(), "<textarea", "</textarea>");
        list.split_once('>').unwrap().1.lines().map(str::to_owned).collect()
    }
}

impl TestServer {
    async fn sign_in(&self, to: &str) -> Reply {
        self.post("/sign-in", &[("email", ANN), ("password", PASSWORD), ("to", to)]).send().await
    }

    /// Somebody with a second factor: their session, app and recovery codes. The clock has gone on by a step.
    async fn with_factor(&self, room: &Room, role: Role) -> (String, App, Vec<String>) {
        self.clock.stop();
        self.person_with_password(room, ANN, role).await;
        let (session, _) = self.sign_in("").await.came_in();
        let (app, setup) = self.get("/second-factor?change=app").cookie(&session).send().await.secret_and_setup();
        let fields = [("setup", setup.as_str()), ("code", &app.code(self))];
        let codes = self.post("/second-factor/on", &fields).cookie(&session).send().await.recovery_codes();
        assert_eq!(codes.len(), 10);
        self.next_step();
        (session, app, codes)
    }

    fn next_step(&self) {
        self.clock.turn_on(STEP_S);
    }
}

#[tokio::test]
async fn a_person_sets_it_up_and_signs_in_with_it() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let (_, app, codes) = server.with_factor(&default, Role::Owner).await;
    let (waiting, place) = server.sign_in("/admin/people").await.must_show_code();
    let page = server.get(&place).cookie(&waiting).send().await;
    assert_eq!((page.status.as_u16(), page.header("cache-control")), (200, "no-store"));
    for part in ["autocomplete=\"one-time-code\"", "inputmode=\"numeric\"", "Use a recovery code"] {
        assert!(page.text().contains(part), "{part} in {}", page.text());
    }
    assert!(!page.text().contains("<script"));
    // Neither the cookie that waits nor its secret under the session's name opens anything.
    let as_session = waiting.replace("pulsestage_f=", "pulsestage_s_default=");
    for cookie in [&waiting, &as_session] {
        assert_eq!(server.get("/admin").cookie(cookie).send().await.status, 303, "{cookie}");
    }
    let code = app.code(&server);
    let typed = format!("{} {}", &code[..3], &code[3..]);
    let reply = server.post(&place, &[("code", &typed)]).cookie(&waiting).send().await;
    let (session, to) = reply.came_in();
    assert_eq!(to, "/admin/people");
    assert!(reply.set_cookies().iter().any(|c| c.starts_with("pulsestage_f=;") && c.contains("Max-Age=0")));
    assert_eq!(server.get("/admin").cookie(&session).send().await.status, 200);
    let again = server.post(&place, &[("code", &typed)]).cookie(&waiting).send().await;
    assert_eq!((again.header("location"), again.is_closed()), ("/sign-in?again=1", true), "once");
    assert!(server.get("/sign-in?again=1").send().await.text().contains("Sign in again"));
    // The same code in another sign-in.
    let (waiting, place) = server.sign_in("").await.must_show_code();
    let replayed = server.post(&place, &[("code", &code)]).cookie(&waiting).send().await;
    assert!(replayed.status == 401 && replayed.is_closed() && replayed.text().contains("was already used"));
    let wrong = server.post(&place, &[("code", "000000")]).cookie(&waiting).send().await;
    assert_eq!((wrong.status.as_u16(), wrong.text()), (401, replayed.text()), "why is not said");
    // A recovery code, once.
    let other = server.get(&format!("{place}&with=recovery")).cookie(&waiting).send().await;
    assert!(other.text().contains("Recovery code") && !other.text().contains("one-time-code"));
    server.post(&place, &[("code", &codes[0].to_uppercase())]).cookie(&waiting).send().await.came_in();
    let (waiting, place) = server.sign_in("").await.must_show_code();
    let used = server.post(&place, &[("code", &codes[0])]).cookie(&waiting).send().await;
    assert!(used.status == 401 && used.is_closed());
}

#[tokio::test]
async fn no_way_in_passes_by_it() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    let (_, app, _) = server.with_factor(&default, Role::Owner).await;
    let user = server.store.credentials(default.tenant.id, &Email::parse(ANN).unwrap()).await.unwrap().unwrap().user;
    let mut waiting = vec![server.sign_in("").await.must_show_code()];
    for purpose in [PersonLinkPurpose::SignIn, PersonLinkPurpose::Password, PersonLinkPurpose::Invitation] {
        let link = server.link_for(&default, user, purpose).await;
        let confirm = link.rsplit('/').next().unwrap().to_owned();
        let fields = [("name", "Ann"), ("password", PASSWORD), (app::account::CONFIRM, confirm.as_str())];
        waiting.push(server.post(&link, &fields).send().await.must_show_code());
    }
    for (cookie, place) in &waiting {
        assert_eq!(server.get("/admin").cookie(cookie).send().await.status, 303);
        let reply = server.post(place, &[("code", "")]).cookie(cookie).send().await;
        assert!(reply.is_closed());
    }
    let (last, place) = waiting.pop().unwrap();
    // In another tenant's place it is nothing.
    let elsewhere = server.post("/t/acme/sign-in/code", &[("code", &app.code(&server))]).cookie(&last).send().await;
    assert!(elsewhere.is_closed() && elsewhere.header("location") == "/t/acme/sign-in?again=1");
    server.post(&place, &[("code", &app.code(&server))]).cookie(&last).send().await.came_in();
    // Who has none there is not asked there.
    server.person_with_password(&acme, ANN, Role::Owner).await;
    server.post("/t/acme/sign-in", &[("email", ANN), ("password", PASSWORD)]).send().await.came_in();
    let made_up = format!("pulsestage_f={}", Secret::new(&SystemRng).reveal());
    for cookie in ["", "pulsestage_f=x", &made_up] {
        for reply in [
            server.get("/sign-in/code").cookie(cookie).send().await,
            server.post("/sign-in/code", &[("code", "123456")]).cookie(cookie).send().await,
            server.post("/sign-in/setup", &[("code", "123456")]).cookie(cookie).send().await,
        ] {
            assert_eq!(reply.header("location"), "/sign-in?again=1", "{cookie}");
        }
    }
}

#[tokio::test]
async fn guesses_end_the_sign_in_and_then_wait_for_an_hour() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let (_, app, codes) = server.with_factor(&default, Role::Owner).await;
    let wrong = async |waiting: &str, place: &str| {
        server.post(place, &[("code", "000000")]).cookie(waiting).send().await.status.as_u16()
    };
    let mut tries = 0;
    while tries < WRONG_CODES {
        let (waiting, place) = server.sign_in("").await.must_show_code();
        for _ in 0..TRIES_PER_SIGN_IN {
            assert_eq!(wrong(&waiting, &place).await, 401);
            tries += 1;
        }
        assert_eq!(wrong(&waiting, &place).await, 303, "back to the password");
    }
    let (waiting, place) = server.sign_in("").await.must_show_code();
    let right = [("code", app.code(&server))];
    let right: Vec<(&str, &str)> = right.iter().map(|(name, code)| (*name, code.as_str())).collect();
    let reply = server.post(&place, &right).cookie(&waiting).send().await;
    assert_eq!(reply.status, 429);
    assert!((1..=3_600).contains(&reply.header("retry-after").parse::<u32>().unwrap()));
    server.post(&place, &[("code", &codes[3])]).cookie(&waiting).send().await.came_in();
    server.clock.turn_on(3_600);
    let (waiting, place) = server.sign_in("").await.must_show_code();
    server.post(&place, &[("code", &app.code(&server))]).cookie(&waiting).send().await.came_in();
    // Five minutes are enough.
    let (waiting, place) = server.sign_in("").await.must_show_code();
    server.clock.turn_on(PENDING_LIFE_MS / 1_000);
    let late = server.post(&place, &[("code", &app.code(&server))]).cookie(&waiting).send().await;
    assert_eq!(late.header("location"), "/sign-in?again=1");
}

#[tokio::test]
async fn it_is_changed_with_a_code_alone() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let (session, app, codes) = server.with_factor(&default, Role::Admin).await;
    let page = server.get("/second-factor").cookie(&session).send().await;
    assert!(page.text().contains("10 recovery codes are left") && page.text().contains("Turn it off"));
    let post = async |path: &str, fields: &[(&str, &str)]| server.post(path, fields).cookie(&session).send().await;
    for path in ["/second-factor/off", "/second-factor/codes"] {
        for code in ["", "000000", "zzzzz-zzzzz", "<script>"] {
            let reply = post(path, &[("code", code)]).await;
            assert!(reply.status == 401 && !reply.text().contains("<script"), "{path} {code}");
        }
        assert_eq!(
            server.post(path, &[("code", &codes[0])]).send().await.header("location"),
            "/sign-in?to=%2Fsecond-factor"
        );
    }
    // Another app takes a code of the one before.
    let (second, setup) = server.get("/second-factor?change=app").cookie(&session).send().await.secret_and_setup();
    let new_code = second.code(&server);
    for current in ["", "000000", new_code.as_str()] {
        let fields = [("setup", setup.as_str()), ("code", &new_code), ("current", current)];
        assert_eq!(post("/second-factor/on", &fields).await.status, 401, "{current}");
    }
    let fields = [("setup", setup.as_str()), ("code", &new_code), ("current", &app.code(&server))];
    let fresh = post("/second-factor/on", &fields).await.recovery_codes();
    assert_eq!(post("/second-factor/codes", &[("code", &codes[1])]).await.status, 401, "the old codes are gone");
    let newest = post("/second-factor/codes", &[("code", &fresh[0])]).await.recovery_codes();
    assert_eq!(post("/second-factor/off", &[("code", &fresh[1])]).await.status, 401);
    assert_eq!(post("/second-factor/off", &[("code", &newest[0])]).await.header("location"), "/second-factor");
    server.sign_in("").await.came_in();
    // A setup that was made up, or is another person's.
    let stranger = FactorOwner { tenant: default.tenant.id, user: pulsestage::id::UserId(uuid::Uuid::nil()) };
    for setup in [server.service.factor_setup(stranger).sealed.as_str(), "", "x.1.y"] {
        let fields = [("setup", setup), ("code", "123456")];
        assert_eq!(post("/second-factor/on", &fields).await.status, 410, "{setup}");
    }
}

#[tokio::test]
async fn who_must_have_one_sets_it_up_before_anything_else() {
    let plan = Plan { second_factor: Requirement::Admins, ..Plan::default() };
    let (server, default, _acme) = TestServer::new(plan).await;
    server.clock.stop();
    let user = server.person(&default, ANN, Role::Admin).await;
    let link = server.link_for(&default, user, PersonLinkPurpose::Invitation).await;
    let (waiting, place) = server.post(&link, &[("name", "Ann"), ("password", PASSWORD)]).send().await.must_show_code();
    assert_eq!(server.get("/admin").cookie(&waiting).send().await.status, 303);
    let page = server.get(&place).cookie(&waiting).send().await;
    assert!(page.text().contains("Your role needs a second factor"));
    let (app, setup) = page.secret_and_setup();
    let action = place.replace("/sign-in/code", "/sign-in/setup");
    let wrong = server.post(&action, &[("setup", &setup), ("code", "000000")]).cookie(&waiting).send().await;
    assert!(wrong.status == 401 && wrong.is_closed());
    assert_eq!(wrong.secret_and_setup().0.secret, app.secret, "the same QR code, so that nothing is scanned twice");
    let fields = [("setup", setup.as_str()), ("code", &app.code(&server))];
    let done = server.post(&action, &fields).cookie(&waiting).send().await;
    assert_eq!(done.recovery_codes().len(), 10);
    assert!(done.text().contains("href=\"/admin\""));
    let cookies = done.set_cookies();
    let session = cookies.iter().find(|cookie| cookie.starts_with("pulsestage_s_")).unwrap();
    let session = session.split(';').next().unwrap().to_owned();
    assert_eq!(server.get("/admin").cookie(&session).send().await.status, 200);
    let own = server.get("/second-factor").cookie(&session).send().await;
    assert!(!own.text().contains("Turn it off"));
    server.next_step();
    let off = server.post("/second-factor/off", &[("code", &app.code(&server))]).cookie(&session).send().await;
    assert_eq!(off.status, 403);
    // Members are not asked.
    server.person_with_password(&default, "bob@example.com", Role::Member).await;
    server.post("/sign-in", &[("email", "bob@example.com"), ("password", PASSWORD)]).send().await.came_in();
}

#[tokio::test]
async fn who_turns_it_on_shows_first_who_they_are() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    server.clock.stop();
    server.person_with_password(&default, ANN, Role::Admin).await;
    let (session, _) = server.sign_in("").await.came_in();
    let (app, setup) = server.get("/second-factor?change=app").cookie(&session).send().await.secret_and_setup();
    server.clock.turn_on(10 * 60);
    let page = server.get("/second-factor?change=app").cookie(&session).send().await;
    let confirm = "/confirm?to=%2Fsecond-factor%3Fchange%3Dapp";
    assert_eq!((page.status.as_u16(), page.header("location")), (303, confirm));
    let fields = [("setup", setup.as_str()), ("code", &app.code(&server))];
    let reply = server.post("/second-factor/on", &fields).cookie(&session).send().await;
    assert_eq!((reply.status.as_u16(), reply.header("location")), (303, confirm), "the code alone is no proof");
    server.sign_in("").await.came_in();
}
