//! Pages: rendered as a whole by leptos, for a browser that has a participant's cookie or gets one.

use app::api::{Backend, ClientSettings, Home, PageWindow, ReadyBoard, ReturnedForm};
use app::branding::Branding;
use app::{DeviceScript, ThemeSheet};
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use futures::{Stream, StreamExt};
use http_body_util::BodyExt;
use leptos::prelude::{IntoView, provide_context};
use std::pin::Pin;
use tracing::Instrument;
use uuid::Uuid;

use super::board::BoardQuery;
use super::compression::{is_not_to_be_compressed, not_to_be_compressed};
use super::errors::NoPage;
use super::language::one_moment;
use super::newcomer::SharedPage;
use super::{device, host, newcomer, policy};
use crate::state::AppState;
use pulsestage::id::uuid_v7;
use pulsestage::ports::RateLimited;
use pulsestage::text::Slug;
use pulsestage::user::Role;
use pulsestage::window::ROWS;

/// Renders the page of this address. A browser without a participant's cookie gets one, so that its forms work at once.
pub async fn render(State(state): State<AppState>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let home = host::home(&head.extensions);
    let slug = named(head.uri.path(), &home);
    let mut credentials = state.credentials(&head.headers, &head.extensions);
    if credentials.device.is_none() {
        let sign_in = &state.limits().sign_in;
        let network = sign_in.network(&head.headers, &head.extensions);
        if let Err(too_fast) = sign_in.newcomer(network, slug.clone()) {
            return wait_outside(&state, &head.headers, too_fast);
        }
    }
    let minted = credentials.device.is_none().then(|| new_device(&state));
    credentials.device = credentials.device.or(minted);
    credentials.origin.is_new = minted.is_some();
    // Who this is is worked out once, for all that is said beside the page. The page itself notes who was here.
    let context = state.service().authenticate_without_touch(slug.as_str(), &credentials).await.ok();
    let (mut reader, mut ready) = (None, None);
    if let Some(context) = &context {
        if let Some(way) = newcomer::way_to_question(&state, &head, &slug, context).await {
            return way;
        }
        reader = device::reader_cookie(&state, &head.headers, &slug, context);
        match newcomer::page(&state, &head, &slug, context).await {
            SharedPage::Filled(page) => return with_cookies(&state, page, minted, reader),
            SharedPage::Refused(refusal) => ready = Some(ReadyBoard(Err(refusal))),
            SharedPage::Own => {}
        }
    }
    let wanted = head.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let backend = Backend { service: state.service().clone(), credentials, home };
    let nonce = policy::Nonce::while_watching(state.rng());
    let drawing = PageDrawing { slug, backend, nonce: nonce.clone(), ready };
    let mut response = draw(&state, Request::from_parts(head, body), drawing).await;
    // Signing in may open what is closed to a guest.
    if response.status() == StatusCode::FORBIDDEN && context.is_some_and(|context| context.actor.role == Role::Guest) {
        return to_sign_in(&wanted);
    }
    let found = response.status().is_success();
    guard(&state, nonce.as_ref(), response.headers_mut());
    // Nobody takes part in a page that is not there; and made-up tenants are no way around a tenant's limit of newcomers.
    if found { with_cookies(&state, response, minted, reader) } else { response }
}

/// What a page is drawn with.
pub(super) struct PageDrawing {
    /// The tenant whose page it is.
    pub(super) slug: Slug,
    /// Who it is for.
    pub(super) backend: Backend,
    /// What its script carries while cargo-leptos watches.
    pub(super) nonce: Option<policy::Nonce>,
    /// Its board, where that was read before.
    pub(super) ready: Option<ReadyBoard>,
}

/// Draws the page of this address, whole.
pub(super) async fn draw(state: &AppState, request: Request, drawing: PageDrawing) -> Response {
    let PageDrawing { slug, backend, nonce, ready } = drawing;
    let sheet = theme_sheet(state, &slug).await;
    let script = DeviceScript::of_page(slug.as_str(), state.site().offline_pages);
    let settings = ClientSettings { heartbeat_ms: u64::try_from(state.heartbeat().as_millis()).unwrap_or(u64::MAX) };
    let options = state.site().options.clone();
    let returned = request.extensions().get::<ReturnedForm>().cloned();
    // A page has as many rows as every other.
    let window = PageWindow { rows: ROWS, ..BoardQuery::parse(request.uri().query()).window };
    let provide = move || {
        if let Some(nonce) = &nonce {
            provide_context(nonce.for_page());
        }
        provide_context(backend.clone());
        provide_context(settings);
        provide_context(window.clone());
        if let Some(ready) = ready.clone() {
            provide_context(ready);
        }
        if let Some(returned) = returned.clone() {
            provide_context(returned);
        }
        if let Some(sheet) = sheet.clone() {
            provide_context(sheet);
        }
        provide_context(script.clone());
    };
    let page = leptos_axum::handle_response_inner(provide, move || app::shell(options), request, without_scripts);
    whole(page).await
}

/// Says what a browser and those before it may do with a page.
pub(super) fn guard(state: &AppState, watching: Option<&policy::Nonce>, headers: &mut HeaderMap) {
    let has_secret = is_not_to_be_compressed(headers);
    headers.insert(CONTENT_SECURITY_POLICY, policy::of_page(state, watching));
    // The page holds what is this visitor's; nothing between us may keep it.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    if has_secret {
        not_to_be_compressed(headers);
    }
}

/// The same page with the cookies that make its browser a participant and say for whom it keeps drafts.
fn with_cookies(state: &AppState, mut page: Response, minted: Option<Uuid>, reader: Option<HeaderValue>) -> Response {
    let device = minted.map(|device| state.cookies().device_cookie(device).to_string());
    let device = device.and_then(|cookie| HeaderValue::from_str(&cookie).ok());
    for cookie in device.into_iter().chain(reader) {
        page.headers_mut().append(SET_COOKIE, cookie);
    }
    page
}

/// To signing in to the tenant of this page, and from there back to it.
fn to_sign_in(wanted: &str) -> Response {
    let to = url::form_urlencoded::Serializer::new(String::new()).append_pair("to", wanted).finish();
    let mut response = Redirect::to(&format!("{}/sign-in?{to}", tenant_prefix(wanted))).into_response();
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    response
}

/// What an address begins with to name its tenant, such as `/t/acme`; nothing where it names none.
pub(super) fn tenant_prefix(address: &str) -> &str {
    let slug = address.strip_prefix("/t/").and_then(|rest| rest.split(['/', '?', '#']).next());
    let slug = slug.filter(|slug| !slug.is_empty());
    slug.map_or("", |slug| &address[.."/t/".len() + slug.len()])
}

/// The tenant whose page this is; the one that is at home here for every page that names none.
pub(super) fn named(path: &str, home: &Home) -> Slug {
    let named = tenant_prefix(path).strip_prefix("/t/").unwrap_or_default();
    let slug = home.resolve(named).unwrap_or(&home.slug);
    Slug::parse(slug).unwrap_or_else(|_| Slug::default_tenant())
}

/// The style sheet of the tenant's own accent, under another address for each other colour. Without one the page has
/// ours, also when the database is in trouble.
async fn theme_sheet(state: &AppState, slug: &Slug) -> Option<ThemeSheet> {
    let tenant = state.service().public_tenant(slug).await.ok()??;
    Branding::from(&tenant).sheet.map(ThemeSheet)
}

/// The longest path that is looked for among the files: longer names are refused by operating systems.
const MAX_FILE_PATH: usize = 200;

/// Keeps names that no file can have from the file system, where to ask for one is trouble and no answer.
pub async fn instead_of_no_file(state: State<AppState>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if path.len() > MAX_FILE_PATH || path.contains("%00") {
        render(state, request).await
    } else {
        next.run(request).await
    }
}

/// The document alone: leptos would write scripts behind it, for resources, of which pages have none.
fn without_scripts<V: IntoView + 'static>(
    document: V,
    _scripts: Box<dyn FnOnce() -> Html + Send>,
    _out_of_order: bool,
) -> Pin<Box<dyn Future<Output = Html> + Send>> {
    Box::pin(async move {
        let html = document.to_html_stream_in_order().collect::<String>().await;
        Box::pin(futures::stream::once(async { html })) as Html
    })
}

/// A document as it comes.
type Html = Pin<Box<dyn Stream<Item = String> + Send>>;

/// Runs the rendering to its end on a task of its own and gives the page in one piece.
///
/// leptos 0.8 frees a page's reactive owner as the last item of the body's stream; a browser that hangs up half-way
/// would drop the stream before that and leak the owner. A page in one piece also has a length.
async fn whole(page: impl Future<Output = Response<Body>> + Send + 'static) -> Response {
    let rendering = async move {
        let (head, body) = page.await.into_parts();
        body.collect().await.map(|body| (head, body.to_bytes()))
    };
    let rendered = tokio::spawn(rendering.in_current_span());
    match rendered.await {
        Ok(Ok((mut head, body))) => {
            head.headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
            Response::from_parts(head, Body::from(body))
        }
        Ok(Err(error)) => broken(&error.to_string()),
        Err(panic) => broken(&panic.to_string()),
    }
}

fn broken(cause: &str) -> Response {
    tracing::error!(cause, "a page could not be rendered");
    let text = Bytes::from_static(b"Something went wrong on our side. Try again.");
    (StatusCode::INTERNAL_SERVER_ERROR, text).into_response()
}

/// Draws the page of the application that says there is none, where a handler found that.
pub(super) async fn or_missing(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let wanted = head.clone();
    let response = next.run(Request::from_parts(head, body)).await;
    match response.extensions().get::<NoPage>() {
        Some(NoPage) => render(State(state), Request::from_parts(wanted, Body::empty())).await,
        None => response,
    }
}

/// A page that comes again by itself: more people are joining at once than are let in at once.
fn wait_outside(state: &AppState, headers: &HeaderMap, RateLimited { retry_after_s }: RateLimited) -> Response {
    /// Not all of them at the same moment, in seconds.
    const SPREAD_S: u8 = 5;
    let mut random = [0; 1];
    state.rng().fill(&mut random);
    let seconds = HeaderValue::from(retry_after_s.saturating_add(u32::from(random[0] % SPREAD_S)));
    let sentence = "Many people are joining right now. This page opens automatically in a few seconds.";
    one_moment(state, headers, StatusCode::TOO_MANY_REQUESTS, sentence, seconds)
}

pub(super) fn new_device(state: &AppState) -> Uuid {
    let mut random = [0; 10];
    state.rng().fill(&mut random);
    uuid_v7(state.clock().now(), random)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_its_tenant_at_its_beginning() {
        for (address, prefix) in [
            ("/t/acme", "/t/acme"),
            ("/t/acme/", "/t/acme"),
            ("/t/acme/admin/people?text=a/b", "/t/acme"),
            ("/t/acme?tab=all", "/t/acme"),
            ("/t/acme#q-1", "/t/acme"),
            ("/", ""),
            ("/t/", ""),
            ("/t//admin", ""),
            ("/t/?x", ""),
            ("/tx/acme", ""),
            ("", ""),
        ] {
            assert_eq!(tenant_prefix(address), prefix, "{address}");
        }
    }

    #[test]
    fn a_page_is_of_the_tenant_in_its_path_or_of_the_one_at_home() {
        let cases = [
            ("/", "default"),
            ("/admin", "default"),
            ("/t/acme", "acme"),
            ("/t/acme/", "acme"),
            ("/t/acme/admin", "acme"),
            ("/t//", "default"),
            ("/t/%3Cscript%3E", "default"),
            ("/tx/acme", "default"),
        ];
        for (path, tenant) in cases {
            assert_eq!(named(path, &Home::default()).as_str(), tenant, "{path}");
        }
        let bound = Home { slug: "widgets".to_owned(), is_bound: true };
        for path in ["/", "/t/acme", "/t/widgets"] {
            assert_eq!(named(path, &bound).as_str(), "widgets", "{path}");
        }
    }
}
