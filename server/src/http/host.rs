//! Which tenant a request's host names: `acme.ask.example.com` is the tenant `acme` where the base domain is
//! `ask.example.com`.
//!
//! Only the host that the request itself names counts, never `X-Forwarded-Host`, which anybody can send. A host that is
//! none of ours is refused: otherwise a page could be had, and kept by somebody's cache, under any name.

use app::api::Home;
use axum::extract::{Request, State};
use axum::http::header::HOST;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::sse;
use crate::origin::Authority;
use crate::state::{AppState, Site};
use pulsestage::text::Slug;

/// The longest address that is looked at, in bytes: what a form without script brings back to its page fits in.
const MAX_ADDRESS: usize = 8 * 1_024;

/// How long an address is, as far as that matters: a stream is refused for no cursor, however long it is.
fn length(uri: &Uri) -> usize {
    let query = uri.query().unwrap_or_default();
    let query = if uri.path() == "/sse" { sse::length_without_cursors(query) } else { query.len() };
    uri.path().len() + query
}

/// Finds the tenant of the host, for everything that comes after. A host that is none of ours is 421 where people are told
/// by which we are reached, and otherwise 404. Those who ask whether we live know us by our address.
pub async fn find(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    if length(request.uri()) > MAX_ADDRESS {
        return (StatusCode::URI_TOO_LONG, "This address is too long.").into_response();
    }
    let home = home_of(state.site(), request.headers(), request.uri());
    match home {
        Some(home) => {
            request.extensions_mut().insert(home);
            next.run(request).await
        }
        None if request.uri().path().starts_with("/health/") => next.run(request).await,
        // RFC 9110, section 15.5.20.
        None if state.site().origin.is_some() => {
            (StatusCode::MISDIRECTED_REQUEST, "This server does not answer under this name.").into_response()
        }
        None => (StatusCode::NOT_FOUND, "There is nothing at this address.").into_response(),
    }
}

/// The tenant of a request, as [`find`] found it.
#[must_use]
pub fn home(extensions: &axum::http::Extensions) -> Home {
    extensions.get::<Home>().cloned().unwrap_or_default()
}

/// The origin that a request came to, as its links should begin: the public one, or what its host says.
#[must_use]
pub fn origin(site: &Site, headers: &HeaderMap, home: &Home) -> Option<String> {
    let scheme = match &site.origin {
        Some(public) if home.is_bound => public.split("://").next().unwrap_or("https"),
        Some(public) => return Some(public.clone()),
        None => "http",
    };
    let host = headers.get(HOST)?.to_str().ok()?;
    let plain = !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.:[]".contains(&b));
    plain.then(|| format!("{scheme}://{host}"))
}

fn home_of(site: &Site, headers: &HeaderMap, uri: &Uri) -> Option<Home> {
    if site.base_domain.is_none() && site.origin.is_none() {
        // Nobody said by which name we are reached.
        return Some(Home::default());
    }
    let named = Authority::of_request(headers, uri)?;
    let public = site.origin.as_deref().and_then(Authority::of_origin);
    if public.iter().chain(&site.also_hosts).any(|own| own.is_named_by(&named)) {
        return Some(Home::default());
    }
    let base = site.base_domain.as_ref()?;
    if named.host == base.0 {
        return Some(Home::default());
    }
    let label = named.host.strip_suffix(&base.0)?.strip_suffix('.')?;
    Slug::parse(label).ok().map(|slug| Home { slug: slug.into_string(), is_bound: true })
}

#[cfg(test)]
mod tests {
    use super::*;
    use leptos::config::LeptosOptions;

    fn site(base: Option<&str>) -> Site {
        Site {
            options: LeptosOptions::builder().output_name("pulsestage").build(),
            origin: Some("https://live.example.org".to_owned()),
            base_domain: base.map(|base| base.parse().unwrap()),
            also_hosts: Vec::new(),
            offline_pages: true,
        }
    }

    /// The tenant that this host names, and whether it is that tenant's own.
    fn named(host: &str) -> Option<(String, bool)> {
        let headers = HeaderMap::from_iter([(HOST, host.parse().unwrap())]);
        home_of(&site(Some("ask.example.com")), &headers, &Uri::default()).map(|home| (home.slug, home.is_bound))
    }

    #[test]
    fn a_host_names_its_tenant_however_it_is_written() {
        for host in
            ["acme.ask.example.com", "acme.ask.example.com:8443", "ACME.Ask.Example.COM", "acme.ask.example.com."]
        {
            assert_eq!(named(host), Some(("acme".to_owned(), true)), "{host}");
        }
        for host in ["ask.example.com", "ask.example.com:80", "ASK.example.com.", "live.example.org"] {
            assert_eq!(named(host), Some(("default".to_owned(), false)), "{host}");
        }
    }

    #[test]
    fn a_host_that_is_none_of_ours_is_not_there() {
        for host in [
            "",
            ".",
            ":80",
            "example.com",
            "evil.example",
            "acmeask.example.com",
            "a.b.ask.example.com",
            ".ask.example.com",
            "-.ask.example.com",
            "acme_.ask.example.com",
            "acme.ask.example.com.evil.example",
            "acme.ask.example.com..",
            "acme.ask.example.com:80:80",
            "acme.ask.example.com@evil.example",
            "[::1]",
            "127.0.0.1:3000",
            "ask.example.com:evil",
        ] {
            assert_eq!(named(host), None, "{host}");
        }
        let two: HeaderMap = [("acme.ask.example.com"), ("widgets.ask.example.com")]
            .into_iter()
            .map(|host| (HOST, host.parse().unwrap()))
            .fold(HeaderMap::new(), |mut headers, (name, value)| {
                headers.append(name, value);
                headers
            });
        assert_eq!(home_of(&site(Some("ask.example.com")), &two, &Uri::default()), None, "two hosts are none");
        assert_eq!(home_of(&site(Some("ask.example.com")), &HeaderMap::new(), &Uri::default()), None);
    }

    #[test]
    fn where_nobody_said_by_which_name_every_host_is_ours() {
        let headers = HeaderMap::from_iter([(HOST, "acme.ask.example.com".parse().unwrap())]);
        let site = Site { origin: None, ..site(None) };
        assert_eq!(home_of(&site, &headers, &Uri::default()), Some(Home::default()));
        assert_eq!(home_of(&site, &HeaderMap::new(), &Uri::default()), Some(Home::default()));
    }

    /// Whether a request for this address with this header is for us.
    fn is_ours(origin: &str, also: &[&str], header: Option<&str>, address: &str) -> bool {
        let also_hosts = also.iter().map(|host| host.parse().unwrap()).collect();
        let site = Site { origin: Some(origin.to_owned()), also_hosts, ..site(None) };
        let headers = header.map(|host| (HOST, host.parse().unwrap()));
        home_of(&site, &HeaderMap::from_iter(headers), &address.parse().unwrap()).is_some()
    }

    #[test]
    fn only_the_public_host_and_those_that_were_named_are_ours() {
        let public = "https://live.example.org";
        for host in ["live.example.org", "LIVE.example.org.", "live.example.org:443"] {
            assert!(is_ours(public, &[], Some(host), "/"), "{host}");
        }
        for host in [
            "live.example.org:80",
            "example.org",
            "evil.example",
            "127.0.0.1:3000",
            "live.example.org:",
            "a@live.example.org",
        ] {
            assert!(!is_ours(public, &[], Some(host), "/"), "{host}");
        }
        assert!(is_ours("http://127.0.0.1:3000", &[], Some("127.0.0.1:3000"), "/"));
        assert!(!is_ours("http://127.0.0.1:3000", &[], Some("127.0.0.1:3001"), "/"));
        let also = ["ask.internal", "10.0.0.5:3000", "[::1]:3000"];
        for host in ["ask.internal", "ask.internal:8080", "10.0.0.5:3000", "10.0.0.5", "[::1]:3000"] {
            assert!(is_ours(public, &also, Some(host), "/"), "{host}");
        }
        for host in ["a.ask.internal", "10.0.0.5:3001", "[::2]:3000", "::1"] {
            assert!(!is_ours(public, &also, Some(host), "/"), "{host}");
        }
    }

    #[test]
    fn a_host_in_the_address_counts_as_much_as_the_header() {
        let public = "https://live.example.org";
        assert!(is_ours(public, &[], None, "https://live.example.org/"), "as in HTTP/2");
        assert!(is_ours(public, &[], Some("live.example.org"), "http://live.example.org/"));
        assert!(!is_ours(public, &[], None, "https://evil.example/"));
        assert!(!is_ours(public, &[], Some("live.example.org"), "http://evil.example/"), "the two are not of one mind");
        assert!(!is_ours(public, &[], Some("evil.example"), "http://live.example.org/"));
        assert!(!is_ours(public, &[], None, "/"), "a request for nobody");
    }

    #[test]
    fn the_origin_is_the_public_one_or_the_hosts_own() {
        let headers = HeaderMap::from_iter([(HOST, "acme.ask.example.com:8443".parse().unwrap())]);
        let site = site(Some("ask.example.com"));
        let bound = Home { slug: "acme".to_owned(), is_bound: true };
        assert_eq!(origin(&site, &headers, &Home::default()).as_deref(), Some("https://live.example.org"));
        assert_eq!(origin(&site, &headers, &bound).as_deref(), Some("https://acme.ask.example.com:8443"));
        let evil = HeaderMap::from_iter([(HOST, "a\"><script>".parse().unwrap())]);
        assert_eq!(origin(&Site { origin: None, ..site }, &evil, &Home::default()), None);
    }
}
