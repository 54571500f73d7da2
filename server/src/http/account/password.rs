//! Another password, for somebody who is signed in.

use app::account::{OwnPassword, Problems};
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::Response;

use super::form::Fields;
use super::{Named, arrival, come_in, confirm, context, draw, first_sign_in, go, kept_out, room_of, slug_of};
use crate::http::api::refusal_response;
use crate::limits::PasswordAttempt;
use crate::state::AppState;
use pulsestage::error::Refusal;
use pulsestage::ports::Admission;
use pulsestage::tenant::Tenant;

/// The page; whoever is not signed in signs in first.
pub(super) async fn show(State(state): State<AppState>, named: Named, request: Request) -> Response {
    let context = match context(&state, request.headers(), &slug_of(named, request.extensions())).await {
        Ok(context) => context,
        Err(refusal) => return kept_out(&refusal, state, request).await,
    };
    match context.actor.user {
        Some(_) => page(&state, request.headers(), &context.tenant, None),
        None => first_sign_in(&context.tenant, &here(&context.tenant)),
    }
}

/// The form.
pub(super) async fn submit(State(state): State<AppState>, named: Named, request: Request) -> Response {
    let slug = slug_of(named, request.extensions());
    let network = state.limits().sign_in.network(request.headers(), request.extensions());
    let context = match context(&state, request.headers(), &slug).await {
        Ok(context) => context,
        Err(refusal) => return kept_out(&refusal, state, request).await,
    };
    let Some(user) = context.actor.user else { return first_sign_in(&context.tenant, &here(&context.tenant)) };
    let (headers, form) = match Fields::of_body(request).await {
        Ok(form) => form,
        Err(refusal) => return refusal_response(&refusal),
    };
    let (secret, arrival) = arrival(&state, &headers, &slug);
    let changed = async {
        let limits = &state.limits().sign_in;
        let guess = PasswordAttempt::new(&slug, &user.to_string(), network, None);
        let _turn = limits.turn_to_guess(network).await?;
        limits.may_guess(&guess)?;
        let changed = state.service().change_password(&context, form.get("old"), form.get("password"), &arrival).await;
        if matches!(changed, Err(Refusal::WrongCredentials)) {
            limits.wrong_guess(&guess);
        }
        changed
    };
    match changed.await {
        Ok(person) => come_in(&state, &Admission::SignedIn(person), &secret, ""),
        Err(Refusal::ProofNeeded) => go(&confirm::address(&room_of(&slug), &here(&context.tenant)), &[]),
        Err(Refusal::WrongCredentials) => {
            page(&state, &headers, &context.tenant, Some((&Refusal::WrongCredentials, wrong_old())))
        }
        Err(refusal) => page(&state, &headers, &context.tenant, Some((&refusal, Problems::from(&refusal)))),
    }
}

fn here(tenant: &Tenant) -> String {
    format!("{}/password", room_of(&tenant.slug))
}

fn wrong_old() -> Problems {
    Problems { whole: None, fields: vec![("old".to_owned(), "This is not your password.".to_owned())] }
}

fn page(state: &AppState, headers: &HeaderMap, tenant: &Tenant, refused: Option<(&Refusal, Problems)>) -> Response {
    let (refusal, problems) = refused.unzip();
    let problems = problems.unwrap_or_default();
    let door = OwnPassword { tenant: tenant.into(), room: room_of(&tenant.slug), problems };
    draw(state, headers, refusal, || door.draw())
}
