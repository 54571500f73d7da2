//! What is sent compressed, in which coding, and what is sent as it is: secrets beside text that others chose.

use axum::http::Method;
use flate2::read::GzDecoder;
use std::io::Read;

use crate::support::{Plan, Reply, TestServer};

const CODINGS: [&str; 3] = ["br", "zstd", "gzip"];

/// The body as it was before it was compressed.
pub(crate) fn plain(reply: &Reply) -> Vec<u8> {
    let mut bytes = Vec::new();
    match reply.header("content-encoding") {
        "" => bytes.extend_from_slice(&reply.body),
        "gzip" => drop(GzDecoder::new(&reply.body[..]).read_to_end(&mut bytes).unwrap()),
        "br" => drop(brotli::Decompressor::new(&reply.body[..], 4_096).read_to_end(&mut bytes).unwrap()),
        "zstd" => bytes = zstd::stream::decode_all(&reply.body[..]).unwrap(),
        other => panic!("in {other}"),
    }
    bytes
}

pub(crate) fn varies(reply: &Reply) -> bool {
    let said = reply.headers.get_all("vary").into_iter().filter_map(|value| value.to_str().ok());
    said.flat_map(|value| value.split(',')).any(|name| name.trim().eq_ignore_ascii_case("accept-encoding"))
}

#[tokio::test]
async fn every_text_is_sent_in_the_coding_that_its_client_takes() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    for (path, cookie) in [
        ("/", ""),
        ("/", &*server.participant(1)),
        ("/t/acme/", ""),
        ("/admin", &default.owner),
        ("/admin/settings", &default.owner),
        ("/api/board", ""),
        ("/api/rows?tab=all", ""),
        ("/api/fn/load_board", ""),
        ("/api/fn/load_review", &default.moderator),
        ("/export/questions.csv", &default.owner),
        ("/nowhere", ""),
        ("/join", ""),
    ] {
        let bare = server.get(path).cookie(cookie).wants_page().send().await;
        assert_eq!(bare.header("content-encoding"), "", "{path}");
        if bare.body.len() < 512 {
            continue;
        }
        assert!(varies(&bare), "{path}: what is sent as it is depends on what is asked for too");
        for coding in CODINGS {
            let reply = server.get(path).cookie(cookie).wants_page().header("accept-encoding", coding).send().await;
            assert_eq!(reply.header("content-encoding"), coding, "{path}");
            assert_eq!(reply.status, bare.status, "{path}");
            assert!(varies(&reply), "{path}");
            assert!(reply.body.len() * 2 < bare.body.len() || bare.body.len() < 2_000, "{path} in {coding}");
            assert_eq!(plain(&reply).len(), bare.body.len(), "{path} in {coding}");
            let told: usize = reply.header("content-length").parse().unwrap_or(reply.body.len());
            assert_eq!(told, reply.body.len(), "{path} in {coding}");
        }
        for none in ["identity", "gzip;q=0, br;q=0, zstd;q=0", "deflate;q=0, compress", "*;q=0"] {
            let reply = server.get(path).cookie(cookie).wants_page().header("accept-encoding", none).send().await;
            assert_eq!((reply.header("content-encoding"), reply.body.len()), ("", bare.body.len()), "{path} {none}");
        }
        let preferred = server.get(path).cookie(cookie).wants_page().header("accept-encoding", "br;q=0.5, gzip;q=0.8");
        assert_eq!(preferred.send().await.header("content-encoding"), "gzip", "{path}");
    }
}

#[tokio::test]
async fn what_is_no_text_or_short_or_a_stream_is_left_as_it_is() {
    let (server, _default, _acme) = TestServer::new(Plan::default()).await;
    let all = "gzip, deflate, br, zstd";
    for path in ["/health/ready", "/api/fn/nothing", "/api/mine"] {
        let reply = server.get(path).header("accept-encoding", all).send().await;
        assert_eq!(reply.header("content-encoding"), "", "{path}");
    }
    let stream = server.get("/sse").header("accept-encoding", "br, zstd").open().await;
    assert!(!stream.headers().contains_key("content-encoding"));
    let stream = server.get("/sse").header("accept-encoding", all).open().await;
    assert_eq!(stream.headers()["content-encoding"], "gzip", "a stream has its own");
    for path in ["/", "/api/board"] {
        let head = server.request(Method::HEAD, path).header("accept-encoding", all).send().await;
        assert_eq!((head.status.as_u16(), head.body.len()), (200, 0), "{path}");
        assert!(varies(&head), "{path}");
    }
    let known = server.get("/api/board").send().await.header("etag").to_owned();
    let again = server.get("/api/board").header("accept-encoding", all).header("if-none-match", &known).send().await;
    assert_eq!((again.status.as_u16(), again.body.len(), again.header("content-encoding")), (304, 0, ""));
}

/// Whoever can put text beside a secret, has it sent again and sees how long it is learns it: see docs/SECURITY.md.
#[tokio::test]
async fn secrets_are_not_compressed_together_with_what_others_wrote() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let all = "gzip, deflate, br, zstd";
    let is_left = |case: &str, reply: &Reply| {
        assert_eq!(reply.header("content-encoding"), "", "{case}");
        let said = reply.headers.get_all("cache-control").into_iter().filter_map(|value| value.to_str().ok());
        let said: Vec<&str> = said.flat_map(|value| value.split(',')).map(str::trim).collect();
        assert!(said.contains(&"no-transform") && said.contains(&"no-store"), "{case}: {said:?}");
    };
    let token = "0".repeat(64);
    for (path, cookie) in [
        ("/sign-in".to_owned(), String::new()),
        (format!("/sign-in/{token}"), String::new()),
        (format!("/open/{token}"), String::new()),
        (format!("/thread/{token}"), String::new()),
        ("/second-factor".to_owned(), default.owner.clone()),
        ("/mine".to_owned(), server.participant(1)),
        (format!("/report/{}", default.open.id), server.participant(1)),
    ] {
        let reply = server.get(&path).cookie(&cookie).wants_page().header("accept-encoding", all).send().await;
        assert!(reply.body.len() > 512 || reply.status == 303, "{path}: {}", reply.status);
        is_left(&path, &reply);
    }
    // A fresh link, in the answer to a program and on the page that a form comes back to.
    let ann = [("name", "Ann"), ("email", "ann@example.com"), ("role", "member")];
    let call = || server.function("invite_person").cookie(&default.owner).header("accept-encoding", all);
    let told = call().form(&ann).send().await;
    assert!(told.json()["link"].as_str().unwrap().contains("/open/"));
    assert_eq!(told.header("content-encoding"), "");
    let bea = [("name", "Bea"), ("email", "bea@example.com"), ("role", "member")];
    let form = call().wants_page().header("referer", "http://ask.test/admin/people").form(&bea).send().await;
    assert_eq!(form.status, 303);
    let flash = form.set_cookies().iter().find(|cookie| cookie.contains("flash=")).unwrap().split(';').next().unwrap();
    let people = || server.get("/admin/people").cookie(&default.owner).wants_page().header("accept-encoding", all);
    let shown = people().cookie(flash).send().await;
    assert!(shown.text().contains("/open/"));
    is_left("people with a fresh link", &shown);
    // Without one the same page has nothing to protect.
    assert_ne!(people().send().await.header("content-encoding"), "");
}

/// What is in a page for one reader is new in each answer, or told by nothing that others can have sent again: the key of
/// the form does not move the length of a newcomer's page.
#[tokio::test]
async fn what_is_filled_into_a_page_does_not_move_its_length() {
    let (server, _default, _acme) = TestServer::new(Plan::default()).await;
    for coding in ["gzip", "br"] {
        let mut lengths = Vec::new();
        for _ in 0..20 {
            let page = server.get("/").header("accept-encoding", coding).send().await;
            assert_eq!(page.header("content-encoding"), coding);
            lengths.push(page.body.len());
        }
        lengths.dedup();
        assert_eq!(lengths.len(), 1, "{coding}: {lengths:?}");
    }
}
