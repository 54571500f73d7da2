//! A plain form that was refused, or whose effect was only previewed, is answered with its own page, and everything that
//! was typed is still in it: with script and without, whatever its length, and nothing of it is kept anywhere.

use app::api::{API_PREFIX, FORM_AGAIN, FormError, ReturnedForm};
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HeaderValue, LOCATION, REFERER, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::Response;
use http_body_util::BodyExt;
use std::sync::{Arc, Mutex, PoisonError};

use super::account::confirm::{self, HeldForm};
use super::api::{MAX_BODY, ProofWanted};
use super::errors::with_refusal;
use super::page;
use crate::state::AppState;

/// Answers a plain form with its page, where what was typed is to be there still.
pub async fn answer(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    // Of all others, the votes of pages that are alive among them, no copy is needed.
    if !takes_pages(request.headers()) {
        let mut told = next.run(request).await;
        told.headers_mut().remove(FORM_AGAIN);
        return told;
    }
    if let Some(page) = page_of(request.uri()).and_then(|page| on_page(request.headers(), &page)) {
        request.headers_mut().insert(REFERER, page);
    }
    let (head, body) = request.into_parts();
    let sent = Arc::new(Mutex::new(Vec::new()));
    let copy = sent.clone();
    let body = body.map_frame(move |frame| {
        if let Some(data) = frame.data_ref() {
            keep(&copy, data);
        }
        frame
    });
    let mut told = next.run(Request::from_parts(head.clone(), Body::new(body))).await;
    let typed = || sent.lock().unwrap_or_else(PoisonError::into_inner).split_off(0);
    let endpoint = head.uri.path().rsplit('/').next().unwrap_or_default().to_owned();
    // Where the form brought a file, what was made of it stands for what was typed.
    let read = told.extensions_mut().remove::<ReadForm>().map(|ReadForm(form)| form.to_vec());
    if let Some(proof) = told.extensions_mut().remove::<ProofWanted>() {
        let form = String::from_utf8(read.unwrap_or_else(typed)).unwrap_or_default();
        let held = HeldForm { endpoint, form };
        return confirm::holding(&state, &head, proof.page(), held).await.unwrap_or(told);
    }
    let is_wanted_again = told.headers_mut().remove(FORM_AGAIN).is_some();
    let Some(address) = told.headers().get(LOCATION).and_then(|value| url::Url::parse(value.to_str().ok()?).ok())
    else {
        return told;
    };
    let field = |wanted: &str| address.query_pairs().find(|(name, _)| name == wanted).map(|(_, value)| value);
    let refusal = field("__path").zip(field("__err")).and_then(|(path, error)| FormError::parse(&path, &error));
    if refusal.is_none() && !is_wanted_again {
        return told;
    }
    let sent = read.unwrap_or_else(typed);
    let refusal = refusal.map(|error| error.refusal);
    let returned = ReturnedForm { endpoint, refusal: refusal.clone(), fields: fields(&sent) };
    let place = &address[url::Position::BeforePath..url::Position::AfterQuery];
    match page_with(state, head, place, told.headers(), returned).await {
        Some(page) => match refusal {
            Some(refusal) => with_refusal(page, &refusal),
            None => page,
        },
        None => told,
    }
}

/// The page at `place` with what was typed into a form before its sender had shown who they are. It is still to be sent.
pub(super) async fn again(state: AppState, head: Parts, place: &str, held: HeldForm) -> Option<Response> {
    let returned = ReturnedForm { endpoint: held.endpoint, refusal: None, fields: fields(held.form.as_bytes()) };
    page_with(state, head, place, &HeaderMap::new(), returned).await
}

fn fields(form: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(form).into_owned().collect()
}

/// The page at `place` as it answers a form; none where there is no such page.
async fn page_with(
    state: AppState,
    head: Parts,
    place: &str,
    told: &HeaderMap,
    returned: ReturnedForm,
) -> Option<Response> {
    let place = place.parse::<Uri>().ok()?;
    let request = page_request(Request::from_parts(head, Body::empty()), &place, told, returned);
    let page = page::render(State(state), request).await;
    if page.status() != StatusCode::OK {
        return None;
    }
    Some(with_page_in_actions(page, &place).await)
}

/// Whether a client is led back to a page, as `server_fn` decides it for plain forms.
fn takes_pages(headers: &HeaderMap) -> bool {
    headers.get(ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|accepted| accepted.contains("text/html"))
}

/// A form as it was read, where that is not how it was sent.
#[derive(Clone)]
pub(super) struct ReadForm(pub(super) Bytes);

/// Keeps what passes, as far as any body is read.
fn keep(copy: &Mutex<Vec<u8>>, data: &Bytes) {
    let mut copy = copy.lock().unwrap_or_else(PoisonError::into_inner);
    let room = MAX_BODY.saturating_sub(copy.len()).min(data.len());
    copy.extend_from_slice(&data[..room]);
}

/// The address of this page on the site that the form says it comes from.
fn on_page(headers: &HeaderMap, page: &str) -> Option<HeaderValue> {
    let from = url::Url::parse(headers.get(REFERER)?.to_str().ok()?).ok()?;
    HeaderValue::from_str(from.join(page).ok()?.as_str()).ok()
}

/// The request for the page as the browser would make it, with the cookies that it was just given.
fn page_request(mut request: Request, place: &Uri, told: &HeaderMap, returned: ReturnedForm) -> Request {
    *request.method_mut() = Method::GET;
    *request.uri_mut() = place.clone();
    request.extensions_mut().insert(returned);
    let headers = request.headers_mut();
    headers.remove(CONTENT_TYPE);
    headers.remove(CONTENT_LENGTH);
    for cookie in told.get_all(SET_COOKIE) {
        let pair = cookie.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
        if let Ok(pair) = HeaderValue::from_bytes(pair) {
            headers.append(COOKIE, pair);
        }
    }
    request
}

/// The page as it is at the address of a server function, to which a form without script has led the browser: each of its
/// forms says which page it is on, as the browser no longer can.
async fn with_page_in_actions(response: Response, place: &Uri) -> Response {
    let (mut head, body) = response.into_parts();
    // The page is in memory already, in one piece.
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let page = url::form_urlencoded::Serializer::new(String::new()).append_pair(PAGE, &place.to_string()).finish();
    let start = format!("action=\"{API_PREFIX}/");
    let mut pieces = str::from_utf8(&body).unwrap_or_default().split(&start);
    let mut html = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (function, rest) = piece.split_once('"').unwrap_or((piece, ""));
        html.push_str(&format!("{start}{function}?{page}\"{rest}"));
    }
    head.headers.insert(CONTENT_LENGTH, HeaderValue::from(html.len()));
    Response::from_parts(head, Body::from(html))
}

/// The field of a server function's address that says which page its form is on.
const PAGE: &str = "page";

/// The page that a form says it is on, as a path of this site.
fn page_of(address: &Uri) -> Option<String> {
    let query = address.query()?;
    let (_, page) = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == PAGE)?;
    let is_path = page.starts_with('/') && !page.starts_with("//") && !page.contains(['\\', '\n', '\r', '\t']);
    is_path.then(|| page.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_path_of_this_site_is_a_page() {
        let of = |page: &str| {
            let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("page", page).finish();
            page_of(&format!("/api/fn/ask?{query}").parse().unwrap())
        };
        for page in ["/", "/admin/people?text=a%20b&after=1", "/t/acme/admin"] {
            assert_eq!(of(page).as_deref(), Some(page));
        }
        for page in ["", "//evil.example/", "/\\evil.example/", "https://evil.example/", "/\t/evil.example"] {
            assert_eq!(of(page), None, "{page}");
        }
        assert_eq!(page_of(&"/api/fn/ask".parse().unwrap()), None);
    }

    #[tokio::test]
    async fn every_form_of_a_returned_page_says_where_it_is() {
        let html = "<form action=\"/api/fn/ask\"><form action=\"/sign-out\"><form action=\"/api/fn/set_vote\">";
        let response = with_page_in_actions(Response::new(Body::from(html)), &"/t/a?tab=all".parse().unwrap()).await;
        let page = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let expected = html.replace("ask\"", "ask?page=%2Ft%2Fa%3Ftab%3Dall\"");
        assert_eq!(page, expected.replace("set_vote\"", "set_vote?page=%2Ft%2Fa%3Ftab%3Dall\""));
    }
}
