//! Signing in by an OpenID Connect provider, and everything that can be wrong on the way.

use pulsestage::user::Role;
use pulsestage_server::oidc::FirstRole;
use serde_json::json;

use crate::support::{FakeProvider, PASSWORD, Plan, Reply, Room, Says, TestServer};

/// A server with a provider whose people of `example.com` are let in.
async fn with_provider() -> (TestServer, Room, FakeProvider) {
    with_domains(&["example.com"]).await
}

async fn with_domains(domains: &[&str]) -> (TestServer, Room, FakeProvider) {
    let provider = FakeProvider::start().await;
    let (server, default, _acme) = TestServer::new(Plan { oidc: provider.args(domains), ..Plan::default() }).await;
    (server, default, provider)
}

/// A browser that leaves for the provider: its cookie, and where it was sent.
async fn leave(server: &TestServer, path: &str) -> (String, String) {
    let reply = server.get(path).send().await;
    assert_eq!(reply.status, 303, "{}", reply.text());
    let cookie = reply.set_cookies()[0].to_owned();
    for part in ["HttpOnly", "SameSite=Lax", "Max-Age=600", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    (cookie.split(';').next().unwrap().to_owned(), reply.header("location").to_owned())
}

async fn come_back(server: &TestServer, cookie: &str, query: &str) -> Reply {
    server.get(&format!("/oidc/callback?{query}")).cookie(cookie).send().await
}

/// The whole way, with what the provider says now.
async fn sign_in(server: &TestServer, provider: &FakeProvider) -> Reply {
    let (cookie, address) = leave(server, "/oidc").await;
    come_back(server, &cookie, &provider.authorize(&address)).await
}

fn assert_kept_out(reply: &Reply, status: u16, what: &str) {
    assert_eq!(reply.status, status, "{what}: {}", reply.text());
    assert!(reply.is_closed(), "{what}");
    assert!(reply.set_cookies().iter().any(|cookie| cookie.starts_with("pulsestage_o=;")), "{what}: the try is over");
}

async fn role_of(server: &TestServer, room: &Room, email: &str) -> Option<Role> {
    let email = pulsestage::email::Email::parse(email).unwrap();
    server.store.person_by_email(room.tenant.id, &email).await.unwrap().map(|person| person.role)
}

#[tokio::test]
async fn a_stranger_of_the_right_domain_becomes_a_member_and_comes_back_as_the_same() {
    let (server, default, provider) = with_provider().await;
    assert!(server.get("/sign-in?to=/x").send().await.text().contains("href=\"/oidc?to=%2Fx\""));
    let (cookie, address) = leave(&server, "/oidc?to=/t/acme/").await;
    assert!(!address.contains("hush"), "the secret goes to the provider alone");
    let reply = come_back(&server, &cookie, &provider.authorize(&address)).await;
    assert_eq!(reply.came_in().1, "/t/acme/");
    assert_eq!(role_of(&server, &default, "ann@example.com").await, Some(Role::Member));
    let before = server.store.people_count(default.tenant.id).await.unwrap();
    // Another address at the provider makes nobody else of them.
    provider.says(Says { email: Some("ann.lee@other.example".to_owned()), ..Says::default() });
    sign_in(&server, &provider).await.came_in();
    assert_eq!(server.store.people_count(default.tenant.id).await.unwrap(), before);
}

#[tokio::test]
async fn a_person_who_is_known_is_found_by_their_verified_address() {
    let (server, default, provider) = with_domains(&[]).await;
    server.person_with_password(&default, "Ann@Example.com", Role::Moderator).await;
    let before = server.store.people_count(default.tenant.id).await.unwrap();
    let (session, place) = sign_in(&server, &provider).await.came_in();
    assert_eq!(place, "/admin");
    assert_eq!(server.get("/admin").cookie(&session).send().await.status, 200);
    assert_eq!(server.store.people_count(default.tenant.id).await.unwrap(), before);
    server.post("/sign-in", &[("email", "ann@example.com"), ("password", PASSWORD)]).send().await.came_in();
    // Without a domain nobody new comes in.
    provider.says(Says { subject: "2".to_owned(), email: Some("bob@example.com".to_owned()), ..Says::default() });
    assert_kept_out(&sign_in(&server, &provider).await, 403, "nobody invited them");
}

#[tokio::test]
async fn an_address_that_is_foreign_or_not_verified_opens_nothing() {
    let (server, default, provider) = with_provider().await;
    server.person_with_password(&default, "boss@example.com", Role::Owner).await;
    let boss = || Some("boss@example.com".to_owned());
    for (what, says) in [
        ("another domain", Says { email: Some("ann@evil.example".to_owned()), ..Says::default() }),
        ("a domain that ends alike", Says { email: Some("ann@notexample.com".to_owned()), ..Says::default() }),
        ("a domain below", Says { email: Some("ann@x.example.com".to_owned()), ..Says::default() }),
        ("not verified", Says { verified: Some(false), ..Says::default() }),
        ("nobody says whether it is", Says { verified: None, ..Says::default() }),
        ("no address", Says { email: None, ..Says::default() }),
        ("no address of mail", Says { email: Some("ann@example.com\r\nBcc: x".to_owned()), ..Says::default() }),
        ("somebody's address, not verified", Says { email: boss(), verified: Some(false), ..Says::default() }),
        ("the same, on being asked", Says { email: boss(), verified: None, thin: true, ..Says::default() }),
    ] {
        provider.says(says);
        assert_kept_out(&sign_in(&server, &provider).await, 403, what);
    }
    assert_eq!(role_of(&server, &default, "ann@example.com").await, None, "nobody was made");
}

#[tokio::test]
async fn a_token_that_is_not_for_us_now_from_there_is_not_believed() {
    let (server, default, provider) = with_provider().await;
    server.clock.stop();
    let now = server.state.clock().now().0 / 1_000;
    let lies = |lies| Says { lies, ..Says::default() };
    for (what, says) in [
        ("wrong nonce", lies(json!({ "nonce": "another" }))),
        ("no nonce", lies(json!({ "nonce": null }))),
        ("wrong issuer", lies(json!({ "iss": "https://evil.example" }))),
        ("wrong audience", lies(json!({ "aud": "another-client" }))),
        ("audiences beside us", lies(json!({ "aud": ["pulsestage", "another-client"] }))),
        ("run out", lies(json!({ "exp": now - 1, "iat": now - 300 }))),
        ("a key that is not published", Says { foreign_key: true, ..Says::default() }),
        ("no signature", Says { unsigned: true, ..Says::default() }),
        ("a signature by a shared secret", Says { symmetric: true, ..Says::default() }),
    ] {
        provider.says(says);
        let reply = sign_in(&server, &provider).await;
        assert_kept_out(&reply, 401, what);
        assert!(reply.text().contains("Signing in did not work"), "{what}");
    }
    assert_eq!(role_of(&server, &default, "ann@example.com").await, None);
    provider.says(Says::default());
    sign_in(&server, &provider).await.came_in();
}

#[tokio::test]
async fn only_the_browser_that_left_comes_back_and_once() {
    let (server, _default, provider) = with_provider().await;
    let (cookie, address) = leave(&server, "/oidc").await;
    let back = provider.authorize(&address);
    let (code, state) = back.split_once("&state=").unwrap();
    let (other_cookie, other_address) = leave(&server, "/oidc").await;
    let other_back = provider.authorize(&other_address);
    for (what, cookie, query) in [
        ("no cookie", "", back.clone()),
        ("another browser's cookie", other_cookie.as_str(), back.clone()),
        ("another browser's answer", cookie.as_str(), other_back.clone()),
        ("no state", cookie.as_str(), code.to_owned()),
        ("another state", cookie.as_str(), format!("{code}&state={}", "0".repeat(64))),
        ("no code", cookie.as_str(), format!("state={state}")),
        ("they said no", cookie.as_str(), format!("error=access_denied&state={state}")),
        ("nothing", cookie.as_str(), String::new()),
        ("nonsense", cookie.as_str(), "code=%ff&state=%00&iss=<script>".replace('<', "%3C").replace('>', "%3E")),
        ("a forged cookie", "pulsestage_o=7b7d.00", back.clone()),
    ] {
        let reply = come_back(&server, cookie, &query).await;
        assert_kept_out(&reply, 401, what);
    }
    // The code of one try in another try of the same browser: the provider sees that it began otherwise.
    let (_, other_state) = other_back.split_once("&state=").unwrap();
    assert_kept_out(&come_back(&server, &other_cookie, &format!("{code}&state={other_state}")).await, 401, "swapped");
    let (cookie, address) = leave(&server, "/oidc").await;
    let back = provider.authorize(&address);
    come_back(&server, &cookie, &back).await.came_in();
    assert_kept_out(&come_back(&server, &cookie, &back).await, 401, "a code that was used");
}

#[tokio::test]
async fn a_try_runs_out() {
    let (server, _default, provider) = with_provider().await;
    server.clock.stop();
    let (cookie, address) = leave(&server, "/oidc").await;
    let back = provider.authorize(&address);
    server.clock.turn_on(10 * 60);
    assert_kept_out(&come_back(&server, &cookie, &back).await, 401, "ten minutes later");
}

#[tokio::test]
async fn an_answer_of_another_issuer_is_not_taken() {
    let (server, _default, provider) = with_provider().await;
    provider.names_itself();
    for (issuer, is_taken) in
        [(None, false), (Some("https://evil.example"), false), (Some(provider.issuer.as_str()), true)]
    {
        let (cookie, address) = leave(&server, "/oidc").await;
        let mut back = provider.authorize(&address);
        if let Some(issuer) = issuer {
            back += &format!("&iss={issuer}");
        }
        let reply = come_back(&server, &cookie, &back).await;
        if is_taken {
            reply.came_in();
        } else {
            assert_kept_out(&reply, 401, "another issuer");
        }
    }
}

#[tokio::test]
async fn an_address_that_is_told_on_being_asked_is_taken() {
    let (server, default, provider) = with_provider().await;
    provider.says(Says { thin: true, ..Says::default() });
    sign_in(&server, &provider).await.came_in();
    assert_eq!(role_of(&server, &default, "ann@example.com").await, Some(Role::Member));
}

#[tokio::test]
async fn a_provider_may_take_another_key() {
    let (server, _default, provider) = with_provider().await;
    server.clock.stop();
    sign_in(&server, &provider).await.came_in();
    sign_in(&server, &provider).await.came_in();
    assert_eq!(provider.asked(), 1, "its keys are kept for a while");
    provider.rotate();
    assert_kept_out(&sign_in(&server, &provider).await, 401, "asked a moment ago");
    server.clock.turn_on(31);
    sign_in(&server, &provider).await.came_in();
    assert_eq!(provider.asked(), 2);
}

#[tokio::test]
async fn the_first_role_is_what_was_set_and_nobody_comes_back_from_being_shut_out() {
    let provider = FakeProvider::start().await;
    let oidc =
        pulsestage_server::oidc::OidcArgs { oidc_role: FirstRole(Role::Viewer), ..provider.args(&["example.com"]) };
    let (server, default, _acme) = TestServer::new(Plan { oidc, ..Plan::default() }).await;
    sign_in(&server, &provider).await.came_in();
    assert_eq!(role_of(&server, &default, "ann@example.com").await, Some(Role::Viewer));
    let email = pulsestage::email::Email::parse("ann@example.com").unwrap();
    let ann = server.store.person_by_email(default.tenant.id, &email).await.unwrap().unwrap();
    server.shut_out(&default, ann.id).await;
    assert_kept_out(&sign_in(&server, &provider).await, 403, "shut out");
    provider.says(Says { email: Some("ann.new@example.com".to_owned()), ..Says::default() });
    assert_kept_out(&sign_in(&server, &provider).await, 403, "with another address");
    provider.says(Says { subject: "another".to_owned(), ..Says::default() });
    assert_kept_out(&sign_in(&server, &provider).await, 403, "with another account");
}

#[tokio::test]
async fn the_provider_signs_in_to_the_tenants_it_was_set_up_for() {
    let (server, _default, provider) = with_provider().await;
    assert_eq!(server.get("/t/acme/oidc").send().await.status, 404);
    assert!(!server.get("/t/acme/sign-in").send().await.text().contains("/oidc"));
    drop(provider);
    let (without, _default, _acme) = TestServer::new(Plan::default()).await;
    for path in ["/oidc", "/oidc/callback?code=x&state=y"] {
        assert_eq!(without.get(path).send().await.status, 404);
    }
}

#[tokio::test]
async fn a_provider_that_is_away_is_told() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let provider = FakeProvider::start().await;
    let oidc = pulsestage_server::oidc::OidcArgs {
        oidc_issuer: Some(format!("http://{nobody}")),
        ..provider.args(&["example.com"])
    };
    let (server, _default, _acme) = TestServer::new(Plan { oidc, ..Plan::default() }).await;
    let reply = server.get("/oidc").send().await;
    assert_eq!((reply.status.as_u16(), reply.header("retry-after")), (503, "10"));
    assert!(reply.is_closed());
}
