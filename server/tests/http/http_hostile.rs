//! What everybody may read, asked for in ways that nobody means: queries, headers, methods and conditions that are too long,
//! contradictory, in another encoding or for another tenant.

use axum::http::Method;

use crate::http_compression::{plain, varies};
use crate::http_tenancy::{call, fields, with};
use crate::support::{Call, Plan, Reply, TestServer, assert_refused};

/// What programs read.
const DATA: [&str; 6] = ["/api/board", "/api/rows", "/api/mine", "/api/similar", "/api/events", "/api/fn/find"];
/// What browsers read.
const PAGES: [&str; 5] = ["/", "/t/acme/", "/check", "/manifest.webmanifest", "/t/acme/manifest.webmanifest"];

fn is_kept_by_nobody_between(reply: &Reply) -> bool {
    let said = reply.headers.get_all("cache-control").into_iter().filter_map(|value| value.to_str().ok());
    let said: Vec<&str> = said.flat_map(|value| value.split(',')).map(str::trim).collect();
    let is_own = said.iter().any(|word| ["private", "no-store", "no-cache"].contains(word));
    is_own && !said.iter().any(|word| *word == "public" || word.starts_with("s-maxage"))
}

/// A refusal with a reason, or an answer.
fn is_well_answered(case: &str, path: &str, reply: &Reply) {
    assert!(reply.status.as_u16() < 500, "{case}: {} {}", reply.status, reply.text());
    if reply.status == 200 {
        assert!(is_kept_by_nobody_between(reply), "{case}: {:?}", reply.headers);
    } else if path.starts_with("/api/") {
        let body = reply.json();
        let told = (body["refusal"].as_str(), body["message"].as_str());
        assert!(matches!(told, (Some(word), Some(text)) if !word.is_empty() && text.contains(' ')), "{case}: {body}");
    }
}

#[tokio::test]
async fn no_query_breaks_an_answer() {
    let (server, _default, acme) = TestServer::new(Plan::default()).await;
    let (tags, long) = (format!("tag={}&", acme.tag.id).repeat(120), "y".repeat(9_000));
    let queries = [
        "&&&=&%&%zz&=x&?&?".to_owned(),
        "offset=-1&limit=-1".to_owned(),
        "offset=4294967296&limit=4294967296".to_owned(),
        "offset=99999999999999999999&limit=99999999999999999999".to_owned(),
        "offset=1e3&limit=0x10&offset=%F0%9F%98%80".to_owned(),
        "tab=&sort=&team=&tag=&find=&q=".to_owned(),
        "tab=all&tab=nothing&sort=newest&sort=%00".to_owned(),
        "team=..%2f..%2f&tag=00000000-0000-0000-0000-000000000000".to_owned(),
        format!("team={}&tag={}&q={}", acme.team.slug, acme.tag.id, acme.open.id),
        "q=%ff&tag=%ff&team=%ff&find=%ff".to_owned(),
        "find=%00%01%7f".to_owned(),
        format!("find={}", "%E2%82%AC".repeat(700)),
        format!("find={}", "a+".repeat(3_000)),
        format!("text={}", "%E2%82%AC".repeat(700)),
        "text=a&text=b&limit=1&limit=2".to_owned(),
        "tenant[]=acme&tenant[0]=acme&tenant[a]=acme".to_owned(),
        "tenantId=default&tenantId=acme&teamId=".to_owned(),
        "last_event_id=%ff&lastEventId=9".to_owned(),
        tags,
    ];
    for path in DATA.into_iter().chain(PAGES) {
        for query in &queries {
            let case = format!("{path}?{query:.60}");
            let reply = server.get(&format!("{path}?{query}")).send().await;
            is_well_answered(&case, path, &reply);
            // What means nothing is passed over, and another tenant's team or tag is one that is not there.
            if ["/api/board", "/api/rows"].contains(&path) && !query.contains("[]") {
                assert_eq!(reply.status, 200, "{case}");
                assert!(!reply.text().contains(&acme.slug), "{case}: something of {} is in it", acme.slug);
            }
        }
        let reply = server.get(&format!("{path}?x={long}")).send().await;
        assert_eq!(reply.status, 414, "{path}");
    }
    for path in ["/api/board", "/api/rows", "/api/mine", "/api/similar", "/api/fn/find"] {
        for tenant in ["nowhere", "ACME", "acme%00", "acme%2f", "%2e%2e", "%20", "acm%C3%A9", &"a".repeat(400)] {
            let reply = server.get(&format!("{path}?tenant={tenant}&text=a&find=a")).send().await;
            assert_refused(&format!("{path} of {tenant}"), &reply, 404, "not_found");
        }
    }
    for tenant in ["nowhere", "ACME", "acme%00", "%ff"] {
        let reply = server.get(&format!("/api/events?tenantId={tenant}")).send().await;
        assert_refused(tenant, &reply, 404, "not_found");
    }
    for (query, status) in [("limit=-1", 400), ("limit=1.5", 400), ("limit=4294967296", 400), ("limit=0", 200)] {
        let reply = server.get(&format!("/api/similar?text=a&{query}")).send().await;
        assert_eq!(reply.status.as_u16(), status, "{query}: {}", reply.text());
    }
}

#[tokio::test]
async fn other_methods_are_refused_and_head_is_get_without_its_body() {
    let (server, _default, _acme) = TestServer::new(Plan::default()).await;
    for path in DATA.into_iter().chain(PAGES) {
        let got = server.get(path).send().await;
        assert_eq!(got.status, 200, "{path}");
        let head = server.request(Method::HEAD, path).send().await;
        assert_eq!((head.status, head.body.len()), (got.status, 0), "{path}");
        for name in ["content-type", "cache-control", "vary", "content-security-policy"] {
            assert_eq!(head.header(name), got.header(name), "{path}: {name}");
        }
        let propfind = Method::from_bytes(b"PROPFIND").unwrap();
        for method in [Method::OPTIONS, Method::PUT, Method::PATCH, Method::DELETE, Method::TRACE, propfind] {
            let reply = server.request(method.clone(), path).send().await;
            assert_eq!(reply.status, 405, "{method} {path}");
            assert!(reply.header("allow").contains("GET"), "{method} {path}: {:?}", reply.headers);
        }
    }
}

#[tokio::test]
async fn what_a_client_says_it_takes_never_breaks_an_answer() {
    let (server, _default, _acme) = TestServer::new(Plan::default()).await;
    let asked = [
        "",
        ",",
        ";;;",
        "identity",
        "identity;q=0",
        "*;q=0",
        "*;q=0, identity;q=0",
        "identity;q=0, gzip;q=0, br;q=0, zstd;q=0",
        "gzip;q=0, *",
        "br;q=1.0001",
        "br;q=-1, gzip;q=NaN, zstd;q=inf",
        "gzip;;q=;q=1",
        "gzip , br ;q=0.5,zstd; q=0.1",
        "GZIP",
        "x-gzip, compress, dcb, dcz, snappy",
        "br\u{e9}, gzip",
        "gzip, gzip;q=0",
    ];
    let (many, long) = ("br,".repeat(2_000), format!("br;q=0.{}", "0".repeat(4_000)));
    for path in ["/api/board", "/api/rows", "/", "/t/acme/"] {
        let bare = server.get(path).send().await;
        for value in asked.into_iter().chain([many.as_str(), long.as_str()]) {
            let case = format!("{path} for {value:.40}");
            let reply = server.get(path).header("accept-encoding", value).send().await;
            assert_eq!(reply.status, 200, "{case}");
            assert!(["", "gzip", "br", "zstd"].contains(&reply.header("content-encoding")), "{case}");
            assert_eq!(plain(&reply).len(), bare.body.len(), "{case}");
            assert!(varies(&reply), "{case}");
        }
        let never = server.get(path).header("accept-encoding", "br;q=0, gzip;q=0, zstd;q=0").send().await;
        assert_eq!(never.header("content-encoding"), "", "{path}");
    }
    // This page tells what came through of it.
    let told = async |value: &str| plain(&server.get("/check").header("accept-encoding", value).send().await);
    let none = told("identity").await;
    for refused in ["gzip;q=0", "gzip;q=0, br;q=0.0", "*;q=0", "deflate"] {
        assert_eq!(told(refused).await.len(), none.len(), "{refused}");
    }
    assert_ne!(told("GZIP").await.len(), none.len());
}

#[tokio::test]
async fn conditions_hold_for_what_has_a_tag_and_for_nothing_else() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    for path in ["/api/board", "/api/rows?tab=all"] {
        let first = server.get(path).send().await;
        let (tag, other) = (first.header("etag").to_owned(), format!("{path}{}tenant=acme", mark(path)));
        let opaque = tag.trim_start_matches("W/").to_owned();
        let elsewhere = server.get(&other).send().await.header("etag").to_owned();
        assert_ne!(tag, elsewhere);
        for known in [
            tag.clone(),
            opaque.clone(),
            "*".to_owned(),
            format!("\"a\", {tag}"),
            format!("{tag},\"b\""),
            format!("  W/\"x\" ,\t{opaque}  "),
            format!("{elsewhere}, {tag}"),
        ] {
            for method in [Method::GET, Method::HEAD] {
                let reply = server.request(method.clone(), path).header("if-none-match", &known).send().await;
                assert_eq!((reply.status.as_u16(), reply.body.len()), (304, 0), "{method} {path} {known}");
                assert_eq!((reply.header("etag"), reply.header("content-encoding")), (&*tag, ""), "{known}");
                assert!(varies(&reply) && is_kept_by_nobody_between(&reply), "{known}: {:?}", reply.headers);
            }
        }
        for unknown in [
            String::new(),
            elsewhere,
            "\"*\"".to_owned(),
            "W/".to_owned(),
            opaque.trim_matches('"').to_owned(),
            format!("w/{opaque}"),
            format!("\"{opaque}\""),
            "\u{e9}".to_owned(),
            "\"x\",".repeat(1_000),
        ] {
            let reply = server.get(path).header("if-none-match", &unknown).send().await;
            assert_eq!((reply.status.as_u16(), reply.body.len()), (200, first.body.len()), "{path} {unknown:.40}");
        }
        // A time says nothing here.
        let since = server.get(path).header("if-modified-since", "Fri, 31 Dec 9999 23:59:59 GMT").send().await;
        assert_eq!(since.status, 200);
    }
    for path in ["/", "/t/acme/", "/api/mine", "/api/events", "/api/similar?text=a", "/check", "/manifest.webmanifest"]
    {
        let reply = server.get(path).header("if-none-match", "*").cookie(&server.participant(1)).send().await;
        assert_eq!((reply.status.as_u16(), reply.header("etag")), (200, ""), "{path} has no tag");
    }
    // Whoever may not read a board learns nothing by guessing what it is.
    let tag = server.get("/api/board?tenant=acme").send().await.header("etag").to_owned();
    let shut = with(fields(&acme), &[("settings[guests_allowed]", "false")]);
    assert_eq!(call(&server, "change_settings", &acme.owner, &shut).await.status, 200);
    for path in
        ["/api/board?tenant=acme", "/api/rows?tenant=acme", "/api/events?tenantId=acme", "/api/mine?tenant=acme"]
    {
        for known in ["*", &tag] {
            for cookie in [String::new(), server.participant(1), default.owner.clone()] {
                for coding in ["identity", "gzip", "br"] {
                    let asked = server.get(path).header("if-none-match", known).header("accept-encoding", coding);
                    let reply = asked.cookie(&cookie).send().await;
                    assert_refused(path, &reply, 403, "not_signed_in");
                    assert!(is_kept_by_nobody_between(&reply) || reply.header("cache-control").is_empty(), "{path}");
                }
            }
        }
    }
    let page = server.get("/t/acme/").send().await;
    assert!(!page.text().contains("question of acme"), "the page that was shared is nobody's any more");
}

fn mark(path: &str) -> char {
    if path.contains('?') { '&' } else { '?' }
}

#[tokio::test]
async fn what_was_kept_for_a_reader_that_cannot_be_is_sent_for_nobody() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let vote = |kept_for: &str| -> Call {
        let question = default.open.id.to_string();
        let form = [("tenant", "default"), ("question", &*question), ("up", "true")];
        server.function("set_vote").cookie(&server.participant(1)).header("x-reader", kept_for).form(&form)
    };
    let long = format!("default g.{}", "0".repeat(8_000));
    for kept_for in [
        "",
        " ",
        "default",
        "default ",
        " g.0",
        "default g.\u{e9}",
        "nowhere g.00000000000000000000000000000000",
        "DEFAULT g.00000000000000000000000000000000",
        "../ g.0",
        "default g.0 g.0",
        &long,
    ] {
        let reply = vote(kept_for).send().await;
        assert_refused(&format!("{kept_for:.40}"), &reply, 412, "somebody_else");
    }
    let board = server.get("/api/board").send().await;
    assert!(board.json()["board"]["questions"].to_string().contains("\"upvotes\":0"), "{}", board.text());
}

#[tokio::test]
async fn what_is_read_is_answered_while_the_server_stops() {
    let (server, _default, _acme) = TestServer::new(Plan::default()).await;
    server.state.streams_stop().cancel();
    for path in DATA.into_iter().chain(PAGES) {
        let reply = server.get(path).header("accept-encoding", "br").send().await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.status);
    }
}
