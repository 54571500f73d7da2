//! Pages: what the first paint has in it, and who gets which.

use axum::http::Method;
use pulsestage::event::Cursor;
use uuid::Uuid;

use crate::routes::{admin_views, routes};
use crate::support::{Plan, Room, TestServer};

/// Everything in a room that only its own pages may show.
fn marks_of(room: &Room) -> Vec<String> {
    let questions = [&room.open, &room.frozen, &room.answered];
    let ids = questions.iter().map(|question| question.id.to_string());
    ids.chain([room.tenant.id.to_string(), room.team.id.to_string(), room.tag.id.to_string()])
        .chain([
            format!("question of {}", room.slug),
            format!("Engineering {}", room.slug),
            format!("Roadmap {}", room.slug),
        ])
        .collect()
}

#[tokio::test]
async fn the_first_paint_has_everything_and_nothing_of_others() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    for (room, other, paths) in [
        (&default, &acme, ["/", "/t/default/", "/t/default"]),
        (&acme, &default, ["/t/acme", "/t/acme/", "/t/acme?tab=all"]),
    ] {
        for path in paths {
            for cookie in [String::new(), server.participant(1), room.moderator.clone(), other.owner.clone()] {
                let page = server
                    .get(&format!("{path}{}tab=all", if path.contains('?') { '&' } else { '?' }))
                    .cookie(&cookie)
                    .send()
                    .await;
                assert_eq!(page.status, 200, "{path}");
                assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{path}");
                assert_eq!(page.header("cache-control"), "private, no-store", "{path}");
                assert_eq!(page.header("content-length"), page.body.len().to_string(), "{path}");
                let html = page.text();
                assert!(html.to_ascii_lowercase().starts_with("<!doctype html>"), "{path}");
                assert!(html.contains("<html lang=\"en\""), "{path}");
                for question in [&room.open, &room.frozen, &room.answered] {
                    assert!(html.contains(&question.body), "{path} lacks {}", question.body);
                }
                assert!(html.contains(&format!("The answer of {}", room.slug)), "{path} lacks the answer");
                let head = server.store.head(room.tenant.id).await.unwrap();
                assert!(html.contains(&head.to_string()), "{path} lacks the cursor {head}");
                for mark in marks_of(other) {
                    assert!(!html.contains(&mark), "{path} shows {mark} of {}", other.slug);
                }
            }
        }
    }
}

#[tokio::test]
async fn nobody_is_told_who_asked_or_what_secrets_there_are() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let device = Uuid::from_u128(31);
    let asked = server.function("ask").cookie(&server.participant(31));
    let asked = asked.form(&[("team", &default.team.id.to_string()), ("question", "Who am I?")]).send().await;
    assert_eq!(asked.status, 200);
    use pulsestage::ports::Pseudonyms;
    let pseudonym = server.key().participant(default.tenant.id, device).0;
    for reply in [server.get("/").send().await, server.get("/api/fn/load_board").send().await, asked] {
        let text = reply.text();
        for secret in
            [device.to_string(), device.simple().to_string(), pseudonym.to_string(), pseudonym.simple().to_string()]
        {
            assert!(!text.contains(&secret), "somebody's identity is in the answer");
        }
        assert!(!text.contains(default.moderator.split_once('=').unwrap().1));
    }
}

#[tokio::test]
async fn the_cursor_of_the_page_is_a_place_to_go_on_from() {
    let (server, _default, _acme) = TestServer::new(Plan::default()).await;
    let board = server.get("/api/fn/load_board").send().await.json();
    let cursor: Cursor = board["board"]["cursor"].as_str().unwrap().parse().unwrap();
    let mut wire = server.stream(&format!("last_event_id={cursor}")).await;
    assert_eq!(wire.greeting().await, cursor);
}

#[tokio::test]
async fn a_browser_becomes_a_participant_and_stays_one() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let first = server.get("/").send().await;
    let cookies = first.set_cookies();
    assert_eq!(cookies.len(), 2, "who it is, and for whom it keeps drafts: {cookies:?}");
    for part in ["pulsestage_p=", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=31536000"] {
        assert!(cookies[0].contains(part), "{cookies:?} lacks {part}");
    }
    assert!(!cookies[0].contains("Secure") && !cookies[0].contains("Domain"));
    let [mine, keeps] = [cookies[0], cookies[1]].map(|cookie| cookie.split(';').next().unwrap());
    for path in ["/", "/admin", "/nowhere"] {
        let again = server.get(path).cookie(mine).cookie(keeps).send().await;
        assert!(again.set_cookies().is_empty(), "{path} replaces a good cookie");
    }
    let elsewhere = server.get("/t/acme/").cookie(mine).cookie(keeps).send().await;
    assert!(elsewhere.set_cookies().iter().all(|cookie| cookie.starts_with("pulsestage_r_acme=")));
    let reply = server
        .function("ask")
        .cookie(mine)
        .form(&[("team", &default.team.id.to_string()), ("question", "My first one")])
        .send()
        .await;
    assert_eq!(reply.status, 200);
    for bad in [TestServer::foreign_participant(1), "pulsestage_p=garbage".to_owned(), "pulsestage_p=".to_owned()] {
        let reply = server.get("/").cookie(&bad).send().await;
        assert!(reply.set_cookies()[0].starts_with("pulsestage_p="), "{bad} is replaced");
    }
    let other = server.get("/").send().await;
    assert_ne!(other.set_cookies()[0].split(';').next(), Some(mine), "two browsers are two people");
}

#[tokio::test]
async fn over_https_cookies_are_for_this_host_alone() {
    let plan = Plan { public_url: Some("https://ask.example.com".to_owned()), ..Plan::default() };
    let (server, _default, _acme) = TestServer::new(plan).await;
    let reply = server.get("/").send().await;
    let cookie = reply.set_cookies()[0];
    assert!(
        cookie.starts_with("__Host-pulsestage_p=") && cookie.contains("Secure") && !cookie.contains("Domain"),
        "{cookie}"
    );
    let mine = cookie.split(';').next().unwrap();
    let again = server.get("/").cookie(mine).send().await;
    assert!(again.set_cookies().iter().all(|cookie| cookie.starts_with("__Host-pulsestage_r_default=g.")));
    let plain = mine.strip_prefix("__Host-").unwrap();
    assert!(
        !server.get("/").cookie(plain).send().await.set_cookies().is_empty(),
        "a cookie that anybody may set is none"
    );
}

#[tokio::test]
async fn the_moderators_page_is_for_moderators() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    for (path, room, other) in
        [("/admin", &default, &acme), ("/t/default/admin", &default, &acme), ("/t/acme/admin", &acme, &default)]
    {
        for (who, cookie) in [
            ("a guest", String::new()),
            ("a participant", server.participant(1)),
            ("elsewhere's owner", other.owner.clone()),
        ] {
            let page = server.get(path).cookie(&cookie).send().await;
            assert_eq!(page.status, 303, "{path} for {who}");
            let sign_in = format!("{}/sign-in?to={}", path.trim_end_matches("/admin"), path.replace('/', "%2F"));
            assert_eq!(page.header("location"), sign_in, "{who}");
            for mark in marks_of(other) {
                assert!(!page.text().contains(&mark), "{path} shows {mark}");
            }
        }
        for cookie in [&room.moderator, &room.owner] {
            let page = server.get(path).cookie(cookie).send().await;
            assert_eq!(page.status, 200, "{path}");
            assert!(page.text().contains(&room.open.body), "{path} has the queue");
        }
    }
}

#[tokio::test]
async fn what_is_not_there_is_404() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    for path in [
        "/t/nope",
        "/t/nope/",
        "/t/nope/admin",
        "/t/DEFAULT/",
        "/t/%3Cscript%3E/",
        "/nowhere",
        "/admin/x",
        "/t",
        "/favicon.ico",
        "/pkg/nope.js",
    ] {
        for cookie in [String::new(), default.owner.clone()] {
            let page = server.get(path).cookie(&cookie).send().await;
            assert_eq!(page.status, 404, "{path}");
            assert!(!page.text().contains(&default.open.body), "{path} shows a board");
            assert!(!page.text().contains("<script>alert"), "{path}");
        }
    }
}

#[tokio::test]
async fn no_address_breaks_anything() {
    let (server, _default, _acme) = TestServer::new(Plan::default()).await;
    let long = format!("/{}", "a/".repeat(5_000));
    let name = format!("/pkg/{}.js", "n".repeat(300));
    let odd = [
        "/%ff",
        "/t/%ff",
        "/t/%ff/admin",
        "/t/%00",
        "/%00",
        "/a%00b",
        "/..%2f..%2fetc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/../../etc/passwd",
        "/pkg/../../etc/passwd",
        "/pkg/%2e%2e/%2e%2e/etc/passwd",
        "/pkg/%ff",
        "/pkg/",
        "/pkg",
        "/pkg/%00",
        "//evil.example/",
        "//[",
        "/\\evil",
        "/?%ff=%ff",
        "/?tab=%ff&sort=%00&team=%3Cscript%3E&tags=,,,",
        "/?tab=all&tab=open",
        "/?tags=not-an-id&team=../x",
        "/?__path=x",
        "/?__err=x",
        "/?&&&===",
        "/t/default/?q=%F0%9F",
        "/sign-in?x",
        "/health/live",
        long.as_str(),
        name.as_str(),
    ];
    for path in odd {
        for method in [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::OPTIONS] {
            let reply = server.request(method.clone(), path).send().await;
            assert!(!reply.status.is_server_error(), "{method} {path:.60}: {}", reply.status);
            assert!(!String::from_utf8_lossy(&reply.body).contains("root:"), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn a_head_is_the_page_without_its_body() {
    let (server, _default, _acme) = TestServer::new(Plan::default()).await;
    for (path, status) in [("/", 200), ("/t/nope", 404), ("/admin", 303)] {
        let head = server.request(Method::HEAD, path).send().await;
        assert_eq!((head.status.as_u16(), head.body.len()), (status, 0), "{path}");
    }
}

#[tokio::test]
async fn a_slash_at_the_end_of_a_pages_address_leads_to_the_page() {
    let (server, _default, _acme) = TestServer::new(Plan::default()).await;
    let programs = ["/api/", "/export/", "/health/", "/pkg/", "/sse"];
    let mut pages: Vec<String> = admin_views().into_iter().map(|view| format!("{{room}}/admin/{view}")).collect();
    pages.extend(routes());
    let pages = pages.iter().flat_map(|route| ["", "/t/acme"].map(|room| route.replace("{room}", room)));
    let pages = pages.map(|route| route.replace("{tenant}", "acme").replace([':', '{', '}', '*'], ""));
    let pages = pages.filter(|page| !programs.iter().any(|program| page.starts_with(program)));
    let pages: Vec<String> = pages.map(|page| page.trim_end_matches('/').to_owned()).collect();
    assert!(pages.len() > 40, "{pages:?}");
    for page in pages.iter().filter(|page| !page.is_empty() && *page != "/t/acme") {
        for method in [Method::GET, Method::POST] {
            let reply = server.request(method.clone(), &format!("{page}/?a=%C3%BC&b=/")).wants_page().send().await;
            let to = format!("{page}?a=%C3%BC&b=/");
            assert_eq!((reply.status.as_u16(), reply.header("location")), (308, to.as_str()), "{method} {page}/");
        }
    }
    for (path, status) in
        [("/", 200), ("/t/acme", 200), ("/t/acme/", 200), ("/t/acme//", 308), ("//evil.example/", 404)]
    {
        assert_eq!(server.get(path).wants_page().send().await.status.as_u16(), status, "{path}");
    }
}
