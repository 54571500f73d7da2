//! Signing in by a one-time link, and signing out.

use axum::http::Method;

use pulsestage::text::Slug;
use pulsestage::user::Role;
use pulsestage_server::auth::Secret;
use pulsestage_server::system::SystemRng;

use crate::support::{Plan, Reply, TestServer, assert_refused};

/// The address of a fresh one-time link.
async fn link(server: &TestServer, slug: &str, role: Role) -> String {
    let secret = Secret::new(&SystemRng);
    server.service.put_link(&Slug::parse(slug).unwrap(), role, secret.hash()).await.unwrap();
    format!("/sign-in/{}", secret.reveal())
}

/// The name and value of the one session that was opened.
fn cookie_of(reply: &Reply) -> String {
    let mut cookies = reply.set_cookies();
    cookies.retain(|cookie| cookie.starts_with("pulsestage_s_"));
    assert_eq!(cookies.len(), 1, "{cookies:?}");
    cookies[0].split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_link_signs_in_once() {
    let (server, _default, _acme) = TestServer::new(Plan::default()).await;
    for (slug, page) in [("default", "/admin"), ("acme", "/t/acme/admin")] {
        let link = link(&server, slug, Role::Moderator).await;
        assert_eq!(server.get(page).send().await.status, 303, "before");
        let reply = server.press(&link).send().await;
        assert_eq!((reply.status.as_u16(), reply.header("location")), (303, page));
        let text = reply.set_cookies()[0].to_owned();
        for part in [&format!("pulsestage_s_{slug}="), "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=1209600"] {
            assert!(text.contains(part), "{text} has no {part}");
        }
        assert!(!text.contains(link.rsplit('/').next().unwrap()), "the session has a secret of its own");
        let session = cookie_of(&reply);
        assert_eq!(server.get(page).cookie(&session).send().await.status, 200, "after");
        let again = server.press(&link).send().await;
        assert_eq!(again.status, 410);
        assert!(again.set_cookies().is_empty());
        assert_eq!(server.get(page).cookie(&session).send().await.status, 200, "the one who used it stays signed in");
    }
}

#[tokio::test]
async fn a_session_is_good_for_its_tenant_and_role() {
    let (server, _default, _acme) = TestServer::new(Plan::default()).await;
    let session = cookie_of(&server.press(&link(&server, "acme", Role::Moderator).await).send().await);
    assert_eq!(server.get("/t/acme/admin").cookie(&session).send().await.status, 200);
    assert_eq!(server.get("/admin").cookie(&session).send().await.status, 303);
    let reply =
        server.function("create_team").cookie(&session).form(&[("tenant", "acme"), ("name", "New")]).send().await;
    assert_refused("a moderator makes no teams", &reply, 403, "not_allowed");
    let owner = cookie_of(&server.press(&link(&server, "acme", Role::Owner).await).send().await);
    let reply = server.function("create_team").cookie(&owner).form(&[("tenant", "acme"), ("name", "New")]).send().await;
    assert_eq!(reply.status, 200);
}

#[tokio::test]
async fn one_of_many_at_once_gets_in() {
    let (server, _default, _acme) = TestServer::new(Plan::default()).await;
    for _ in 0..5 {
        let link = link(&server, "default", Role::Moderator).await;
        let replies = futures::future::join_all((0..8).map(|_| server.press(&link).send())).await;
        let got_in = replies.iter().filter(|reply| reply.header("location") == "/admin").count();
        assert_eq!(got_in, 1);
        assert!(replies.iter().all(|reply| reply.status == 303 || reply.status == 410));
    }
}

#[tokio::test]
async fn what_is_no_link_gets_the_page_that_says_so() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let session = default.moderator.split_once('=').unwrap().1;
    let long = "a".repeat(5_000);
    for token in ["x", &"0".repeat(64), &"G".repeat(64), session, "%3Cscript%3E", "%27%20or%201=1", &long] {
        let address = format!("/sign-in/{token}");
        for reply in [server.get(&address).send().await, server.press(&address).send().await] {
            assert_eq!(reply.status, 410, "{token}");
            assert!(reply.set_cookies().is_empty());
        }
    }
    let reply = server.get("/sign-in/%ff").send().await;
    assert!(reply.status.is_client_error(), "{}", reply.status);
    let page = server.get("/sign-in/spent").send().await;
    assert_eq!(page.status, 410);
    assert!(page.text().contains("link"), "it says what to do");
}

#[tokio::test]
async fn signing_out_ends_the_session_at_once() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    for (room, left, page) in [(&default, "/signed-out", "/admin"), (&acme, "/t/acme/signed-out", "/t/acme/admin")] {
        assert_eq!(server.get(page).cookie(&room.moderator).send().await.status, 200);
        let call = server.request(Method::POST, "/sign-out").cookie(&room.moderator).form(&[("tenant", &room.slug)]);
        let reply = call.send().await;
        assert_eq!((reply.status.as_u16(), reply.header("location")), (303, left));
        let text = reply.set_cookies()[0];
        assert!(text.starts_with(&format!("pulsestage_s_{}=;", room.slug)) && text.contains("Max-Age=0"), "{text}");
        // Whoever kept a copy of the cookie is out as well.
        assert_eq!(server.get(page).cookie(&room.moderator).send().await.status, 303);
        let pin = server.function("pin").cookie(&room.moderator);
        let reply = pin.form(&[("tenant", &room.slug), ("question", &room.open.id.to_string())]).send().await;
        assert_refused("pin after signing out", &reply, 403, "not_signed_in");
        assert_eq!(server.get(page).cookie(&room.owner).send().await.status, 200, "others stay");
    }
}

#[tokio::test]
async fn signing_out_takes_no_nonsense() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    for form in [
        vec![],
        vec![("tenant", "")],
        vec![("tenant", "../x")],
        vec![("tenant", "<script>")],
        vec![("other", "default")],
    ] {
        let reply = server.request(Method::POST, "/sign-out").cookie(&default.moderator).form(&form).send().await;
        assert_refused(&format!("{form:?}"), &reply, 400, "malformed");
    }
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let reply =
            server.request(method, "/sign-out").cookie(&default.moderator).form(&[("tenant", "default")]).send().await;
        assert_refused("another method", &reply, 405, "method_not_allowed");
    }
    let reply = server.request(Method::POST, "/sign-out").raw("text/plain", b"tenant=default".to_vec()).send().await;
    assert!(reply.status.is_client_error());
    let reply = server
        .request(Method::POST, "/sign-out")
        .raw("application/x-www-form-urlencoded", vec![b'a'; 4 << 20])
        .send()
        .await;
    assert!(reply.status.is_client_error(), "{}", reply.status);
    assert_eq!(server.get("/admin").cookie(&default.moderator).send().await.status, 200, "still signed in");
    let stranger = server.request(Method::POST, "/sign-out").form(&[("tenant", "default")]).send().await;
    assert_eq!(stranger.status, 303, "nobody to sign out is no error");
}
