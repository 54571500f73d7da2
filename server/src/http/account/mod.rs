//! The doors: pages and forms by which people come in. They work without script.
//!
//! * `sign_in`: by password; `letter`: asking for a link by mail; `link`: opening one; `role`: opening one that makes the
//!   person who brings it; `provider`: by OpenID Connect
//! * `claim`: the first owner; `password`: another password, from inside; `leaving`: out again, and forgotten
//! * `confirm`: showing once more who one is; `address`: confirming an address
//! * `second_factor`: asking for its code, setting it up and changing it
//! * `form`: what a form brought; `back`: where one goes afterwards
//!
//! A form that is refused is drawn again with what was wrong, under the refusal's status. One that went well leads on
//! with "see other" and a new session.

mod address;
mod back;
mod claim;
pub(super) mod confirm;
pub(super) mod form;
mod leaving;
mod letter;
mod link;
mod password;
mod provider;
mod role;
mod second_factor;
mod sign_in;

use app::account::{AccountDocument, CONFIRM, PersonLinkPage, document};
use axum::extract::{Path, Request, State};
use axum::http::header::{CACHE_CONTROL, LOCATION, REFERRER_POLICY, RETRY_AFTER, SET_COOKIE};
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use axum::{Router, middleware};
use uuid::Uuid;

use self::back::own_page;
use self::form::Fields;
use super::session::{label, moderators_page, tenant_page};
use super::{api, host};
use crate::auth::Secret;
use crate::http::api::refusal_response;
use crate::state::AppState;
use pulsestage::error::Refusal;
use pulsestage::ports::{Admission, RateLimited, SignedIn};
use pulsestage::service::{RequestContext, SignInBrowser};
use pulsestage::tenant::Tenant;
use pulsestage::user::Role;

/// The address of a link that claims an installation.
#[must_use]
pub fn claim_link(origin: &str, secret: &Secret) -> String {
    format!("{}/claim/{}", origin.trim_end_matches('/'), secret.reveal())
}

/// Every door, in the default tenant and in those that their address names.
pub fn routes(state: &AppState) -> Router<AppState> {
    let of = |room: &str, path: &str| format!("{room}{path}");
    let mut sign_in = Router::new();
    for room in ["", "/t/{tenant}"] {
        sign_in = sign_in
            .route(&of(room, "/sign-in"), only(get(sign_in::show).post(sign_in::submit)))
            .route(&of(room, "/sign-in/link"), only(get(letter::show_link).post(letter::submit_link)))
            .route(&of(room, "/sign-in/forgot"), only(get(letter::show_forgot).post(letter::submit_forgot)))
            .route(&of(room, "/password"), only(get(password::show).post(password::submit)))
            .route(&of(room, "/signed-out"), only(get(leaving::signed_out)))
            .route(&of(room, "/forget"), only(get(leaving::ask).post(leaving::forget)))
            .route(&of(room, "/forgotten"), only(get(leaving::forgotten)))
            .route(&of(room, "/confirm"), only(get(confirm::show).post(confirm::submit)))
            .route(&of(room, "/oidc"), only(get(provider::leave)))
            .route(&of(room, "/sign-in/code"), only(get(second_factor::show_code).post(second_factor::submit_code)))
            .route(&of(room, "/sign-in/setup"), only(post(second_factor::submit_setup)))
            .route(&of(room, "/second-factor"), only(get(second_factor::show)))
            .route(&of(room, "/second-factor/on"), only(post(second_factor::turn_on)))
            .route(&of(room, "/second-factor/codes"), only(post(second_factor::renew_codes)))
            .route(&of(room, "/second-factor/off"), only(post(second_factor::turn_off)));
    }
    sign_in
        .route("/oidc/callback", only(get(provider::come_back)))
        .route("/sign-in/{token}", only(get(role::show).post(role::submit)))
        .route("/address/{token}", only(get(address::show).post(address::submit)))
        .route("/open/{token}", only(get(link::show).post(link::submit)))
        .route("/claim/{token}", only(get(claim::show).post(claim::submit)))
        .layer(from_fn_with_state(state.clone(), count_failed))
        // It is where one is sent, and nothing is tried there.
        .route("/sign-in/spent", only(get(spent)))
        .layer(middleware::map_response(private))
}

/// Counts what was tried in vain, by network: a password that is wrong, a link that is none, a return from a provider that
/// is not to be believed. Everything is tried, so whoever is right comes in however many from their network were not; but
/// beyond the limit the answer to what is wrong is 429.
pub(super) async fn count_failed(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let network = state.limits().sign_in.network(request.headers(), request.extensions());
    let mut response = next.run(request).await;
    let is_vain = matches!(response.status(), StatusCode::UNAUTHORIZED | StatusCode::GONE);
    if is_vain && let Err(RateLimited { retry_after_s }) = state.limits().sign_in.failed(network) {
        *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(retry_after_s));
    }
    response
}

fn only(methods: MethodRouter<AppState>) -> MethodRouter<AppState> {
    methods.fallback(api::method_not_allowed)
}

/// No cache keeps these answers, and no page that is gone to from here learns their addresses: some have secrets in
/// them. The origin alone may be told, for forms that come without it are refused.
pub(super) async fn private(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("strict-origin"));
    response
}

/// The tenant in an address; the default one when it names none.
pub(super) type Named = Option<Path<String>>;

pub(super) fn slug_of(named: Named, extensions: &Extensions) -> String {
    let home = host::home(extensions);
    let named = named.map(|Path(slug)| slug).unwrap_or_default();
    // Where a host has a tenant of its own, no other is found there.
    home.resolve(&named).unwrap_or_default().to_owned()
}

/// The beginning of a tenant's addresses.
pub(super) fn room_of(slug: &str) -> String {
    tenant_page(slug).trim_end_matches('/').to_owned()
}

/// Who stands at the door of a tenant. What askers do and read has these pages, so the session is not touched.
pub(super) async fn context(state: &AppState, headers: &HeaderMap, slug: &str) -> Result<RequestContext, Refusal> {
    state.service().authenticate_without_touch(slug, &state.cookies().credentials(headers)).await
}

/// The first page of a tenant.
fn home_of(tenant: &Tenant) -> String {
    tenant_page(&tenant.slug)
}

/// To signing in, and from there to this page.
fn first_sign_in(tenant: &Tenant, to: &str) -> Response {
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("to", to).finish();
    go(&format!("{}/sign-in?{query}", room_of(&tenant.slug)), &[])
}

/// A door as a whole page.
pub(super) fn draw(
    state: &AppState,
    headers: &HeaderMap,
    refusal: Option<&Refusal>,
    door: impl FnOnce() -> AccountDocument,
) -> Response {
    let page = Html(document(state.site().options.clone(), headers, door));
    let Some(refusal) = refusal else { return page.into_response() };
    let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, page).into_response();
    if let Refusal::TooManyRequests { retry_after_s } | Refusal::Unavailable { retry_after_s } = refusal {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(*retry_after_s));
    }
    response
}

/// Where a link leads that is worth nothing.
pub async fn spent(State(state): State<AppState>, headers: HeaderMap) -> Response {
    draw_spent(&state, &headers)
}

pub(super) fn draw_spent(state: &AppState, headers: &HeaderMap) -> Response {
    let door = || PersonLinkPage::Spent { home: "/".to_owned() }.draw();
    draw(state, headers, Some(&Refusal::LinkSpent), door)
}

/// The answer to whoever opens a link that could not be found: it is spent, or there is trouble.
fn no_link(state: &AppState, headers: &HeaderMap, refusal: &Refusal) -> Response {
    match refusal {
        Refusal::LinkSpent => draw_spent(state, headers),
        refusal => refusal_response(refusal),
    }
}

/// The answer to whoever could not be let in: the page is not there, or nobody can tell at the moment.
pub(super) async fn kept_out(refusal: &Refusal, state: AppState, request: Request) -> Response {
    if refusal.status() < 500 { nowhere(state, request).await } else { super::page::unavailable(&request, refusal) }
}

/// A page that is not there, as the application draws it.
pub(super) async fn nowhere(state: AppState, request: Request) -> Response {
    super::page::render(State(state), request).await
}

/// Whether a form came from the button on the page of this link. Programs that look at mail and chat ahead of people send
/// requests of every method, but not what stands in a page.
fn confirms(form: &Fields, link: &Secret) -> bool {
    Secret::parse(form.get(CONFIRM)).is_some_and(|said| said.hash() == link.hash())
}

/// A new secret for this browser, and what of it is ours to know.
fn arrival(state: &AppState, headers: &HeaderMap, slug: &str) -> (Secret, SignInBrowser) {
    let secret = Secret::new(state.rng());
    let arrival = SignInBrowser {
        session: secret.hash(),
        label: label(headers),
        instead_of: state.cookies().session(headers, slug).map(|had| had.hash()),
        device: state.cookies().credentials(headers).device,
    };
    (secret, arrival)
}

/// Somebody is in, or is asked for the second factor first.
pub(super) fn come_in(state: &AppState, admission: &Admission, secret: &Secret, to: &str) -> Response {
    match admission {
        Admission::SignedIn(person) => go(&first_page(person, to), &cookies_of(state, person, secret)),
        Admission::SecondFactor(awaited) => {
            let page = second_factor::address(&awaited.tenant.slug, to);
            go(&page, &[state.cookies().pending_cookie(secret).to_string()])
        }
    }
}

/// The cookies of somebody who is in: the session, and the sign by which this browser is known to be theirs.
fn cookies_of(state: &AppState, person: &SignedIn, secret: &Secret) -> Vec<String> {
    let (cookies, slug) = (state.cookies(), &person.tenant.slug);
    let mut random = [0; 16];
    state.rng().fill(&mut random);
    let browser = cookies.known_browser_cookie(slug, Uuid::from_bytes(random), person.user);
    vec![cookies.session_cookie(slug, secret).to_string(), browser.to_string()]
}

/// Somebody has set a password by a link and is in. Admins and owners are offered a second factor on their way: this is
/// the moment at which they think of how they sign in.
fn come_in_with_password(state: &AppState, admission: &Admission, secret: &Secret) -> Response {
    match admission {
        Admission::SignedIn(person) if person.role >= Role::Admin => {
            let page = first_page(person, "");
            let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("to", &page).finish();
            let page = format!("{}/second-factor?{query}", room_of(&person.tenant.slug));
            go(&page, &cookies_of(state, person, secret))
        }
        admission => come_in(state, admission, secret, ""),
    }
}

/// Where somebody goes who has just signed in: to the page they wanted, or to where their work is.
fn first_page(person: &SignedIn, to: &str) -> String {
    let slug = &person.tenant.slug;
    let moderates = person.memberships.iter().map(|membership| membership.role).chain([person.role]);
    match own_page(to) {
        Some(page) => page.to_owned(),
        None if moderates.max() >= Some(Role::Moderator) => moderators_page(slug),
        None => tenant_page(slug),
    }
}

/// "See other", with cookies.
pub(super) fn go(page: &str, cookies: &[String]) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let headers = response.headers_mut();
    headers.insert(LOCATION, HeaderValue::from_str(page).unwrap_or(HeaderValue::from_static("/")));
    for cookie in cookies {
        if let Ok(cookie) = HeaderValue::from_str(cookie) {
            headers.append(SET_COOKIE, cookie);
        }
    }
    response
}
