//! Another password, for somebody who is signed in.

use app::account::{OwnPassword, Problems};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use std::future::ready;

use super::{admit, compare_password, confirm, draw, go, new_session, room_of, signed_in};
use crate::http::errors::Error;
use crate::http::extract::Fields;
use crate::limits::{Network, PasswordAttempt};
use crate::state::AppState;
use pulsestage::error::Refusal;
use pulsestage::ports::Admission;
use pulsestage::service::RequestContext;
use pulsestage::tenant::Tenant;

/// The page; whoever is not signed in signs in first.
pub(super) async fn show(
    State(state): State<AppState>,
    context: RequestContext,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Error> {
    signed_in(&context, &here(&context.tenant))?;
    Ok(page(&state, &headers, &context.tenant, None))
}

/// The form.
pub(super) async fn submit(
    State(state): State<AppState>,
    context: RequestContext,
    network: Network,
    headers: HeaderMap,
    form: Fields,
) -> Result<impl IntoResponse, Error> {
    let (tenant, here) = (&context.tenant, here(&context.tenant));
    let user = signed_in(&context, &here)?;
    let (secret, browser) = new_session(&state, &headers, &tenant.slug);
    let attempt = PasswordAttempt::new(&tenant.slug, &user.to_string(), network, None);
    let changed = state.service().change_password(&context, form.get("old"), form.get("password"), &browser);
    let changed = compare_password(&state, network, ready(attempt), changed).await;
    let person = changed.map_err(|refusal| match refusal {
        Refusal::ProofNeeded => go(&confirm::address(&room_of(&tenant.slug), &here), &[]),
        refusal => page(&state, &headers, tenant, Some(&refusal)),
    })?;
    Ok(admit(&state, &Admission::SignedIn(person), &secret, ""))
}

fn here(tenant: &Tenant) -> String {
    format!("{}/password", room_of(&tenant.slug))
}

fn page(state: &AppState, headers: &HeaderMap, tenant: &Tenant, refusal: Option<&Refusal>) -> Response {
    let problems = match refusal {
        Some(Refusal::WrongCredentials) => {
            Problems { whole: None, fields: vec![("old".to_owned(), "This is not your password.".to_owned())] }
        }
        refusal => super::problems(refusal),
    };
    let page = OwnPassword { tenant: tenant.into(), room: room_of(&tenant.slug), problems };
    draw(state, headers, refusal, || page.draw())
}
