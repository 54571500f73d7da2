//! Writes from other sites are refused before they are looked at (a defence against cross-site request forgery).

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::Response;

use super::errors::Error;
use super::host;
use crate::state::AppState;
use pulsestage::error::Refusal;

/// Refuses a request that changes something when a browser says that another site sent it.
///
/// Each browser of today says where a write comes from in `Origin`; what is told by `Sec-Fetch-Site` or by `Referer` alone
/// is believed when it speaks against the request. Programs that are no browsers send none of them and are let through:
/// they hold no user's cookies.
pub async fn check(State(state): State<AppState>, request: Request, next: Next) -> Result<Response, Error> {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    // What our first page sends to a tenant's own host comes from another site, as everything from other tenants does.
    let own = state.site().origin.as_deref().filter(|_| !host::home(request.extensions()).is_bound);
    if safe || is_own(request.headers(), own, state.origins()) {
        Ok(next.run(request).await)
    } else {
        Err(Refusal::ForeignOrigin.into())
    }
}

/// Whether the headers speak of our own pages, or of a page of a site that was allowed.
fn is_own(headers: &HeaderMap, own: Option<&str>, allowed: &[String]) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let is_ours = |origin: &str| {
        let authority = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
        let is_host = authority.is_some() && authority == text("host");
        is_host || own == Some(origin) || allowed.iter().any(|other| other == origin)
    };
    if let Some(origin) = headers.get(header::ORIGIN) {
        return origin.to_str().is_ok_and(is_ours);
    }
    match text("sec-fetch-site") {
        Some("same-origin" | "none") => true,
        Some(_) => false,
        None => {
            headers.get(header::REFERER).is_none_or(|page| page.to_str().is_ok_and(|page| is_ours(origin_of(page))))
        }
    }
}

/// The origin that an address begins with.
fn origin_of(address: &str) -> &str {
    let rest = address.split_once("://").map_or("", |(_, rest)| rest);
    let path = rest.find(['/', '?', '#', '\\']).map_or(0, |at| rest.len() - at);
    &address[..address.len() - path]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(pairs: &[(&'static str, &str)]) -> bool {
        let headers = pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        let headers: HeaderMap =
            headers.collect::<Vec<(axum::http::HeaderName, axum::http::HeaderValue)>>().into_iter().collect();
        is_own(&headers, Some("https://ask.example.com"), &["https://intranet.example.com".to_owned()])
    }

    #[test]
    fn our_pages_and_programs_may_write() {
        assert!(own(&[]));
        assert!(own(&[("sec-fetch-site", "same-origin")]));
        assert!(own(&[("referer", "http://127.0.0.1:3000/t/acme?tab=all"), ("host", "127.0.0.1:3000")]));
        assert!(own(&[("referer", "https://ask.example.com"), ("host", "10.0.0.1:3000")]));
        assert!(own(&[("origin", "http://127.0.0.1:3000"), ("host", "127.0.0.1:3000")]));
        assert!(own(&[("origin", "https://ask.example.com"), ("host", "10.0.0.1:3000")]));
        assert!(own(&[
            ("origin", "https://intranet.example.com"),
            ("host", "ask.example.com"),
            ("sec-fetch-site", "same-site")
        ]));
    }

    #[test]
    fn other_sites_may_not() {
        assert!(!own(&[("sec-fetch-site", "cross-site")]));
        assert!(!own(&[("sec-fetch-site", "same-site")]));
        for page in [
            "https://evil.example/https://ask.example.com/",
            "https://ask.example.com.evil.example/",
            "https://ask.example.com@evil.example/",
            "https://ask.example.com:8443/",
            "https://evil.example?https://ask.example.com",
            "ask.example.com",
            "",
            "é",
        ] {
            assert!(!own(&[("referer", page), ("host", "ask.example.com")]), "{page}");
        }
        assert!(!own(&[
            ("origin", "https://evil.example"),
            ("referer", "https://ask.example.com/"),
            ("host", "ask.example.com")
        ]));
        assert!(!own(&[("origin", "null"), ("host", "null")]));
        assert!(!own(&[("origin", "https://evil.example"), ("host", "ask.example.com")]));
        assert!(!own(&[("origin", "https://ask.example.com.evil.example"), ("host", "ask.example.com")]));
    }
}
