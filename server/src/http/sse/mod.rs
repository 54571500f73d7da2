//! `GET /sse`: the stream of one tenant. A stream is a position in the tenant's replay buffer and what it chose to see.
//! `GET /api/events` (`poll`) gives what a stream would begin with, for those to whom no stream comes through.

mod coding;
mod poll;
mod query;

use app::api::Home;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderValue, Method, StatusCode, Version, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::json;
use uuid::Uuid;

use super::errors::{Error, body_json};
use crate::bus::frame::closing;
use crate::bus::{Coding, Framing, StreamFormat};
use crate::limits::{Activity, Permit, StreamHolder, TurnedAway};
use crate::state::AppState;
use crate::streams::{
    Choice, OpenedStream, StreamBody, StreamFilter, StreamPermit, UpgradeSlot, ViewerKey, retry_millis,
};
use pulsestage::audience::Viewer;
use pulsestage::error::{Noun, Refusal};
use pulsestage::id::TenantId;
use pulsestage::service::RequestContext;
use query::StreamQuery;

pub use poll::poll;
pub use query::length_without_cursors;

/// Opens a stream.
pub async fn open(State(state): State<AppState>, home: Home, request: Parts) -> Result<impl IntoResponse, Error> {
    let asked = Asked::of(&state, &home, &request).await.map_err(|refused| match refused {
        Refused::Malformed(message) => malformed(message),
        Refused::For(refusal) => refused_by(&state, refusal),
    })?;
    let Parts { method, version, headers, extensions, .. } = request;
    let tenant = asked.context.tenant.id;
    let permit = asked.admit(&state, &headers, &extensions);
    let permit = permit.map_err(|full| ended(&state, tenant, full.retry_millis(state.rng())))?;
    let coding = if state.compresses_streams() { coding::accepted(&headers) } else { Coding::Identity };
    // The answer to HEAD is its head alone, and whoever comes while we stop is told when to come back.
    let is_lasting = method == Method::GET && !state.streams_stop().is_cancelled();
    let upgrade_slot = extensions.get::<UpgradeSlot>().filter(|_| is_lasting);
    // What is not written by us is framed by whoever writes it, and HTTP/1.0 knows no chunks.
    let is_chunked = upgrade_slot.is_some() && version >= Version::HTTP_11;
    let framing = if is_chunked { Framing::Chunked } else { Framing::Bare };
    let viewer = Some(asked.viewer_key()).filter(|_| asked.query.tells_viewer);
    let Asked { context, access, filter, query } = asked;
    let choice = Choice::new(filter, Viewer::from(&context.actor), StreamFormat { coding, framing });
    let opened = OpenedStream::new(&state, tenant, query.cursor(&headers), choice, (permit, access), viewer).await;
    let opened = opened.map_err(|refusal| refused_by(&state, refusal))?;
    Ok(streaming(body(opened, upgrade_slot, &extensions, state), coding))
}

/// A request for a tenant's events by somebody who may see them.
struct Asked {
    context: RequestContext,
    access: StreamPermit,
    /// What they chose of what they may see.
    filter: StreamFilter,
    query: StreamQuery,
}

/// Why a request for events is not one.
enum Refused {
    /// A filter cannot be read.
    Malformed(String),
    /// There is no such tenant, or they may not see it.
    For(Refusal),
}

impl Asked {
    async fn of(state: &AppState, home: &Home, request: &Parts) -> Result<Self, Refused> {
        let query = StreamQuery::parse(request.uri.query().unwrap_or_default());
        let filter = StreamFilter::parse(query.events.as_deref(), query.team.as_deref()).map_err(Refused::Malformed)?;
        let slug = home.resolve(query.tenant.as_deref().unwrap_or_default());
        let slug = slug.ok_or(Refused::For(Refusal::NotFound { what: Noun::Tenant }))?;
        let credentials = state.credentials(&request.headers, &request.extensions);
        let (context, access) = StreamPermit::of(state, slug, &credentials).await.map_err(Refused::For)?;
        let filter = filter.seen_by(context.team_filter());
        Ok(Self { context, access, filter, query })
    }

    /// Counts it among the streams there are.
    fn admit(&self, state: &AppState, headers: &HeaderMap, extensions: &Extensions) -> Result<Permit, TurnedAway> {
        let context = &self.context;
        let allowed = context.rules.limits.streams.and_then(|most| usize::try_from(most).ok());
        let holder = match context.known_by() {
            Some(_) => StreamHolder::Known(context.actor.participant),
            None => StreamHolder::Unknown(state.limits().sign_in.network(headers, extensions)),
        };
        state.limits().streams.admit_within(context.tenant.id, holder, allowed)
    }

    /// What tells the streams apart that it may be sent.
    fn viewer_key(&self) -> ViewerKey {
        ViewerKey::new(self.context.tenant.id, &Viewer::from(&self.context.actor), &self.filter)
    }
}

/// The stream as a body, unless there is a upgrade_slot for it: then its connection takes it from there and has no use
/// for one.
fn body(opened: OpenedStream, upgrade_slot: Option<&UpgradeSlot>, extensions: &Extensions, state: AppState) -> Body {
    match upgrade_slot {
        Some(upgrade_slot) => {
            upgrade_slot.claim(opened);
            Body::empty()
        }
        None => {
            let busy = extensions.get::<Activity>().map(Activity::begin);
            Body::from_stream(StreamBody::new(opened, busy, state).into_chunks())
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

/// A stream that ends at once, to be asked for again after so many milliseconds.
fn ended(state: &AppState, tenant: TenantId, retry_ms: u64) -> Response {
    let closing: Bytes = closing(tenant, retry_ms, state.clock().now());
    streaming(Body::from(closing), Coding::Identity)
}

fn refused_by(state: &AppState, refusal: Refusal) -> Error {
    // EventSource gives up for good on every status but 200. That is right where asking again is of no use; where the
    // trouble is ours and passes, the stream ends at once and its client comes back.
    if refusal.status() >= 500 {
        // Whose stream it would have been may not be known.
        return ended(state, TenantId(Uuid::nil()), retry_millis(state.rng())).into();
    }
    match refusal {
        // The wire's contract, to the letter.
        Refusal::NotFound { what: Noun::Tenant } => {
            (StatusCode::NOT_FOUND, Json(json!({ "error": "Tenant not found" }))).into_response().into()
        }
        other => other.into(),
    }
}

fn malformed(message: String) -> Error {
    (StatusCode::BAD_REQUEST, Json(body_json("malformed", &message))).into_response().into()
}
