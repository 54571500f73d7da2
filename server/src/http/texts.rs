//! What people wrote: taken away, erased, and kept as long as a tenant says. Pages and forms that work without script.

use app::account::{EraseWritten, KeepTexts, Problems};
use axum::extract::{Path, Request, State};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Router, middleware};
use std::collections::HashMap;

use super::account::form::Fields;
use super::account::{context, draw, go, kept_out, private, room_of};
use super::api::{self, refusal_response};
use super::own::{fresh_key, key_of, tenant_of};
use crate::state::AppState;
use pulsestage::error::Refusal;
use pulsestage::retention::{Erased, Retention};
use pulsestage::service::RequestContext;

/// The pages, in the default tenant and in those that their address names.
pub fn routes() -> Router<AppState> {
    let mut pages = Router::new();
    for room in ["", "/t/{tenant}"] {
        pages = pages
            .route(&format!("{room}/mine/written.json"), get(take_away).fallback(api::method_not_allowed))
            .route(&format!("{room}/mine/erase"), get(ask_first).post(erase).fallback(api::method_not_allowed))
            .route(&format!("{room}/admin/data"), get(show).post(change).fallback(api::method_not_allowed));
    }
    pages.layer(middleware::map_response(private))
}

type Named = Path<HashMap<String, String>>;

/// Everything that this browser wrote and did, as a file.
async fn take_away(State(state): State<AppState>, Path(named): Named, request: Request) -> Response {
    let slug = tenant_of(&named, &request);
    let context = match context(&state, request.headers(), &slug).await {
        Ok(context) => context,
        Err(refusal) => return kept_out(&refusal, state, request).await,
    };
    let written = match state.service().written(&context).await {
        Ok(written) => written,
        Err(refusal) => return refusal_response(&refusal),
    };
    let Ok(text) = serde_json::to_string_pretty(&written) else { return refusal_response(&Refusal::Internal) };
    // A slug has letters, digits and hyphens.
    let name = format!("attachment; filename=\"pulsestage-{}.json\"", context.tenant.slug);
    ([(CONTENT_TYPE, "application/json".to_owned()), (CONTENT_DISPOSITION, name)], text).into_response()
}

async fn ask_first(State(state): State<AppState>, Path(named): Named, request: Request) -> Response {
    let slug = tenant_of(&named, &request);
    let context = match context(&state, request.headers(), &slug).await {
        Ok(context) => context,
        Err(refusal) => return kept_out(&refusal, state, request).await,
    };
    draw_erase(&state, request.headers(), &context, None, None)
}

async fn erase(State(state): State<AppState>, Path(named): Named, request: Request) -> Response {
    let slug = tenant_of(&named, &request);
    let context = match context(&state, request.headers(), &slug).await {
        Ok(context) => context,
        Err(refusal) => return kept_out(&refusal, state, request).await,
    };
    match state.service().erase_written(&context).await {
        Ok(erased) => draw_erase(&state, request.headers(), &context, Some(erased), None),
        Err(refusal) => draw_erase(&state, request.headers(), &context, None, Some(&refusal)),
    }
}

fn draw_erase(
    state: &AppState,
    headers: &HeaderMap,
    context: &RequestContext,
    done: Option<Erased>,
    refusal: Option<&Refusal>,
) -> Response {
    let (tenant, room) = ((&context.tenant).into(), room_of(&context.tenant.slug));
    let page = EraseWritten { tenant, room, done, problems: refusal.map(Problems::from).unwrap_or_default() };
    draw(state, headers, refusal, || page.draw())
}

/// What became of a form of [`KeepTexts`].
#[derive(Default)]
struct Sent {
    typed: Option<String>,
    is_saved: bool,
    refusal: Option<Refusal>,
}

async fn show(State(state): State<AppState>, Path(named): Named, request: Request) -> Response {
    let slug = tenant_of(&named, &request);
    let context = match authenticate(&state, request.headers(), &slug).await {
        Ok(context) => context,
        Err(refusal) => return kept_out(&refusal, state, request).await,
    };
    let is_saved = request.uri().query().is_some_and(|query| query == "saved");
    match state.service().retention(&context).await {
        Ok(kept) => draw_data(&state, request.headers(), &context, kept, Sent { is_saved, ..Sent::default() }),
        Err(Refusal::NotSignedIn) => {
            let room = room_of(&context.tenant.slug);
            go(&format!("{room}/sign-in?to={room}/admin/data"), &[])
        }
        Err(refusal) => refusal_response(&refusal),
    }
}

async fn change(State(state): State<AppState>, Path(named): Named, request: Request) -> Response {
    let slug = tenant_of(&named, &request);
    let context = match authenticate(&state, request.headers(), &slug).await {
        Ok(context) => context,
        Err(refusal) => return kept_out(&refusal, state, request).await,
    };
    let (headers, form) = match Fields::of_body(request).await {
        Ok(form) => form,
        Err(refusal) => return refusal_response(&refusal),
    };
    let (service, days, hold) = (state.service(), form.get("days"), form.get("hold") == "true");
    let refusal = match service.set_retention(&context, key_of(&form), days, hold).await {
        Ok(_) => return go(&format!("{}/admin/data?saved", room_of(&context.tenant.slug)), &[]),
        Err(refusal) => refusal,
    };
    match (&refusal, service.retention(&context).await) {
        (Refusal::Invalid { .. }, Ok(kept)) => {
            let sent = Sent { typed: Some(days.to_owned()), is_saved: false, refusal: Some(refusal) };
            draw_data(&state, &headers, &context, kept, sent)
        }
        _ => refusal_response(&refusal),
    }
}

/// Somebody who runs the tenant: being here is noted for them, as on their other pages.
async fn authenticate(state: &AppState, headers: &HeaderMap, slug: &str) -> Result<RequestContext, Refusal> {
    state.service().authenticate(slug, &state.cookies().credentials(headers)).await
}

fn draw_data(
    state: &AppState,
    headers: &HeaderMap,
    context: &RequestContext,
    retention: Retention,
    sent: Sent,
) -> Response {
    let page = KeepTexts {
        tenant: (&context.tenant).into(),
        room: room_of(&context.tenant.slug),
        retention,
        typed: sent.typed,
        key: Some(fresh_key(state)),
        is_saved: sent.is_saved,
        problems: sent.refusal.as_ref().map(Problems::from).unwrap_or_default(),
    };
    draw(state, headers, sent.refusal.as_ref(), || page.draw())
}
