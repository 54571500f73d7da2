//! Origins and hosts: those in settings, of which one that is not as it must be is refused with what to write, and those
//! that requests name.

use axum::http::header::HOST;
use axum::http::{HeaderMap, Uri};
use std::fmt;
use std::str::FromStr;
use url::Url;

/// The origin that people reach the server at: a scheme and a host, with a port if need be, and nothing behind.
///
/// # Errors
/// A sentence that says what to write.
pub fn parse_public_url(text: &str) -> Result<String, String> {
    let url = web_url(text)?;
    let origin = url.origin().ascii_serialization();
    if url.path() != "/" {
        return Err(format!(
            "pages are served at the root of a host of their own and not under {}: write {origin}, and give PulseStage \
             that host or a sub-domain",
            url.path()
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(format!("leave out what begins with ? or #: write {origin}"));
    }
    Ok(origin)
}

/// The origin of another site's pages, as browsers send it.
///
/// # Errors
/// A sentence that says what to write.
pub fn parse_other_origin(text: &str) -> Result<String, String> {
    if text.trim() == "*" {
        return Err("`*` is not taken because cookies go along: name each site, such as https://intranet.example.com"
            .to_owned());
    }
    let url = web_url(text)?;
    let origin = url.origin().ascii_serialization();
    let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    if is_bare { Ok(origin) } else { Err(format!("an origin has nothing behind its host: write {origin}")) }
}

/// The address that an OpenID Connect provider calls itself, as it stands: it is compared letter by letter.
///
/// # Errors
/// A sentence that says what to write.
pub fn parse_issuer(text: &str) -> Result<String, String> {
    let url = web_url(text)?;
    // OpenID Connect Discovery 1.0, section 3.
    let is_bare = url.query().is_none() && url.fragment().is_none();
    if is_bare { Ok(text.trim().to_owned()) } else { Err("leave out what begins with ? or #".to_owned()) }
}

/// A host that this server answers under as well.
///
/// # Errors
/// A sentence that says what to write.
pub fn parse_host(text: &str) -> Result<Authority, String> {
    let authority = Authority::parse(text.trim()).filter(|authority| !text.contains('/') && authority.is_plain());
    authority.ok_or_else(|| "give a host without scheme and path, such as ask.internal or 10.0.0.5:3000".to_owned())
}

fn web_url(text: &str) -> Result<Url, String> {
    const EXAMPLE: &str = "https://ask.example.com";
    let text = text.trim();
    if !text.contains("://") {
        let host = text.split(['/', '?', '#']).next().filter(|host| !host.is_empty());
        let meant = host.map_or_else(|| EXAMPLE.to_owned(), |host| format!("https://{host}"));
        return Err(format!("it has no scheme: write {meant}"));
    }
    let url = Url::parse(text).map_err(|error| format!("it is no address ({error}): write one such as {EXAMPLE}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("{} is not what browsers speak: write http:// or https://", url.scheme()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        // Not repeated: there is a password in it.
        return Err("leave out the name and the password before the @".to_owned());
    }
    Ok(url)
}

/// Where every tenant has a host of its own: a domain in lower case, without a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseDomain(pub(crate) String);

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
    pub(crate) host: String,
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
    pub(crate) fn is_named_by(&self, other: &Self) -> bool {
        self.host == other.host && (self.port.is_none() || other.port.is_none() || self.port == other.port)
    }

    /// The host that an origin such as `https://ask.example.com` names, with the port that it means.
    pub(crate) fn of_origin(origin: &str) -> Option<Self> {
        let (scheme, authority) = origin.split_once("://")?;
        let Self { host, port } = Self::parse(authority.trim_end_matches('/'))?;
        Some(Self { host, port: port.or(Some(if scheme == "https" { 443 } else { 80 })) })
    }

    /// The host that a request is for. Nothing when it names none, or two: one in its address (RFC 9112, section 3.2.2;
    /// in HTTP/2 it is always there) and another in its header.
    pub(crate) fn of_request(headers: &HeaderMap, uri: &Uri) -> Option<Self> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_is_an_origin() {
        for (text, origin) in [
            ("https://ask.example.com", "https://ask.example.com"),
            ("https://ask.example.com/", "https://ask.example.com"),
            (" HTTPS://Ask.Example.COM:443/ ", "https://ask.example.com"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("http://[::1]:3000", "http://[::1]:3000"),
            ("https://bücher.example", "https://xn--bcher-kva.example"),
        ] {
            assert_eq!(parse_public_url(text).as_deref(), Ok(origin), "{text}");
        }
        for (text, said) in [
            ("", "write https://ask.example.com"),
            ("ask.example.com", "it has no scheme: write https://ask.example.com"),
            ("localhost:3000", "it has no scheme: write https://localhost:3000"),
            ("//ask.example.com", "it has no scheme"),
            ("https:/ask.example.com", "it has no scheme"),
            ("ftp://ask.example.com", "write http:// or https://"),
            ("https://", "it is no address"),
            ("https://x/ask", "not under /ask: write https://x,"),
            ("https://x//", "write https://x,"),
            ("https://x/?a=b", "begins with ? or #: write https://x"),
            ("https://x/#top", "begins with ? or #: write https://x"),
            ("https://x?", "begins with ? or #"),
            ("https://ann:secret@x/", "leave out the name and the password"),
            ("https://a b/", "it is no address"),
        ] {
            let error = parse_public_url(text).unwrap_err();
            assert!(error.contains(said) && !error.contains("secret"), "{text}: {error}");
        }
    }

    #[test]
    fn a_star_is_no_origin() {
        for bad in ["*", "", "example.com", "https://", "https://a/b", "https://a?b", "ftp://a", "https://u@a", "null"]
        {
            assert!(parse_other_origin(bad).is_err(), "{bad}");
        }
        assert_eq!(parse_other_origin("https://A.example/").as_deref(), Ok("https://a.example"));
    }

    #[test]
    fn an_issuer_stays_as_it_is_written() {
        for good in ["https://id.example.com", "https://id.example.com/", "https://id.example.com/realms/ask"] {
            assert_eq!(parse_issuer(good).as_deref(), Ok(good));
        }
        for bad in ["", "id.example.com", "https://id.example.com/?a", "https://id.example.com/#a", "https://u:p@id"] {
            assert!(parse_issuer(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_further_host_is_a_host() {
        for good in ["ask.internal", "10.0.0.5:3000", "[::1]:3000", "ASK.Internal."] {
            assert!(parse_host(good).is_ok(), "{good}");
        }
        for bad in ["", "https://ask.internal", "ask.internal/", "a b", "*.internal", ":80", "a:b", "u@ask.internal"] {
            assert!(parse_host(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_base_domain_is_a_domain() {
        for bad in ["", "https://ask.example.com", "ask.example.com:80", "ask..com", "-a.com", "a b", "*.example.com"] {
            assert!(bad.parse::<BaseDomain>().is_err(), "{bad}");
        }
        assert_eq!("Ask.Example.com".parse::<BaseDomain>().unwrap().to_string(), "ask.example.com");
    }
}
