//! The door of the server functions: what every call passes before it reaches one, and the form of every no.

use app::api::Backend;
use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, CONTENT_TYPE, HOST, LOCATION, REFERER};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use leptos::prelude::provide_context;
use serde_json::json;

use crate::state::AppState;
use pulsestage::error::Refusal;

/// The largest body that is taken, in bytes: the longest answer, each of its characters four bytes and each byte
/// written as `%XX`, fits in.
pub const MAX_BODY: usize = 256 * 1024;

/// Runs the server function of this address with the caller's identity.
pub async fn call(State(state): State<AppState>, request: Request) -> Response {
    let backend = Backend { service: state.service().clone(), caller: state.cookies().caller(request.headers()) };
    leptos_axum::handle_server_fns_with_context(move || provide_context(backend.clone()), request).await.into_response()
}

/// Turns away bodies of a type that no server function reads, and puts right what the framework answers.
pub async fn guard(mut request: Request, next: Next) -> Response {
    if request.method() == Method::POST && !is_form_or_json(request.headers()) {
        return refusal_response(&Refusal::UnsupportedMediaType);
    }
    let wants_page =
        request.headers().get(ACCEPT).and_then(|v| v.to_str().ok()).is_some_and(|v| v.contains("text/html"));
    if wants_page {
        return_to_own_page(request.headers_mut());
    }
    let response = next.run(request).await;
    if response.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return refusal_response(&Refusal::TooLarge);
    }
    if wants_page && response.headers().contains_key(LOCATION) { to_page(response) } else { response }
}

/// A plain form goes back to the page it came from with "see other": also when it was refused, for the page shows why.
fn to_page(mut response: Response) -> Response {
    *response.status_mut() = StatusCode::SEE_OTHER;
    *response.body_mut() = Body::empty();
    response.headers_mut().remove(CONTENT_TYPE);
    response.headers_mut().remove(axum::http::header::CONTENT_LENGTH);
    response
}

/// The framework sends a plain form back to the `Referer`. One that is missing or foreign becomes our first page.
fn return_to_own_page(headers: &mut HeaderMap) {
    let host = headers.get(HOST).and_then(|value| value.to_str().ok()).unwrap_or("localhost").to_owned();
    let own = headers.get(REFERER).and_then(|value| value.to_str().ok()).is_some_and(|referer| {
        let rest = referer.strip_prefix("https://").or_else(|| referer.strip_prefix("http://"));
        rest.is_some_and(|rest| rest.split('/').next() == Some(&host))
    });
    if !own && let Ok(first_page) = HeaderValue::from_str(&format!("http://{host}/")) {
        headers.insert(REFERER, first_page);
    }
}

fn is_form_or_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") || kind.eq_ignore_ascii_case("application/json")
}

/// An address under the API that no server function has.
pub async fn missing() -> Response {
    (StatusCode::NOT_FOUND, Json(json!({ "error": "There is nothing at this address" }))).into_response()
}

/// A method that the address does not take.
pub async fn method_not_allowed() -> Response {
    refusal_response(&Refusal::MethodNotAllowed)
}

/// A refusal as JSON, for doors that are no server functions.
#[must_use]
pub fn refusal_response(refusal: &Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut body = serde_json::to_value(refusal).unwrap_or_default();
    if let Some(object) = body.as_object_mut() {
        object.insert("message".to_owned(), refusal.to_string().into());
    }
    (status, Json(body)).into_response()
}
