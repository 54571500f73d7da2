//! Signing out, and what a session is called.

use app::api::Home;
use axum::extract::State;
use axum::http::header::{SET_COOKIE, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use serde::Deserialize;

use super::api::refusal_response;
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

/// The form of [`sign_out`].
#[derive(Debug, Deserialize)]
pub struct SignOut {
    /// The tenant's slug.
    tenant: String,
}

/// Ends the session of one tenant.
pub async fn sign_out(
    State(state): State<AppState>,
    Extension(home): Extension<Home>,
    headers: HeaderMap,
    form: Result<Form<SignOut>, axum::extract::rejection::FormRejection>,
) -> Response {
    let Some(slug) = form.ok().and_then(|Form(form)| Slug::parse(&form.tenant).ok()) else {
        return refusal_response(&Refusal::Malformed { detail: "the tenant is missing or not a slug".to_owned() });
    };
    if let Some(session) = state.cookies().session(&headers, slug.as_str())
        && let Err(refusal) = state.service().sign_out(session.hash()).await
    {
        return refusal_response(&refusal);
    }
    let cookie = state.cookies().ended_session_cookie(slug.as_str());
    (set(&cookie.to_string()), Redirect::to(&format!("{}signed-out", home.page(slug.as_str())))).into_response()
}

/// What a session that is opened by this request is called.
#[must_use]
pub fn label(headers: &HeaderMap) -> SessionLabel {
    let said = headers.get(USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()));
    said.map(|said| SessionLabel::of_user_agent(&said)).unwrap_or_default()
}

fn set(cookie: &str) -> AppendHeaders<Option<(axum::http::HeaderName, HeaderValue)>> {
    AppendHeaders(HeaderValue::from_str(cookie).ok().map(|value| (SET_COOKIE, value)))
}
