//! What handlers say instead of an answer.
//!
//! A handler returns `Result<impl IntoResponse, Error>`. Only the layer [`in_language`](super::language::in_language) knows the
//! client, so an [`Error`] becomes JSON with its refusal beside it, and that layer says the refusal as the client reads it.

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use serde_json::{Value, json};

use pulsestage::error::Refusal;

/// What browsers are told of a page that is not there.
const NO_PAGE: &str = "There is nothing at this address.";

/// What a handler says instead of its answer.
#[derive(Debug)]
pub enum Error {
    /// A refusal, said in the client's language.
    Refused(Refusal),
    /// There is no such page here. Where `page::or_missing` is, the application draws that.
    NoPage,
    /// Another answer: the form again with what was wrong, or the way to another page.
    Instead(Box<Response>),
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Response> for Error {
    fn from(response: Response) -> Self {
        Self::Instead(Box::new(response))
    }
}

/// Marks the answer [`Error::NoPage`].
#[derive(Clone, Copy, Debug)]
pub(super) struct NoPage;

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        match self {
            Self::Refused(refusal) => {
                let mut response = with_refusal(in_json(refusal_json(&refusal)), &refusal);
                response.extensions_mut().insert(refusal);
                response
            }
            Self::NoPage => {
                let (code, sentence) = words(StatusCode::NOT_FOUND);
                let mut response = in_json(body_json(code, sentence));
                *response.status_mut() = StatusCode::NOT_FOUND;
                response.extensions_mut().insert(NoPage);
                response
            }
            Self::Instead(response) => *response,
        }
    }
}

/// An answer under the status of a refusal, which is said in its place to whoever takes no pages.
pub(super) fn refused_page(page: Html<String>, refusal: &Refusal) -> Response {
    let mut response = with_refusal(page.into_response(), refusal);
    response.extensions_mut().insert(refusal.clone());
    response
}

/// The same answer, under the status of a refusal and with the time after which to come back.
pub(super) fn with_refusal(mut response: Response, refusal: &Refusal) -> Response {
    *response.status_mut() = status_of(refusal);
    if let Refusal::TooManyRequests { retry_after_s } | Refusal::Unavailable { retry_after_s } = refusal {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(*retry_after_s));
    }
    response
}

pub(super) fn status_of(refusal: &Refusal) -> StatusCode {
    StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The one shape in which programs read a refusal.
pub(super) fn refusal_json(refusal: &Refusal) -> Value {
    let mut body = serde_json::to_value(refusal).unwrap_or_default();
    if let Some(object) = body.as_object_mut() {
        object.insert("message".to_owned(), refusal.to_string().into());
        // Where clients of other makes look for it.
        object.insert("error".to_owned(), refusal.to_string().into());
    }
    body
}

/// The same shape where there is a code and a sentence alone.
pub(super) fn body_json(code: &str, sentence: &str) -> Value {
    json!({ "refusal": code, "error": sentence, "message": sentence })
}

pub(super) fn in_json(body: Value) -> Response {
    ([(CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

/// The sentence for a status where nobody said more.
#[must_use]
pub fn sentence(status: StatusCode) -> &'static str {
    words(status).1
}

/// The stable word for a status and a sentence for people, where nobody said more.
pub(super) fn words(status: StatusCode) -> (&'static str, &'static str) {
    match status.as_u16() {
        400 => ("malformed", "The request could not be read."),
        401 => ("not_signed_in", "You are not signed in."),
        403 => ("not_allowed", "You do not have permission to do this."),
        404 => ("not_found", NO_PAGE),
        405 => ("method_not_allowed", "This address does not accept this method."),
        406 => ("not_acceptable", "This is not available in a format that you accept."),
        408 => ("too_slow", "The request took too long. Send it again."),
        410 => ("gone", "This is no longer available."),
        411 => ("length_required", "The length of the body is missing."),
        412 => ("precondition_failed", "This has changed since you last loaded it."),
        413 => ("too_large", "This is too large."),
        414 => ("address_too_long", "This address is too long."),
        415 => ("unsupported_media_type", "Send the form as application/x-www-form-urlencoded or application/json."),
        416 => ("range_not_satisfiable", "There is no such part of this file."),
        421 => ("wrong_host", "This server does not answer under this name."),
        422 => ("invalid", "Some of the data was not accepted."),
        429 => ("too_many_requests", "That was too fast. Try again in a moment."),
        431 => ("headers_too_large", "The headers of the request are too large."),
        503 => ("unavailable", "The server is busy and nothing was changed. Try again in a moment."),
        _ if status.is_client_error() => ("refused", "This request was not accepted."),
        _ => ("internal", "Something went wrong on our side. Try again."),
    }
}

/// What a page about a status is called.
pub(super) fn title(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 | 403 => "Not allowed",
        404 | 410 => "Page not found",
        429 => "Too many requests",
        _ if status.is_client_error() => "That did not work",
        _ => "Something went wrong on our side",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_of_a_refusal_has_words() {
        for status in (400..600).filter_map(|code| StatusCode::from_u16(code).ok()) {
            let (code, sentence) = words(status);
            assert!(code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
            assert!(sentence.starts_with(char::is_uppercase) && sentence.ends_with('.') && !title(status).is_empty());
        }
    }
}
