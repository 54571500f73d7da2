//! The page of a board for those who have nothing on it yet: drawn once for all of them, and filled with what is each one's
//! own. And the way to one question, wherever it stands.
//!
//! A page is shared by newcomers, and by guests who have neither asked nor voted, who open the same address on the same host
//! while the board stays as it is. Whoever did something, is signed in or brings another cookie has a page drawn for them: it
//! may have their votes, their questions or their colours in it. What is drawn once is drawn for nobody: of the request it is
//! given the address and the host, and no other header.

use app::api::{Backend, Home, PageWindow, ReadyBoard, ReturnedForm};
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HOST};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use http_body_util::BodyExt;
use std::sync::Arc;

use super::board::{BoardQuery, board_of};
use super::page::{PageDrawing, draw, guard};
use super::{host, own, policy};
use crate::auth::Cookies;
use crate::boards::SharedBoard;
use crate::coding::{BodyCoding, PageTemplate};
use crate::state::AppState;
use pulsestage::error::Refusal;
use pulsestage::question::Status;
use pulsestage::service::{Credentials, RequestContext};
use pulsestage::text::Slug;
use pulsestage::window::{Filters, Tab, WindowStart};

/// The longest address whose page is kept, in bytes: what our own links make is shorter.
const MAX_ADDRESS: usize = 1_024;
/// What a page is when it is drawn by leptos.
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

/// The page for a guest.
pub(super) enum SharedPage {
    /// The same as others have, filled for them.
    Filled(Response),
    /// It has to be drawn for them, and tells that the board was refused.
    Refused(Refusal),
    /// It has to be drawn for them.
    Own,
}

/// The page for a guest, which counts as a look at its board unless they have one of their own.
pub(super) async fn page(state: &AppState, head: &Parts, slug: &Slug, context: &RequestContext) -> SharedPage {
    let Some(address) = shared_address(state.cookies(), head, slug) else { return SharedPage::Own };
    if !matches!(state.service().has_nothing_own(context).await, Ok(true)) {
        return SharedPage::Own;
    }
    match board_of(state, context).await {
        Ok(board) => {
            let filled = filled(state, head, address, slug, context, &board).await;
            filled.map_or(SharedPage::Own, SharedPage::Filled)
        }
        Err(refusal) => SharedPage::Refused(refusal),
    }
}

async fn filled(
    state: &AppState,
    head: &Parts,
    address: &str,
    slug: &Slug,
    context: &RequestContext,
    board: &Arc<SharedBoard>,
) -> Option<Response> {
    let host = head.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let address = format!("{host} {address}");
    let drawn = board.page(address, |board| template(state, head, slug, context, board)).await.ok()?;
    let nonce = policy::Nonce::while_watching(state.rng());
    let form_key = own::fresh_key(state).to_string();
    let values = [written(nonce.as_ref()), form_key.as_str()];
    let coding = BodyCoding::accepted(&head.headers, &PageTemplate::CODINGS);
    let filled = drawn.fill(&values, coding).map(|page| (page, coding));
    let (page, coding) = filled.or_else(|| Some((drawn.fill(&values, BodyCoding::Identity)?, BodyCoding::Identity)))?;
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HTML);
    headers.insert(CONTENT_LENGTH, HeaderValue::from(page.len()));
    if let Some(coding) = coding.header() {
        headers.insert(CONTENT_ENCODING, coding);
    }
    guard(state, nonce.as_ref(), headers);
    *response.body_mut() = Body::from(page);
    Some(response)
}

/// The address whose page may be shared.
fn shared_address<'a>(cookies: &Cookies, head: &'a Parts, slug: &Slug) -> Option<&'a str> {
    let is_read = [Method::GET, Method::HEAD].contains(&head.method);
    // A form that came back has what somebody typed in it.
    let is_bare = cookies.are_of_guest(&head.headers) && head.extensions.get::<ReturnedForm>().is_none();
    let address = head.uri.path_and_query()?.as_str();
    (is_read && is_bare && is_board(head.uri.path(), slug) && address.len() <= MAX_ADDRESS).then_some(address)
}

/// Whether this is the page of the board of this tenant, which a path names as it is written or not at all.
fn is_board(path: &str, slug: &Slug) -> bool {
    let named = path.strip_prefix("/t/").map(|rest| rest.strip_suffix('/').unwrap_or(rest));
    path == "/" || named == Some(slug.as_str())
}

/// Draws the page with numbers of its own in the places that are filled for each newcomer.
async fn template(
    state: &AppState,
    head: &Parts,
    slug: &Slug,
    context: &RequestContext,
    board: Arc<SharedBoard>,
) -> Result<PageTemplate, ()> {
    let PageWindow { filters, start, .. } = BoardQuery::parse(head.uri.query()).window;
    // Nothing is theirs for whom it is drawn, also if they vote at this moment.
    let mut nobody = context.clone();
    nobody.actor.participant = None;
    let view = state.service().window_of(&nobody, &board.seen, &filters, start).await.map_err(drop)?;
    let form_key = view.form_key.to_string();
    let nonce = policy::Nonce::while_watching(state.rng());
    let backend = Backend {
        service: state.service().clone(),
        credentials: Credentials::default(),
        home: host::home(&head.extensions),
    };
    let drawing = PageDrawing { slug: slug.clone(), backend, nonce: nonce.clone(), ready: Some(ReadyBoard(Ok(view))) };
    let response = draw(state, bare(head), drawing).await;
    let is_page = response.status() == StatusCode::OK && response.headers().get(CONTENT_TYPE) == Some(&HTML);
    let page: Bytes = response.into_body().collect().await.map_err(drop)?.to_bytes();
    if is_page { Ok(PageTemplate::new(page, &[written(nonce.as_ref()), &form_key])) } else { Err(()) }
}

/// A nonce as the page has it; pages of a server that is not being worked on have none.
fn written(nonce: Option<&policy::Nonce>) -> &str {
    nonce.map(policy::Nonce::as_str).unwrap_or_default()
}

/// A request for the same page that says nothing of who sent it.
fn bare(head: &Parts) -> Request {
    let mut bare = Request::new(Body::empty());
    *bare.uri_mut() = head.uri.clone();
    if let Some(host) = head.headers.get(HOST) {
        bare.headers_mut().insert(HOST, host.clone());
    }
    if let Some(home) = head.extensions.get::<Home>() {
        bare.extensions_mut().insert(home.clone());
    }
    bare
}

/// Leads a link to a question (`?q=`) that the chosen filters leave out to filters that have it. A link to a question that
/// is not there, or not for this visitor, stays what it is: the page begins at the top.
pub(super) async fn way_to_question(
    state: &AppState,
    head: &Parts,
    slug: &Slug,
    context: &RequestContext,
) -> Option<Response> {
    let path = head.uri.path();
    let asked = BoardQuery::parse(head.uri.query()).window;
    let WindowStart::Question(id) = asked.start else { return None };
    if !is_board(path, slug) {
        return None;
    }
    context.require_any_team().ok()?;
    let board = state.boards().board(context.tenant.id, context.team_filter()).await.ok()?;
    let question = board.seen.board.questions.get(&id)?;
    if board.seen.order(&asked.filters).ids.contains(&id) {
        return None;
    }
    let tab = if question.status == Status::Answered { Tab::Answered } else { Tab::Open };
    let query = Filters { tab, sort: asked.filters.sort, ..Filters::default() }.to_query();
    let mark = if query.is_empty() { '?' } else { '&' };
    let mut response = Redirect::to(&format!("{path}{query}{mark}q={id}#q-{id}")).into_response();
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    Some(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::InstallationKey;
    use axum::http::header::COOKIE;

    #[test]
    fn the_pages_of_boards_are_known_by_their_paths() {
        let acme = Slug::parse("acme").unwrap();
        for path in ["/", "/t/acme", "/t/acme/"] {
            assert!(is_board(path, &acme), "{path}");
        }
        for path in ["/admin", "/t/acme/admin", "/t/", "/t//", "/tx/acme", "/t/ACME", "/t/other", "/t/acme//", ""] {
            assert!(!is_board(path, &acme), "{path}");
        }
    }

    #[test]
    fn a_page_is_shared_by_those_who_bring_nothing_of_their_own() {
        let acme = Slug::parse("acme").unwrap();
        let cookies = Cookies::new(InstallationKey::new([1; 32]), false);
        let request = |method: Method, uri: &str| {
            let mut request = Request::new(Body::empty());
            *request.method_mut() = method;
            *request.uri_mut() = uri.parse().unwrap();
            request.into_parts().0
        };
        assert_eq!(shared_address(&cookies, &request(Method::GET, "/?tab=all"), &acme), Some("/?tab=all"));
        assert_eq!(shared_address(&cookies, &request(Method::POST, "/"), &acme), None);
        assert_eq!(shared_address(&cookies, &request(Method::GET, "/admin"), &acme), None);
        assert_eq!(
            shared_address(&cookies, &request(Method::GET, &format!("/?x={}", "y".repeat(MAX_ADDRESS))), &acme),
            None
        );
        for (cookie, shared) in [("theme=dark", None), ("pulsestage_s_acme=1", None), ("pulsestage_p=1.2", Some("/"))] {
            let mut known = request(Method::GET, "/");
            known.headers.insert(COOKIE, HeaderValue::from_static(cookie));
            assert_eq!(shared_address(&cookies, &known, &acme), shared, "{cookie}");
        }
        let mut told = request(Method::GET, "/t/acme/?q=1");
        told.headers.insert("user-agent", HeaderValue::from_static("somebody"));
        told.headers.insert(HOST, HeaderValue::from_static("ask.test"));
        let bare = bare(&told);
        assert_eq!((bare.uri(), bare.headers().len()), (&told.uri, 1));
    }
}
