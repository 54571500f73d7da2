//! Leaving a browser: the page after signing out, and forgetting a browser that others use as well.

use app::account::{Leaving, LeavingPage};
use app::{DeviceScript, Erasure};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use super::{draw, draw_with_script, go, room_of};
use crate::http::errors::Error;
use crate::http::extract::{Fields, TenantSlug};
use crate::state::AppState;
use pulsestage::text::Slug;

/// Where somebody lands who has signed out.
pub(super) async fn signed_out(
    state: State<AppState>,
    slug: TenantSlug,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Error> {
    page(state, slug, headers, Leaving::SignedOut).await
}

/// Asks whether the browser is to be forgotten.
pub(super) async fn ask(
    state: State<AppState>,
    slug: TenantSlug,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Error> {
    page(state, slug, headers, Leaving::Asked).await
}

/// Says that it was.
pub(super) async fn forgotten(
    state: State<AppState>,
    slug: TenantSlug,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Error> {
    page(state, slug, headers, Leaving::Forgotten).await
}

/// The page, where there is such a tenant. It shows nothing of it that whoever is not signed in does not see.
async fn page(
    State(state): State<AppState>,
    TenantSlug(slug): TenantSlug,
    headers: HeaderMap,
    at: Leaving,
) -> Result<Response, Error> {
    let slug = Slug::parse(&slug).map_err(|_| Error::NoPage)?;
    let tenant = state.service().public_tenant(&slug).await?.ok_or(Error::NoPage)?;
    let page = LeavingPage { at, tenant: (&tenant).into(), room: room_of(&tenant.slug) };
    let erasure = match at {
        Leaving::SignedOut => Erasure::Account,
        // Whoever follows a link to the page has not been forgotten, and keeps what they have.
        Leaving::Forgotten if state.cookies().credentials(&headers).device.is_none() => Erasure::Everything,
        Leaving::Forgotten | Leaving::Asked => return Ok(draw(&state, &headers, None, || page.draw())),
    };
    Ok(draw_with_script(&state, &headers, None, DeviceScript::erasing(slug.as_str(), erasure), || page.draw()))
}

/// Forgets the browser: it is signed out wherever it was signed in, and is no participant any more. There is nothing in
/// the form, but a form it must be.
pub(super) async fn forget(
    State(state): State<AppState>,
    TenantSlug(slug): TenantSlug,
    headers: HeaderMap,
    _form: Fields,
) -> Result<impl IntoResponse, Error> {
    let cookies = state.cookies();
    let mut gone = vec![cookies.ended_device_cookie().to_string()];
    for (slug, session) in cookies.credentials(&headers).sessions {
        state.service().sign_out(session).await?;
        gone.push(cookies.ended_session_cookie(&slug).to_string());
    }
    gone.extend(cookies.forgotten_browser_cookies(&headers).iter().map(ToString::to_string));
    Ok(go(&format!("{}/forgotten", room_of(&slug)), &gone))
}
