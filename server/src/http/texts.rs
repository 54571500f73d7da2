//! What people wrote: taken away and erased. Pages and forms that work without script.

use app::account::EraseWritten;
use app::{DeviceScript, Erasure};
use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::account::{draw, draw_with_script, private, problems, room_of};
use super::errors::Error;
use super::{api, page};
use crate::state::AppState;
use pulsestage::error::Refusal;
use pulsestage::retention::Erased;
use pulsestage::service::RequestContext;

/// The pages, in the default tenant and in those that their address names.
pub fn routes(state: &AppState) -> Router<AppState> {
    let mut pages = Router::new();
    for room in ["", "/t/{tenant}"] {
        pages = pages
            .route(&format!("{room}/mine/written.json"), get(take_away).fallback(api::method_not_allowed))
            .route(&format!("{room}/mine/erase"), get(ask_first).post(erase).fallback(api::method_not_allowed));
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
    match page.done.is_some() {
        true => {
            let script = DeviceScript::erasing(&context.tenant.slug, Erasure::Tenant);
            draw_with_script(state, headers, refusal, script, || page.draw())
        }
        false => draw(state, headers, refusal, || page.draw()),
    }
}
