//! Asking for a link by mail. The answer is the same at once, whoever asked: it is given when the job is queued, which looks
//! for the person, keeps the link and sends the letter.

use app::account::{AskForLink, Problems};
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::Response;

use super::back::own_page;
use super::form::Fields;
use super::{Named, context, draw, kept_out, nowhere, room_of, slug_of};
use crate::http::api::refusal_response;
use crate::state::AppState;
use pulsestage::email::Email;
use pulsestage::error::{Noun, Refusal};
use pulsestage::link::PersonLinkPurpose;
use pulsestage::tenant::Tenant;

/// The page for signing in.
pub(super) async fn show_link(state: State<AppState>, named: Named, request: Request) -> Response {
    show(state, named, request, PersonLinkPurpose::SignIn).await
}

/// The page for a new password.
pub(super) async fn show_forgot(state: State<AppState>, named: Named, request: Request) -> Response {
    show(state, named, request, PersonLinkPurpose::Password).await
}

/// The form for signing in.
pub(super) async fn submit_link(state: State<AppState>, named: Named, request: Request) -> Response {
    submit(state, named, request, PersonLinkPurpose::SignIn).await
}

/// The form for a new password.
pub(super) async fn submit_forgot(state: State<AppState>, named: Named, request: Request) -> Response {
    submit(state, named, request, PersonLinkPurpose::Password).await
}

async fn show(State(state): State<AppState>, named: Named, request: Request, purpose: PersonLinkPurpose) -> Response {
    let context = match context(&state, request.headers(), &slug_of(named, request.extensions())).await {
        Ok(context) => context,
        Err(refusal) => return kept_out(&refusal, state, request).await,
    };
    // Without mail there is nothing to ask for.
    if state.account().mail.is_none() {
        return nowhere(state, request).await;
    }
    page(&state, request.headers(), &context.tenant, purpose, false, None)
}

async fn submit(State(state): State<AppState>, named: Named, request: Request, purpose: PersonLinkPurpose) -> Response {
    let slug = slug_of(named, request.extensions());
    let context = match context(&state, request.headers(), &slug).await {
        Ok(context) => context,
        Err(refusal) => return kept_out(&refusal, state, request).await,
    };
    if state.account().mail.is_none() {
        return nowhere(state, request).await;
    }
    let (headers, form) = match Fields::of_body(request).await {
        Ok(form) => form,
        Err(refusal) => return refusal_response(&refusal),
    };
    let asked = ask(&state, &context.tenant, form.get("email"), purpose, "").await;
    page(&state, &headers, &context.tenant, purpose, asked.is_ok(), asked.as_ref().err())
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
    let door = AskForLink {
        tenant: tenant.into(),
        room: room_of(&tenant.slug),
        forgot: purpose == PersonLinkPurpose::Password,
        asked,
        problems: refusal.map(Problems::from).unwrap_or_default(),
    };
    draw(state, headers, refusal, || door.draw())
}
