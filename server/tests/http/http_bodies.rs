//! Bodies that are no form, too much of one, or of another type.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::endpoints::{Endpoint, WRITES, with};
use crate::support::{Call, Plan, Room, TestServer, assert_refused, boards, encode_form};

const FORM: &str = "application/x-www-form-urlencoded";
const MEGABYTE: usize = 1 << 20;

fn call(server: &TestServer, room: &Room, endpoint: Endpoint) -> Call {
    server
        .function(endpoint.name)
        .cookie(&endpoint.cookie(server, room))
        .cookie(&room.owner)
        .cookie(&server.participant(1))
}

fn good_body(room: &Room, endpoint: Endpoint) -> String {
    let form = endpoint.form(room);
    let fields: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    encode_form(&fields)
}

#[tokio::test]
async fn no_body_and_bodies_that_are_no_text() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    let before = boards(&server, &default, &acme).await;
    for endpoint in WRITES {
        let good = good_body(&default, endpoint);
        let cut = good.as_bytes()[..good.len() / 2].to_vec();
        let bad = [
            ("nothing", Vec::new()),
            ("a BOM", b"\xEF\xBB\xBF".to_vec()),
            ("bytes that are no UTF-8", [good.as_bytes(), b"&x=\xFF\xFE\xC0\xAF"].concat()),
            ("only bytes that are no UTF-8", vec![0xFF; 1_000]),
            ("NULs", vec![0; 1_000]),
            ("a body that breaks off", cut),
            ("ampersands", vec![b'&'; 10_000]),
            ("ten thousand fields", b"a=1&".repeat(10_000)),
        ];
        for (case, body) in bad {
            for chunked in [false, true] {
                let call = call(&server, &default, endpoint);
                let call = if chunked { call.chunked(FORM, body.clone()) } else { call.raw(FORM, body.clone()) };
                assert_refused(&format!("{}: {case}", endpoint.name), &call.send().await, 400, "malformed");
            }
        }
        for name in endpoint.fields.iter().map(|field| field.name()) {
            let without: Vec<_> = endpoint.form(&default).into_iter().filter(|(field, _)| *field != name).collect();
            let reply = endpoint.call(&server, &default, &without).send().await;
            assert_refused(&format!("{} without {name}", endpoint.name), &reply, 400, "malformed");
            assert!(
                reply.json()["message"].as_str().unwrap().contains(name),
                "the missing field is named: {}",
                reply.text()
            );
        }
        assert_eq!(boards(&server, &default, &acme).await, before, "{}", endpoint.name);
    }
}

#[tokio::test]
async fn escaped_bytes_that_are_no_text() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    let before = boards(&server, &default, &acme).await;
    for endpoint in WRITES {
        for field in endpoint.fields {
            let form = with(&endpoint.form(&default), field.name(), "HERE");
            let fields: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
            for escaped in ["%FF%FE%C0%AF", "abc%ED%A0%80def", "abc%80%80%80%80"] {
                let body = encode_form(&fields).replace("HERE", escaped);
                let reply = call(&server, &default, endpoint).raw(FORM, body.into_bytes()).send().await;
                assert_refused(&format!("{} {} {escaped}", endpoint.name, field.name()), &reply, 400, "malformed");
            }
        }
    }
    assert_eq!(boards(&server, &default, &acme).await, before);
}

#[tokio::test]
async fn a_megabyte() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    let before = boards(&server, &default, &acme).await;
    for endpoint in WRITES {
        let name = endpoint.fields.last().unwrap().name();
        let huge = encode_form(&[(name, &"x".repeat(MEGABYTE))]).into_bytes();
        for (case, body) in
            [("one field", huge), ("zeros", vec![0; MEGABYTE]), ("fields", b"a=1&".repeat(MEGABYTE / 4))]
        {
            let reply = call(&server, &default, endpoint).raw(FORM, body.clone()).send().await;
            assert_refused(&format!("{}: a megabyte of {case}", endpoint.name), &reply, 413, "too_large");
            let reply = call(&server, &default, endpoint).chunked(FORM, body).send().await;
            assert_refused(&format!("{}: a megabyte of {case} in pieces", endpoint.name), &reply, 413, "too_large");
        }
    }
    let load = |length| server.get(&format!("/api/fn/load_board?tenant={}", "x".repeat(length))).send();
    assert_refused("a long query", &load(6_000).await, 404, "not_found");
    assert_eq!(load(60_000).await.status, 414, "one that is longer than any of ours");
    assert_eq!(boards(&server, &default, &acme).await, before);
}

#[tokio::test]
async fn the_longest_answer_is_taken() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let longest = "😀".repeat(10_000);
    let form = [("question", default.open.id.to_string()), ("answer", longest.clone())];
    let fields: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let reply = server.function("answer").cookie(&default.moderator).form(&fields).send().await;
    assert_eq!(reply.json()["answer"]["responseText"], longest);
}

#[tokio::test]
async fn other_types() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    let before = boards(&server, &default, &acme).await;
    for endpoint in WRITES {
        let good = good_body(&default, endpoint);
        for kind in [
            "",
            "text/plain",
            "multipart/form-data; boundary=x",
            "application/xml",
            "application/octet-stream",
            "application/x-www-form-urlencodedx",
            "*/*",
        ] {
            let reply = call(&server, &default, endpoint).raw(kind, good.clone().into_bytes()).send().await;
            assert_refused(&format!("{} as {kind:?}", endpoint.name), &reply, 415, "unsupported_media_type");
        }
        let form = endpoint.form(&default);
        let object: serde_json::Map<_, _> =
            form.iter().map(|(name, value)| ((*name).to_owned(), value.clone().into())).collect();
        let json = serde_json::to_vec(&object).unwrap();
        for kind in ["application/json", "application/json; charset=utf-8", FORM] {
            for body in [json.clone(), b"{}".to_vec(), b"[1,2".to_vec(), b"null".to_vec(), b"[".repeat(100_000)] {
                let reply = call(&server, &default, endpoint).raw(kind, body).send().await;
                assert_refused(&format!("{}: JSON as {kind}", endpoint.name), &reply, 400, "malformed");
            }
        }
    }
    assert_eq!(boards(&server, &default, &acme).await, before);
    for kind in ["application/x-www-form-urlencoded; charset=UTF-8", "APPLICATION/X-WWW-FORM-URLENCODED"] {
        let reply =
            call(&server, &default, WRITES[0]).raw(kind, good_body(&default, WRITES[0]).into_bytes()).send().await;
        assert_eq!(reply.status, 200, "{kind}");
    }
}

/// Whatever is sent, the answer is a success or a refusal in our words: never 5xx, never a panic.
#[test]
fn any_bytes_are_answered() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (server, default, _acme) = runtime.block_on(TestServer::new(Plan::default()));
    let names: Vec<&str> =
        WRITES.iter().flat_map(|e| e.fields).map(|field| field.name()).chain(["tenant", "op"]).collect();
    let value = prop_oneof![
        "\\PC{0,40}",
        Just(default.open.id.to_string()),
        Just(default.team.id.to_string()),
        Just("default".to_owned())
    ];
    let field = (prop::sample::select(names), value).prop_map(|(name, value)| encode_form(&[(name, &value)]));
    let form = prop::collection::vec(field, 0..6).prop_map(|fields| fields.join("&").into_bytes());
    let bytes = prop::collection::vec(any::<u8>(), 0..300);
    let body = prop_oneof![form, bytes];
    let mut runner = TestRunner::new(Config { cases: 300, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&(0..WRITES.len(), body), |(endpoint, body)| {
        let reply = runtime.block_on(call(&server, &default, WRITES[endpoint]).raw(FORM, body).send());
        let status = reply.status.as_u16();
        prop_assert!(status == 200 || (400..500).contains(&status), "{} {}", reply.status, reply.text());
        prop_assert!(status == 200 || reply.json()["refusal"].is_string(), "{}", reply.text());
        Ok(())
    });
    drop(server);
    outcome.unwrap();
}
