//! Asking for a link by mail. The answer is the same at once, whoever asked: looking for the person, keeping the link and
//! sending the letter happen after it.

use app::account::{AskForLink, Problems};
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::Response;

use super::back::own_page;
use super::form::Fields;
use super::{Named, context, draw, kept_out, nowhere, person_link, room_of, slug_of};
use crate::auth::Secret;
use crate::http::api::refusal_response;
use crate::mail::{Occasion, letter};
use crate::state::AppState;
use pulsestage::email::Email;
use pulsestage::error::Refusal;
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
    if state.account().mailer.is_none() {
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
    if state.account().mailer.is_none() {
        return nowhere(state, request).await;
    }
    let (headers, form) = match Fields::of_body(request).await {
        Ok(form) => form,
        Err(refusal) => return refusal_response(&refusal),
    };
    let asked = ask(&state, slug, form.get("email"), purpose, "");
    page(&state, &headers, &context.tenant, purpose, asked.is_ok(), asked.as_ref().err())
}

/// Has the letter written and sent, if there is anybody to send it to. Its link leads on to the page `to`.
pub(super) fn ask(
    state: &AppState,
    slug: String,
    email: &str,
    purpose: PersonLinkPurpose,
    to: &str,
) -> Result<(), Refusal> {
    let email = Email::parse(email).map_err(|problem| Refusal::field("email", problem))?;
    state.limits().sign_in.letter(&slug, email.as_str())?;
    let busy = Refusal::Unavailable { retry_after_s: 10 };
    let place = state.account().letters.clone().try_acquire_owned().map_err(|_| busy)?;
    let (state, to) = (state.clone(), own_page(to).unwrap_or_default().to_owned());
    let background = state.account().background.clone();
    background.spawn("links by mail", async move {
        send(&state, &slug, &email, purpose, &to).await;
        drop(place);
    });
    Ok(())
}

async fn send(state: &AppState, slug: &str, email: &Email, purpose: PersonLinkPurpose, page: &str) {
    let (Some(mailer), Some(origin)) = (state.account().mailer.clone(), state.site().origin.clone()) else { return };
    let secret = Secret::new(state.rng());
    match state.service().link_by_email(slug, email.as_str(), purpose, secret.hash()).await {
        Ok(Some(to)) => {
            let link = with_page(person_link(&origin, &secret), page);
            let occasion = Occasion { purpose, tenant: &to.tenant, name: &to.name, link: &link };
            let letter = letter(to.email.clone(), occasion);
            // ProviderError is in the log already; whoever waits for the letter asks again.
            let _told = mailer.send(letter).await;
        }
        Ok(None) => tracing::debug!("somebody asked for a link to an address that nobody has"),
        Err(refusal) => tracing::warn!(%refusal, "a link could not be kept"),
    }
}

/// A link that leads on to one of our pages.
fn with_page(link: String, page: &str) -> String {
    if page.is_empty() {
        return link;
    }
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("to", page).finish();
    format!("{link}?{query}")
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
