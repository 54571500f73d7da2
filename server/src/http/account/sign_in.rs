//! Signing in by e-mail and password.

use app::account::{Problems, SignIn};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

use super::back::own_page;
use super::{admit, compare_password, draw, new_session, problems, provider, room_of};
use crate::http::errors::Error;
use crate::http::extract::{Fields, QueryFields};
use crate::limits::{Network, PasswordAttempt};
use crate::state::AppState;
use pulsestage::error::Refusal;
use pulsestage::service::RequestContext;
use pulsestage::tenant::Tenant;

/// The page.
pub(super) async fn show(
    State(state): State<AppState>,
    context: RequestContext,
    query: QueryFields,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Error> {
    let typed = Typed { to: query.get("to"), email: "" };
    let problems = if query.get("again") == "1" { again() } else { Problems::default() };
    let page = sign_in(&state, &context.tenant, typed, problems);
    Ok(draw(&state, &headers, None, || page.draw()))
}

/// The form.
pub(super) async fn submit(
    State(state): State<AppState>,
    context: RequestContext,
    network: Network,
    headers: HeaderMap,
    form: Fields,
) -> Result<impl IntoResponse, Error> {
    let slug = &context.tenant.slug;
    let typed = Typed { to: form.get("to"), email: form.get("email") };
    let (secret, browser) = new_session(&state, &headers, slug);
    let attempt = async {
        PasswordAttempt::new(slug, typed.email, network, own_browser(&state, &headers, slug, typed.email).await)
    };
    let signed_in = state.service().sign_in(slug, typed.email, form.get("password"), &browser);
    let admission = compare_password(&state, network, attempt, signed_in).await;
    let admission = admission.map_err(|refusal| page(&state, &headers, &context.tenant, typed, Some(&refusal)))?;
    Ok(admit(&state, &admission, &secret, typed.to))
}

/// The browser, when somebody came in with it before as who has this address.
async fn own_browser(state: &AppState, headers: &HeaderMap, slug: &str, email: &str) -> Option<Uuid> {
    let (browser, user) = state.cookies().known_browser(headers, slug)?;
    let account = state.service().account_of(slug, email).await.ok().flatten();
    (account == Some(user)).then_some(browser)
}

/// What somebody has typed, or brought along.
#[derive(Clone, Copy, Debug)]
pub(super) struct Typed<'a> {
    /// The page to go to.
    pub(super) to: &'a str,
    /// The address.
    pub(super) email: &'a str,
}

/// The page, with what was wrong.
pub(super) fn page(
    state: &AppState,
    headers: &HeaderMap,
    tenant: &Tenant,
    typed: Typed<'_>,
    refusal: Option<&Refusal>,
) -> Response {
    let page = sign_in(state, tenant, typed, problems(refusal));
    draw(state, headers, refusal, || page.draw())
}

/// A sign-in that waited for the second factor is over.
fn again() -> Problems {
    let whole = "This took too long, or too many codes were wrong. Sign in again.".to_owned();
    Problems { whole: Some(whole), fields: Vec::new() }
}

fn sign_in(state: &AppState, tenant: &Tenant, typed: Typed<'_>, problems: Problems) -> SignIn {
    let to = own_page(typed.to).unwrap_or_default().to_owned();
    let room = room_of(&tenant.slug);
    let provider = provider::button(state, tenant, &to);
    SignIn {
        tenant: tenant.into(),
        to,
        // What is too long for an address was none.
        email: typed.email.chars().take(254).collect(),
        problems,
        provider,
        mails: state.account().mail.is_some(),
        guests: tenant.settings.guests_allowed,
        room,
    }
}
