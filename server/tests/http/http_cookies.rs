//! Cookies as somebody tries them who wants to be somebody else.

use axum::http::Method;
use pulsestage::door::Purpose;
use pulsestage::service::SESSION_LIFE_MS;
use pulsestage::text::Slug;
use pulsestage::user::Role;
use pulsestage_server::auth::Secret;
use pulsestage_server::world::SystemChance;

use crate::support::{ASKER, House, PASSWORD, Plan, Room, assert_refused};

const ANN: &str = "ann@example.com";

async fn one_time_link(house: &House, room: &Room) -> String {
    let secret = Secret::new(&SystemChance);
    house.service.put_link(&Slug::parse(&room.slug).unwrap(), Role::Moderator, secret.hash()).await.unwrap();
    format!("/sign-in/{}", secret.reveal())
}

/// Whether the moderators' page opens with these cookies; to nobody it shows the door.
async fn opens(house: &House, page: &str, cookies: &[&str]) -> bool {
    let call = cookies.iter().fold(house.get(page), |call, cookie| call.cookie(cookie));
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
    let (house, default, acme) = House::new(plan).await;
    let mut seen = Vec::new();
    for room in [&default, &acme] {
        let user = house.person_with_password(room, ANN, Role::Moderator).await;
        let (slug, open) = (&room.slug, house.link_for(room, user, Purpose::SignIn).await);
        let fields = [("email", ANN), ("password", PASSWORD)];
        seen.push(house.get(&format!("/t/{slug}/")).send().await);
        seen.push(house.press(&one_time_link(&house, room).await).send().await);
        seen.push(house.post(&format!("/t/{slug}/sign-in"), &fields).send().await);
        seen.push(house.press(&open).send().await);
        seen.push(house.post("/sign-out", &[("tenant", slug)]).send().await);
    }
    for reply in &seen {
        assert!(!reply.set_cookies().is_empty(), "{:?}", reply.headers);
        for cookie in reply.set_cookies() {
            assert!(cookie.starts_with("__Host-pulsestage_"), "{cookie}");
            for part in ["; HttpOnly", "; Secure", "; SameSite=Lax", "; Path=/"] {
                assert!(cookie.contains(part), "{part} in {cookie}");
            }
            assert!(!cookie.to_ascii_lowercase().contains("domain"), "{cookie}");
        }
    }
}

#[tokio::test]
async fn over_https_a_cookie_that_a_sub_domain_could_have_set_is_none() {
    let plan = Plan { public_url: Some("https://ask.test".to_owned()), ..Plan::default() };
    let (house, default, _acme) = House::new(plan).await;
    // Without the prefix, as `Room` has them.
    assert!(default.owner.starts_with("pulsestage_s_default="));
    assert!(!opens(&house, "/admin", &[&default.owner]).await);
    assert!(opens(&house, "/admin", &[&format!("__Host-{}", default.owner)]).await);
    let planted = house.participant(ASKER).replacen("__Host-", "", 1);
    let reply = house.get("/mine").cookie(&planted).send().await;
    assert!(!reply.text().contains(&default.open.body), "a participant's neither");
}

#[tokio::test]
async fn over_plain_http_cookies_work_without() {
    let (house, default, _acme) = House::new(Plan::default()).await;
    let cookie = house.get("/").send().await.set_cookies()[0].to_owned();
    assert!(cookie.starts_with("pulsestage_p=") && !cookie.contains("Secure"), "{cookie}");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    assert!(opens(&house, "/admin", &[&default.owner]).await);
}

#[tokio::test]
async fn forged_sessions_are_nobodys() {
    let (house, default, _acme) = House::new(Plan::default()).await;
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
        assert!(!opens(&house, "/admin", &[&format!("{name}={forged}")]).await, "{forged}");
    }
    for name in
        ["pulsestage_s", "pulsestage_s_", "pulsestage_s_DEFAULT", "pulsestage_s_default ", "Pulsestage_s_default"]
    {
        let case = format!("{name}={good}");
        assert!(!opens(&house, "/admin", &[&case]).await || name.ends_with(' '), "{case}");
    }
    assert!(opens(&house, "/admin", &[&default.owner]).await);
}

#[tokio::test]
async fn a_session_of_one_tenant_is_none_in_another_under_whatever_name() {
    let (house, default, acme) = House::new(Plan::default()).await;
    let renamed = |cookie: &str, slug: &str| format!("pulsestage_s_{slug}={}", cookie.split_once('=').unwrap().1);
    for (page, own, other) in [("/admin", &default, &acme), ("/t/acme/admin", &acme, &default)] {
        let swapped = renamed(&other.owner, &own.slug);
        assert!(!opens(&house, page, &[&swapped]).await);
        assert!(!opens(&house, page, &[&other.owner]).await);
        assert!(opens(&house, page, &[&own.owner, &other.owner]).await, "both at once, each for its own");
        let call = house.function("create_team").cookie(&swapped).form(&[("tenant", &own.slug), ("name", "Mine now")]);
        assert_refused("create_team", &call.send().await, 403, "not_signed_in");
        let stream = house.get(&format!("/sse?tenantId={}", own.slug)).cookie(&swapped).open().await;
        assert_eq!(stream.status(), 200, "as everybody's");
    }
}

#[tokio::test]
async fn a_session_ends_when_its_time_is_over() {
    const DAY_S: i64 = 24 * 60 * 60;
    let (house, default, _acme) = House::new(Plan::default()).await;
    house.clock.stop();
    let reply = house.press(&one_time_link(&house, &default).await).send().await;
    let session = pair(reply.set_cookies()[0]).to_owned();
    // They come by every day; who stays away is signed out before.
    for _ in 1..SESSION_LIFE_MS / 1_000 / DAY_S {
        house.clock.turn_on(DAY_S);
        assert!(opens(&house, "/admin", &[&session]).await);
    }
    house.clock.turn_on(DAY_S - 5);
    assert!(opens(&house, "/admin", &[&session]).await);
    house.clock.turn_on(10);
    assert!(!opens(&house, "/admin", &[&session]).await, "whatever the browser still sends");
}

#[tokio::test]
async fn a_copy_is_worth_nothing_after_signing_out() {
    let (house, default, acme) = House::new(Plan::default()).await;
    let sign_out = house.request(Method::POST, "/sign-out").cookie(&acme.owner).cookie(&default.owner);
    assert_eq!(sign_out.form(&[("tenant", "acme")]).send().await.status, 303);
    assert!(!opens(&house, "/t/acme/admin", &[&acme.owner]).await);
    assert!(opens(&house, "/admin", &[&default.owner]).await, "the other tenant's goes on");
    // Nor does the copy sign anybody in again by itself.
    let reply = house.get("/t/acme/").cookie(&acme.owner).send().await;
    assert!(reply.set_cookies().iter().all(|cookie| !cookie.contains("pulsestage_s_")), "{:?}", reply.set_cookies());
}

#[tokio::test]
async fn each_way_in_takes_the_place_of_the_session_before() {
    let (house, default, _acme) = House::new(Plan::default()).await;
    let user = house.person_with_password(&default, ANN, Role::Moderator).await;
    let mut session = default.moderator.clone();
    for way in ["one-time link", "password", "own link", "one-time link"] {
        let call = match way {
            "one-time link" => house.press(&one_time_link(&house, &default).await),
            "password" => house.post("/sign-in", &[("email", ANN), ("password", PASSWORD)]),
            _ => house.press(&house.link_for(&default, user, Purpose::SignIn).await),
        };
        let reply = call.cookie(&session).send().await;
        let fresh = pair(reply.set_cookies()[0]).to_owned();
        assert_ne!(fresh, session, "{way}");
        assert!(!opens(&house, "/admin", &[&session]).await, "{way}: what was there before is over");
        assert!(opens(&house, "/admin", &[&fresh]).await, "{way}");
        session = fresh;
    }
}

#[tokio::test]
async fn forged_participants_are_new_ones() {
    let (house, default, _acme) = House::new(Plan::default()).await;
    let (own, foreign) = (house.participant(ASKER), House::foreign_participant(ASKER));
    let (id, code) = own.split_once('=').unwrap().1.split_once('.').unwrap();
    let other = house.participant(9);
    let swapped = format!("pulsestage_p={id}.{}", other.rsplit('.').next().unwrap());
    let shouted = format!("pulsestage_p={}.{code}", id.to_ascii_uppercase());
    for forged in [foreign, swapped, shouted, format!("pulsestage_p={id}"), format!("pulsestage_p={id}.")] {
        let page = house.get("/mine").cookie(&forged).send().await;
        assert!(!page.text().contains(&default.open.body), "{forged}");
        let edit = house.function("edit_own").cookie(&forged);
        let edit =
            edit.form(&[("tenant", "default"), ("question", &default.open.id.to_string()), ("text", "Not mine")]);
        assert!(edit.send().await.status.is_client_error(), "{forged}");
    }
    assert!(house.get("/mine").cookie(&own).send().await.text().contains(&default.open.body));
}
