//! What browsers are told to forbid our own pages: a strict Content-Security-Policy, and what belongs to it.
//!
//! Nothing that comes into a page by mistake is run, drawn or sent anywhere: scripts and styles are files of ours, and nobody
//! puts us into a frame.

use axum::extract::{Request, State};
use axum::http::header::{
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, Response};
use axum::middleware::Next;
use std::fmt;

use crate::auth::secret::hex;
use crate::state::AppState;
use pulsestage::ports::Rng;

/// What holds for every document of ours.
const DOCUMENT: &str = "default-src 'none'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; \
    style-src 'self'; img-src 'self'; manifest-src 'self'";
/// What holds for what is no document: files, JSON, streams. OpenedStream by itself it can do nothing.
const NO_DOCUMENT: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// Headers that are the same for everything.
const ALWAYS: [(HeaderName, &str); 6] = [
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    // Plain forms come back to the page that the browser names, so it must name it to ourselves.
    (REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), display-capture=(), geolocation=(), hid=(), microphone=(), midi=(), payment=(), serial=(), usb=()",
    ),
];
/// A year, as those who keep lists of such sites ask for. Sub-domains are not ours to speak for.
const HTTPS_ONLY: &str = "max-age=31536000";

/// A number that is used once: the script by which `cargo leptos watch` loads open pages again carries it, and the page's
/// policy names it. No other page has a script in it.
#[derive(Clone)]
pub struct Nonce(String);

impl Nonce {
    /// A new one, of 128 random bits, while cargo-leptos watches.
    pub fn while_watching(rng: &dyn Rng) -> Option<Self> {
        std::env::var_os("LEPTOS_WATCH")?;
        let mut random = [0; 16];
        rng.fill(&mut random);
        Some(Self(hex(&random)))
    }

    /// The number as it is written.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The same for leptos, which puts it on every script it writes.
    #[must_use]
    pub fn for_page(&self) -> leptos::nonce::Nonce {
        leptos::nonce::Nonce::from_value(self.0.as_str())
    }
}

/// Whoever knows it can put a script into the page.
impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nonce(..)")
    }
}

/// The policy of a page of the application. WebAssembly is compiled, so that has to be allowed; text never becomes code.
pub fn of_page(state: &AppState, watching: Option<&Nonce>) -> HeaderValue {
    let document = of_document(state);
    // cargo-leptos tells open pages over a WebSocket of its own that there is something new.
    let (script, socket) = match watching {
        Some(Nonce(nonce)) => (format!(" 'nonce-{nonce}'"), " ws: wss:"),
        None => (String::new(), ""),
    };
    header(format!(
        "{document}; script-src 'self'{script} 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'{socket}"
    ))
}

/// The policy of an account page with fields that are kept as drafts: one script of ours runs there, and it sends nothing.
pub fn of_page_with_drafts(state: &AppState) -> HeaderValue {
    header(format!("{}; script-src 'self'", of_document(state)))
}

/// The policy of a document without script. Its forms lead to this site, and where tenants have hosts of their own also to
/// the common one: that is where a code for another tenant leads.
fn of_document(state: &AppState) -> String {
    let site = state.site();
    let common = site.origin.as_deref().filter(|_| site.base_domain.is_some());
    let common = common.map(|origin| format!(" {origin}")).unwrap_or_default();
    format!("{DOCUMENT}; form-action 'self'{common}")
}

/// Puts these headers on every answer; what a handler has said for its own stays.
pub async fn tell(State(state): State<AppState>, request: Request, next: Next) -> axum::response::Response {
    let mut response = next.run(request).await;
    let policy =
        if is_document(&response) { header(of_document(&state)) } else { HeaderValue::from_static(NO_DOCUMENT) };
    let headers = response.headers_mut();
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(policy);
    for (name, value) in ALWAYS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if state.cookies().are_secure() {
        headers.entry(STRICT_TRANSPORT_SECURITY).or_insert(HeaderValue::from_static(HTTPS_ONLY));
    }
    response
}

fn is_document<B>(response: &Response<B>) -> bool {
    let kind = response.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    kind.starts_with(b"text/html")
}

/// A policy that cannot be a header forbids everything: an origin comes from the settings.
fn header(policy: String) -> HeaderValue {
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static(NO_DOCUMENT))
}
