//! The server's side of the server functions: who is calling, and how a refusal becomes a response.

use http::header::{CACHE_CONTROL, RETRY_AFTER};
use http::request::Parts;
use http::{HeaderValue, StatusCode, header};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use pulsestage::error::Refusal;
use pulsestage::service::{Caller, Service, Visit};
use pulsestage::text::Slug;

use super::{API_PREFIX, ApiError};

/// What the server puts into the context of every server function and every page.
#[derive(Clone)]
pub struct Backend {
    /// The use cases.
    pub service: Service,
    /// What the request brought to say who it is from.
    pub caller: Caller,
}

/// The use cases and the caller's visit to a tenant; an empty slug means the default tenant.
pub(super) async fn enter(tenant: &str) -> Result<(Service, Visit), ApiError> {
    let Backend { service, caller } = use_context().ok_or_else(|| refuse(Refusal::Internal))?;
    if let Some(response) = use_context::<ResponseOptions>() {
        // What follows is one viewer's own: no cache between us may keep it.
        response.insert_header(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    }
    let default = Slug::default_tenant();
    let slug = if tenant.is_empty() { default.as_str() } else { tenant };
    let visit = service.enter(slug, &caller).await.map_err(refuse)?;
    Ok((service, visit))
}

/// Puts the refusal's status on the response that is being made, be it a server function's or a page's.
///
/// A plain form's answer stays the redirect to its page, which then says what was refused: a browser follows
/// `Location` only under a 3xx.
pub(super) fn refuse(refusal: Refusal) -> ApiError {
    if let Some(response) = use_context::<ResponseOptions>().filter(|_| !is_plain_form()) {
        if let Ok(status) = StatusCode::from_u16(refusal.status()) {
            response.set_status(status);
        }
        if let Refusal::TooManyRequests { retry_after_s } | Refusal::Unavailable { retry_after_s } = refusal {
            response.insert_header(RETRY_AFTER, HeaderValue::from(retry_after_s));
        }
    }
    ApiError::Refused(refusal)
}

/// Whether the request is a form that a browser sent by itself: it wants a page back.
fn is_plain_form() -> bool {
    use_context::<Parts>().is_some_and(|request| {
        let accept = request.headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
        request.uri.path().starts_with(API_PREFIX) && accept.is_some_and(|accept| accept.contains("text/html"))
    })
}
