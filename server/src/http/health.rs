//! Whether we live, and whether we are to be sent anybody: what orchestrators and load balancers ask.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, RETRY_AFTER};
use axum::response::{IntoResponse, Response};

use crate::state::AppState;

/// We live.
pub async fn live() -> &'static str {
    "ok"
}

/// We are ready, or why not.
pub async fn ready(State(state): State<AppState>) -> Response {
    let headers = [(CACHE_CONTROL, "no-store")];
    match state.readiness().check(state.store(), &state.metrics().store, state.clock().now()).await {
        Ok(()) => (headers, "ok").into_response(),
        Err(why) => {
            // As every other 503 of ours has it; the database is asked no sooner.
            (StatusCode::SERVICE_UNAVAILABLE, headers, [(RETRY_AFTER, "1")], why.to_string()).into_response()
        }
    }
}
