//! What browsers are told to forbid our pages, on every address there is, and pages that keep to it.

use axum::http::Method;
use pulsestage::link::PersonLinkPurpose;
use pulsestage::user::Role;

use crate::support::{ASKER, Plan, Reply, Room, TestServer};

/// What every answer says, whatever it is.
const ALWAYS: [(&str, &str); 5] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(), display-capture=(), geolocation=(), hid=(), microphone=(), midi=(), payment=(), serial=(), usb=()",
    ),
];

/// Every address there is: the application's, the account pages', files, functions, streams, and what is not there.
async fn addresses(server: &TestServer, room: &Room) -> Vec<String> {
    let person = server.person(room, "ann@example.com", Role::Member).await;
    let link = server.link_for(room, person, PersonLinkPurpose::Invitation).await;
    let pages = ["", "/review", "/health", "/people", "/sessions", "/settings", "/teams", "/tags", "/audit"];
    let pages = pages.iter().chain(&["/statistics", "/export", "/operator", "/nowhere"]);
    let admin = pages.flat_map(|page| [format!("/admin{page}"), format!("/t/{}/admin{page}", room.slug)]);
    let account = ["sign-in", "sign-in/link", "sign-in/forgot", "password", "oidc", "mine"];
    let report = format!("report/{}", room.open.id);
    let account = account.into_iter().chain([report.as_str()]);
    let account = account.flat_map(|path| [format!("/{path}"), format!("/t/{}/{path}", room.slug)]).collect::<Vec<_>>();
    let functions = leptos::server_fn::axum::server_fn_paths().map(|(path, _)| path.to_owned());
    let others = [
        "/",
        "/?tab=all",
        "/t/acme",
        "/t/nope",
        "/nowhere",
        "/%00",
        "/favicon.svg",
        "/operator",
        "/sign-in/spent",
        "/sign-in/x",
        "/open/x",
        "/claim/x",
        "/oidc/callback",
        "/thread/x",
        "/mine",
        "/mine/x",
        "/join",
        "/join?code=x",
        "/check",
        "/check?again",
        "/t/acme/check",
        "/api/events",
        "/api/events?tenantId=nope",
        "/j/AAAAAA",
        "/j/AAAAAA/qr.svg",
        "/sign-out",
        "/signed-out",
        "/forget",
        "/forgotten",
        "/t/acme/theme.css",
        "/t/acme/logo",
        "/pkg/pulsestage.js",
        "/pkg/nothing.js",
        "/api/fn/nope",
        "/api/x",
        "/sse?tenantId=nope",
        "/export/questions.csv",
        "/export/questions.json",
        "/export/questions.xlsx",
        "/export/votes.csv",
        "/export/audit.csv",
        "/export/audit.jsonl",
        "/export/nope",
        "/health/live",
        "/health/ready",
    ];
    let others = others.map(str::to_owned);
    admin.chain(account).chain(functions).chain(others).chain([link]).collect()
}

/// The sources that a policy names for a kind of thing.
fn sources<'a>(policy: &'a str, directive: &str) -> Option<&'a str> {
    policy.split("; ").find_map(|part| part.strip_prefix(directive)?.strip_prefix(' '))
}

/// Opening tags of a document.
fn tags(html: &str) -> Vec<&str> {
    html.split('<').skip(1).filter_map(|rest| rest.split_once('>').map(|(tag, _)| tag)).collect()
}

/// Whether a document may run scripts. Its policy must be strict and kept by the document itself.
fn assert_strict_document(case: &str, reply: &Reply) -> bool {
    let policy = reply.header("content-security-policy");
    for loose in ["unsafe-inline", "'unsafe-eval'", "*", "data:", "http:", "https:", "strict-dynamic"] {
        assert!(!policy.contains(loose), "{case}: {loose} in {policy}");
    }
    for (directive, expected) in [
        ("default-src", "'none'"),
        ("base-uri", "'none'"),
        ("object-src", "'none'"),
        ("frame-ancestors", "'none'"),
        ("form-action", "'self'"),
        ("style-src", "'self'"),
        ("img-src", "'self'"),
        ("manifest-src", "'self'"),
    ] {
        assert_eq!(sources(policy, directive), Some(expected), "{case}: {directive} of {policy}");
    }
    let script = sources(policy, "script-src");
    // An account page with fields that are kept as drafts has one script, which sends nothing anywhere.
    let has_drafts = script == Some("'self'");
    let program = script.filter(|_| !has_drafts);
    assert!(program.is_none_or(|script| script == "'self' 'wasm-unsafe-eval'"), "{case}: {policy}");
    assert_eq!(sources(policy, "connect-src"), program.map(|_| "'self'"), "{case}");
    assert_eq!(sources(policy, "worker-src"), program.map(|_| "'self'"), "{case}");
    for tag in tags(reply.text()) {
        let name = tag.split([' ', '\n']).next().unwrap();
        assert_ne!(name, "style", "{case}");
        assert!(!tag.contains(" style="), "{case}: a style in <{tag}>");
        assert!(!tag.contains(" on") || !tag.split(" on").skip(1).any(is_handler), "{case}: a handler in <{tag}>");
        assert!(!tag.contains("javascript:"), "{case}: <{tag}>");
        if name == "script" {
            assert!(script.is_some(), "{case}: a script where none may be");
            let is_file = tag.contains(" src=\"/") && !tag.contains(" src=\"//");
            assert!(is_file || tag.contains(" type=\"application/json\""), "{case}: <{tag}>");
            assert!(!has_drafts || tag.contains(" src=\"/keep.js\""), "{case}: <{tag}>");
        }
    }
    script.is_some()
}

/// Whether this is the rest of `onclick="..`.
fn is_handler(rest: &str) -> bool {
    rest.split_once("=\"").is_some_and(|(name, _)| !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase()))
}

/// Whether the answer is a document that may run scripts.
fn assert_headers(case: &str, reply: &Reply) -> bool {
    for (name, value) in ALWAYS {
        assert_eq!(reply.header(name), value, "{case}: {name}");
    }
    let referrer = reply.header("referrer-policy");
    assert!(["same-origin", "strict-origin"].contains(&referrer), "{case}: {referrer}");
    for name in ["server", "x-powered-by", "strict-transport-security"] {
        assert!(!reply.headers.contains_key(name), "{case}: {name}");
    }
    for name in ALWAYS.iter().map(|(name, _)| *name).chain(["content-security-policy", "referrer-policy"]) {
        assert_eq!(reply.headers.get_all(name).iter().count(), 1, "{case}: {name}");
    }
    if reply.header("content-type").starts_with("text/html") {
        return assert_strict_document(case, reply);
    }
    let nothing = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    assert_eq!(reply.header("content-security-policy"), nothing, "{case}");
    false
}

#[tokio::test]
async fn every_answer_is_guarded_and_every_page_keeps_to_its_policy() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    let (mut alive, mut documents) = (0, 0);
    for room in [&default, &acme] {
        let addresses = addresses(&server, room).await;
        for (who, cookie) in [("nobody", ""), ("the owner", room.owner.as_str())] {
            for address in &addresses {
                for method in [Method::GET, Method::POST, Method::PUT] {
                    let case = format!("{method} {address} as {who} of {}", room.slug);
                    let call = server.request(method, address).cookie(cookie).cookie(&server.participant(ASKER));
                    let reply = call.send().await;
                    documents += usize::from(reply.header("content-type").starts_with("text/html"));
                    alive += usize::from(assert_headers(&case, &reply));
                }
            }
        }
    }
    assert!(alive > 60 && documents > alive, "{alive} documents of {documents} may run scripts");
}

#[tokio::test]
async fn a_stream_is_guarded_as_well() {
    let (server, _default, _acme) = TestServer::new(Plan::default()).await;
    let wire = server.stream("").await;
    for (name, value) in ALWAYS {
        assert_eq!(wire.headers[name], value, "{name}");
    }
    assert!(wire.headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'; "));
}

#[tokio::test]
async fn a_page_has_two_scripts_and_what_it_was_drawn_from() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    for (path, cookie) in [("/", ""), ("/admin", default.owner.as_str()), ("/admin/people", default.owner.as_str())] {
        let page = server.get(path).cookie(cookie).send().await;
        assert!(assert_strict_document(path, &page));
        let scripts: Vec<_> = tags(page.text()).into_iter().filter(|tag| tag.starts_with("script")).collect();
        let [start, data] = scripts[..] else { panic!("{path}: {scripts:?}") };
        assert!(
            start.contains("type=\"module\" src=\"/start.js?/pkg/pulsestage.js&amp;/pkg/pulsestage.wasm&amp;"),
            "{start}"
        );
        assert_eq!(data, "script type=\"application/json\" id=\"page-data\"", "{path}");
    }
}

#[tokio::test]
async fn files_under_a_version_are_kept_where_it_is_ours() {
    let (server, _default, _acme) = TestServer::new(Plan::default()).await;
    let page = server.get("/").send().await;
    let start =
        page.text().split("src=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap().replace("&amp;", "&");
    assert!(start.starts_with("/start.js?"), "{start}");
    let ours = server.get(&start).send().await;
    assert_eq!((ours.status.as_u16(), ours.header("cache-control")), (200, "public, max-age=31536000, immutable"));
    for other in ["/start.js?0", "/more.css?0"] {
        let reply = server.get(other).send().await;
        assert_eq!((reply.status.as_u16(), reply.header("cache-control")), (200, "no-store"), "{other}");
    }
}

#[tokio::test]
async fn https_is_asked_for_where_it_is_there_alone() {
    for (url, expected) in [(Some("https://ask.test"), "max-age=31536000"), (Some("http://ask.test"), ""), (None, "")] {
        let public_url = url.map(str::to_owned);
        let (server, _default, _acme) = TestServer::new(Plan { public_url, ..Plan::default() }).await;
        for path in ["/", "/sign-in", "/api/fn/load_board", "/health/live", "/pkg/pulsestage.js"] {
            assert_eq!(
                server.get(path).send().await.header("strict-transport-security"),
                expected,
                "{path} of {url:?}"
            );
        }
    }
}

#[tokio::test]
async fn forms_may_lead_to_the_common_host_where_tenants_have_their_own() {
    let public_url = Some("https://ask.example.com".to_owned());
    let base_domain = Some("ask.example.com".parse().unwrap());
    let (server, _default, _acme) = TestServer::new(Plan { public_url, base_domain, ..Plan::default() }).await;
    for path in ["/", "/join"] {
        let reply = server.get(path).header("host", "acme.ask.example.com").send().await;
        let policy = reply.header("content-security-policy");
        assert_eq!(sources(policy, "form-action"), Some("'self' https://ask.example.com"), "{path}: {policy}");
    }
    let elsewhere = server.get("/").header("host", "evil.example").send().await;
    assert_eq!((elsewhere.status.as_u16(), elsewhere.header("x-frame-options")), (421, "DENY"));
}
