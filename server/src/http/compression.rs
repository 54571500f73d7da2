//! Compression of what is sent: every text that no secret stands in (RFC 9110, section 8.4).
//!
//! How well a text is compressed tells what else is in it. Whoever can put text of their own beside a secret, has the page
//! sent again and again and sees how long it is learns the secret piece by piece ([BREACH](https://breachattack.com)).
//! So a page with something in it that opens a way in, and that is the same in the next answer, is sent as it is: it says
//! `Cache-Control: no-transform`, which holds for proxies as well. `not_to_be_compressed` says which pages these are.
//! What is new in each answer, such as the key of its form, tells nothing of the next one.

use axum::body::HttpBody;
use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, VARY};
use axum::http::{Extensions, HeaderMap, HeaderValue, Method, StatusCode, Version};
use axum::middleware::Next;
use axum::response::Response;
use tower_http::CompressionLevel;
use tower_http::compression::predicate::{And, SizeAbove};
use tower_http::compression::{CompressionLayer, Predicate};

/// A body that is smaller is sent as it is, in bytes: it fits in one packet either way.
const SMALL: u16 = 512;
/// How hard what is sent once is compressed. Beyond it, time grows faster than bodies shrink (`docs/BENCHMARKS.md`).
const LEVEL: i32 = 4;
/// What is compressed. Streams are not: they compress what they share themselves. Files that were compressed when they were
/// built are not either: they come with their coding.
const TEXTS: [&str; 10] = [
    "application/javascript",
    "application/json",
    "application/manifest+json",
    "application/xml",
    "image/svg+xml",
    "text/calendar",
    "text/css",
    "text/csv",
    "text/html",
    "text/plain",
];
/// A script under its other name.
const SCRIPT: &str = "text/javascript";

/// Says that nobody is to compress an answer, neither we nor a proxy.
const NO_TRANSFORM: &str = "no-transform";

type IsText = fn(StatusCode, Version, &HeaderMap, &Extensions) -> bool;

/// Compresses texts by what their clients accept.
#[must_use]
pub fn layer() -> CompressionLayer<And<SizeAbove, IsText>> {
    let is_text: IsText = |_, _, headers, _| is_compressible(headers);
    CompressionLayer::new().quality(CompressionLevel::Precise(LEVEL)).compress_when(SizeAbove::new(SMALL).and(is_text))
}

/// Puts right around the layer what it leaves: a tag of a body whose bytes depend on the coding is a weak one, and
/// the answer says that they depend on it also where they are sent as they are.
pub async fn say(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if response.headers().contains_key(CONTENT_ENCODING) || is_compressible(response.headers()) {
        let headers = response.headers_mut();
        let is_said = headers.get_all(VARY).iter().any(|value| {
            let value = value.to_str().unwrap_or_default();
            value.split(',').any(|name| name.trim().eq_ignore_ascii_case("accept-encoding"))
        });
        if !is_said {
            headers.append(VARY, HeaderValue::from_static("accept-encoding"));
        }
        let strong = headers.get(ETAG).and_then(|tag| tag.to_str().ok()).filter(|tag| tag.starts_with('"'));
        if let Some(Ok(weak)) = strong.map(|tag| HeaderValue::try_from(format!("W/{tag}"))) {
            headers.insert(ETAG, weak);
        }
    }
    response
}

/// Whether this is a text that may be compressed.
fn is_compressible(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    (TEXTS.contains(&kind.as_str()) || kind == SCRIPT) && !is_not_to_be_compressed(headers)
}

/// Whether an answer says that nobody is to compress it.
pub(super) fn is_not_to_be_compressed(headers: &HeaderMap) -> bool {
    let said = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    said.flat_map(|value| value.split(',')).any(|word| word.trim().eq_ignore_ascii_case(NO_TRANSFORM))
}

/// Marks an answer with a secret in it: pages of signing in, of links and invitations, of the second factor, of one's own
/// questions and of private threads, and whatever tells a fresh link.
pub(super) fn not_to_be_compressed(headers: &mut HeaderMap) {
    if !is_not_to_be_compressed(headers) {
        headers.append(CACHE_CONTROL, HeaderValue::from_static(NO_TRANSFORM));
    }
}

/// Marks the answers of calls that change something: they are short, and some tell a fresh link.
pub async fn leave_answers_of_changes(request: Request, next: Next) -> Response {
    let is_change = request.method() == Method::POST;
    let mut response = next.run(request).await;
    if is_change && response.body().size_hint().exact() != Some(0) {
        not_to_be_compressed(response.headers_mut());
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(content_type: &str, cache: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_str(content_type).unwrap());
        for value in cache {
            headers.append(CACHE_CONTROL, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    #[test]
    fn texts_are_compressed_and_nothing_else() {
        for text in
            ["text/html; charset=utf-8", "TEXT/HTML", "application/json", "text/csv;charset=utf-8", "image/svg+xml"]
        {
            assert!(is_compressible(&headers(text, &["private, no-store"])), "{text}");
        }
        for other in ["text/event-stream", "image/png", "application/wasm", "application/zip", "font/woff2", ""] {
            assert!(!is_compressible(&headers(other, &[])), "{other}");
        }
        assert!(!is_compressible(&HeaderMap::new()));
    }

    #[test]
    fn what_says_so_stays_as_it_is() {
        for said in [&["no-transform"][..], &["no-store, No-Transform"], &["private", "no-store,no-transform"]] {
            assert!(!is_compressible(&headers("text/html", said)), "{said:?}");
        }
        let mut marked = headers("text/html", &["no-store"]);
        not_to_be_compressed(&mut marked);
        not_to_be_compressed(&mut marked);
        assert!(!is_compressible(&marked));
        assert_eq!(marked.get_all(CACHE_CONTROL).iter().count(), 2);
    }
}
