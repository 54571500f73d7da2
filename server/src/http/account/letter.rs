//! Asking for a link by mail. The answer is the same at once, whoever asked: it is given when the job is queued, which looks
//! for the person, keeps the link and sends the letter.

use app::account::AskForLink;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use super::back::own_page;
use super::{draw, problems, room_of};
use crate::http::errors::Error;
use crate::http::extract::Fields;
use crate::state::AppState;
use pulsestage::email::Email;
use pulsestage::error::{Noun, Refusal};
use pulsestage::link::PersonLinkPurpose;
use pulsestage::service::RequestContext;
use pulsestage::tenant::Tenant;

/// The page for signing in.
pub(super) async fn show_link(
    state: State<AppState>,
    context: RequestContext,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Error> {
    show(&state, &context, &headers, PersonLinkPurpose::SignIn)
}

/// The page for a new password.
pub(super) async fn show_forgot(
    state: State<AppState>,
    context: RequestContext,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Error> {
    show(&state, &context, &headers, PersonLinkPurpose::Password)
}

/// The form for signing in.
pub(super) async fn submit_link(
    state: State<AppState>,
    context: RequestContext,
    headers: HeaderMap,
    form: Fields,
) -> Result<impl IntoResponse, Error> {
    submit(&state, &context, &headers, &form, PersonLinkPurpose::SignIn).await
}

/// The form for a new password.
pub(super) async fn submit_forgot(
    state: State<AppState>,
    context: RequestContext,
    headers: HeaderMap,
    form: Fields,
) -> Result<impl IntoResponse, Error> {
    submit(&state, &context, &headers, &form, PersonLinkPurpose::Password).await
}

fn show(
    state: &AppState,
    context: &RequestContext,
    headers: &HeaderMap,
    purpose: PersonLinkPurpose,
) -> Result<Response, Error> {
    // Without mail there is nothing to ask for.
    state.account().mail.as_ref().ok_or(Error::NoPage)?;
    Ok(page(state, headers, &context.tenant, purpose, false, None))
}

async fn submit(
    state: &AppState,
    context: &RequestContext,
    headers: &HeaderMap,
    form: &Fields,
    purpose: PersonLinkPurpose,
) -> Result<Response, Error> {
    state.account().mail.as_ref().ok_or(Error::NoPage)?;
    let tenant = &context.tenant;
    let asked = ask(state, tenant, form.get("email"), purpose, "").await;
    asked.map_err(|refusal| page(state, headers, tenant, purpose, false, Some(&refusal)))?;
    Ok(page(state, headers, tenant, purpose, true, None))
}

/// Has a letter sent, if there is anybody to send it to. Its link leads on to the page `to`.
pub(super) async fn ask(
    state: &AppState,
    tenant: &Tenant,
    email: &str,
    purpose: PersonLinkPurpose,
    to: &str,
) -> Result<(), Refusal> {
    let mail = state.account().mail.as_ref().ok_or(Refusal::NotFound { what: Noun::Person })?;
    let email = Email::parse(email).map_err(|problem| Refusal::field("email", problem))?;
    state.limits().sign_in.letter(&tenant.slug, email.as_str())?;
    mail.link(tenant, &email, purpose, own_page(to).unwrap_or_default()).await
}

fn page(
    state: &AppState,
    headers: &HeaderMap,
    tenant: &Tenant,
    purpose: PersonLinkPurpose,
    asked: bool,
    refusal: Option<&Refusal>,
) -> Response {
    let page = AskForLink {
        tenant: tenant.into(),
        room: room_of(&tenant.slug),
        forgot: purpose == PersonLinkPurpose::Password,
        asked,
        problems: problems(refusal),
    };
    draw(state, headers, refusal, || page.draw())
}
