//! `/check`: what the reader's network lets through. The page says what the server sees of the request, and its script tries
//! the rest: whether a stream comes through, and what to tell whoever runs the network where it does not.

use app::account::{CheckPage, document};
use app::branding::Branding;
use axum::Router;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, COOKIE, SET_COOKIE, VIA};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Version};
use axum::middleware::from_fn_with_state;
use axum::response::{Html, IntoResponse};
use axum::routing::get;

use super::account::room_of;
use super::errors::Error;
use super::extract::TenantSlug;
use super::session::tenant_page;
use super::{api, page, policy};
use crate::coding::BodyCoding;
use crate::state::AppState;
use pulsestage::text::Slug;

/// Comes back where cookies are kept, for ten minutes.
const COOKIE_KEPT: &str = "network-check=1";
/// Most of what proxies say of themselves that is shown, in characters.
const MAX_VIA: usize = 200;

/// The page, of the default tenant and of those that their address names.
pub fn routes(state: &AppState) -> Router<AppState> {
    let mut pages = Router::new();
    for room in ["", "/t/{tenant}"] {
        pages = pages.route(&format!("{room}/check"), get(show).fallback(api::method_not_allowed));
    }
    pages.layer(from_fn_with_state(state.clone(), page::or_missing))
}

async fn show(
    State(state): State<AppState>,
    TenantSlug(slug): TenantSlug,
    request: Parts,
) -> Result<impl IntoResponse, Error> {
    let slug = Slug::parse(&slug).map_err(|_| Error::NoPage)?;
    let tenant = state.service().public_tenant(&slug).await.map_err(super::extract::missing_page)?;
    let tenant = tenant.ok_or(Error::NoPage)?;
    let address = format!("{}/check", room_of(slug.as_str()));
    let headers = &request.headers;
    let page = CheckPage {
        tenant: Branding::from(&tenant),
        slug: slug.as_str().to_owned(),
        home: tenant_page(slug.as_str()),
        address: format!("{address}?again"),
        version: version_of(request.version),
        cookies: kept_cookies(&state, headers, request.uri.query() == Some("again")),
        takes_compressed: BodyCoding::accepted(headers, &BodyCoding::ALL) != BodyCoding::Identity,
        via: named(headers, VIA.as_str()).map(|value| value.chars().take(MAX_VIA).collect()),
        is_encrypted: state.cookies().are_secure(),
        now: state.clock().now(),
        heartbeat_ms: u64::try_from(state.heartbeat().as_millis()).unwrap_or(u64::MAX),
    };
    let policy = policy::of_page(&state, None);
    let secure = if state.cookies().are_secure() { "; Secure" } else { "" };
    let cookie = format!("{COOKIE_KEPT}; Path={address}; Max-Age=600; HttpOnly; SameSite=Lax{secure}");
    let text = document(state.site().options.clone(), headers, || page.draw());
    let mut response = Html(text).into_response();
    let answer = response.headers_mut();
    answer.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    answer.insert(CONTENT_SECURITY_POLICY, policy);
    // A slug is letters, digits and hyphens: it can always be a header.
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        answer.insert(SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Whether the browser keeps cookies: one of ours came with the request, or none did with a second one.
fn kept_cookies(state: &AppState, headers: &HeaderMap, is_again: bool) -> Option<bool> {
    let values = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let has_ours = values.flat_map(|value| value.split(';')).any(|pair| pair.trim() == COOKIE_KEPT);
    let is_kept = has_ours || state.cookies().credentials(headers).device.is_some();
    (is_kept || is_again).then_some(is_kept)
}

/// A header as text.
fn named<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

const fn version_of(version: Version) -> &'static str {
    match version {
        Version::HTTP_09 => "HTTP/0.9",
        Version::HTTP_10 => "HTTP/1.0",
        Version::HTTP_2 => "HTTP/2",
        Version::HTTP_3 => "HTTP/3",
        _ => "HTTP/1.1",
    }
}
