//! Forms that are refused: whatever the form and whatever the reason, a browser gets a page or the way back to its own, and
//! a program the one JSON shape.

use axum::http::Method;
use leptos::server_fn::axum::server_fn_paths;
use std::collections::BTreeSet;

use crate::routes::routes;
use crate::support::{Call, Folder, HOST, Plan, Reply, TestServer, open_store};

const FORM: &str = "application/x-www-form-urlencoded";
const TOO_LARGE: usize = 3 << 20;

/// Every address that a form can be sent to.
fn addresses() -> BTreeSet<String> {
    let mut addresses = BTreeSet::new();
    for route in routes().iter().filter(|route| !route.starts_with("/api")) {
        for room in ["", "/t/acme", "/t/nope"] {
            let mut path = route.replace("{room}", room);
            while let (Some(start), Some(end)) = (path.find('{'), path.find('}')) {
                let value = match &path[start..=end] {
                    "{tenant}" => "default".to_owned(),
                    "{token}" => "0".repeat(64),
                    _ => "018f0000-0000-7000-8000-000000000000".to_owned(),
                };
                path.replace_range(start..=end, &value);
            }
            addresses.insert(path);
        }
    }
    let posted = server_fn_paths().filter(|(_, method)| *method == Method::POST).map(|(path, _)| path.to_owned());
    addresses.extend(posted);
    addresses.insert("/api/fn/nothing".to_owned());
    addresses
}

/// What can be wrong with a form.
const CASES: [&str; 6] = ["too large", "too large, in pieces", "another type", "no text", "from elsewhere", "empty"];

fn spoiled(call: Call, case: &str) -> Call {
    match case {
        "too large" => call.raw(FORM, vec![b'a'; TOO_LARGE]),
        "too large, in pieces" => call.chunked(FORM, vec![b'a'; TOO_LARGE]),
        "another type" => call.raw("text/plain", b"a=1".to_vec()),
        "no text" => call.raw(FORM, b"text=%ff%fe&question=%C3%28".to_vec()),
        "from elsewhere" => call.raw(FORM, b"a=1".to_vec()).header("origin", "https://evil.example"),
        _ => call.raw(FORM, Vec::new()),
    }
}

/// A browser sees a page of ours, or is led to one.
fn is_for_browser(case: &str, reply: &Reply) {
    let (status, kind) = (reply.status.as_u16(), reply.header("content-type"));
    if (300..400).contains(&status) {
        let to = reply.header("location");
        assert!(to.starts_with('/') || to.starts_with(&format!("http://{HOST}/")), "{case}: leads to {to}");
    } else if status != 200 {
        assert_eq!(kind, "text/html; charset=utf-8", "{case}: {status}");
        assert!(reply.text().to_ascii_lowercase().contains("<!doctype html>"), "{case}");
    }
    assert!(!kind.contains("json"), "{case}: {status} {kind}");
}

/// A program reads what was refused in one shape.
fn is_for_program(case: &str, reply: &Reply) {
    if reply.status.as_u16() < 400 {
        return;
    }
    assert_eq!(reply.header("content-type"), "application/json", "{case}: {}", reply.status);
    let body = reply.json();
    for field in ["refusal", "message"] {
        assert!(body[field].as_str().is_some_and(|text| !text.is_empty()), "{case}: no {field} in {body}");
    }
}

/// As browsers say that they open a page: by what they accept, or by what it is for.
fn as_browser(call: Call, path: &str, says_accept: bool) -> Call {
    let page = if path.contains("import") { "/admin/people" } else { "/" };
    let call = call.header("referer", &format!("http://{HOST}{page}")).header("host", HOST);
    if says_accept { call.wants_page() } else { call.header("accept", "*/*").header("sec-fetch-dest", "document") }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_form_is_refused_in_the_callers_language() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let mut refused = BTreeSet::new();
    for path in addresses() {
        for case in CASES {
            let call = || spoiled(server.request(Method::POST, &path).cookie(&default.owner), case);
            for says_accept in [true, false] {
                let named = format!("{path}, {case}, browser {says_accept}");
                let reply = as_browser(call(), &path, says_accept).send_unless(|status| status == 200).await;
                if let Some(reply) = reply {
                    assert!(reply.status.as_u16() < 500, "{named}: {}", reply.status);
                    is_for_browser(&named, &reply);
                    refused.insert(reply.status.as_u16());
                }
            }
            let program = call().header("accept", "application/json");
            if let Some(reply) = program.send_unless(|status| status == 200).await {
                is_for_program(&format!("{path}, {case}, program"), &reply);
                refused.insert(reply.status.as_u16());
            }
        }
    }
    for status in [303, 400, 403, 404, 405, 413, 415, 422] {
        assert!(refused.contains(&status), "{status} was not tried: {refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_database_is_away_each_form_says_so() {
    let folder = Folder::new();
    let store = open_store(&folder.sqlite_url()).await;
    let server = TestServer::on(store.clone(), Plan::default());
    store.close().await;
    let mut away = 0;
    for path in addresses() {
        let call = |method| server.request(method, &path).raw(FORM, Vec::new()).cookie(&server.participant(1));
        for method in [Method::GET, Method::POST] {
            let named = format!("{method} {path}");
            let browser = as_browser(call(method.clone()), &path, true);
            // A stream that is open has no end.
            if let Some(reply) = browser.send_unless(|status| status == 200).await {
                is_for_browser(&named, &reply);
                let comes_again = reply.text().contains("opens automatically");
                assert_eq!(comes_again, !reply.header("refresh").is_empty(), "{named}");
                assert!(!comes_again || method == Method::GET, "{named} would lose what was typed");
                away += u32::from(reply.status == 503);
            }
            let program = call(method).header("accept", "application/json");
            if let Some(reply) = program.send_unless(|status| status == 200).await {
                is_for_program(&named, &reply);
            }
        }
    }
    assert!(away > 20, "{away} pages said that the database is away");
}

#[tokio::test]
async fn a_form_that_cannot_be_read_comes_back_with_the_reason() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let table = "Фёдор Достоевский;fyodor@example.com\n".repeat(40_000);
    let page = format!("http://{HOST}/admin/people?text=a&saved=set_role");
    let call = server.function("import_people").cookie(&default.owner).wants_page().header("referer", &page);
    let shown = call.form(&[("tenant", "default"), ("table", &table)]).send().await;
    assert_eq!((shown.status.as_u16(), shown.header("location")), (413, ""));
    let is_said = shown.text().contains("too large") && shown.text().contains("role=\"alert\"");
    assert!(is_said, "the page says why");
    let json = server.function("import_people").cookie(&default.owner).header("accept", "application/json");
    let json = json.form(&[("tenant", "default"), ("table", &table)]).send().await;
    assert_eq!((json.status.as_u16(), json.json()["refusal"].as_str()), (413, Some("too_large")));
}
