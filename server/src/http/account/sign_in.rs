//! Signing in by e-mail and password.

use app::account::{Problems, SignIn};
use axum::extract::{RawQuery, Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use uuid::Uuid;

use super::back::own_page;
use super::form::Fields;
use super::{Named, arrival, come_in, context, draw, kept_out, provider, room_of, slug_of};
use crate::http::api::refusal_response;
use crate::limits::PasswordAttempt;
use crate::state::AppState;
use pulsestage::error::Refusal;
use pulsestage::tenant::Tenant;

/// The page.
pub(super) async fn show(
    State(state): State<AppState>,
    named: Named,
    RawQuery(query): RawQuery,
    request: Request,
) -> Response {
    let context = match context(&state, request.headers(), &slug_of(named, request.extensions())).await {
        Ok(context) => context,
        Err(refusal) => return kept_out(&refusal, state, request).await,
    };
    let fields = Fields::of_query(query.as_deref());
    let typed = Typed { to: fields.get("to"), email: "" };
    let door =
        sign_in(&state, &context.tenant, typed, if fields.get("again") == "1" { again() } else { Problems::default() });
    draw(&state, request.headers(), None, || door.draw())
}

/// The form.
pub(super) async fn submit(State(state): State<AppState>, named: Named, request: Request) -> Response {
    let slug = slug_of(named, request.extensions());
    let network = state.limits().sign_in.network(request.headers(), request.extensions());
    let context = match context(&state, request.headers(), &slug).await {
        Ok(context) => context,
        Err(refusal) => return kept_out(&refusal, state, request).await,
    };
    let (headers, form) = match Fields::of_body(request).await {
        Ok(form) => form,
        Err(refusal) => return refusal_response(&refusal),
    };
    let typed = Typed { to: form.get("to"), email: form.get("email") };
    let (secret, arrival) = arrival(&state, &headers, &slug);
    let signed_in = async {
        let limits = &state.limits().sign_in;
        let _turn = limits.turn_to_guess(network).await?;
        let guess =
            PasswordAttempt::new(&slug, typed.email, network, own_browser(&state, &headers, &slug, typed.email).await);
        limits.may_guess(&guess)?;
        let signed_in = state.service().sign_in(&slug, typed.email, form.get("password"), &arrival).await;
        if matches!(signed_in, Err(Refusal::WrongCredentials)) {
            limits.wrong_guess(&guess);
        }
        signed_in
    };
    match signed_in.await {
        Ok(admission) => come_in(&state, &admission, &secret, typed.to),
        Err(refusal) => page(&state, &headers, &context.tenant, typed, Some(&refusal)),
    }
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
    let door = sign_in(state, tenant, typed, refusal.map(Problems::from).unwrap_or_default());
    draw(state, headers, refusal, || door.draw())
}

/// A sign-in that waited for the second factor is over.
fn again() -> Problems {
    let whole = "That took too long, or too many codes were wrong. Sign in again.".to_owned();
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
        room,
    }
}
