//! Which tenant a request's host names: `acme.ask.example.com` is the tenant `acme` where the base domain is
//! `ask.example.com`.
//!
//! Only the `Host` that the request itself has counts, never `X-Forwarded-Host`, which anybody can send. A host that is
//! none of ours is not there at all: otherwise a page could be had, and kept by somebody's cache, under any name.

use app::api::Home;
use axum::extract::{Request, State};
use axum::http::header::HOST;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::fmt;
use std::str::FromStr;

use crate::state::{AppState, Site};
use pulsestage::text::Slug;

/// Where every tenant has a host of its own: a domain in lower case, without a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseDomain(String);

impl FromStr for BaseDomain {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let domain = text.trim().to_ascii_lowercase();
        let is_label = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        let sound = domain.len() <= 200 && domain.split('.').all(is_label);
        if sound { Ok(Self(domain)) } else { Err("give a domain without scheme and port, such as ask.example.com") }
    }
}

impl fmt::Display for BaseDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Finds the tenant of the host, for everything that comes after; a host that is none of ours is 404. Those who ask
/// whether we live know us by our address.
pub async fn find(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let home = home_of(state.site(), request.headers(), request.uri());
    match home {
        Some(home) => {
            request.extensions_mut().insert(home);
            next.run(request).await
        }
        None if request.uri().path().starts_with("/health/") => next.run(request).await,
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
    let Some(base) = &site.base_domain else { return Some(Home::default()) };
    let mut named = headers.get_all(HOST).into_iter();
    let (first, further) = (named.next(), named.next());
    let host = match (first, further) {
        (Some(host), None) => host.to_str().ok()?,
        // HTTP/2 has the host in the address.
        (None, None) => uri.host()?,
        (_, Some(_)) => return None,
    };
    let host = normal(host)?;
    let public = site.origin.as_deref().and_then(|origin| normal(origin.split("://").nth(1)?));
    if host == base.0 || public.as_deref() == Some(&host) {
        return Some(Home::default());
    }
    let label = host.strip_suffix(&base.0)?.strip_suffix('.')?;
    Slug::parse(label).ok().map(|slug| Home { slug: slug.into_string(), is_bound: true })
}

/// A host in lower case, without its port and without the dot that says "from the root".
fn normal(host: &str) -> Option<String> {
    let bare = match host.rsplit_once(':') {
        Some((bare, port)) if port.bytes().all(|b| b.is_ascii_digit()) => bare,
        Some(_) => return None,
        None => host,
    };
    let bare = bare.strip_suffix('.').unwrap_or(bare);
    (!bare.is_empty()).then(|| bare.to_ascii_lowercase())
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
    fn without_a_base_domain_every_host_is_ours() {
        let headers = HeaderMap::from_iter([(HOST, "acme.ask.example.com".parse().unwrap())]);
        assert_eq!(home_of(&site(None), &headers, &Uri::default()), Some(Home::default()));
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

    #[test]
    fn a_base_domain_is_a_domain() {
        for bad in ["", "https://ask.example.com", "ask.example.com:80", "ask..com", "-a.com", "a b", "*.example.com"] {
            assert!(bad.parse::<BaseDomain>().is_err(), "{bad}");
        }
        assert_eq!("Ask.Example.com".parse::<BaseDomain>().unwrap().to_string(), "ask.example.com");
    }
}
