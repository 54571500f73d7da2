//! Signing in by e-mail and password, and changing the password.

use axum::http::Method;
use pulsestage::ports::{Passwords, Rng};
use pulsestage::user::Role;
use pulsestage_server::auth::{HashCost, PasswordKeeper};
use pulsestage_server::limits::LimitArgs;
use pulsestage_server::system::SystemRng;
use std::sync::Arc;

use crate::http_limits::as_shipped;
use crate::support::{HOST, PASSWORD, Plan, TestServer};

const ANN: &str = "ann@example.com";

#[tokio::test]
async fn a_person_signs_in_and_goes_where_their_work_is() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    for (room, path, staff, first) in
        [(&default, "/sign-in", "/admin", "/"), (&acme, "/t/acme/sign-in", "/t/acme/admin", "/t/acme/")]
    {
        server.person_with_password(room, ANN, Role::Moderator).await;
        server.person_with_password(room, "bob@example.com", Role::Member).await;
        let page = server.get(path).send().await;
        assert_eq!(page.status, 200);
        for part in ["autocomplete=\"username\"", "autocomplete=\"current-password\"", "method=\"post\""] {
            assert!(page.text().contains(part), "{part} in {}", page.text());
        }
        assert!(!page.text().contains("<script"), "no script is on a page with a password");
        for (email, to, expected) in [
            (ANN, "", staff),
            ("ANN@Example.com ", "", staff),
            ("bob@example.com", "", first),
            (ANN, "/x?y=z", "/x?y=z"),
        ] {
            let reply = server.post(path, &[("email", email), ("password", PASSWORD), ("to", to)]).send().await;
            let (session, place) = reply.came_in();
            assert_eq!(place, expected);
            let text = reply.set_cookies()[0];
            assert!(text.contains("HttpOnly") && text.contains("SameSite=Lax") && text.contains("Path=/"), "{text}");
            let status = if email == "bob@example.com" { 403 } else { 200 };
            assert_eq!(server.get(staff).cookie(&session).send().await.status, status, "{email}");
        }
    }
}

#[tokio::test]
async fn who_is_unknown_hears_and_costs_the_same() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    server.person_with_password(&default, ANN, Role::Owner).await;
    server.person(&default, "nopass@example.com", Role::Member).await;
    let mut seen = Vec::new();
    for email in [ANN, "nobody@example.com", "nopass@example.com", "no address", "", "a@b\r\nBcc: c@d"] {
        let before = server.passwords.computed();
        let reply = server.post("/sign-in", &[("email", email), ("password", "another lamp hums")]).send().await;
        assert_eq!((reply.status.as_u16(), server.passwords.computed() - before), (401, 1), "{email}");
        assert!(reply.is_closed());
        let said = reply.text().to_owned();
        assert!(said.contains("The email address or password is wrong."));
        seen.push(said.replace(&format!("value=\"{email}\""), ""));
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], seen[2]);
}

#[tokio::test]
async fn a_person_of_one_tenant_is_nobody_in_another() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    server.person_with_password(&default, ANN, Role::Owner).await;
    let reply = server.post("/t/acme/sign-in", &[("email", ANN), ("password", PASSWORD)]).send().await;
    assert_eq!(reply.status, 401);
    assert!(reply.is_closed());
    for path in ["/t/nope/sign-in", "/t/%3Cscript%3E/sign-in", "/t/nope/password", "/t/nope/oidc"] {
        assert_eq!(server.get(path).send().await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn signing_in_takes_the_place_of_the_session_before() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    server.person_with_password(&default, ANN, Role::Moderator).await;
    let sign_in = || server.post("/sign-in", &[("email", ANN), ("password", PASSWORD)]);
    let (first, _) = sign_in().send().await.came_in();
    let (second, _) = sign_in().cookie(&first).send().await.came_in();
    assert_ne!(first, second);
    assert_eq!(server.get("/admin").cookie(&first).send().await.status, 303, "the old session is over");
    assert_eq!(server.get("/admin").cookie(&second).send().await.status, 200);
    // A session that a stranger planted in the browser is not carried over either.
    let (third, _) = sign_in().cookie(&default.owner).send().await.came_in();
    assert_eq!(server.get("/admin").cookie(&default.owner).send().await.status, 303);
    assert_eq!(server.get("/admin").cookie(&third).send().await.status, 200);
    assert_eq!(server.get("/admin").cookie(&second).send().await.status, 200, "another browser's stays");
}

#[tokio::test]
async fn nobody_is_sent_to_another_site() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    server.person_with_password(&default, ANN, Role::Member).await;
    for to in ["//evil.example", "https://evil.example", "/\\evil.example", "\t//evil.example", "javascript:alert(1)"] {
        let reply = server.post("/sign-in", &[("email", ANN), ("password", PASSWORD), ("to", to)]).send().await;
        assert_eq!(reply.came_in().1, "/", "{to}");
        let query = format!("/sign-in?to={}", to.replace('\\', "%5C").replace('\t', "%09"));
        assert!(!server.get(&query).send().await.text().contains("evil"), "{to}");
    }
}

#[tokio::test]
async fn what_a_form_brings_can_be_anything() {
    let (server, _default, _acme) = TestServer::new(Plan::default()).await;
    let long = "x".repeat(1_025);
    for (fields, status) in [
        (vec![], 422),
        (vec![("email", ANN)], 422),
        (vec![("email", ANN), ("password", long.as_str())], 422),
        (vec![("email", "<script>alert(1)</script>"), ("password", "x")], 401),
    ] {
        let reply = server.post("/sign-in", &fields).send().await;
        assert_eq!(reply.status, status, "{fields:?}");
        assert!(!reply.text().contains("<script"), "{fields:?}");
    }
    let huge = vec![b'a'; 64 * 1024];
    let post = || server.request(Method::POST, "/sign-in");
    assert_eq!(post().raw("application/x-www-form-urlencoded", huge).send().await.status, 413);
    assert_eq!(post().raw("text/plain", b"email=a".to_vec()).send().await.status, 415);
    assert_eq!(
        post().raw("application/x-www-form-urlencoded", b"password=%ff%00\xff".to_vec()).send().await.status,
        401
    );
    for method in [Method::PUT, Method::DELETE] {
        assert_eq!(server.request(method, "/sign-in").send().await.status, 405);
    }
    let foreign = server.post("/sign-in", &[("email", ANN), ("password", PASSWORD)]);
    assert_eq!(foreign.header("origin", "https://evil.example").send().await.status, 403);
}

#[tokio::test]
async fn guesses_at_one_account_are_held_back_and_others_are_not() {
    let limits = LimitArgs { passwords_per_account: "4/h".parse().unwrap(), proxies: 1, ..LimitArgs::NONE };
    let (server, default, _acme) = TestServer::new(Plan { limits, ..Plan::default() }).await;
    server.clock.stop();
    for email in [ANN, "bob@example.com"] {
        server.person_with_password(&default, email, Role::Member).await;
    }
    let send = async |from: &str, cookie: &str, email: &str, password: &str| {
        let call = server.post("/sign-in", &[("email", email), ("password", password)]);
        call.header("x-forwarded-for", from).cookie(cookie).send().await
    };
    let first = send("192.0.2.1", "", ANN, PASSWORD).await;
    let own_browser = first.set_cookies().into_iter().find(|cookie| cookie.starts_with("pulsestage_b_")).unwrap();
    let own_browser = own_browser.split(';').next().unwrap().to_owned();
    for email in [ANN, "nobody@example.com"] {
        for network in ["192.0.2.1", "192.0.2.2"] {
            for _ in 0..2 {
                assert_eq!(send(network, "", email, "x").await.status, 401);
            }
            let before = server.passwords.computed();
            let reply = send(network, "", &email.to_uppercase(), PASSWORD).await;
            assert_eq!(
                (reply.status.as_u16(), server.passwords.computed() - before),
                (429, 0),
                "{email} from {network}"
            );
            assert!(reply.header("retry-after").parse::<u32>().unwrap() <= 1_800);
            assert!(reply.text().contains("too fast"));
        }
        assert_eq!(send("192.0.2.3", "", email, "x").await.status, 429, "four in all, from wherever");
    }
    send("192.0.2.1", "", "bob@example.com", PASSWORD).await.came_in();
    // A browser that was hers before is hers, whatever others try; and it is no way to guess either.
    send("192.0.2.1", &own_browser, ANN, PASSWORD).await.came_in();
    for _ in 0..2 {
        assert_eq!(send("192.0.2.1", &own_browser, ANN, "x").await.status, 401);
    }
    assert_eq!(send("192.0.2.1", &own_browser, ANN, PASSWORD).await.status, 429);
    for _ in 0..2 {
        assert_eq!(send("192.0.2.1", &own_browser, "bob@example.com", "x").await.status, 401, "another's account");
    }
    assert_eq!(send("192.0.2.1", &own_browser, "bob@example.com", "x").await.status, 429);
    server.clock.turn_on(1_801);
    send("192.0.2.3", "", ANN, PASSWORD).await.came_in();
}

#[tokio::test]
async fn who_is_right_is_never_held_up_by_who_is_not() {
    const PEOPLE: usize = 60;
    let limits = LimitArgs { proxies: 1, ..as_shipped() };
    let (server, default, _acme) = TestServer::new(Plan { limits, ..Plan::default() }).await;
    // All of it is one moment: nothing flows in meanwhile.
    server.clock.stop();
    let post = async |path: &str, fields: &[(&str, &str)]| {
        server.post(path, fields).header("x-forwarded-for", "192.0.2.1").send().await
    };
    let get = async |path: &str| server.get(path).header("x-forwarded-for", "192.0.2.1").send().await;
    let mut refused = 0;
    for n in 0..PEOPLE {
        let email = format!("person{n}@example.com");
        let (link, user) = if n % 2 == 0 {
            server.person_with_password(&default, &email, Role::Member).await;
            (None, None)
        } else {
            let user = server.person(&default, &email, Role::Member).await;
            (Some(server.link_for(&default, user, pulsestage::link::PersonLinkPurpose::SignIn).await), Some(user))
        };
        // The attacker tries this account, others, links and codes.
        for wrong in ["first", "second", "third"] {
            let other = format!("{wrong}{n}@example.com");
            for email in [email.as_str(), &other] {
                refused += usize::from(post("/sign-in", &[("email", email), ("password", wrong)]).await.status == 429);
            }
        }
        for path in ["/open/", "/sign-in/", "/claim/", "/thread/"] {
            refused += usize::from(get(&format!("{path}{n:064x}")).await.status == 429);
        }
        refused += usize::from(get("/j/AAAAAA").await.status == 429);
        refused += usize::from(get("/oidc/callback?code=x&state=y").await.status == 429);
        match (link, user) {
            (Some(link), Some(_)) => {
                let secret = link.rsplit('/').next().unwrap();
                assert_eq!(get(&link).await.status, 200, "person {n} looks at their link");
                post(&link, &[("confirm", secret)]).await.came_in();
            }
            _ => drop(post("/sign-in", &[("email", &email), ("password", PASSWORD)]).await.came_in()),
        }
    }
    assert!(refused > 300, "{refused}: the attacker was told to wait");
}

#[tokio::test]
async fn what_is_tried_in_vain_from_one_network_is_told_to_wait() {
    let limits = LimitArgs { sign_ins_per_network: "2/min".parse().unwrap(), proxies: 1, ..LimitArgs::NONE };
    let (server, default, _acme) = TestServer::new(Plan { limits, ..Plan::default() }).await;
    server.clock.stop();
    server.person_with_password(&default, ANN, Role::Member).await;
    let knock = async |from: &str, path: &str, fields: &[(&str, &str)]| {
        server.post(path, fields).header("x-forwarded-for", from).send().await.status.as_u16()
    };
    for email in ["a@example.com", "b@example.com"] {
        assert_eq!(knock("192.0.2.1", "/sign-in", &[("email", email), ("password", "x")]).await, 401);
    }
    let wrong = [("email", ANN), ("password", "x")];
    assert_eq!(knock("192.0.2.1", "/sign-in", &wrong).await, 429);
    assert_eq!(knock("192.0.2.1", &format!("/open/{}", "0".repeat(64)), &[]).await, 429);
    assert_eq!(knock("192.0.2.1", &format!("/claim/{}", "0".repeat(64)), &[]).await, 429);
    assert_eq!(knock("192.0.2.1", "/sign-in", &[("email", ANN), ("password", PASSWORD)]).await, 303, "right is right");
    assert_eq!(knock("192.0.2.2", "/sign-in", &wrong).await, 401);
}

#[tokio::test]
async fn a_hash_grows_with_the_work_when_its_person_signs_in() {
    let (server, default, _acme) =
        TestServer::new(Plan { work: HashCost { memory_kib: 16, passes: 1 }, ..Plan::default() }).await;
    let user = server.person_with_password(&default, ANN, Role::Member).await;
    let rng: Arc<dyn Rng> = Arc::new(SystemRng);
    let then = PasswordKeeper::new(HashCost::LEAST, rng);
    let weak = then.hash(&pulsestage::password::Password::parse(PASSWORD).unwrap()).await.unwrap();
    let kept = async || server.store.credentials_of(default.tenant.id, user).await.unwrap().unwrap().password.unwrap();
    server.store.rehash(default.tenant.id, user, &kept().await, &weak).await.unwrap();
    assert_eq!(server.post("/sign-in", &[("email", ANN), ("password", "wrong one")]).send().await.status, 401);
    assert_eq!(kept().await, weak, "only whoever knows the password makes it stronger");
    server.post("/sign-in", &[("email", ANN), ("password", PASSWORD)]).send().await.came_in();
    assert!(kept().await.as_str().contains("m=16,"), "{}", kept().await.as_str());
    server.post("/sign-in", &[("email", ANN), ("password", PASSWORD)]).send().await.came_in();
}

#[tokio::test]
async fn changing_the_password_needs_the_old_one_and_ends_the_other_sessions() {
    const NEW: &str = "a kettle sings at noon";
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    server.person_with_password(&default, ANN, Role::Moderator).await;
    let sign_in =
        async |password: &str| server.post("/sign-in", &[("email", ANN), ("password", password)]).send().await;
    let ((here, _), (elsewhere, _)) = (sign_in(PASSWORD).await.came_in(), sign_in(PASSWORD).await.came_in());
    let change = async |cookie: &str, old: &str, new: &str| {
        server.post("/password", &[("old", old), ("password", new)]).cookie(cookie).send().await
    };
    assert_eq!(server.get("/password").cookie(&here).send().await.status, 200);
    for (old, new, status, said) in [
        ("", NEW, 401, "not your password"),
        ("wrong one", NEW, 401, "not your password"),
        (PASSWORD, "short", 422, "at least 12 characters"),
        (PASSWORD, "passwordpassword", 422, "too easy to guess"),
        (PASSWORD, "ann@example.com", 422, "too easy to guess"),
        (PASSWORD, "tenantdefault", 422, "too easy to guess"),
        (PASSWORD, "PulseStage1234", 422, "too easy to guess"),
        (PASSWORD, "", 422, "is empty"),
    ] {
        let reply = change(&here, old, new).await;
        assert_eq!(reply.status, status, "{old} {new}");
        assert!(reply.text().contains(said) && reply.is_closed(), "{said}: {}", reply.text());
    }
    assert_eq!(change("", PASSWORD, NEW).await.header("location"), "/sign-in?to=%2Fpassword");
    assert_eq!(server.get("/admin").cookie(&elsewhere).send().await.status, 200, "nothing has changed");
    let (new_session, _) = change(&here, PASSWORD, NEW).await.came_in();
    for (session, status) in [(&here, 303), (&elsewhere, 303), (&new_session, 200)] {
        assert_eq!(server.get("/admin").cookie(session).send().await.status, status);
    }
    assert_eq!(sign_in(PASSWORD).await.status, 401);
    sign_in(NEW).await.came_in();
}

#[tokio::test]
async fn account_pages_are_kept_by_no_cache_and_named_to_nobody() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let user = server.person(&default, ANN, Role::Member).await;
    let link = server.link_for(&default, user, pulsestage::link::PersonLinkPurpose::Invitation).await;
    for path in ["/sign-in", "/sign-in/spent", &link] {
        let reply = server.get(path).header("origin", &format!("http://{HOST}")).send().await;
        assert_eq!(reply.header("cache-control"), "no-store", "{path}");
        assert_eq!(reply.header("referrer-policy"), "strict-origin", "{path}");
    }
}
