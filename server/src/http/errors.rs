//! Answers that say no, in the language that was asked for: JSON for programs, a page for browsers, text for others.
//!
//! Handlers answer in the language that their callers usually speak, and axum, tower-http and our layers say some things by
//! a status alone. What they say is put here into the caller's language, and no such answer is left without a body.

use app::account::{ProblemPage, document};
use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::http::header::{
    ACCEPT, ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, ETAG, LAST_MODIFIED, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use http_body_util::BodyExt;
use serde_json::{Value, json};

use crate::state::AppState;

/// The longest body that is read for the sentence in it.
const MAX_SENTENCE: u64 = 4_096;
/// What browsers are told of a page that is not there.
const NO_PAGE: &str = "There is nothing at this address.";

/// A language of answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Language {
    Json,
    Html,
    Text,
}

/// What a request asks for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The language that it names, or that its address speaks.
    language: Option<Language>,
    /// Whether it says that anything will do.
    takes_all: bool,
    is_head: bool,
}

impl Asked {
    /// What this request asks for.
    #[must_use]
    pub fn by(method: &Method, path: &str, headers: &HeaderMap) -> Self {
        let speaks_json = path == "/sse" || path == "/api" || path.starts_with("/api/");
        let language = if speaks_json { Some(Language::Json) } else { named(headers) };
        Self { language, takes_all: headers.contains_key(ACCEPT), is_head: method == Method::HEAD }
    }

    /// A refusal of this status for a program, or as text where no language is ours to draw in.
    #[must_use]
    pub fn told(&self, status: StatusCode) -> Response {
        let (code, sentence) = words(status);
        let (kind, body) = match self.language {
            Some(Language::Json) => as_json(code, sentence),
            _ => as_text(sentence),
        };
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        response
    }

    /// The language to put an answer into; nothing when it is in that one already.
    fn instead_of(&self, said: Option<Language>, status: StatusCode) -> Option<Language> {
        let is_no_way = status == StatusCode::NOT_FOUND || status == StatusCode::METHOD_NOT_ALLOWED;
        match (self.language, said) {
            (Some(asked), said) => (Some(asked) != said).then_some(asked),
            (None, None) => Some(Language::Text),
            // A page is of no use to a program that takes anything.
            (None, Some(Language::Html)) => (is_no_way && self.takes_all).then_some(Language::Text),
            (None, Some(_)) => None,
        }
    }
}

/// The language that a request names first among those that it likes best; none when it takes anything.
fn named(headers: &HeaderMap) -> Option<Language> {
    let values = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut best: Option<(Language, f32)> = None;
    for range in values.flat_map(|value| value.split(',')) {
        let mut parts = range.split(';').map(str::trim);
        let Some(language) = language_of(parts.next().unwrap_or_default()) else { continue };
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(1.0, |q| q.parse().unwrap_or(0.0));
        if weight > best.map_or(0.0, |(_, weight)| weight) {
            best = Some((language, weight));
        }
    }
    best.map(|(language, _)| language)
}

fn language_of(media_type: &str) -> Option<Language> {
    match media_type.to_ascii_lowercase().as_str() {
        "application/json" | "application/problem+json" | "text/json" => Some(Language::Json),
        "text/html" | "application/xhtml+xml" => Some(Language::Html),
        "text/plain" => Some(Language::Text),
        _ => None,
    }
}

/// Puts what says no into the language of whoever asked.
pub async fn in_language(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let asked = Asked::by(request.method(), request.uri().path(), request.headers());
    // A page shows the colours that its reader chose, which a cookie says.
    let headers = request.headers().clone();
    let response = next.run(request).await;
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let said = said(&response, asked.is_head);
    let mut response = match asked.instead_of(said, status) {
        None => response,
        Some(language) => translated(&state, &headers, response, said, language).await,
    };
    response.headers_mut().append(VARY, HeaderValue::from_static("accept"));
    if asked.is_head {
        *response.body_mut() = Body::empty();
    }
    response
}

/// The language that an answer is in; none when it has no body.
fn said(response: &Response, is_head: bool) -> Option<Language> {
    if !is_head && response.body().size_hint().exact() == Some(0) {
        return None;
    }
    let kind = response.headers().get(CONTENT_TYPE)?.to_str().ok()?;
    Some(language_of(kind.split(';').next().unwrap_or_default().trim()).unwrap_or(Language::Text))
}

async fn translated(
    state: &AppState,
    headers: &HeaderMap,
    response: Response,
    said: Option<Language>,
    language: Language,
) -> Response {
    let (mut head, body) = response.into_parts();
    let is_short = body.size_hint().upper().is_some_and(|length| length <= MAX_SENTENCE);
    let bytes = match body.collect().await {
        Ok(read) if is_short => read.to_bytes(),
        _ => Default::default(),
    };
    let (code, own) = words(head.status);
    let told: Option<Value> = (said == Some(Language::Json)).then(|| serde_json::from_slice(&bytes).ok()).flatten();
    let sentence = match (said, &told) {
        (Some(Language::Json), Some(told)) => told["message"].as_str().or_else(|| told["error"].as_str()),
        (Some(Language::Text), _) => std::str::from_utf8(&bytes).ok().map(str::trim),
        _ => None,
    };
    let sentence = sentence.filter(|text| !text.is_empty()).unwrap_or(own);
    let (kind, body) = match language {
        Language::Json => as_json(code, sentence),
        Language::Text => as_text(sentence),
        Language::Html => {
            let page = ProblemPage { title: title(head.status).to_owned(), sentence: sentence.to_owned() };
            ("text/html; charset=utf-8", document(state.site().options.clone(), headers, || page.draw()))
        }
    };
    for name in [CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_DISPOSITION, ETAG, LAST_MODIFIED, ACCEPT_RANGES] {
        head.headers.remove(name);
    }
    head.headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    head.headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    Response::from_parts(head, Body::from(body))
}

fn as_json(code: &str, sentence: &str) -> (&'static str, String) {
    ("application/json", json!({ "refusal": code, "error": sentence, "message": sentence }).to_string())
}

fn as_text(sentence: &str) -> (&'static str, String) {
    ("text/plain; charset=utf-8", format!("{sentence}\n"))
}

/// The sentence for a status where nobody said more.
#[must_use]
pub fn sentence(status: StatusCode) -> &'static str {
    words(status).1
}

/// The stable word for a status and a sentence for people, where nobody said more.
fn words(status: StatusCode) -> (&'static str, &'static str) {
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
fn title(status: StatusCode) -> &'static str {
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

    fn accept(value: &str) -> Option<Language> {
        named(&HeaderMap::from_iter([(ACCEPT, value.parse().unwrap())]))
    }

    #[test]
    fn the_language_is_what_is_named_and_liked_best() {
        for (value, language) in [
            ("application/json", Some(Language::Json)),
            ("application/json, text/plain, */*", Some(Language::Json)),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Some(Language::Html)),
            ("text/html;q=0.5, application/json", Some(Language::Json)),
            ("application/json;q=0.1, TEXT/HTML ; q=0.2", Some(Language::Html)),
            ("application/json;q=0, text/plain;charset=utf-8", Some(Language::Text)),
            ("application/json;q=x", None),
            ("*/*", None),
            ("image/avif,image/webp,*/*;q=0.8", None),
            ("", None),
        ] {
            assert_eq!(accept(value), language, "{value}");
        }
        let none = HeaderMap::new();
        assert_eq!(Asked::by(&Method::GET, "/api/x", &none).language, Some(Language::Json));
        assert_eq!(Asked::by(&Method::GET, "/apix", &none).language, None);
    }

    #[test]
    fn each_status_of_a_refusal_has_words() {
        for status in (400..600).filter_map(|code| StatusCode::from_u16(code).ok()) {
            let (code, sentence) = words(status);
            assert!(code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
            assert!(sentence.starts_with(char::is_uppercase) && sentence.ends_with('.') && !title(status).is_empty());
        }
    }
}
