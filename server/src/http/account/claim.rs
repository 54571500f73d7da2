//! Claiming an installation that nobody owns. Without its link there is nothing here, and after it nothing any more.

use app::account::{ClaimPage, Problems};
use axum::extract::{Path, Request, State};
use axum::http::HeaderMap;
use axum::response::Response;

use super::form::Fields;
use super::{arrival, come_in_with_password, draw, draw_spent, no_link};
use crate::auth::Secret;
use crate::http::api::refusal_response;
use crate::state::AppState;
use pulsestage::error::Refusal;
use pulsestage::tenant::Tenant;

/// The page.
pub(super) async fn show(State(state): State<AppState>, Path(token): Path<String>, request: Request) -> Response {
    match find(&state, &token).await {
        Ok((secret, tenant)) => page(&state, request.headers(), &secret, &tenant, ("", ""), None),
        Err(refusal) => no_link(&state, request.headers(), &refusal),
    }
}

/// The form.
pub(super) async fn submit(State(state): State<AppState>, Path(token): Path<String>, request: Request) -> Response {
    let found = find(&state, &token).await;
    let (headers, form) = match Fields::of_body(request).await {
        Ok(form) => form,
        Err(refusal) => return refusal_response(&refusal),
    };
    let (link, tenant) = match found {
        Ok(found) => found,
        Err(refusal) => return no_link(&state, &headers, &refusal),
    };
    let (secret, arrival) = arrival(&state, &headers, &tenant.slug);
    let typed = (form.get("name"), form.get("email"));
    match state.service().claim(link.hash(), typed.0, typed.1, form.get("password"), &arrival).await {
        Ok(admission) => {
            tracing::info!(tenant = tenant.slug, "the installation was claimed");
            come_in_with_password(&state, &admission, &secret)
        }
        // Somebody else was faster.
        Err(Refusal::LinkSpent) => draw_spent(&state, &headers),
        Err(refusal) => page(&state, &headers, &link, &tenant, typed, Some(&refusal)),
    }
}

async fn find(state: &AppState, token: &str) -> Result<(Secret, Tenant), Refusal> {
    let secret = Secret::parse(token).ok_or(Refusal::LinkSpent)?;
    let tenant = state.service().claimable(secret.hash()).await?;
    Ok((secret, tenant))
}

fn page(
    state: &AppState,
    headers: &HeaderMap,
    secret: &Secret,
    tenant: &Tenant,
    (name, email): (&str, &str),
    refusal: Option<&Refusal>,
) -> Response {
    let door = ClaimPage {
        tenant: tenant.into(),
        action: format!("/claim/{}", secret.reveal()),
        name: name.to_owned(),
        email: email.to_owned(),
        problems: refusal.map(Problems::from).unwrap_or_default(),
    };
    draw(state, headers, refusal, || door.draw())
}
