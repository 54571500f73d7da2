//! The cookies: the participant's, signed by us; the session's, a secret whose hash we keep; and for some minutes the one
//! that is taken along to a provider, signed as well, and the one of a sign-in that waits for the second factor.

use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use cookie::time::Duration;
use cookie::{Cookie, SameSite};
use uuid::Uuid;

use super::Attempt;
use super::secret::{Secret, hex, unhex};
use crate::system::InstallationKey;
use pulsestage::id::UserId;
use pulsestage::second_factor::PENDING_LIFE_MS;
use pulsestage::service::{Credentials, RequestOrigin, SESSION_LIFE_MS};
use pulsestage::text::Slug;
use pulsestage::time::Timestamp;

/// A participant's cookie lives for a year: as long as browsers keep one.
const DEVICE_LIFE_S: i64 = 365 * 24 * 60 * 60;
/// No browser has more tenants open at once; what comes beyond is not looked at.
const MAX_SESSIONS: usize = 16;

/// Reads and writes our cookies.
#[derive(Clone, Copy, Debug)]
pub struct Cookies {
    key: InstallationKey,
    /// Over https, so that the cookies are `Secure` and carry the `__Host-` prefix that keeps sub-domains from setting them.
    secure: bool,
}

impl Cookies {
    /// Cookies signed with this key, for a site that is reached over https or not.
    #[must_use]
    pub const fn new(key: InstallationKey, secure: bool) -> Self {
        Self { key, secure }
    }

    /// Whether the site is reached over https.
    #[must_use]
    pub const fn are_secure(&self) -> bool {
        self.secure
    }

    /// Who a request says it is from. A cookie that is forged or broken is as good as none.
    #[must_use]
    pub fn credentials(&self, headers: &HeaderMap) -> Credentials {
        let prefix = self.session_name("");
        let sessions = brought(headers).filter_map(|cookie| {
            let slug = cookie.name().strip_prefix(&prefix)?;
            Some((Slug::parse(slug).ok()?.into_string(), Secret::parse(cookie.value())?.hash()))
        });
        Credentials {
            sessions: sessions.take(MAX_SESSIONS).collect(),
            device: value_of(headers, &self.device_name()).and_then(|value| self.verified(&value)),
            origin: RequestOrigin::default(),
        }
    }

    /// Whether a request brings no other cookies than those by which guests are known, and so nothing by which its pages
    /// would look different.
    #[must_use]
    pub fn are_of_guest(&self, headers: &HeaderMap) -> bool {
        let (device, reader) = (self.device_name(), self.reader_name(""));
        let is_of_guest = |pair: &str| {
            let name = pair.split('=').next().unwrap_or_default().trim();
            name == device || name.starts_with(&reader)
        };
        let mut values = headers.get_all(COOKIE).into_iter();
        values.all(|value| value.to_str().is_ok_and(|text| text.split(';').all(is_of_guest)))
    }

    /// The session secret for one tenant, to end it.
    #[must_use]
    pub fn session(&self, headers: &HeaderMap, slug: &str) -> Option<Secret> {
        value_of(headers, &self.session_name(slug)).and_then(|value| Secret::parse(&value))
    }

    /// The cookie that makes a browser a participant.
    #[must_use]
    pub fn device_cookie(&self, device: Uuid) -> Cookie<'static> {
        let id = device.simple().to_string();
        let code = hex(&self.key.mac("device", id.as_bytes()));
        self.cookie(self.device_name(), format!("{id}.{code}"), DEVICE_LIFE_S)
    }

    /// The cookie that takes a participant's away.
    #[must_use]
    pub fn ended_device_cookie(&self) -> Cookie<'static> {
        self.cookie(self.device_name(), String::new(), 0)
    }

    /// The cookie that keeps somebody signed in to a tenant.
    #[must_use]
    pub fn session_cookie(&self, slug: &str, secret: &Secret) -> Cookie<'static> {
        self.cookie(self.session_name(slug), secret.reveal().to_owned(), SESSION_LIFE_MS / 1_000)
    }

    /// The cookie that takes the session cookie away.
    #[must_use]
    pub fn ended_session_cookie(&self, slug: &str) -> Cookie<'static> {
        self.cookie(self.session_name(slug), String::new(), 0)
    }

    /// The cookie by which a browser is known again in which this person came in: guesses of others do not hold it up.
    #[must_use]
    pub fn known_browser_cookie(&self, slug: &str, browser: Uuid, user: UserId) -> Cookie<'static> {
        let (browser, user) = (browser.simple().to_string(), user.0.simple().to_string());
        let code = hex(&self.key.mac("browser", format!("{slug} {browser} {user}").as_bytes()));
        self.cookie(self.browser_name(slug), format!("{browser}.{user}.{code}"), DEVICE_LIFE_S)
    }

    /// The browser, and who came in with it before.
    #[must_use]
    pub fn known_browser(&self, headers: &HeaderMap, slug: &str) -> Option<(Uuid, UserId)> {
        let value = value_of(headers, &self.browser_name(slug))?;
        let mut parts = value.split('.');
        let (browser, user, code) = (parts.next()?, parts.next()?, parts.next()?);
        let genuine = parts.next().is_none()
            && self.key.verifies("browser", format!("{slug} {browser} {user}").as_bytes(), &unhex(code)?);
        if genuine { Some((Uuid::try_parse(browser).ok()?, UserId(Uuid::try_parse(user).ok()?))) } else { None }
    }

    /// The cookies that take away what this browser is known by, in every tenant.
    #[must_use]
    pub fn forgotten_browser_cookies(&self, headers: &HeaderMap) -> Vec<Cookie<'static>> {
        let prefixes = [self.browser_name(""), self.reader_name("")];
        let known = brought(headers).filter(|cookie| prefixes.iter().any(|prefix| cookie.name().starts_with(prefix)));
        known.take(2 * MAX_SESSIONS).map(|cookie| self.cookie(cookie.name().to_owned(), String::new(), 0)).collect()
    }

    /// The cookie that tells the script of a tenant's pages for whom this browser keeps drafts and what could not be sent. It
    /// is the one cookie that scripts read; it opens nothing.
    #[must_use]
    pub fn reader_cookie(&self, slug: &str, tag: String) -> Cookie<'static> {
        let mut cookie = self.cookie(self.reader_name(slug), tag, DEVICE_LIFE_S);
        cookie.set_http_only(false);
        cookie
    }

    /// What the cookie of before says.
    #[must_use]
    pub fn reader(&self, headers: &HeaderMap, slug: &str) -> Option<String> {
        value_of(headers, &self.reader_name(slug))
    }

    /// The cookie that takes it away.
    #[must_use]
    pub fn ended_reader_cookie(&self, slug: &str) -> Cookie<'static> {
        self.cookie(self.reader_name(slug), String::new(), 0)
    }

    /// The cookie that a browser takes along to the provider.
    #[must_use]
    pub fn attempt_cookie(&self, attempt: &Attempt) -> Cookie<'static> {
        self.cookie(self.attempt_name(), attempt.seal(&self.key), Attempt::life_s())
    }

    /// The attempt that a browser brings back.
    #[must_use]
    pub fn attempt(&self, headers: &HeaderMap, now: Timestamp) -> Option<Attempt> {
        Attempt::open(&value_of(headers, &self.attempt_name())?, &self.key, now)
    }

    /// The cookie that takes the attempt away.
    #[must_use]
    pub fn ended_attempt_cookie(&self) -> Cookie<'static> {
        self.cookie(self.attempt_name(), String::new(), 0)
    }

    /// The cookie of a sign-in that waits for the second factor. It opens nothing by itself.
    #[must_use]
    pub fn pending_cookie(&self, secret: &Secret) -> Cookie<'static> {
        self.cookie(self.pending_name(), secret.reveal().to_owned(), PENDING_LIFE_MS / 1_000)
    }

    /// The secret of the sign-in that waits in this browser.
    #[must_use]
    pub fn pending(&self, headers: &HeaderMap) -> Option<Secret> {
        value_of(headers, &self.pending_name()).and_then(|value| Secret::parse(&value))
    }

    /// The cookie that takes the waiting sign-in away.
    #[must_use]
    pub fn ended_pending_cookie(&self) -> Cookie<'static> {
        self.cookie(self.pending_name(), String::new(), 0)
    }

    fn pending_name(&self) -> String {
        format!("{}pulsestage_f", self.prefix())
    }

    fn attempt_name(&self) -> String {
        format!("{}pulsestage_o", self.prefix())
    }

    fn verified(&self, value: &str) -> Option<Uuid> {
        let (id, code) = value.split_once('.')?;
        let genuine = id.len() == 32 && self.key.verifies("device", id.as_bytes(), &unhex(code)?);
        genuine.then(|| Uuid::try_parse(id).ok()).flatten()
    }

    fn device_name(&self) -> String {
        format!("{}pulsestage_p", self.prefix())
    }

    fn browser_name(&self, slug: &str) -> String {
        format!("{}pulsestage_b_{slug}", self.prefix())
    }

    fn reader_name(&self, slug: &str) -> String {
        format!("{}pulsestage_r_{slug}", self.prefix())
    }

    fn session_name(&self, slug: &str) -> String {
        format!("{}pulsestage_s_{slug}", self.prefix())
    }

    const fn prefix(&self) -> &'static str {
        if self.secure { "__Host-" } else { "" }
    }

    fn cookie(&self, name: String, value: String, seconds: i64) -> Cookie<'static> {
        let mut cookie = Cookie::new(name, value);
        cookie.set_path("/");
        cookie.set_http_only(true);
        cookie.set_secure(self.secure);
        // Lax, not Strict: a link in a chat message must open the page with the cookie.
        cookie.set_same_site(SameSite::Lax);
        cookie.set_max_age(Duration::seconds(seconds));
        cookie
    }
}

/// The cookies of a request; what cannot be read as one is passed over.
fn brought(headers: &HeaderMap) -> impl Iterator<Item = Cookie<'_>> {
    let texts = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    texts.flat_map(Cookie::split_parse).filter_map(Result::ok)
}

fn value_of(headers: &HeaderMap, name: &str) -> Option<String> {
    brought(headers).find(|cookie| cookie.name() == name).map(|cookie| cookie.value().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::SystemRng;

    fn with_cookie(text: &str) -> HeaderMap {
        HeaderMap::from_iter([(COOKIE, text.parse().unwrap())])
    }

    fn pair(cookie: &Cookie<'_>) -> String {
        format!("{}={}", cookie.name(), cookie.value())
    }

    #[test]
    fn a_participant_is_known_by_our_signature_alone() {
        let cookies = Cookies::new(InstallationKey::new([1; 32]), false);
        let device = Uuid::from_u128(5);
        let genuine = pair(&cookies.device_cookie(device));
        assert_eq!(cookies.credentials(&with_cookie(&genuine)).device, Some(device));
        let foreign = pair(&Cookies::new(InstallationKey::new([2; 32]), false).device_cookie(device));
        let swapped = genuine.replace(&device.simple().to_string(), &Uuid::from_u128(6).simple().to_string());
        for forged in [foreign, swapped, "pulsestage_p=".into(), "pulsestage_p=x.y".into(), "pulsestage_p=;;;".into()] {
            assert_eq!(cookies.credentials(&with_cookie(&forged)).device, None, "{forged}");
        }
    }

    #[test]
    fn a_session_goes_with_its_tenant() {
        let cookies = Cookies::new(InstallationKey::new([1; 32]), true);
        let secret = Secret::new(&SystemRng);
        let headers = with_cookie(&format!("a=b; {}", pair(&cookies.session_cookie("acme", &secret))));
        assert_eq!(cookies.credentials(&headers).sessions, [("acme".to_owned(), secret.hash())]);
        assert_eq!(cookies.session(&headers, "acme"), Some(secret));
        assert_eq!(cookies.session(&headers, "default"), None);
    }

    #[test]
    fn a_browser_is_known_in_its_tenant_by_our_signature_alone() {
        let cookies = Cookies::new(InstallationKey::new([1; 32]), false);
        let known = (Uuid::from_u128(5), UserId(Uuid::from_u128(6)));
        let genuine = pair(&cookies.known_browser_cookie("acme", known.0, known.1));
        assert_eq!(cookies.known_browser(&with_cookie(&genuine), "acme"), Some(known));
        assert_eq!(cookies.known_browser(&with_cookie(&genuine), "default"), None);
        let gone = cookies.forgotten_browser_cookies(&with_cookie(&format!("a=b; {genuine}")));
        assert_eq!(
            gone.iter().map(|cookie| (cookie.name(), cookie.value())).collect::<Vec<_>>(),
            [("pulsestage_b_acme", "")]
        );
        let other = Uuid::from_u128(7).simple().to_string();
        let swapped = genuine.replace(&known.1.0.simple().to_string(), &other);
        let foreign =
            pair(&Cookies::new(InstallationKey::new([2; 32]), false).known_browser_cookie("acme", known.0, known.1));
        let moved = genuine.replace("acme", "default");
        for (forged, slug) in
            [(swapped, "acme"), (foreign, "acme"), (moved, "default"), ("pulsestage_b_acme=a.b".into(), "acme")]
        {
            assert_eq!(cookies.known_browser(&with_cookie(&forged), slug), None, "{forged}");
        }
    }

    #[test]
    fn scripts_read_for_whom_they_keep_things_and_nothing_else() {
        let cookies = Cookies::new(InstallationKey::new([1; 32]), true);
        let tag = cookies.reader_cookie("acme", "g.5f".to_owned());
        let text = tag.to_string();
        assert!(text.starts_with("__Host-pulsestage_r_acme=g.5f;") && text.contains("SameSite=Lax"), "{text}");
        assert!(text.contains("Secure") && !text.contains("HttpOnly"), "{text}");
        let headers = with_cookie(&pair(&tag));
        assert_eq!(cookies.reader(&headers, "acme").as_deref(), Some("g.5f"));
        assert_eq!(cookies.reader(&headers, "default"), None);
        let gone = cookies.forgotten_browser_cookies(&headers);
        assert_eq!(gone.iter().map(Cookie::name).collect::<Vec<_>>(), ["__Host-pulsestage_r_acme"]);
    }

    #[test]
    fn a_guest_has_the_cookies_of_guests_alone() {
        let cookies = Cookies::new(InstallationKey::new([1; 32]), false);
        assert!(cookies.are_of_guest(&HeaderMap::new()));
        for of_guest in [
            "pulsestage_p",
            "pulsestage_p=1.2",
            "pulsestage_p=1.2; pulsestage_r_acme=g.1",
            "pulsestage_r_acme=g.1;pulsestage_p=",
        ] {
            assert!(cookies.are_of_guest(&with_cookie(of_guest)), "{of_guest}");
        }
        for other in [
            "",
            "theme=dark",
            "pulsestage_p=1.2; theme=dark",
            "pulsestage_s_acme=1; pulsestage_p=1.2",
            "pulsestage_p=1.2; pulsestage_b_acme=1",
            "__Host-pulsestage_p=1.2",
            "pulsestage_p=1.2;",
            "pulsestage_p2=1",
        ] {
            assert!(!cookies.are_of_guest(&with_cookie(other)), "{other}");
        }
        let mut two = with_cookie("pulsestage_p=1.2");
        two.append(COOKIE, "theme=dark".parse().unwrap());
        assert!(!cookies.are_of_guest(&two));
        assert!(
            Cookies::new(InstallationKey::new([1; 32]), true).are_of_guest(&with_cookie("__Host-pulsestage_p=1.2"))
        );
    }

    #[test]
    fn cookies_are_out_of_reach_of_scripts_and_other_sites() {
        let text = Cookies::new(InstallationKey::new([1; 32]), true).device_cookie(Uuid::nil()).to_string();
        for part in ["__Host-pulsestage_p=", "HttpOnly", "Secure", "SameSite=Lax", "Path=/", "Max-Age=31536000"] {
            assert!(text.contains(part), "{text}");
        }
    }
}
