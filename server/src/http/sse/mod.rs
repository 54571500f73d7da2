//! `GET /sse`: the stream of one tenant. A stream is a place in the tenant's ring and what it chose to see.

mod berth;
mod choice;
mod coding;
mod filter;
mod leave;
mod opened;
mod opening;
mod reader;
mod stream;

use axum::Json;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{Extensions, HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::host;
use crate::bus::Coding;
use crate::bus::frame::retry;
use crate::limits::{Activity, Holder};
use crate::state::AppState;
use choice::Choice;
use filter::Filter;
use leave::Leave;
use opening::retry_millis;
use pulsestage::audience::Viewer;
use pulsestage::error::{Noun, Refusal};
use stream::Stream;

pub(crate) use berth::Berth;
pub(crate) use opened::{Ended, Opened, Seat, farewell, share_of};
pub use opening::MAX_REPLAY;
pub(crate) use reader::Reader;

/// The longest cursor that is looked at: an epoch of 16 digits, a hyphen and a number of 19.
const MAX_CURSOR: usize = 64;

/// What a client may say in the address.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StreamQuery {
    /// The tenant's slug; the one whose host it is when absent, or `default`.
    tenant_id: Option<String>,
    /// Where to go on, for clients that cannot set the header.
    #[serde(rename = "last_event_id")]
    last_event_id: Option<String>,
    /// Event types to be sent, separated by commas; all when absent.
    events: Option<String>,
    /// A team's id: only its questions are sent.
    team_id: Option<String>,
}

/// Opens a stream.
pub async fn open(
    State(state): State<AppState>,
    method: Method,
    headers: HeaderMap,
    extensions: Extensions,
    query: Result<Query<StreamQuery>, axum::extract::rejection::QueryRejection>,
) -> Response {
    let Ok(Query(query)) = query else {
        return refused(StatusCode::BAD_REQUEST, "The address cannot be read");
    };
    let filter = match Filter::parse(query.events.as_deref(), query.team_id.as_deref()) {
        Ok(filter) => filter,
        Err(message) => return refused(StatusCode::BAD_REQUEST, &message),
    };
    let home = host::home(&extensions);
    let Some(slug) = home.resolve(query.tenant_id.as_deref().unwrap_or_default()) else {
        return refused_by(&state, &Refusal::NotFound { what: Noun::Tenant });
    };
    let caller = state.caller(&headers, &extensions);
    let (visit, leave) = match Leave::of(&state, slug, &caller).await {
        Ok(granted) => granted,
        Err(refusal) => return refused_by(&state, &refusal),
    };
    let filter = filter.seen_by(visit.sight());
    let header = headers.get("last-event-id").map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    // The header wins, for browsers send it with their own reconnects. An empty one is none, wherever it stands.
    let cursor = [header, query.last_event_id].into_iter().flatten().find(|text| !text.is_empty());
    let cursor = cursor.map(|text| if text.len() > MAX_CURSOR { None } else { text.parse().ok() });
    let coding = if state.compresses_streams() { coding::accepted(&headers) } else { Coding::Identity };
    let allowed = visit.rules.limits.streams.and_then(|most| usize::try_from(most).ok());
    let holder = match visit.known_by() {
        Some(_) => Holder::Known(visit.actor.participant),
        None => Holder::Unknown(state.limits().doors.network(&headers, &extensions)),
    };
    let permit = match state.limits().streams.admit_within(visit.tenant.id, holder, allowed) {
        Ok(permit) => permit,
        Err(full) => return streaming(Body::from(retry(full.retry_millis(state.chance()))), Coding::Identity),
    };
    let choice = Choice::new(filter, Viewer::from(&visit.actor), coding);
    match Opened::new(&state, visit.tenant.id, cursor, choice, (permit, leave)).await {
        Ok(opened) => streaming(body(opened, &method, &extensions, state), coding),
        Err(refusal) => refused_by(&state, &refusal),
    }
}

/// The stream as a body, unless there is a berth for it: then its connection takes it from there and has no use for one.
fn body(opened: Opened, method: &Method, extensions: &Extensions, state: AppState) -> Body {
    // The answer to HEAD is its head alone, and whoever comes while we stop is told when to come back.
    let is_lasting = method == Method::GET && !state.streams_stop().is_cancelled();
    match extensions.get::<Berth>().filter(|_| is_lasting) {
        Some(berth) => {
            berth.claim(opened);
            Body::empty()
        }
        None => {
            let busy = extensions.get::<Activity>().map(Activity::begin);
            Body::from_stream(Stream::new(opened, busy, state).into_chunks())
        }
    }
}

fn streaming(body: Body, coding: Coding) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        // no-transform: an intermediary that compresses would also buffer.
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-transform")),
        // nginx and others that follow it: do not buffer.
        (header::HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    let mut response = (headers, body).into_response();
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if coding == Coding::Gzip {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

fn refused_by(state: &AppState, refusal: &Refusal) -> Response {
    // EventSource gives up for good on every status but 200. That is right where asking again is of no use; where the
    // trouble is ours and passes, the stream ends at once and its client comes back.
    if refusal.status() >= 500 {
        return streaming(Body::from(retry(retry_millis(state.chance()))), Coding::Identity);
    }
    // 404 and its text are the wire's contract.
    let message = match refusal {
        Refusal::NotFound { what: Noun::Tenant } => "Tenant not found".to_owned(),
        other => other.to_string(),
    };
    refused(StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), &message)
}

fn refused(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "error": message }))).into_response()
}
