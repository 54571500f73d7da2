//! Account pages: pages and forms by which people come in. They work without script.
//!
//! * `sign_in`: by password; `letter`: asking for a link by mail; `provider`: by OpenID Connect
//! * `link`: opening a link, for one person, for a role, for an address, or that claims the installation
//! * `password`: another password, from inside; `leaving`: out again, and forgotten
//! * `confirm`: showing once more who one is
//! * `second_factor`: asking for its code, setting it up and changing it
//! * `back`: where one goes afterwards
//!
//! A form that is refused is drawn again with what was wrong, under the refusal's status. One that went well leads on
//! with "see other" and a new session.

mod back;
pub(super) mod confirm;
mod leaving;
mod letter;
mod link;
mod password;
mod provider;
mod second_factor;
mod sign_in;

use app::DeviceScript;
use app::account::{AccountDocument, Problems, document, document_with_script};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, LOCATION, REFERRER_POLICY, RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn_with_state, map_response};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use uuid::Uuid;

use self::back::own_page;
use self::link::InstallationClaim;
use super::compression::not_to_be_compressed;
use super::errors::{Error, refused_page};
use super::session::{label, moderators_page, tenant_page};
use super::{api, page, policy};
use crate::auth::Secret;
use crate::limits::{Network, PasswordAttempt};
use crate::state::AppState;
use pulsestage::error::Refusal;
use pulsestage::id::UserId;
use pulsestage::link::{AddressChange, PersonLink, RoleLink};
use pulsestage::ports::{Admission, RateLimited, SignedIn};
use pulsestage::service::{RequestContext, SignInBrowser};
use pulsestage::tenant::Tenant;
use pulsestage::user::Role;

/// The address of a link that claims an installation.
#[must_use]
pub fn claim_link(origin: &str, secret: &Secret) -> String {
    format!("{}/claim/{}", origin.trim_end_matches('/'), secret.reveal())
}

/// Every account page, in the default tenant and in those that their address names.
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
        .route("/sign-in/{token}", only(get(link::show::<RoleLink>).post(link::submit::<RoleLink>)))
        .route("/address/{token}", only(get(link::show::<AddressChange>).post(link::submit::<AddressChange>)))
        .route("/open/{token}", only(get(link::show::<PersonLink>).post(link::submit::<PersonLink>)))
        .route("/claim/{token}", only(get(link::show::<InstallationClaim>).post(link::submit::<InstallationClaim>)))
        .layer(from_fn_with_state(state.clone(), page::or_missing))
        .layer(from_fn_with_state(state.clone(), count_failed))
        // It is where one is sent, and nothing is tried there.
        .route("/sign-in/spent", only(get(spent)))
        .layer(map_response(private))
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
    not_to_be_compressed(headers);
    response
}

/// The beginning of a tenant's addresses.
pub(super) fn room_of(slug: &str) -> String {
    tenant_page(slug).trim_end_matches('/').to_owned()
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

/// Whoever is signed in; everybody else signs in first, and comes back to this page.
fn signed_in(context: &RequestContext, here: &str) -> Result<UserId, Error> {
    context.actor.user.ok_or_else(|| first_sign_in(&context.tenant, here).into())
}

/// An address that leads on to a page of ours, where there is one.
fn query_to(address: &str, to: &str) -> String {
    if to.is_empty() {
        return address.to_owned();
    }
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("to", to).finish();
    format!("{address}?{query}")
}

/// What was wrong with a form, if anything.
pub(super) fn problems(refusal: Option<&Refusal>) -> Problems {
    refusal.map(Problems::from).unwrap_or_default()
}

/// An account page as a whole document, under the status of what was refused.
pub(super) fn draw(
    state: &AppState,
    headers: &HeaderMap,
    refusal: Option<&Refusal>,
    page: impl FnOnce() -> AccountDocument,
) -> Response {
    let page = Html(document(state.site().options.clone(), headers, page));
    match refusal {
        Some(refusal) => refused_page(page, refusal),
        None => page.into_response(),
    }
}

/// The same with the script that keeps what is typed on the device, or erases what is kept there.
pub(super) fn draw_with_script(
    state: &AppState,
    headers: &HeaderMap,
    refusal: Option<&Refusal>,
    script: DeviceScript,
    page: impl FnOnce() -> AccountDocument,
) -> Response {
    let page = Html(document_with_script(state.site().options.clone(), headers, Some(script), page));
    let mut response = match refusal {
        Some(refusal) => refused_page(page, refusal),
        None => page.into_response(),
    };
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy::of_page_with_drafts(state));
    response
}

/// Where a link leads that is worth nothing.
async fn spent() -> Error {
    Refusal::LinkSpent.into()
}

/// Has a password compared, within the bounds of guessing.
async fn compare_password<T>(
    state: &AppState,
    network: Network,
    attempt: impl Future<Output = PasswordAttempt>,
    compare: impl Future<Output = Result<T, Refusal>>,
) -> Result<T, Refusal> {
    let limits = &state.limits().sign_in;
    let _turn = limits.turn_to_guess(network).await?;
    let attempt = attempt.await;
    limits.may_guess(&attempt)?;
    let compared = compare.await;
    if matches!(compared, Err(Refusal::WrongCredentials)) {
        limits.wrong_guess(&attempt);
    }
    compared
}

/// A new secret for this browser, and what of it is ours to know.
fn new_session(state: &AppState, headers: &HeaderMap, slug: &str) -> (Secret, SignInBrowser) {
    let secret = Secret::new(state.rng());
    let browser = SignInBrowser {
        session: secret.hash(),
        label: label(headers),
        instead_of: state.cookies().session(headers, slug).map(|had| had.hash()),
        device: state.cookies().credentials(headers).device,
    };
    (secret, browser)
}

/// Somebody is in, or is asked for the second factor first.
fn admit(state: &AppState, admission: &Admission, secret: &Secret, to: &str) -> Response {
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
fn admit_with_password(state: &AppState, admission: &Admission, secret: &Secret) -> Response {
    match admission {
        Admission::SignedIn(person) if person.role >= Role::Admin => {
            let page = first_page(person, "");
            let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("to", &page).finish();
            let page = format!("{}/second-factor?{query}", room_of(&person.tenant.slug));
            go(&page, &cookies_of(state, person, secret))
        }
        admission => admit(state, admission, secret, ""),
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
