//! Signing in by a one-time link, and signing out.

use app::api::Home;
use axum::extract::{Path, Request, State};
use axum::http::header::{SET_COOKIE, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use serde::Deserialize;

use super::api::refusal_response;
use super::host;
use crate::auth::Secret;
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

/// Uses a link up and signs its bearer in.
pub async fn sign_in(State(state): State<AppState>, Path(token): Path<String>, request: Request) -> Response {
    let home = host::home(request.extensions());
    let headers = request.headers();
    // A preview, a HEAD or a browser's guess of what comes next must not use up somebody's link.
    let ahead = ["sec-purpose", "purpose", "x-moz"].iter().any(|name| headers.get(*name).is_some());
    if request.method() != Method::GET || ahead {
        return refusal_response(&Refusal::MethodNotAllowed);
    }
    let Some(link) = Secret::parse(&token) else {
        return Redirect::to("/sign-in/spent").into_response();
    };
    // Each try is a write: a flood of guesses, hopeless as they are, must not hold up everybody's votes.
    let doors = &state.limits().doors;
    if let Err(too_fast) = doors.sign_in(doors.network(headers, request.extensions())) {
        return refusal_response(&too_fast.into());
    }
    let session = Secret::new(state.chance());
    match state.service().redeem_link(link.hash(), session.hash(), label(headers)).await {
        Ok(person) => {
            // What the browser brought along is not carried over, whoever put it there.
            if let Some(former) = state.cookies().session(headers, &person.tenant.slug)
                && let Err(refusal) = state.service().sign_out(former.hash()).await
            {
                tracing::warn!(%refusal, "the session before could not be ended");
            }
            let cookie = state.cookies().session_cookie(&person.tenant.slug, &session);
            (set(&cookie.to_string()), Redirect::to(&format!("{}admin", home.page(&person.tenant.slug))))
                .into_response()
        }
        Err(Refusal::LinkSpent) => Redirect::to("/sign-in/spent").into_response(),
        Err(refusal) => refusal_response(&refusal),
    }
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
    (set(&cookie.to_string()), Redirect::to(&home.page(slug.as_str()))).into_response()
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
