//! What says no, in the language of whoever asked: each address, each method, each kind of caller.

use axum::http::Method;

use crate::routes::routes;
use crate::support::{Call, Connection, Kind, Live, Plan, Reply, TestServer};

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";
/// What callers say, and the type of what they are told; nothing where the handler's own will do.
const CALLERS: [(Option<&str>, Option<&str>); 8] = [
    (Some("application/json"), Some("application/json")),
    (Some("application/json, text/plain, */*"), Some("application/json")),
    (Some(BROWSER), Some("text/html; charset=utf-8")),
    (Some("text/plain"), Some("text/plain; charset=utf-8")),
    (Some("text/html;q=0.4, application/json;q=0.6"), Some("application/json")),
    (Some("image/avif,image/webp,*/*;q=0.8"), None),
    (Some("*/*"), None),
    (None, None),
];

/// Every address there is, with something in the place of what differs, and some that are not there.
fn addresses() -> Vec<String> {
    let mut addresses = Vec::new();
    for route in routes() {
        for room in ["", "/t/default", "/t/nope"] {
            let mut path = route.replace("{room}", room);
            while let (Some(start), Some(end)) = (path.find('{'), path.find('}')) {
                let value = match &path[start..=end] {
                    "{tenant}" => "nope".to_owned(),
                    "{token}" => "0".repeat(64),
                    _ => "nothing".to_owned(),
                };
                path.replace_range(start..=end, &value);
            }
            addresses.push(path);
        }
    }
    addresses.extend(
        [
            "/nothing",
            "/nothing/at/all",
            "/t/nope",
            "/t/nope/admin",
            "/pkg/nothing.js",
            "/pkg/",
            "/favicon.nothing",
            "/api",
            "/api/",
            "/api/nothing",
            "/api/fn",
            "/api/fn/ask",
            "/api/fn/load_board",
            "/api/fn/load_board?tenant=nope",
            "/sse?tenantId=nope",
            "/sse?events=nope",
            "/sse/nothing",
            "/export/nothing.csv",
            "/j/ABC234",
            "/health/nothing",
            "/%ff",
            "/%00",
        ]
        .map(str::to_owned),
    );
    addresses.push(format!("/{}", "a".repeat(9_000)));
    addresses.sort();
    addresses.dedup();
    addresses
}

async fn sent(call: Call, accept: Option<&str>) -> Option<Reply> {
    let call = match accept {
        Some(accept) => call.header("accept", accept),
        None => call,
    };
    // A stream that is open has no end.
    call.send_unless(|status| status.as_u16() < 400).await
}

fn is_well_said(case: &str, path: &str, method: &Method, wanted: Option<&str>, reply: &Reply) {
    let speaks_json = path == "/api" || path.starts_with("/api/") || path == "/sse" || path.starts_with("/sse?");
    let kind = reply.header("content-type");
    let is_browser = wanted.is_some_and(|wanted| wanted.starts_with("text/html"));
    match if speaks_json && !is_browser { Some("application/json") } else { wanted } {
        Some(wanted) => assert_eq!(kind, wanted, "{case}"),
        None => assert!(!kind.is_empty(), "{case}"),
    }
    assert!(reply.status.as_u16() < 500, "{case}");
    if reply.status == 405 {
        let allowed: Vec<_> = reply.header("allow").split(',').map(str::trim).collect();
        assert!(allowed.iter().all(|name| !name.is_empty()), "{case}: it does not say what the address takes");
        assert!(!allowed.contains(&method.as_str()), "{case}: {allowed:?}");
    }
    if method == Method::HEAD {
        assert!(reply.body.is_empty(), "{case}");
        return;
    }
    assert!(!reply.body.is_empty(), "{case}: an empty body");
    if kind == "application/json" && reply.text() != r#"{"error":"Tenant not found"}"# {
        let body = reply.json();
        let (code, message) =
            (body["refusal"].as_str().unwrap_or_default(), body["message"].as_str().unwrap_or_default());
        assert!(!code.is_empty() && code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{case}: {body}");
        assert!(message.starts_with(char::is_uppercase) && message.contains(' '), "{case}: {body}");
    }
    if kind.starts_with("text/html") {
        assert!(reply.text().contains("<!DOCTYPE html>") || reply.text().contains("<!doctype html>"), "{case}");
        assert!(reply.header("content-security-policy").contains("style-src 'self'"), "{case}");
    }
    if kind.starts_with("text/plain") {
        assert!(!reply.text().contains('<'), "{case}: {}", reply.text());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_address_and_method_says_no_in_the_callers_language() {
    let (server, _default, _acme) = TestServer::new(Plan::default()).await;
    let methods =
        [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS];
    let mut seen = std::collections::BTreeSet::new();
    for path in addresses() {
        for method in &methods {
            for (accept, wanted) in CALLERS {
                let case = format!("{method} {path:.60} for {accept:?}");
                if let Some(reply) = sent(server.request(method.clone(), &path), accept).await {
                    is_well_said(&format!("{case}: {}", reply.status), &path, method, wanted, &reply);
                    seen.insert(reply.status.as_u16());
                }
            }
        }
    }
    assert!([400, 404, 405, 414].iter().all(|status| seen.contains(status)), "{seen:?}");
}

#[tokio::test]
async fn a_path_that_is_not_there_is_404_for_each_caller_and_405_says_what_it_takes() {
    let (server, _default, _acme) = TestServer::new(Plan::default()).await;
    for (path, status) in [("/nothing", 404), ("/t/nope", 404), ("/pkg/nothing.js", 404), ("/health/nothing", 404)] {
        let json = sent(server.get(path), Some("application/json")).await.unwrap();
        assert_eq!((json.status.as_u16(), json.json()["refusal"].as_str()), (status, Some("not_found")), "{path}");
        let text = sent(server.get(path), Some("*/*")).await.unwrap();
        assert_eq!((text.status.as_u16(), text.text()), (status, "There is nothing at this address.\n"), "{path}");
        let page = sent(server.get(path), Some(BROWSER)).await.unwrap();
        assert!(page.status == status && page.text().contains("</html>"), "{path}");
        assert!(page.headers.get_all("vary").iter().any(|vary| vary == "accept"), "{path}");
    }
    for (method, path, allowed) in [
        (Method::POST, "/health/live", "GET,HEAD"),
        (Method::GET, "/api/fn/ask", "POST"),
        (Method::POST, "/api/fn/load_board", "GET,HEAD"),
        (Method::DELETE, "/sse", "GET,HEAD"),
        (Method::GET, "/sign-out", "POST"),
        (Method::PUT, "/", "GET,HEAD"),
    ] {
        let call = server.request(method.clone(), path).form(&[("tenant", "default")]);
        let reply = sent(call, Some("application/json")).await.unwrap();
        assert_eq!((reply.status.as_u16(), reply.header("allow")), (405, allowed), "{method} {path}");
        assert_eq!(reply.json()["refusal"], "method_not_allowed", "{method} {path}");
    }
}

#[tokio::test]
async fn what_others_say_by_a_status_alone_has_words_too() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let range = server.get("/pkg/pulsestage.js").header("range", "bytes=999999999-");
    let range = sent(range, Some("application/json")).await.unwrap();
    assert_eq!((range.status.as_u16(), range.json()["refusal"].as_str()), (416, Some("range_not_satisfiable")));
    let changed = server.get("/pkg/pulsestage.js").header("if-unmodified-since", "Thu, 01 Jan 1970 00:00:00 GMT");
    let changed = sent(changed, None).await.unwrap();
    assert_eq!((changed.status.as_u16(), changed.text()), (412, "This has changed since you last loaded it.\n"));
    let no_logo = sent(server.get("/t/default/logo"), Some(BROWSER)).await.unwrap();
    assert!(no_logo.status == 404 && no_logo.text().contains("There is nothing at this address."));
    for (kind, body) in [("text/csv", "a,b"), ("", "x"), ("multipart/form-data", "x")] {
        for path in ["/sign-in", "/sign-out", "/t/default/logo", "/api/fn/ask", "/confirm"] {
            let call = server.request(Method::POST, path).raw(kind, body.as_bytes().to_vec()).cookie(&default.owner);
            if let Some(reply) = sent(call, Some("application/json")).await {
                is_well_said(&format!("{kind} to {path}"), path, &Method::POST, Some("application/json"), &reply);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_request_is_told_so_in_words() {
    let live = Live::start(Kind::Plain, &[]).await;
    let long = "a".repeat(70_000);
    let wide = "a".repeat(600_000);
    for (request, status) in [
        ("GET / HTTP/9.9\r\n\r\n".to_owned(), "400"),
        ("G\u{e9}T / HTTP/1.1\r\nhost: x\r\n\r\n".to_owned(), "400"),
        ("GET /\u{0} HTTP/1.1\r\nhost: x\r\n\r\n".to_owned(), "400"),
        ("GET / HTTP/1.1\r\nhost x\r\n\r\n".to_owned(), "400"),
        (format!("GET /{long} HTTP/1.1\r\nhost: x\r\n\r\n"), "414"),
        (format!("GET / HTTP/1.1\r\nhost: x\r\nx: {wide}\r\n\r\n"), "431"),
    ] {
        let answer = Connection::send(live.addr(), &request).await.rest_of_bytes().await;
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{request:.40}: {answer}"));
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{request:.40}: {head}");
        assert!(head.contains("content-type: text/plain; charset=utf-8"), "{head}");
        assert!(body.ends_with(".\n") && head.contains(&format!("content-length: {}", body.len())), "{answer}");
    }
    live.stop().await;
}
