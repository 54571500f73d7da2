use super::*;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_ENCODING, ETAG, IF_NONE_MATCH};
use flate2::read::GzDecoder;
use http_body_util::BodyExt;
use proptest::prelude::*;
use std::io::Read;

fn asking(value: &str) -> HeaderMap {
    HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_str(value).unwrap())])
}

fn decoded(coding: BodyCoding, bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    match coding {
        BodyCoding::Identity => plain.extend_from_slice(bytes),
        BodyCoding::Gzip => drop(GzDecoder::new(bytes).read_to_end(&mut plain).unwrap()),
        BodyCoding::Brotli => drop(brotli::Decompressor::new(bytes, 4_096).read_to_end(&mut plain).unwrap()),
        BodyCoding::Zstd => plain = zstd::bulk::decompress(bytes, 1 << 24).unwrap(),
    }
    plain
}

#[test]
fn a_client_gets_what_it_likes_best() {
    use BodyCoding::{Brotli, Gzip, Identity, Zstd};
    for (asked, coding) in [
        ("", Identity),
        ("gzip, deflate, br, zstd", Brotli),
        ("gzip, deflate, zstd", Zstd),
        ("gzip, deflate", Gzip),
        ("GZIP;Q=0.5, br;q=0.1", Gzip),
        ("br;q=0, gzip;q=0.001", Gzip),
        ("x-gzip", Gzip),
        ("*", Brotli),
        ("*;q=0.5, br;q=0", Zstd),
        ("identity", Identity),
        ("identity;q=1, gzip;q=0.5", Identity),
        ("gzip;q=abc", Identity),
        ("gzip;q=2", Identity),
        ("gzip;q=-1", Identity),
        ("compress, deflate", Identity),
        ("gzip;q=0, br;q=0, zstd;q=0, *;q=0", Identity),
    ] {
        assert_eq!(BodyCoding::accepted(&asking(asked), &BodyCoding::ALL), coding, "{asked}");
    }
    assert_eq!(BodyCoding::accepted(&HeaderMap::new(), &BodyCoding::ALL), Identity);
    assert_eq!(BodyCoding::accepted(&asking("gzip, br, zstd"), &[Identity, Gzip]), Gzip);
}

#[tokio::test]
async fn a_shared_body_is_the_same_in_each_coding_and_is_not_sent_twice() {
    let text = "What will change in the next quarter? ".repeat(9_000);
    let body = SharedBody::new("application/json", text.clone());
    for coding in BodyCoding::ALL {
        let asked = asking(coding.as_str().unwrap_or("identity"));
        let (head, sent) = body.answer(&asked).await.into_parts();
        assert_eq!(head.headers.get(CONTENT_ENCODING).map(|value| value.to_str().unwrap()), coding.as_str());
        let sent = sent.collect().await.unwrap().to_bytes();
        assert_eq!(decoded(coding, &sent), text.as_bytes(), "{coding:?}");
        assert!(coding == BodyCoding::Identity || sent.len() < text.len() / 50, "{coding:?}: {}", sent.len());
        let mut again = asked.clone();
        again.insert(IF_NONE_MATCH, head.headers[ETAG].clone());
        let again = body.answer(&again).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(again.headers()[ETAG], head.headers[ETAG]);
    }
    let mut other = HeaderMap::new();
    other.insert(IF_NONE_MATCH, HeaderValue::from_static("\"0\", W/\"1\""));
    assert_eq!(body.answer(&other).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_small_body_is_sent_as_it_is() {
    let body = SharedBody::new("application/json", "{}");
    assert!(!body.answer(&asking("gzip, br")).await.headers().contains_key(CONTENT_ENCODING));
}

#[test]
fn what_is_filled_in_stands_there_as_it_is() {
    let page = format!("<p>{}</p>", "All the same. ".repeat(200));
    let drawn = format!("<script nonce=\"NONCE\">{page}<input value=\"FORM-KEY\">{page}<script nonce=\"NONCE\">");
    let template = PageTemplate::new(drawn.clone().into(), &["NONCE", "FORM-KEY"]);
    for coding in PageTemplate::CODINGS {
        let filled = template.fill(&["5f0c", "secret-of-one-answer"], coding).unwrap();
        let expected = drawn.replace("NONCE", "5f0c").replace("FORM-KEY", "secret-of-one-answer");
        assert_eq!(decoded(coding, &filled), expected.as_bytes(), "{coding:?}");
        let stands = filled.windows(20).any(|bytes| bytes == b"secret-of-one-answer");
        assert!(stands, "{coding:?} compresses what is one client's own");
    }
    assert_eq!(template.fill(&["", ""], BodyCoding::Zstd), None);
}

/// How well somebody's guess fits what is filled in is not to be seen in the length: neither the guess nor the value moves it.
#[test]
fn the_length_says_nothing_of_what_is_filled_in() {
    let drawn = format!("<p>secret-aaaa {}</p><input value=\"VALUE\">", "All the same. ".repeat(200));
    let template = PageTemplate::new(drawn.into(), &["VALUE"]);
    for coding in PageTemplate::CODINGS {
        let length = |value: &str| template.fill(&[value], coding).unwrap().len();
        assert_eq!(length("secret-aaaa"), length("secret-zzzz"), "{coding:?}");
        assert_eq!(length("secret-aaaa"), length("qwertyuiopa"), "{coding:?}");
    }
}

proptest! {
    #[test]
    fn a_template_is_filled_alike_in_each_coding(
        parts in proptest::collection::vec(("[a-z ]{0,200}", 0..3usize), 0..8),
        values in ["[A-Z0-9-]{0,40}", "[A-Z0-9-]{1,40}", "[A-Z0-9-]{36}"],
    ) {
        const PLACES: [&str; 3] = ["\u{1}ONE\u{1}", "\u{1}TWO\u{1}", "\u{1}THREE\u{1}"];
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        let drawn: String = parts.iter().flat_map(|(text, place)| [text.as_str(), PLACES[*place]]).collect();
        let expected: String = parts.iter().flat_map(|(text, place)| [text.as_str(), values[*place]]).collect();
        let template = PageTemplate::new(drawn.into(), &PLACES);
        for coding in PageTemplate::CODINGS {
            let filled = template.fill(&values, coding).unwrap();
            prop_assert_eq!(decoded(coding, &filled), expected.as_bytes(), "{:?}", coding);
        }
    }
}
