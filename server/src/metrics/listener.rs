//! Where metrics are served: on a port of their own, never on the public one.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{Metrics, text};
use crate::limits::Limits;

/// What is exposed: what was counted, and what the limits held back.
pub type Exposed = (Metrics, Limits);

/// Serves `/metrics` on this listener until it is stopped.
pub async fn serve(listener: TcpListener, exposed: Exposed, stop: CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => {}
        ended = async { axum::serve(listener, router(exposed)).await } => {
            if let Err(error) = ended {
                tracing::error!(%error, "metrics are served no more");
            }
        }
    }
}

/// The one route of that port.
pub fn router(exposed: Exposed) -> Router {
    Router::new().route("/metrics", get(metrics)).with_state(exposed)
}

async fn metrics(State(exposed): State<Exposed>) -> Response {
    match text::encode(&exposed) {
        Ok(text) => ([(CONTENT_TYPE, text::CONTENT_TYPE), (CACHE_CONTROL, "no-store")], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "the metrics could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
