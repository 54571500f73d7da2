//! Opening a link for one person. The page shows what it is for; its form uses it up.

use app::account::{PersonLinkPage, Problems, Setting};
use axum::extract::{Path, Request, State};
use axum::http::HeaderMap;
use axum::response::Response;

use super::back::own_page;
use super::form::Fields;
use super::{arrival, come_in, come_in_with_password, confirms, draw, draw_spent, no_link, room_of};
use crate::auth::Secret;
use crate::http::api::refusal_response;
use crate::state::AppState;
use pulsestage::error::Refusal;
use pulsestage::link::{PersonLink, PersonLinkPurpose};

/// The page.
pub(super) async fn show(State(state): State<AppState>, Path(token): Path<String>, request: Request) -> Response {
    let to = wanted(&request);
    match find(&state, &token).await {
        Ok((secret, link)) => page(&state, request.headers(), &secret, link, &to, None),
        Err(refusal) => no_link(&state, request.headers(), &refusal),
    }
}

/// The form.
pub(super) async fn submit(State(state): State<AppState>, Path(token): Path<String>, request: Request) -> Response {
    let to = wanted(&request);
    let found = find(&state, &token).await;
    let (headers, form) = match Fields::of_body(request).await {
        Ok(form) => form,
        Err(refusal) => return refusal_response(&refusal),
    };
    let (link_secret, link) = match found {
        Ok(found) => found,
        Err(refusal) => return no_link(&state, &headers, &refusal),
    };
    // The others are used up by what is typed.
    if link.purpose == PersonLinkPurpose::SignIn && !confirms(&form, &link_secret) {
        return page(&state, &headers, &link_secret, link, &to, None);
    }
    let (secret, arrival) = arrival(&state, &headers, &link.tenant.slug);
    let (service, hash) = (state.service(), link_secret.hash());
    let used = match link.purpose {
        PersonLinkPurpose::SignIn => service.sign_in_by_link(hash, &arrival).await,
        PersonLinkPurpose::Password => service.set_password_by_link(hash, form.get("password"), &arrival).await,
        PersonLinkPurpose::Invitation => {
            service.accept_invitation(hash, form.get("name"), form.get("password"), &arrival).await
        }
    };
    match used {
        Ok(admission) if link.purpose == PersonLinkPurpose::Invitation => {
            come_in_with_password(&state, &admission, &secret)
        }
        Ok(admission) => come_in(&state, &admission, &secret, &to),
        // Somebody else was faster with the same link.
        Err(Refusal::LinkSpent) => draw_spent(&state, &headers),
        Err(refusal) => {
            let name = if form.get("name").is_empty() { link.name.clone() } else { form.get("name").to_owned() };
            page(&state, &headers, &link_secret, PersonLink { name, ..link }, &to, Some(&refusal))
        }
    }
}

/// The page of ours that the address of a link leads on to.
fn wanted(request: &Request) -> String {
    own_page(Fields::of_query(request.uri().query()).get("to")).unwrap_or_default().to_owned()
}

/// Changes a link up.
async fn find(state: &AppState, token: &str) -> Result<(Secret, PersonLink), Refusal> {
    let secret = Secret::parse(token).ok_or(Refusal::LinkSpent)?;
    let link = state.service().person_link(secret.hash()).await?;
    Ok((secret, link))
}

fn page(
    state: &AppState,
    headers: &HeaderMap,
    secret: &Secret,
    link: PersonLink,
    to: &str,
    refusal: Option<&Refusal>,
) -> Response {
    let action = format!("/open/{}", secret.reveal());
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("to", to).finish();
    let door = PersonLinkPage::Good {
        setting: match link.purpose {
            PersonLinkPurpose::Invitation => Setting::Invitation,
            PersonLinkPurpose::Password => Setting::Password,
            PersonLinkPurpose::SignIn => Setting::SignIn,
        },
        room: room_of(&link.tenant.slug),
        tenant: (&link.tenant).into(),
        action: if to.is_empty() { action } else { format!("{action}?{query}") },
        name: link.name,
        email: link.email,
        problems: refusal.map(Problems::from).unwrap_or_default(),
    };
    draw(state, headers, refusal, || door.draw())
}
