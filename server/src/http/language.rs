//! The language in which clients get what says no: JSON for programs, a page for browsers, text for others.
//!
//! A browser gets a page, whatever the route; a program always gets the one JSON shape of
//! `refusal_json`. What axum, tower-http and our layers say by a status alone passes here as
//! well, so no such answer is left without a body.

use app::account::{PersonLinkPage, ProblemPage, document};
use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::http::header::{
    ACCEPT, ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LENGTH,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, LAST_MODIFIED, REFRESH, RETRY_AFTER, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use http_body_util::BodyExt;

use super::errors::{body_json, in_json, refusal_json, status_of, title, words};
use crate::state::AppState;
use pulsestage::error::Refusal;

/// The longest body that is read for the sentence in it.
const MAX_SENTENCE: u64 = 4_096;
/// What a page says that is loaded again by itself once the database answers.
const STORE_AWAY: &str = "The database is not responding. This page opens automatically as soon as it does.";

/// A language of answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Language {
    Json,
    Html,
    Text,
}

/// What a client reads.
#[derive(Clone, Debug)]
pub struct ClientLanguage {
    /// The language that it names, or that its address speaks.
    language: Option<Language>,
    /// Whether it says that anything will do.
    takes_all: bool,
    is_head: bool,
}

impl ClientLanguage {
    /// The client of a request. A browser that opens a page reads pages, whatever the address; otherwise the addresses of
    /// programs speak JSON.
    #[must_use]
    pub fn of(method: &Method, path: &str, headers: &HeaderMap) -> Self {
        let is_for_programs = path == "/sse" || path == "/api" || path.starts_with("/api/");
        let opens_page = headers.get("sec-fetch-dest").is_some_and(|dest| dest == "document");
        let language = match named(headers) {
            _ if opens_page => Some(Language::Html),
            Some(Language::Html) => Some(Language::Html),
            _ if is_for_programs => Some(Language::Json),
            named => named,
        };
        Self { language, takes_all: headers.contains_key(ACCEPT), is_head: method == Method::HEAD }
    }

    /// Whether it is a browser that shows what it gets.
    #[must_use]
    pub fn reads_pages(&self) -> bool {
        self.language == Some(Language::Html)
    }

    /// A refusal of this status for a program, or as text where no page can be drawn.
    #[must_use]
    pub fn refuse(&self, status: StatusCode) -> Response {
        let (code, sentence) = words(status);
        let mut response = match self.language {
            Some(Language::Json) => in_json(body_json(code, sentence)),
            _ => in_text(sentence),
        };
        *response.status_mut() = status;
        response
    }

    /// The language to put an answer into that is in this one; nothing when it can stay as it is.
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
    let client = ClientLanguage::of(request.method(), request.uri().path(), request.headers());
    // A page shows the colours that its reader chose, which a cookie says; and it comes again by itself if it was only read.
    let headers = if client.reads_pages() { request.headers().clone() } else { HeaderMap::new() };
    let is_read = request.method().is_safe();
    let mut response = next.run(request).await;
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let refusal = response.extensions_mut().remove::<Refusal>();
    let language = match &refusal {
        // What opens a link in a mail reads pages, also when it does not say so.
        Some(Refusal::LinkSpent) => client.language.or(Some(Language::Html)),
        _ => client.instead_of(said(&response, client.is_head), status),
    };
    let mut response = match language {
        None => response,
        Some(language) => translated(&state, (&headers, is_read), response, refusal, language).await,
    };
    response.headers_mut().append(VARY, HeaderValue::from_static("accept"));
    if client.is_head {
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

/// The same answer in another language, with the sentence that it had.
async fn translated(
    state: &AppState,
    (headers, is_read): (&HeaderMap, bool),
    response: Response,
    refusal: Option<Refusal>,
    language: Language,
) -> Response {
    let is_text = said(&response, false) == Some(Language::Text);
    let (mut head, body) = response.into_parts();
    let is_short = body.size_hint().upper().is_some_and(|length| length <= MAX_SENTENCE);
    let bytes = match body.collect().await {
        Ok(read) if is_short && is_text => read.to_bytes(),
        _ => Default::default(),
    };
    let (code, own) = words(head.status);
    // A layer may have put another status in the place of the refusal's, and means that one.
    let refusal = refusal.filter(|refusal| status_of(refusal) == head.status || *refusal == Refusal::LinkSpent);
    let sentence = match &refusal {
        Some(refusal) => refusal.to_string(),
        None => {
            std::str::from_utf8(&bytes).ok().map(str::trim).filter(|text| !text.is_empty()).unwrap_or(own).to_owned()
        }
    };
    let translated = match language {
        Language::Json => in_json(refusal.as_ref().map_or_else(|| body_json(code, &sentence), refusal_json)),
        Language::Text => in_text(&sentence),
        Language::Html if refusal == Some(Refusal::LinkSpent) => {
            let page = PersonLinkPage::Spent { home: "/".to_owned() };
            Html(document(state.site().options.clone(), headers, || page.draw())).into_response()
        }
        Language::Html => {
            let wait = head.headers.get(RETRY_AFTER).filter(|_| is_read).cloned();
            if let Some(seconds) = wait.filter(|_| head.status == StatusCode::SERVICE_UNAVAILABLE) {
                return one_moment(state, headers, head.status, STORE_AWAY, seconds);
            }
            let page = ProblemPage { title: title(head.status).to_owned(), sentence, leads_on: true };
            Html(document(state.site().options.clone(), headers, || page.draw())).into_response()
        }
    };
    let (drawn, body) = translated.into_parts();
    for name in [
        CONTENT_ENCODING,
        CONTENT_SECURITY_POLICY,
        CONTENT_DISPOSITION,
        CONTENT_LENGTH,
        ETAG,
        LAST_MODIFIED,
        ACCEPT_RANGES,
    ] {
        head.headers.remove(name);
    }
    head.headers.extend(drawn.headers);
    Response::from_parts(head, body)
}

/// A page that is loaded again by itself after so many seconds.
pub(super) fn one_moment(
    state: &AppState,
    headers: &HeaderMap,
    status: StatusCode,
    sentence: &str,
    seconds: HeaderValue,
) -> Response {
    let page = ProblemPage { title: "One moment".to_owned(), sentence: sentence.to_owned(), leads_on: false };
    let page = Html(document(state.site().options.clone(), headers, || page.draw()));
    let kept = HeaderValue::from_static("private, no-store");
    (status, [(RETRY_AFTER, seconds.clone()), (REFRESH, seconds), (CACHE_CONTROL, kept)], page).into_response()
}

fn in_text(sentence: &str) -> Response {
    ([(CONTENT_TYPE, "text/plain; charset=utf-8")], format!("{sentence}\n")).into_response()
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
        assert_eq!(ClientLanguage::of(&Method::GET, "/api/x", &none).language, Some(Language::Json));
        assert_eq!(ClientLanguage::of(&Method::GET, "/apix", &none).language, None);
    }

    #[test]
    fn a_browser_reads_pages_whatever_the_address() {
        let of = |name: &'static str, value: &'static str| {
            let headers = HeaderMap::from_iter([(name.parse().unwrap(), HeaderValue::from_static(value))]);
            ClientLanguage::of(&Method::POST, "/api/fn/ask", &headers).language
        };
        assert_eq!(of("accept", "text/html,application/xhtml+xml,*/*;q=0.8"), Some(Language::Html));
        assert_eq!(of("sec-fetch-dest", "document"), Some(Language::Html));
        assert_eq!(of("sec-fetch-dest", "empty"), Some(Language::Json));
        assert_eq!(of("accept", "text/plain"), Some(Language::Json));
    }
}
