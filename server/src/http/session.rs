//! Signing out, and what a session is called.

use app::api::Home;
use axum::extract::State;
use axum::http::header::{SET_COOKIE, USER_AGENT};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::{AppendHeaders, IntoResponse, Redirect};

use super::errors::Error;
use super::extract::Fields;
use crate::state::AppState;
use pulsestage::error::Refusal;
use pulsestage::session::SessionLabel;
use pulsestage::text::Slug;

/// The page of a tenant's moderators.
#[must_use]
pub fn moderators_page(slug: &str) -> String {
    format!("{}admin", tenant_page(slug))
}

/// The first page of a tenant, with a slash at its end.
#[must_use]
pub fn tenant_page(slug: &str) -> String {
    if slug == Slug::default_tenant().as_str() { "/".to_owned() } else { format!("/t/{slug}/") }
}

/// Ends the session of the tenant that the form names.
pub(crate) async fn sign_out(
    State(state): State<AppState>,
    home: Home,
    headers: HeaderMap,
    form: Fields,
) -> Result<impl IntoResponse, Error> {
    let unknown = || Refusal::Malformed { detail: "the tenant is missing or not a slug".to_owned() };
    let slug = Slug::parse(form.get("tenant")).map_err(|_| unknown())?;
    if let Some(session) = state.cookies().session(&headers, slug.as_str()) {
        state.service().sign_out(session.hash()).await?;
    }
    let ended = [
        state.cookies().ended_session_cookie(slug.as_str()).to_string(),
        // What this browser keeps is from now on for a guest.
        state.cookies().ended_reader_cookie(slug.as_str()).to_string(),
    ];
    Ok((set(&ended), Redirect::to(&format!("{}signed-out", home.page(slug.as_str())))))
}

/// What a session that is opened by this request is called.
#[must_use]
pub fn label(headers: &HeaderMap) -> SessionLabel {
    let said = headers.get(USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()));
    said.map(|said| SessionLabel::of_user_agent(&said)).unwrap_or_default()
}

fn set(cookies: &[String]) -> AppendHeaders<Vec<(HeaderName, HeaderValue)>> {
    AppendHeaders(cookies.iter().filter_map(|cookie| Some((SET_COOKIE, HeaderValue::from_str(cookie).ok()?))).collect())
}
