//! Headers: who may read us from elsewhere, what may be kept, what browsers must not do.

use axum::http::Method;

use crate::support::{Plan, TestServer};

const INTRANET: &str = "https://intranet.example.com";

fn open_to_intranet() -> Plan {
    Plan { origins: vec![INTRANET.to_owned(), "https://other.example.com".to_owned()], ..Plan::default() }
}

#[tokio::test]
async fn named_origins_may_use_us_with_cookies() {
    let (server, default, _acme) = TestServer::new(open_to_intranet()).await;
    for path in ["/sse", "/sse?tenantId=nope", "/api/fn/load_board", "/api/fn/nope"] {
        let response = server.get(path).header("origin", INTRANET).open().await;
        let header =
            |name: &str| response.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        assert_eq!(header("access-control-allow-origin"), INTRANET, "{path}");
        assert_eq!(header("access-control-allow-credentials"), "true", "{path}");
        let mut varies = response.headers().get_all("vary").iter().map(|value| value.to_str().unwrap());
        assert!(varies.any(|value| value.to_ascii_lowercase().contains("origin")), "{path}: {:?}", response.headers());
    }
    let team = default.team.id.to_string();
    let call = server
        .function("ask")
        .cookie(&server.participant(1))
        .header("origin", INTRANET)
        .header("sec-fetch-site", "same-site");
    let reply = call.form(&[("team", &team), ("question", "From the intranet")]).send().await;
    assert_eq!((reply.status.as_u16(), reply.header("access-control-allow-origin")), (200, INTRANET));
}

#[tokio::test]
async fn a_preflight_is_answered() {
    let (server, _default, _acme) = TestServer::new(open_to_intranet()).await;
    for path in ["/sse", "/api/fn/ask"] {
        let call = server
            .request(Method::OPTIONS, path)
            .header("origin", INTRANET)
            .header("access-control-request-method", "POST");
        let reply = call.header("access-control-request-headers", "content-type,last-event-id").send().await;
        assert_eq!(reply.status, 200, "{path}");
        assert_eq!(reply.header("access-control-allow-origin"), INTRANET);
        let allowed = reply.header("access-control-allow-headers").to_ascii_lowercase();
        assert!(allowed.contains("last-event-id") && allowed.contains("content-type"), "{allowed}");
        assert!(reply.header("access-control-allow-methods").contains("POST"));
    }
}

#[tokio::test]
async fn others_may_not_and_never_everybody() {
    let (server, _default, _acme) = TestServer::new(open_to_intranet()).await;
    let (closed, _default, _acme) = TestServer::new(Plan::default()).await;
    for server in [&server, &closed] {
        for origin in [
            "https://evil.example",
            "null",
            "https://intranet.example.com.evil.example",
            "http://intranet.example.com",
            "*",
        ] {
            for path in ["/", "/sse", "/api/fn/load_board", "/health/live"] {
                for method in [Method::GET, Method::OPTIONS] {
                    let call = server
                        .request(method, path)
                        .header("origin", origin)
                        .header("access-control-request-method", "POST");
                    let headers = call.open().await.headers().clone();
                    assert_eq!(headers.get("access-control-allow-origin"), None, "{path} for {origin}");
                }
            }
        }
    }
}

#[tokio::test]
async fn browsers_are_told_to_be_careful() {
    let (server, _default, _acme) = TestServer::new(Plan::default()).await;
    for path in [
        "/",
        "/admin",
        "/t/nope",
        "/api/fn/load_board",
        "/api/fn/nope",
        "/sse?tenantId=nope",
        "/pkg/pulsestage.js",
        "/nowhere",
    ] {
        let reply = server.get(path).send().await;
        for (name, value) in
            [("x-content-type-options", "nosniff"), ("x-frame-options", "DENY"), ("referrer-policy", "same-origin")]
        {
            assert_eq!(reply.header(name), value, "{path} {name}");
        }
    }
}

#[tokio::test]
async fn what_is_one_visitors_own_is_kept_nowhere_between() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    for path in ["/", "/t/acme/", "/admin", "/nowhere"] {
        assert_eq!(server.get(path).send().await.header("cache-control"), "private, no-store", "{path}");
    }
    assert_eq!(server.get("/api/fn/load_board").send().await.header("cache-control"), "private, no-cache");
    let vote = server.function("set_vote").cookie(&server.participant(1));
    let vote = vote.form(&[("question", &default.open.id.to_string()), ("up", "true")]).send().await;
    assert_eq!(vote.header("cache-control"), "private, no-cache");
    for path in ["/sign-in", "/t/acme/password", &format!("/sign-in/{}", "0".repeat(64))] {
        let answer = server.get(path).send().await;
        assert_eq!(answer.header("cache-control"), "no-store", "{path}: a sign-in is never answered from a cache");
    }
}

#[tokio::test]
async fn built_files_are_asked_for_again_unless_their_names_are_hashed() {
    let (server, _default, _acme) = TestServer::new(Plan::default()).await;
    let script = server.get("/pkg/pulsestage.js").send().await;
    assert_eq!((script.status.as_u16(), script.header("cache-control")), (200, "no-cache"));
    assert!(script.header("content-type").starts_with("text/javascript"), "{}", script.header("content-type"));
    let again =
        server.get("/pkg/pulsestage.js").header("if-modified-since", script.header("last-modified")).send().await;
    assert_eq!(again.status, 304);
}

#[tokio::test]
async fn built_files_with_hashed_names_are_kept_and_missing_ones_are_not() {
    let (server, _default, _acme) = TestServer::new(Plan { hashed: true, ..Plan::default() }).await;
    let script = server.get("/pkg/pulsestage.js").send().await;
    assert_eq!(script.header("cache-control"), "public, max-age=31536000, immutable");
    let again =
        server.get("/pkg/pulsestage.js").header("if-modified-since", script.header("last-modified")).send().await;
    assert_eq!((again.status.as_u16(), again.header("cache-control")), (304, "public, max-age=31536000, immutable"));
    let missing = server.get("/pkg/pulsestage.0123456789abcdef.js").send().await;
    assert_eq!((missing.status.as_u16(), missing.header("cache-control")), (404, "no-cache"));
}
