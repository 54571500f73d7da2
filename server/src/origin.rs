//! Addresses in settings, read when the server starts: one that is not as it must be is refused with what to write.

use url::Url;

use crate::http::host::Authority;

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
}
