//! Opening the link that confirms an address. The page says whose it is to be; its button makes it theirs.

use app::account::{AddressChangePage, Problems};
use axum::extract::{Path, Request, State};
use axum::http::HeaderMap;
use axum::response::Response;

use super::form::Fields;
use super::{confirms, draw, draw_spent, no_link, room_of};
use crate::auth::Secret;
use crate::http::api::refusal_response;
use crate::state::AppState;
use pulsestage::error::Refusal;
use pulsestage::link::AddressChange;

/// The page.
pub(super) async fn show(State(state): State<AppState>, Path(token): Path<String>, request: Request) -> Response {
    match find(&state, &token).await {
        Ok((secret, change)) => page(&state, request.headers(), &secret, change, false, None),
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
    let (secret, change) = match found {
        Ok(found) => found,
        Err(refusal) => return no_link(&state, &headers, &refusal),
    };
    if !confirms(&form, &secret) {
        return page(&state, &headers, &secret, change, false, None);
    }
    match state.service().confirm_address(secret.hash()).await {
        Ok(change) => page(&state, &headers, &secret, change, true, None),
        Err(Refusal::LinkSpent) => draw_spent(&state, &headers),
        Err(refusal) => page(&state, &headers, &secret, change, false, Some(&refusal)),
    }
}

/// Changes a link up.
async fn find(state: &AppState, token: &str) -> Result<(Secret, AddressChange), Refusal> {
    let secret = Secret::parse(token).ok_or(Refusal::LinkSpent)?;
    let change = state.service().address_change(secret.hash()).await?;
    Ok((secret, change))
}

fn page(
    state: &AppState,
    headers: &HeaderMap,
    secret: &Secret,
    change: AddressChange,
    done: bool,
    refusal: Option<&Refusal>,
) -> Response {
    let door = AddressChangePage {
        room: room_of(&change.tenant.slug),
        tenant: (&change.tenant).into(),
        action: format!("/address/{}", secret.reveal()),
        name: change.name,
        email: change.email,
        done,
        problems: refusal.map(Problems::from).unwrap_or_default(),
    };
    draw(state, headers, refusal, || door.draw())
}
