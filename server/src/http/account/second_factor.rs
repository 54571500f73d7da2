//! The second factor: asked for after a password or a link, set up, and changed.

use app::account::{AskForCode, ChangeFactor, FactorChange, OwnFactor, Problems, SetUpFactor, ShowRecoveryCodes};
use axum::extract::{RawQuery, Request, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use fast_qr::convert::svg::SvgBuilder;
use fast_qr::convert::{Builder, Shape};
use fast_qr::{ECL, QRBuilder};
use url::form_urlencoded::{Serializer, byte_serialize};

use super::back::own_page;
use super::form::Fields;
use super::{Named, arrival, confirm, context, cookies_of, draw, first_page, go, kept_out, room_of, slug_of};
use crate::auth::Secret;
use crate::http::api::refusal_response;
use crate::state::AppState;
use pulsestage::error::Refusal;
use pulsestage::ports::{PendingSignIn, SignedIn};
use pulsestage::service::{FactorSetup, FactorView, NewCodes, owner_of};
use pulsestage::tenant::Tenant;

/// The page that asks for the code, and where to go afterwards.
pub(super) fn address(slug: &str, to: &str) -> String {
    let query = Serializer::new(String::new()).append_pair("to", own_page(to).unwrap_or_default()).finish();
    format!("{}/sign-in/code?{query}", room_of(slug))
}

/// The page that asks for the code, or has the second factor set up first.
pub(super) async fn show_code(
    State(state): State<AppState>,
    named: Named,
    RawQuery(query): RawQuery,
    request: Request,
) -> Response {
    let slug = slug_of(named, request.extensions());
    let asked = Asked::of(query.as_deref());
    match pending(&state, request.headers(), &slug).await {
        Ok((_, waiting)) if waiting.factor.is_none() => {
            let setup = state.service().factor_setup(owner_of(&waiting));
            set_up_to_sign_in(&state, request.headers(), &waiting, setup, &asked, None)
        }
        Ok((_, waiting)) => code_page(&state, request.headers(), &waiting.tenant, &asked, None),
        Err(refusal) => over(&slug, &refusal),
    }
}

/// The form with the code.
pub(super) async fn submit_code(
    State(state): State<AppState>,
    named: Named,
    RawQuery(query): RawQuery,
    request: Request,
) -> Response {
    let slug = slug_of(named, request.extensions());
    let asked = Asked::of(query.as_deref());
    let found = pending(&state, request.headers(), &slug).await;
    let (headers, form) = match Fields::of_body(request).await {
        Ok(form) => form,
        Err(refusal) => return refusal_response(&refusal),
    };
    let (pending, waiting) = match found {
        Ok(found) => found,
        Err(refusal) => return over(&slug, &refusal),
    };
    let (secret, arrival) = arrival(&state, &headers, &slug);
    match state.service().complete_sign_in(pending.hash(), form.get("code"), &arrival).await {
        Ok(person) => {
            let cookies = session_cookies(&state, &person, &secret);
            go(&first_page(&person, &asked.to), &cookies)
        }
        Err(Refusal::LinkSpent) => over(&slug, &Refusal::LinkSpent),
        Err(refusal) => code_page(&state, &headers, &waiting.tenant, &asked, Some(&refusal)),
    }
}

/// The form with the first code of somebody who must have a second factor to sign in.
pub(super) async fn submit_setup(
    State(state): State<AppState>,
    named: Named,
    RawQuery(query): RawQuery,
    request: Request,
) -> Response {
    let slug = slug_of(named, request.extensions());
    let asked = Asked::of(query.as_deref());
    let found = pending(&state, request.headers(), &slug).await;
    let (headers, form) = match Fields::of_body(request).await {
        Ok(form) => form,
        Err(refusal) => return refusal_response(&refusal),
    };
    let (pending, waiting) = match found {
        Ok(found) => found,
        Err(refusal) => return over(&slug, &refusal),
    };
    let (secret, arrival) = arrival(&state, &headers, &slug);
    let (sealed, service) = (form.get("setup"), state.service());
    match service.set_up_at_sign_in(pending.hash(), sealed, form.get("code"), &arrival).await {
        Ok((person, codes)) => {
            let next = first_page(&person, &asked.to);
            let mut response = codes_page(&state, &headers, &person.tenant, codes, next);
            for cookie in session_cookies(&state, &person, &secret) {
                if let Ok(cookie) = HeaderValue::from_str(&cookie) {
                    response.headers_mut().append(SET_COOKIE, cookie);
                }
            }
            response
        }
        Err(Refusal::LinkSpent) => over(&slug, &Refusal::LinkSpent),
        Err(refusal) => {
            let owner = owner_of(&waiting);
            let setup = service.factor_setup_again(owner, sealed).unwrap_or_else(|| service.factor_setup(owner));
            set_up_to_sign_in(&state, &headers, &waiting, setup, &asked, Some(&refusal))
        }
    }
}

/// The page about one's own second factor, or about one change of it.
pub(super) async fn show(
    State(state): State<AppState>,
    named: Named,
    RawQuery(query): RawQuery,
    request: Request,
) -> Response {
    let slug = slug_of(named, request.extensions());
    let context = match context(&state, request.headers(), &slug).await {
        Ok(context) => context,
        Err(refusal) => return kept_out(&refusal, state, request).await,
    };
    let Ok(owner) = context.factor_owner() else { return first_sign_in(&context.tenant) };
    let fields = Fields::of_query(query.as_deref());
    let view = match state.service().own_second_factor(&context).await {
        Ok(view) => view,
        Err(refusal) => return refusal_response(&refusal),
    };
    let headers = request.headers();
    match (fields.get("change"), view.factor) {
        ("app", None) if !state.service().is_proved(&context) => confirm_first(&slug),
        ("app", _) => {
            let setup = state.service().factor_setup(owner);
            set_up_own(&state, headers, &context.tenant, &view, setup, None)
        }
        ("codes", Some(_)) => change_page(&state, headers, &context.tenant, FactorChange::Codes, None),
        ("off", Some(_)) => change_page(&state, headers, &context.tenant, FactorChange::Off, None),
        _ => {
            let tenant = &context.tenant;
            let door = OwnFactor {
                tenant: tenant.into(),
                room: room_of(&tenant.slug),
                factor: view.factor,
                is_required: view.is_required,
                later: own_page(fields.get("to")).map(str::to_owned),
            };
            draw(&state, headers, None, || door.draw())
        }
    }
}

/// Turns the visitor's second factor on, or puts another in its place.
pub(super) async fn turn_on(State(state): State<AppState>, named: Named, request: Request) -> Response {
    let slug = slug_of(named, request.extensions());
    let context = match context(&state, request.headers(), &slug).await {
        Ok(context) => context,
        Err(refusal) => return kept_out(&refusal, state, request).await,
    };
    let Ok(owner) = context.factor_owner() else { return first_sign_in(&context.tenant) };
    let (headers, form) = match Fields::of_body(request).await {
        Ok(form) => form,
        Err(refusal) => return refusal_response(&refusal),
    };
    let (sealed, service) = (form.get("setup"), state.service());
    match service.enable_second_factor(&context, sealed, form.get("code"), form.get("current")).await {
        Ok(codes) => {
            let next = format!("{}/second-factor", room_of(&slug));
            codes_page(&state, &headers, &context.tenant, codes, next)
        }
        Err(Refusal::ProofNeeded) => confirm_first(&slug),
        Err(refusal) => {
            let view = match service.own_second_factor(&context).await {
                Ok(view) => view,
                Err(refusal) => return refusal_response(&refusal),
            };
            let setup = service.factor_setup_again(owner, sealed).unwrap_or_else(|| service.factor_setup(owner));
            set_up_own(&state, &headers, &context.tenant, &view, setup, Some(&refusal))
        }
    }
}

/// Gives the visitor other recovery codes.
pub(super) async fn renew_codes(State(state): State<AppState>, named: Named, request: Request) -> Response {
    let slug = slug_of(named, request.extensions());
    let context = match context(&state, request.headers(), &slug).await {
        Ok(context) => context,
        Err(refusal) => return kept_out(&refusal, state, request).await,
    };
    if context.actor.user.is_none() {
        return first_sign_in(&context.tenant);
    }
    let (headers, form) = match Fields::of_body(request).await {
        Ok(form) => form,
        Err(refusal) => return refusal_response(&refusal),
    };
    match state.service().replace_recovery_codes(&context, form.get("code")).await {
        Ok(codes) => {
            let next = format!("{}/second-factor", room_of(&slug));
            codes_page(&state, &headers, &context.tenant, codes, next)
        }
        Err(refusal) => change_page(&state, &headers, &context.tenant, FactorChange::Codes, Some(&refusal)),
    }
}

/// Turns the visitor's second factor off.
pub(super) async fn turn_off(State(state): State<AppState>, named: Named, request: Request) -> Response {
    let slug = slug_of(named, request.extensions());
    let context = match context(&state, request.headers(), &slug).await {
        Ok(context) => context,
        Err(refusal) => return kept_out(&refusal, state, request).await,
    };
    if context.actor.user.is_none() {
        return first_sign_in(&context.tenant);
    }
    let (headers, form) = match Fields::of_body(request).await {
        Ok(form) => form,
        Err(refusal) => return refusal_response(&refusal),
    };
    match state.service().disable_second_factor(&context, form.get("code")).await {
        Ok(()) => go(&format!("{}/second-factor", room_of(&slug)), &[]),
        Err(refusal) => change_page(&state, &headers, &context.tenant, FactorChange::Off, Some(&refusal)),
    }
}

/// What the address of the code's page says.
struct Asked {
    to: String,
    recovery: bool,
}

impl Asked {
    fn of(query: Option<&str>) -> Self {
        let fields = Fields::of_query(query);
        let to = own_page(fields.get("to")).unwrap_or_default().to_owned();
        Self { to, recovery: fields.get("with") == "recovery" }
    }

    /// The page to go to, written for an address.
    fn written(&self) -> String {
        byte_serialize(self.to.as_bytes()).collect()
    }
}

/// The sign-in to this tenant that waits in this browser.
async fn pending(state: &AppState, headers: &HeaderMap, slug: &str) -> Result<(Secret, PendingSignIn), Refusal> {
    let secret = state.cookies().pending(headers).ok_or(Refusal::LinkSpent)?;
    let waiting = state.service().pending_sign_in(secret.hash()).await?;
    if waiting.tenant.slug == slug { Ok((secret, waiting)) } else { Err(Refusal::LinkSpent) }
}

/// Nothing waits any more: it took too long, too many codes were wrong, or it is done.
fn over(slug: &str, refusal: &Refusal) -> Response {
    match refusal {
        Refusal::LinkSpent => go(&format!("{}/sign-in?again=1", room_of(slug)), &[]),
        refusal => refusal_response(refusal),
    }
}

fn session_cookies(state: &AppState, person: &SignedIn, secret: &Secret) -> Vec<String> {
    let mut cookies = cookies_of(state, person, secret);
    cookies.push(state.cookies().ended_pending_cookie().to_string());
    cookies
}

/// Who turns it on shows first once more who they are, and comes back.
fn confirm_first(slug: &str) -> Response {
    let room = room_of(slug);
    go(&confirm::address(&room, &format!("{room}/second-factor?change=app")), &[])
}

fn first_sign_in(tenant: &Tenant) -> Response {
    let room = room_of(&tenant.slug);
    go(&format!("{room}/sign-in?to={room}/second-factor"), &[])
}

/// What is wrong, in words of this page. Whether a code was wrong, used or too old is not said.
fn problems(refusal: Option<&Refusal>, replaces: bool) -> Problems {
    let sentence = "This code is not right, or it was used already.";
    match refusal {
        Some(Refusal::WrongCredentials) if replaces => Problems {
            whole: Some("One of the codes is not right, or it was used already.".to_owned()),
            fields: vec![],
        },
        Some(Refusal::WrongCredentials) => {
            Problems { whole: None, fields: vec![("code".to_owned(), sentence.to_owned())] }
        }
        Some(Refusal::LinkSpent) => {
            let whole = "That took too long, so there is a new QR code. Scan this one.".to_owned();
            Problems { whole: Some(whole), fields: vec![] }
        }
        Some(refusal) => Problems::from(refusal),
        None => Problems::default(),
    }
}

fn code_page(
    state: &AppState,
    headers: &HeaderMap,
    tenant: &Tenant,
    asked: &Asked,
    refusal: Option<&Refusal>,
) -> Response {
    let door = AskForCode {
        tenant: tenant.into(),
        room: room_of(&tenant.slug),
        to: asked.written(),
        recovery: asked.recovery,
        problems: problems(refusal, false),
    };
    draw(state, headers, refusal, || door.draw())
}

fn set_up_to_sign_in(
    state: &AppState,
    headers: &HeaderMap,
    waiting: &PendingSignIn,
    setup: FactorSetup,
    asked: &Asked,
    refusal: Option<&Refusal>,
) -> Response {
    let account = waiting.email.as_deref().unwrap_or(&waiting.name);
    let room = room_of(&waiting.tenant.slug);
    let door = SetUpFactor {
        action: format!("{room}/sign-in/setup?to={}", asked.written()),
        is_required: true,
        problems: problems(refusal, false),
        ..shown(&waiting.tenant, account, setup)
    };
    draw(state, headers, refusal, || door.draw())
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
    let door = SetUpFactor {
        action: format!("{}/second-factor/on", room_of(&tenant.slug)),
        replaces: view.factor.is_some(),
        problems: problems(refusal, view.factor.is_some()),
        ..shown(tenant, account, setup)
    };
    draw(state, headers, refusal, || door.draw())
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
    let door = ShowRecoveryCodes { tenant: tenant.into(), room: room_of(&tenant.slug), codes, next };
    draw(state, headers, None, || door.draw())
}

fn change_page(
    state: &AppState,
    headers: &HeaderMap,
    tenant: &Tenant,
    change: FactorChange,
    refusal: Option<&Refusal>,
) -> Response {
    let door =
        ChangeFactor { tenant: tenant.into(), room: room_of(&tenant.slug), change, problems: problems(refusal, false) };
    draw(state, headers, refusal, || door.draw())
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
