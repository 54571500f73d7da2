//! What a form that was sent without script has to say on the page that it comes back to: kept in a cookie for that
//! one page, because it is not to be in an address.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{CACHE_CONTROL, COOKIE, SET_COOKIE};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use pulsestage::person::Flash;

use super::FORM_AGAIN;
use super::backend::is_plain_form;

const NAME: &str = "pulsestage_flash";
/// The longest cookie that every browser takes, with room for its name and what belongs to it.
const MAX: usize = 3_800;
/// How long it is kept for the page, in seconds.
const LIFE_S: u32 = 60;

/// Keeps this for the page that the form comes back to. With script the answer itself says it.
pub(super) fn keep(flash: &Flash) {
    let text = serde_json::to_vec(flash).map(|json| URL_SAFE_NO_PAD.encode(json)).unwrap_or_default();
    if is_plain_form() && text.len() <= MAX {
        set(&text, LIFE_S);
    }
}

/// Asks that the plain form that was sent comes back with what was typed, though it was not refused.
pub(super) fn form_again() {
    if let Some(response) = use_context::<ResponseOptions>().filter(|_| is_plain_form()) {
        response.insert_header(HeaderName::from_static(FORM_AGAIN), HeaderValue::from_static("1"));
    }
}

/// Takes what was kept for this page, once. Anybody may have written it, so nobody trusts it.
pub(super) fn take() -> Option<Flash> {
    let value = kept()?;
    set("", 0);
    // It may tell a fresh link: nobody is to compress that together with what others wrote.
    if let Some(response) = use_context::<ResponseOptions>() {
        response.append_header(CACHE_CONTROL, HeaderValue::from_static("no-transform"));
    }
    read(&value)
}

/// Whether this page follows a question that was sent without script: said once, and what other pages are to say stays.
pub(crate) fn has_asked() -> bool {
    let has_asked = kept().and_then(|value| read(&value)) == Some(Flash::Asked);
    if has_asked {
        set("", 0);
    }
    has_asked
}

fn kept() -> Option<String> {
    let request = use_context::<Parts>()?;
    let name = name(&request.headers);
    cookies(&request.headers).find_map(|cookie| Some(cookie.strip_prefix(name)?.strip_prefix('=')?.to_owned()))
}

fn read(value: &str) -> Option<Flash> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(value).ok()?).ok()
}

fn set(value: &str, seconds: u32) {
    let (Some(request), Some(response)) = (use_context::<Parts>(), use_context::<ResponseOptions>()) else { return };
    let name = name(&request.headers);
    let secure = if name == NAME { "" } else { "; Secure" };
    let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.append_header(SET_COOKIE, cookie);
    }
}

/// As our other cookies are called here: whoever comes over https has some with the prefix of secure ones.
fn name(headers: &HeaderMap) -> &'static str {
    let secure = cookies(headers).any(|cookie| cookie.starts_with("__Host-pulsestage_"));
    if secure { "__Host-pulsestage_flash" } else { NAME }
}

fn cookies(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let texts = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    texts.flat_map(|text| text.split(';')).map(str::trim)
}
