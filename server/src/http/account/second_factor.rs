//! The second factor: asked for after a password or a link, set up, and changed.

use app::account::{AskForCode, ChangeFactor, FactorChange, OwnFactor, Problems, SetUpFactor, ShowRecoveryCodes};
use axum::extract::{FromRequestParts, State};
use axum::http::header::SET_COOKIE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use fast_qr::convert::svg::SvgBuilder;
use fast_qr::convert::{Builder, Shape};
use fast_qr::{ECL, QRBuilder};
use std::convert::Infallible;
use url::form_urlencoded::{Serializer, byte_serialize};

use super::back::own_page;
use super::{confirm, cookies_of, draw, first_page, go, new_session, room_of, signed_in};
use crate::auth::Secret;
use crate::http::errors::Error;
use crate::http::extract::{Fields, QueryFields, TenantSlug};
use crate::state::AppState;
use pulsestage::error::Refusal;
use pulsestage::ports::{PendingSignIn, SignedIn};
use pulsestage::service::{FactorSetup, FactorView, NewCodes, RequestContext, owner_of};
use pulsestage::tenant::Tenant;

/// The page that asks for the code, and where to go afterwards.
pub(super) fn address(slug: &str, to: &str) -> String {
    let query = Serializer::new(String::new()).append_pair("to", own_page(to).unwrap_or_default()).finish();
    format!("{}/sign-in/code?{query}", room_of(slug))
}

/// The sign-in to the tenant of an address that waits in this browser for its second factor.
pub(super) struct WaitingSignIn {
    secret: Secret,
    sign_in: PendingSignIn,
}

impl FromRequestParts<AppState> for WaitingSignIn {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Error> {
        let TenantSlug(slug) = TenantSlug::from_request_parts(parts, state).await?;
        let found = async {
            let secret = state.cookies().pending(&parts.headers).ok_or(Refusal::LinkSpent)?;
            let sign_in = state.service().pending_sign_in(secret.hash()).await?;
            if sign_in.tenant.slug == slug { Ok(Self { secret, sign_in }) } else { Err(Refusal::LinkSpent) }
        };
        found.await.map_err(|refusal| over(&slug, refusal))
    }
}

/// What the address of the code's page says.
pub(super) struct CodeQuery {
    to: String,
    recovery: bool,
}

impl FromRequestParts<AppState> for CodeQuery {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        let query = QueryFields::from_request_parts(parts, state).await?;
        let to = own_page(query.get("to")).unwrap_or_default().to_owned();
        Ok(Self { to, recovery: query.get("with") == "recovery" })
    }
}

impl CodeQuery {
    /// The page to go to, written for an address.
    fn written(&self) -> String {
        byte_serialize(self.to.as_bytes()).collect()
    }
}

/// The page that asks for the code, or has the second factor set up first.
pub(super) async fn show_code(
    State(state): State<AppState>,
    WaitingSignIn { sign_in, .. }: WaitingSignIn,
    query: CodeQuery,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Error> {
    if sign_in.factor.is_none() {
        let setup = state.service().factor_setup(owner_of(&sign_in));
        return Ok(set_up_to_sign_in(&state, &headers, &sign_in, setup, &query, None));
    }
    Ok(code_page(&state, &headers, &sign_in.tenant, &query, None))
}

/// The form with the code.
pub(super) async fn submit_code(
    State(state): State<AppState>,
    WaitingSignIn { secret: waiting, sign_in }: WaitingSignIn,
    query: CodeQuery,
    headers: HeaderMap,
    form: Fields,
) -> Result<impl IntoResponse, Error> {
    let slug = &sign_in.tenant.slug;
    let (secret, browser) = new_session(&state, &headers, slug);
    let person = state.service().complete_sign_in(waiting.hash(), form.get("code"), &browser).await;
    let person = person.map_err(|refusal| match refusal {
        Refusal::LinkSpent => over(slug, Refusal::LinkSpent),
        refusal => code_page(&state, &headers, &sign_in.tenant, &query, Some(&refusal)).into(),
    })?;
    Ok(go(&first_page(&person, &query.to), &session_cookies(&state, &person, &secret)))
}

/// The form with the first code of somebody who must have a second factor to sign in.
pub(super) async fn submit_setup(
    State(state): State<AppState>,
    WaitingSignIn { secret: waiting, sign_in }: WaitingSignIn,
    query: CodeQuery,
    headers: HeaderMap,
    form: Fields,
) -> Result<impl IntoResponse, Error> {
    let slug = &sign_in.tenant.slug;
    let (secret, browser) = new_session(&state, &headers, slug);
    let (sealed, service) = (form.get("setup"), state.service());
    let done = service.set_up_at_sign_in(waiting.hash(), sealed, form.get("code"), &browser).await;
    let (person, codes) = done.map_err(|refusal| match refusal {
        Refusal::LinkSpent => over(slug, Refusal::LinkSpent),
        refusal => {
            let owner = owner_of(&sign_in);
            let setup = service.factor_setup_again(owner, sealed).unwrap_or_else(|| service.factor_setup(owner));
            set_up_to_sign_in(&state, &headers, &sign_in, setup, &query, Some(&refusal)).into()
        }
    })?;
    let mut response = codes_page(&state, &headers, &person.tenant, codes, first_page(&person, &query.to));
    for cookie in session_cookies(&state, &person, &secret) {
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
    }
    Ok(response)
}

/// The page about one's own second factor.
fn here(tenant: &Tenant) -> String {
    format!("{}/second-factor", room_of(&tenant.slug))
}

/// The page about one's own second factor, or about one change of it.
pub(super) async fn show(
    State(state): State<AppState>,
    context: RequestContext,
    query: QueryFields,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Error> {
    let tenant = &context.tenant;
    signed_in(&context, &here(tenant))?;
    let owner = context.factor_owner()?;
    let view = state.service().own_second_factor(&context).await?;
    Ok(match (query.get("change"), view.factor) {
        ("app", None) if !state.service().is_proved(&context) => confirm_first(tenant),
        ("app", _) => set_up_own(&state, &headers, tenant, &view, state.service().factor_setup(owner), None),
        ("codes", Some(_)) => change_page(&state, &headers, tenant, FactorChange::Codes, None),
        ("off", Some(_)) => change_page(&state, &headers, tenant, FactorChange::Off, None),
        _ => {
            let page = OwnFactor {
                tenant: tenant.into(),
                room: room_of(&tenant.slug),
                factor: view.factor,
                is_required: view.is_required,
                later: own_page(query.get("to")).map(str::to_owned),
            };
            draw(&state, &headers, None, || page.draw())
        }
    })
}

/// Turns the visitor's second factor on, or puts another in its place.
pub(super) async fn turn_on(
    State(state): State<AppState>,
    context: RequestContext,
    headers: HeaderMap,
    form: Fields,
) -> Result<impl IntoResponse, Error> {
    let tenant = &context.tenant;
    signed_in(&context, &here(tenant))?;
    let owner = context.factor_owner()?;
    let (sealed, service) = (form.get("setup"), state.service());
    match service.enable_second_factor(&context, sealed, form.get("code"), form.get("current")).await {
        Ok(codes) => Ok(codes_page(&state, &headers, tenant, codes, here(tenant))),
        Err(Refusal::ProofNeeded) => Ok(confirm_first(tenant)),
        Err(refusal) => {
            let view = service.own_second_factor(&context).await?;
            let setup = service.factor_setup_again(owner, sealed).unwrap_or_else(|| service.factor_setup(owner));
            Err(set_up_own(&state, &headers, tenant, &view, setup, Some(&refusal)).into())
        }
    }
}

/// Gives the visitor other recovery codes.
pub(super) async fn renew_codes(
    State(state): State<AppState>,
    context: RequestContext,
    headers: HeaderMap,
    form: Fields,
) -> Result<impl IntoResponse, Error> {
    let tenant = &context.tenant;
    signed_in(&context, &here(tenant))?;
    let codes = state.service().replace_recovery_codes(&context, form.get("code")).await;
    let codes = codes.map_err(|refusal| change_page(&state, &headers, tenant, FactorChange::Codes, Some(&refusal)))?;
    Ok(codes_page(&state, &headers, tenant, codes, here(tenant)))
}

/// Turns the visitor's second factor off.
pub(super) async fn turn_off(
    State(state): State<AppState>,
    context: RequestContext,
    headers: HeaderMap,
    form: Fields,
) -> Result<impl IntoResponse, Error> {
    let tenant = &context.tenant;
    signed_in(&context, &here(tenant))?;
    let off = state.service().disable_second_factor(&context, form.get("code")).await;
    off.map_err(|refusal| change_page(&state, &headers, tenant, FactorChange::Off, Some(&refusal)))?;
    Ok(go(&here(tenant), &[]))
}

/// Nothing waits any more: it took too long, too many codes were wrong, or it is done.
fn over(slug: &str, refusal: Refusal) -> Error {
    match refusal {
        Refusal::LinkSpent => go(&format!("{}/sign-in?again=1", room_of(slug)), &[]).into(),
        refusal => refusal.into(),
    }
}

fn session_cookies(state: &AppState, person: &SignedIn, secret: &Secret) -> Vec<String> {
    let mut cookies = cookies_of(state, person, secret);
    cookies.push(state.cookies().ended_pending_cookie().to_string());
    cookies
}

/// Who turns it on shows first once more who they are, and comes back.
fn confirm_first(tenant: &Tenant) -> Response {
    go(&confirm::address(&room_of(&tenant.slug), &format!("{}?change=app", here(tenant))), &[])
}

/// What is wrong, in words of this page. Whether a code was wrong, used or too old is not said.
fn code_problems(refusal: Option<&Refusal>, replaces: bool) -> Problems {
    let sentence = "This code is wrong or was already used.";
    match refusal {
        Some(Refusal::WrongCredentials) if replaces => {
            Problems { whole: Some("One of the codes is wrong or was already used.".to_owned()), fields: vec![] }
        }
        Some(Refusal::WrongCredentials) => {
            Problems { whole: None, fields: vec![("code".to_owned(), sentence.to_owned())] }
        }
        Some(Refusal::LinkSpent) => {
            let whole = "This took too long. Scan this new QR code.".to_owned();
            Problems { whole: Some(whole), fields: vec![] }
        }
        refusal => super::problems(refusal),
    }
}

fn code_page(
    state: &AppState,
    headers: &HeaderMap,
    tenant: &Tenant,
    query: &CodeQuery,
    refusal: Option<&Refusal>,
) -> Response {
    let page = AskForCode {
        tenant: tenant.into(),
        room: room_of(&tenant.slug),
        to: query.written(),
        recovery: query.recovery,
        problems: code_problems(refusal, false),
    };
    draw(state, headers, refusal, || page.draw())
}

fn set_up_to_sign_in(
    state: &AppState,
    headers: &HeaderMap,
    sign_in: &PendingSignIn,
    setup: FactorSetup,
    query: &CodeQuery,
    refusal: Option<&Refusal>,
) -> Response {
    let account = sign_in.email.as_deref().unwrap_or(&sign_in.name);
    let room = room_of(&sign_in.tenant.slug);
    let page = SetUpFactor {
        action: format!("{room}/sign-in/setup?to={}", query.written()),
        is_required: true,
        problems: code_problems(refusal, false),
        ..shown(&sign_in.tenant, account, setup)
    };
    draw(state, headers, refusal, || page.draw())
}

fn set_up_own(
    state: &AppState,
    headers: &HeaderMap,
    tenant: &Tenant,
    view: &FactorView,
    setup: FactorSetup,
    refusal: Option<&Refusal>,
) -> Response {
    let account = view.email.as_deref().unwrap_or(&view.name);
    let page = SetUpFactor {
        action: format!("{}/second-factor/on", room_of(&tenant.slug)),
        replaces: view.factor.is_some(),
        problems: code_problems(refusal, view.factor.is_some()),
        ..shown(tenant, account, setup)
    };
    draw(state, headers, refusal, || page.draw())
}

/// What is the same of every page with a secret on it.
fn shown(tenant: &Tenant, account: &str, setup: FactorSetup) -> SetUpFactor {
    let qr = QRBuilder::new(app_address(&tenant.name, account, &setup.secret)).ecl(ECL::M).build();
    SetUpFactor {
        tenant: tenant.into(),
        room: room_of(&tenant.slug),
        // Without a picture there is the key to type.
        qr: qr.map(|qr| SvgBuilder::default().shape(Shape::Square).margin(4).to_str(&qr)).unwrap_or_default(),
        secret: setup.secret,
        sealed: setup.sealed,
        ..SetUpFactor::default()
    }
}

/// The address that an app reads: Google's `otpauth` scheme, which all of them take.
fn app_address(issuer: &str, account: &str, secret: &str) -> String {
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
    // A colon parts the two in a label.
    let (issuer, account) = (encoded(&issuer.replace(':', " ")), encoded(account));
    format!("otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits=6&period=30")
}

fn codes_page(state: &AppState, headers: &HeaderMap, tenant: &Tenant, codes: NewCodes, next: String) -> Response {
    let NewCodes(codes) = codes;
    let page = ShowRecoveryCodes { tenant: tenant.into(), room: room_of(&tenant.slug), codes, next };
    draw(state, headers, None, || page.draw())
}

fn change_page(
    state: &AppState,
    headers: &HeaderMap,
    tenant: &Tenant,
    change: FactorChange,
    refusal: Option<&Refusal>,
) -> Response {
    let page = ChangeFactor {
        tenant: tenant.into(),
        room: room_of(&tenant.slug),
        change,
        problems: code_problems(refusal, false),
    };
    draw(state, headers, refusal, || page.draw())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_is_told_whose_code_it_is() {
        let address = app_address("Acme: Q&A", "ann+x@example.com", "ABCD");
        let read = url::Url::parse(&address).unwrap();
        assert_eq!((read.scheme(), read.host_str()), ("otpauth", Some("totp")));
        assert_eq!(read.path(), "/Acme%20%20Q%26A:ann%2Bx%40example.com");
        let pairs: Vec<_> = read.query_pairs().into_owned().collect();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(pairs[..2], [pair("secret", "ABCD"), pair("issuer", "Acme  Q&A")]);
    }
}
