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
use std::fmt;
use std::str::FromStr;

use super::sse;
use crate::state::{AppState, Site};
use pulsestage::text::Slug;

/// The longest address that is looked at, in bytes: what a form without script brings back to its page fits in.
const MAX_ADDRESS: usize = 8 * 1_024;

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

/// A host and the port that was named with it: `ask.example.com:8443`, in lower case and without the dot that says "from
/// the root".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    host: String,
    port: Option<u16>,
}

impl Authority {
    /// Reads what a `Host` header or an address says.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (host, port) = match text.rsplit_once(':') {
            // The colons of an IPv6 address are inside its brackets.
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (text, None),
        };
        let is_number = |port: &str| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
        let port = match port {
            Some(port) if is_number(port) => Some(port.parse().ok()?),
            Some(_) => return None,
            None => None,
        };
        let is_address = host.starts_with('[') && host.ends_with(']');
        if host.contains(':') && !is_address {
            return None;
        }
        let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
        (!host.is_empty()).then_some(Self { host, port })
    }

    /// Whether it has nothing in it that no host has.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b))
    }

    /// Whether `other` names this host: with its port, or with none, as proxies leave it out.
    fn is_named_by(&self, other: &Self) -> bool {
        self.host == other.host && (self.port.is_none() || other.port.is_none() || self.port == other.port)
    }

    /// The host that an origin such as `https://ask.example.com` names, with the port that it means.
    fn of_origin(origin: &str) -> Option<Self> {
        let (scheme, authority) = origin.split_once("://")?;
        let Self { host, port } = Self::parse(authority.trim_end_matches('/'))?;
        Some(Self { host, port: port.or(Some(if scheme == "https" { 443 } else { 80 })) })
    }

    /// The host that a request is for. Nothing when it names none, or two: one in its address (RFC 9112, section 3.2.2;
    /// in HTTP/2 it is always there) and another in its header.
    fn of_request(headers: &HeaderMap, uri: &Uri) -> Option<Self> {
        let mut named = headers.get_all(HOST).into_iter();
        let (first, further) = (named.next(), named.next());
        if further.is_some() {
            return None;
        }
        let header = match first {
            Some(host) => Some(Self::parse(host.to_str().ok()?)?),
            None => None,
        };
        let address = match uri.authority() {
            Some(authority) if authority.as_str().contains('@') => return None,
            Some(authority) => Some(Self::parse(authority.as_str())?),
            None => None,
        };
        match (header, address) {
            (Some(header), Some(address)) => (header == address).then_some(header),
            (header, address) => header.or(address),
        }
    }
}

impl FromStr for Authority {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text).ok_or("give a host, with a port if need be")
    }
}

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
        return (StatusCode::URI_TOO_LONG, "This address is longer than any of ours.").into_response();
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
            (StatusCode::MISDIRECTED_REQUEST, "This server does not answer under that name.").into_response()
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

    #[test]
    fn a_base_domain_is_a_domain() {
        for bad in ["", "https://ask.example.com", "ask.example.com:80", "ask..com", "-a.com", "a b", "*.example.com"] {
            assert!(bad.parse::<BaseDomain>().is_err(), "{bad}");
        }
        assert_eq!("Ask.Example.com".parse::<BaseDomain>().unwrap().to_string(), "ask.example.com");
    }
}
