//! One spelling for every text that comes in an address: see [`crate::unicode`]. Bodies are put right where they are read.

use axum::extract::Request;
use axum::http::Uri;
use axum::middleware::Next;
use axum::response::Response;

use crate::unicode::nfc_form;

/// Puts what stands behind the question mark into Normalization Form C.
pub async fn of_query(mut request: Request, next: Next) -> Response {
    if let Some(query) = request.uri().query().and_then(|query| nfc_form(query.as_bytes()))
        && let Ok(uri) = format!("{}?{query}", request.uri().path()).parse::<Uri>()
    {
        // As before: an address of HTTP/2 has its host in it.
        let mut parts = request.uri().clone().into_parts();
        parts.path_and_query = uri.into_parts().path_and_query;
        if let Ok(uri) = Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
    }
    next.run(request).await
}
