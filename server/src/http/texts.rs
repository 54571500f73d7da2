//! What people wrote: taken away, erased, and kept as long as a tenant says. Pages and forms that work without script.

use app::account::{EraseWritten, KeepTexts};
use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::account::{draw, go, private, problems, room_of};
use super::errors::Error;
use super::extract::{Fields, StaffContext};
use super::own::{fresh_key, key_of};
use super::{api, page};
use crate::state::AppState;
use pulsestage::error::Refusal;
use pulsestage::retention::{Erased, Retention};
use pulsestage::service::RequestContext;

/// The pages, in the default tenant and in those that their address names.
pub fn routes(state: &AppState) -> Router<AppState> {
    let mut pages = Router::new();
    for room in ["", "/t/{tenant}"] {
        pages = pages
            .route(&format!("{room}/mine/written.json"), get(take_away).fallback(api::method_not_allowed))
            .route(&format!("{room}/mine/erase"), get(ask_first).post(erase).fallback(api::method_not_allowed))
            .route(&format!("{room}/admin/data"), get(show).post(change).fallback(api::method_not_allowed));
    }
    pages.layer(from_fn_with_state(state.clone(), page::or_missing)).layer(map_response(private))
}

/// Everything that this browser wrote and did, as a file.
async fn take_away(State(state): State<AppState>, context: RequestContext) -> Result<impl IntoResponse, Error> {
    let written = state.service().written(&context).await?;
    let text = serde_json::to_string_pretty(&written).map_err(|_| Refusal::Internal)?;
    // A slug has letters, digits and hyphens.
    let name = format!("attachment; filename=\"pulsestage-{}.json\"", context.tenant.slug);
    Ok(([(CONTENT_TYPE, "application/json".to_owned()), (CONTENT_DISPOSITION, name)], text))
}

async fn ask_first(
    State(state): State<AppState>,
    context: RequestContext,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Error> {
    Ok(draw_erase(&state, &headers, &context, None, None))
}

async fn erase(
    State(state): State<AppState>,
    context: RequestContext,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Error> {
    let erased = state.service().erase_written(&context).await;
    let erased = erased.map_err(|refusal| draw_erase(&state, &headers, &context, None, Some(&refusal)))?;
    Ok(draw_erase(&state, &headers, &context, Some(erased), None))
}

fn draw_erase(
    state: &AppState,
    headers: &HeaderMap,
    context: &RequestContext,
    done: Option<Erased>,
    refusal: Option<&Refusal>,
) -> Response {
    let (tenant, room) = ((&context.tenant).into(), room_of(&context.tenant.slug));
    let page = EraseWritten { tenant, room, done, problems: problems(refusal) };
    draw(state, headers, refusal, || page.draw())
}

/// What became of a form of [`KeepTexts`].
#[derive(Default)]
struct RetentionForm<'a> {
    typed: Option<&'a str>,
    is_saved: bool,
    refusal: Option<&'a Refusal>,
}

/// How long texts are kept here; whoever is not signed in signs in first.
async fn retention(state: &AppState, context: &RequestContext) -> Result<Retention, Error> {
    let room = room_of(&context.tenant.slug);
    state.service().retention(context).await.map_err(|refusal| match refusal {
        Refusal::NotSignedIn => go(&format!("{room}/sign-in?to={room}/admin/data"), &[]).into(),
        refusal => refusal.into(),
    })
}

async fn show(
    State(state): State<AppState>,
    StaffContext(context): StaffContext,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Error> {
    let kept = retention(&state, &context).await?;
    let is_saved = query.is_some_and(|query| query == "saved");
    Ok(draw_data(&state, &headers, &context, kept, RetentionForm { is_saved, ..RetentionForm::default() }))
}

async fn change(
    State(state): State<AppState>,
    StaffContext(context): StaffContext,
    headers: HeaderMap,
    form: Fields,
) -> Result<impl IntoResponse, Error> {
    let (days, hold) = (form.get("days"), form.get("hold") == "true");
    let Err(refusal) = state.service().set_retention(&context, key_of(&form), days, hold).await else {
        return Ok(go(&format!("{}/admin/data?saved", room_of(&context.tenant.slug)), &[]));
    };
    // Whoever may not change it may not see it either.
    let kept = state.service().retention(&context).await.map_err(|_| refusal.clone())?;
    let sent = RetentionForm { typed: Some(days), is_saved: false, refusal: Some(&refusal) };
    Ok(draw_data(&state, &headers, &context, kept, sent))
}

fn draw_data(
    state: &AppState,
    headers: &HeaderMap,
    context: &RequestContext,
    retention: Retention,
    sent: RetentionForm<'_>,
) -> Response {
    let page = KeepTexts {
        tenant: (&context.tenant).into(),
        room: room_of(&context.tenant.slug),
        retention,
        typed: sent.typed.map(str::to_owned),
        key: Some(fresh_key(state)),
        is_saved: sent.is_saved,
        problems: problems(sent.refusal),
    };
    draw(state, headers, sent.refusal, || page.draw())
}
