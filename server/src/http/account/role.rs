//! Opening a link that signs in whoever brings it, with a role. The page shows what it opens; its button uses it up.

use app::account::{Problems, RoleLinkPage};
use axum::extract::{Path, Request, State};
use axum::http::HeaderMap;
use axum::response::Response;

use super::form::Fields;
use super::{arrival, come_in, confirms, draw, draw_spent, no_link, room_of};
use crate::auth::Secret;
use crate::http::api::refusal_response;
use crate::state::AppState;
use pulsestage::error::Refusal;
use pulsestage::link::RoleLink;

/// The page.
pub(super) async fn show(State(state): State<AppState>, Path(token): Path<String>, request: Request) -> Response {
    match find(&state, &token).await {
        Ok((secret, link)) => page(&state, request.headers(), &secret, &link, None),
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
    let (link_secret, link) = match found {
        Ok(found) => found,
        Err(refusal) => return no_link(&state, &headers, &refusal),
    };
    if !confirms(&form, &link_secret) {
        return page(&state, &headers, &link_secret, &link, None);
    }
    let (secret, arrival) = arrival(&state, &headers, &link.tenant.slug);
    match state.service().sign_in_with_role(link_secret.hash(), &arrival).await {
        Ok(admission) => come_in(&state, &admission, &secret, ""),
        // Somebody else was faster with the same link.
        Err(Refusal::LinkSpent) => draw_spent(&state, &headers),
        Err(refusal) => page(&state, &headers, &link_secret, &link, Some(&refusal)),
    }
}

/// Changes a link up.
async fn find(state: &AppState, token: &str) -> Result<(Secret, RoleLink), Refusal> {
    let secret = Secret::parse(token).ok_or(Refusal::LinkSpent)?;
    let link = state.service().role_link(secret.hash()).await?;
    Ok((secret, link))
}

fn page(
    state: &AppState,
    headers: &HeaderMap,
    secret: &Secret,
    link: &RoleLink,
    refusal: Option<&Refusal>,
) -> Response {
    let door = RoleLinkPage {
        tenant: (&link.tenant).into(),
        room: room_of(&link.tenant.slug),
        action: format!("/sign-in/{}", secret.reveal()),
        role: link.role,
        problems: refusal.map(Problems::from).unwrap_or_default(),
    };
    draw(state, headers, refusal, || door.draw())
}
