//! The HTTP status of a page.

/// Gives the page that is being made this status; in the browser there is nothing to give it to.
#[cfg(feature = "ssr")]
pub(super) fn set_status(status: u16) {
    let response = leptos::prelude::use_context::<leptos_axum::ResponseOptions>();
    if let Some((response, status)) = response.zip(http::StatusCode::from_u16(status).ok()) {
        response.set_status(status);
    }
}

/// Gives the page that is being made this status; in the browser there is nothing to give it to.
#[cfg(not(feature = "ssr"))]
pub(super) const fn set_status(_status: u16) {}
