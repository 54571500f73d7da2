//! Cookies as somebody tries them who wants to be somebody else.

use axum::http::Method;
use pulsestage::link::PersonLinkPurpose;
use pulsestage::service::SESSION_LIFE_MS;
use pulsestage::text::Slug;
use pulsestage::user::Role;
use pulsestage_server::auth::Secret;
use pulsestage_server::system::SystemRng;

use crate::support::{ASKER, PASSWORD, Plan, Room, TestServer, assert_refused};

const ANN: &str = "ann@example.com";

async fn one_time_link(server: &TestServer, room: &Room) -> String {
    let secret = Secret::new(&SystemRng);
    server.service.put_link(&Slug::parse(&room.slug).unwrap(), Role::Moderator, secret.hash()).await.unwrap();
    format!("/sign-in/{}", secret.reveal())
}

/// Whether the moderators' page opens with these cookies; without a session it leads to the sign-in.
async fn opens(server: &TestServer, page: &str, cookies: &[&str]) -> bool {
    let call = cookies.iter().fold(server.get(page), |call, cookie| call.cookie(cookie));
    match call.send().await.status.as_u16() {
        200 => true,
        303 | 403 => false,
        other => panic!("{page}: {other}"),
    }
}

fn pair(set_cookie: &str) -> &str {
    set_cookie.split(';').next().unwrap()
}

#[tokio::test]
async fn over_https_every_cookie_is_bound_to_this_host_and_out_of_reach() {
    let plan = Plan { public_url: Some("https://ask.test".to_owned()), ..Plan::default() };
    let (server, default, acme) = TestServer::new(plan).await;
    let mut seen = Vec::new();
    for room in [&default, &acme] {
        let user = server.person_with_password(room, ANN, Role::Moderator).await;
        let (slug, open) = (&room.slug, server.link_for(room, user, PersonLinkPurpose::SignIn).await);
        let fields = [("email", ANN), ("password", PASSWORD)];
        seen.push(server.get(&format!("/t/{slug}/")).send().await);
        seen.push(server.press(&one_time_link(&server, room).await).send().await);
        seen.push(server.post(&format!("/t/{slug}/sign-in"), &fields).send().await);
        seen.push(server.press(&open).send().await);
        seen.push(server.post("/sign-out", &[("tenant", slug)]).send().await);
    }
    for reply in &seen {
        assert!(!reply.set_cookies().is_empty(), "{:?}", reply.headers);
        for cookie in reply.set_cookies() {
            assert!(cookie.starts_with("__Host-pulsestage_"), "{cookie}");
            for part in ["; Secure", "; SameSite=Lax", "; Path=/"] {
                assert!(cookie.contains(part), "{part} in {cookie}");
            }
            // For whom the browser keeps drafts is read by scripts, and opens nothing.
            let is_for_scripts = cookie.starts_with("__Host-pulsestage_r_") && !cookie.contains("r_acme=;");
            let is_for_scripts = is_for_scripts && !cookie.contains("r_default=;");
            assert_eq!(cookie.contains("; HttpOnly"), !is_for_scripts, "{cookie}");
            assert!(!cookie.to_ascii_lowercase().contains("domain"), "{cookie}");
        }
    }
}

#[tokio::test]
async fn over_https_a_cookie_that_a_sub_domain_could_have_set_is_none() {
    let plan = Plan { public_url: Some("https://ask.test".to_owned()), ..Plan::default() };
    let (server, default, _acme) = TestServer::new(plan).await;
    // Without the prefix, as `Room` has them.
    assert!(default.owner.starts_with("pulsestage_s_default="));
    assert!(!opens(&server, "/admin", &[&default.owner]).await);
    assert!(opens(&server, "/admin", &[&format!("__Host-{}", default.owner)]).await);
    let planted = server.participant(ASKER).replacen("__Host-", "", 1);
    let reply = server.get("/mine").cookie(&planted).send().await;
    assert!(!reply.text().contains(&default.open.body), "a participant's neither");
}

#[tokio::test]
async fn over_plain_http_cookies_work_without() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let cookie = server.get("/").send().await.set_cookies()[0].to_owned();
    assert!(cookie.starts_with("pulsestage_p=") && !cookie.contains("Secure"), "{cookie}");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    assert!(opens(&server, "/admin", &[&default.owner]).await);
}

#[tokio::test]
async fn forged_sessions_are_nobodys() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let (name, good) = default.owner.split_once('=').unwrap();
    let last = if good.ends_with('0') { "1" } else { "0" };
    let hash = pulsestage_server::auth::secret::hex(&Secret::parse(good).unwrap().hash().0);
    for forged in [
        format!("{}{last}", &good[..63]),
        good[..63].to_owned(),
        format!("{good}0"),
        good.to_ascii_uppercase(),
        // What somebody has who read the database.
        hash,
        "0".repeat(64),
        String::new(),
        "' or '1'='1".to_owned(),
        format!("\"{good}"),
        "é".to_owned(),
    ] {
        assert!(!opens(&server, "/admin", &[&format!("{name}={forged}")]).await, "{forged}");
    }
    for name in
        ["pulsestage_s", "pulsestage_s_", "pulsestage_s_DEFAULT", "pulsestage_s_default ", "Pulsestage_s_default"]
    {
        let case = format!("{name}={good}");
        assert!(!opens(&server, "/admin", &[&case]).await || name.ends_with(' '), "{case}");
    }
    assert!(opens(&server, "/admin", &[&default.owner]).await);
}

#[tokio::test]
async fn a_session_of_one_tenant_is_none_in_another_under_whatever_name() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    let renamed = |cookie: &str, slug: &str| format!("pulsestage_s_{slug}={}", cookie.split_once('=').unwrap().1);
    for (page, own, other) in [("/admin", &default, &acme), ("/t/acme/admin", &acme, &default)] {
        let swapped = renamed(&other.owner, &own.slug);
        assert!(!opens(&server, page, &[&swapped]).await);
        assert!(!opens(&server, page, &[&other.owner]).await);
        assert!(opens(&server, page, &[&own.owner, &other.owner]).await, "both at once, each for its own");
        let call = server.function("create_team").cookie(&swapped).form(&[("tenant", &own.slug), ("name", "Mine now")]);
        assert_refused("create_team", &call.send().await, 403, "not_signed_in");
        let stream = server.get(&format!("/sse?tenantId={}", own.slug)).cookie(&swapped).open().await;
        assert_eq!(stream.status(), 200, "as everybody's");
    }
}

#[tokio::test]
async fn a_session_ends_when_its_time_is_over() {
    const DAY_S: i64 = 24 * 60 * 60;
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    server.clock.stop();
    let reply = server.press(&one_time_link(&server, &default).await).send().await;
    let session = pair(reply.set_cookies()[0]).to_owned();
    // They come by every day; who stays away is signed out before.
    for _ in 1..SESSION_LIFE_MS / 1_000 / DAY_S {
        server.clock.turn_on(DAY_S);
        assert!(opens(&server, "/admin", &[&session]).await);
    }
    server.clock.turn_on(DAY_S - 5);
    assert!(opens(&server, "/admin", &[&session]).await);
    server.clock.turn_on(10);
    assert!(!opens(&server, "/admin", &[&session]).await, "whatever the browser still sends");
}

#[tokio::test]
async fn a_copy_is_worth_nothing_after_signing_out() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    let sign_out = server.request(Method::POST, "/sign-out").cookie(&acme.owner).cookie(&default.owner);
    assert_eq!(sign_out.form(&[("tenant", "acme")]).send().await.status, 303);
    assert!(!opens(&server, "/t/acme/admin", &[&acme.owner]).await);
    assert!(opens(&server, "/admin", &[&default.owner]).await, "the other tenant's goes on");
    // Nor does the copy sign anybody in again by itself.
    let reply = server.get("/t/acme/").cookie(&acme.owner).send().await;
    assert!(reply.set_cookies().iter().all(|cookie| !cookie.contains("pulsestage_s_")), "{:?}", reply.set_cookies());
}

#[tokio::test]
async fn each_way_in_takes_the_place_of_the_session_before() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let user = server.person_with_password(&default, ANN, Role::Moderator).await;
    let mut session = default.moderator.clone();
    for way in ["one-time link", "password", "own link", "one-time link"] {
        let call = match way {
            "one-time link" => server.press(&one_time_link(&server, &default).await),
            "password" => server.post("/sign-in", &[("email", ANN), ("password", PASSWORD)]),
            _ => server.press(&server.link_for(&default, user, PersonLinkPurpose::SignIn).await),
        };
        let reply = call.cookie(&session).send().await;
        let fresh = pair(reply.set_cookies()[0]).to_owned();
        assert_ne!(fresh, session, "{way}");
        assert!(!opens(&server, "/admin", &[&session]).await, "{way}: what was there before is over");
        assert!(opens(&server, "/admin", &[&fresh]).await, "{way}");
        session = fresh;
    }
}

#[tokio::test]
async fn forged_participants_are_new_ones() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let (own, foreign) = (server.participant(ASKER), TestServer::foreign_participant(ASKER));
    let (id, code) = own.split_once('=').unwrap().1.split_once('.').unwrap();
    let other = server.participant(9);
    let swapped = format!("pulsestage_p={id}.{}", other.rsplit('.').next().unwrap());
    let shouted = format!("pulsestage_p={}.{code}", id.to_ascii_uppercase());
    for forged in [foreign, swapped, shouted, format!("pulsestage_p={id}"), format!("pulsestage_p={id}.")] {
        let page = server.get("/mine").cookie(&forged).send().await;
        assert!(!page.text().contains(&default.open.body), "{forged}");
        let edit = server.function("edit_own").cookie(&forged);
        let edit =
            edit.form(&[("tenant", "default"), ("question", &default.open.id.to_string()), ("text", "Not mine")]);
        assert!(edit.send().await.status.is_client_error(), "{forged}");
    }
    assert!(server.get("/mine").cookie(&own).send().await.text().contains(&default.open.body));
}
