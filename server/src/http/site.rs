//! Files of the built site that browsers may keep.

use app::SiteFiles;
use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::CACHE_CONTROL;
use axum::middleware::Next;
use axum::response::Response;

use crate::state::AppState;

/// What holds for a file whose address is another one when its content is.
pub const LASTING: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// Lets browsers keep a file that was asked for with the version that it has here. Another instance may have named another
/// version during a deploy: what is sent under that name is not kept.
pub async fn keep_versions(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let is_named = SiteFiles::of(&state.site().options).names(request.uri().path(), request.uri().query());
    let mut response = next.run(request).await;
    if let Some(is_current) = is_named.filter(|_| response.status().is_success()) {
        let value = if is_current { LASTING } else { HeaderValue::from_static("no-store") };
        response.headers_mut().insert(CACHE_CONTROL, value);
    }
    response
}
