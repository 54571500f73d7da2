//! Leaving a browser: the page after signing out, and forgetting a browser that others use as well.

use app::account::{Leaving, LeavingPage};
use axum::extract::{Request, State};
use axum::response::Response;

use super::form::Fields;
use super::{Named, draw, go, nowhere, room_of, slug_of};
use crate::http::api::refusal_response;
use crate::state::AppState;
use pulsestage::text::Slug;

/// Where somebody lands who has signed out.
pub(super) async fn signed_out(state: State<AppState>, named: Named, request: Request) -> Response {
    page(state, named, request, Leaving::SignedOut).await
}

/// Asks whether the browser is to be forgotten.
pub(super) async fn ask(state: State<AppState>, named: Named, request: Request) -> Response {
    page(state, named, request, Leaving::Asked).await
}

/// Says that it was.
pub(super) async fn forgotten(state: State<AppState>, named: Named, request: Request) -> Response {
    page(state, named, request, Leaving::Forgotten).await
}

/// The page, where there is such a tenant. It shows nothing of it that is not at its door.
async fn page(State(state): State<AppState>, named: Named, request: Request, at: Leaving) -> Response {
    let found = Slug::parse(&slug_of(named, request.extensions())).ok();
    let found = match found {
        Some(slug) => state.service().public_tenant(&slug).await,
        None => Ok(None),
    };
    match found {
        Ok(Some(tenant)) => {
            let page = LeavingPage { at, tenant: (&tenant).into(), room: room_of(&tenant.slug) };
            draw(&state, request.headers(), None, || page.draw())
        }
        Ok(None) => nowhere(state, request).await,
        Err(refusal) => refusal_response(&refusal),
    }
}

/// Forgets the browser: it is signed out wherever it was signed in, and is no participant any more.
pub(super) async fn forget(State(state): State<AppState>, named: Named, request: Request) -> Response {
    let room = room_of(&slug_of(named, request.extensions()));
    // There is nothing in the form, but a form it must be.
    let headers = match Fields::of_body(request).await {
        Ok((headers, _)) => headers,
        Err(refusal) => return refusal_response(&refusal),
    };
    let cookies = state.cookies();
    let mut gone = vec![cookies.ended_device_cookie().to_string()];
    for (slug, session) in cookies.credentials(&headers).sessions {
        if let Err(refusal) = state.service().sign_out(session).await {
            return refusal_response(&refusal);
        }
        gone.push(cookies.ended_session_cookie(&slug).to_string());
    }
    gone.extend(cookies.forgotten_browser_cookies(&headers).iter().map(ToString::to_string));
    go(&format!("{room}/forgotten"), &gone)
}
