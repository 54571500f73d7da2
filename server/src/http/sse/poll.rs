//! `GET /api/events`: what a client has missed, at once and as an answer that ends, for those to whom no stream comes
//! through and for tabs that are to share one.
//!
//! It is what a stream of the same address would begin with: `connected`, the facts after the cursor, the counts that may have
//! changed, or `resync`. Its `retry:` says when to ask again.

use app::api::Home;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

use super::{Asked, Refused, malformed};
use crate::bus::StreamFormat;
use crate::bus::frame::closing;
use crate::http::errors::Error;
use crate::state::AppState;
use crate::streams::{Choice, missed_so_far};
use pulsestage::audience::Viewer;

/// Answers with what was missed. It takes a stream's place for as long as that lasts, and counts as reading the board.
pub async fn poll(State(state): State<AppState>, home: Home, request: Parts) -> Result<impl IntoResponse, Error> {
    let asked = Asked::of(&state, &home, &request).await.map_err(|refused| match refused {
        Refused::Malformed(message) => malformed(message),
        // Unlike a stream, a plain request is asked again whatever its status.
        Refused::For(refusal) => Error::from(refusal),
    })?;
    state.service().admit_reading(&asked.context)?;
    let tenant = asked.context.tenant.id;
    let _permit = match asked.admit(&state, &request.headers, &request.extensions) {
        Ok(permit) => permit,
        Err(full) => return Ok(events(closing(tenant, full.retry_millis(state.rng()), state.clock().now()))),
    };
    let viewer = asked.viewer_key();
    let cursor = asked.query.cursor(&request.headers);
    let choice = Choice::new(asked.filter, Viewer::from(&asked.context.actor), StreamFormat::default());
    Ok(events(missed_so_far(&state, tenant, cursor, &choice, viewer).await?))
}

/// Messages as a stream has them. They are plain text here: what holds back streams may know them by their type.
fn events(messages: Bytes) -> Response {
    ([(CONTENT_TYPE, "text/plain; charset=utf-8"), (CACHE_CONTROL, "no-store")], messages).into_response()
}
