//! What handlers take out of a request: who it is from, and what its address and its form say.
//!
//! Each is an extractor whose rejection is an [`Error`], so a handler begins with its own work. What a form or an address
//! brought can always be read: a field that is missing is empty.

use app::api::Home;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use http_body_util::BodyExt;
use std::convert::Infallible;
use std::fmt;
use uuid::Uuid;

use super::api::MAX_BODY;
use super::errors::Error;
use super::host;
use super::language::ClientLanguage;
use crate::auth::Secret;
use crate::limits::Network;
use crate::state::AppState;
use crate::unicode::nfc;
use pulsestage::error::Refusal;
use pulsestage::id::QuestionId;
use pulsestage::service::RequestContext;

/// The largest form without a text in it, in bytes: the longest password, each of its bytes written as `%XX`, fits in several times.
const MAX_FORM: usize = 16 * 1024;
/// So much of a body that is too large is read for a browser, in bytes: it shows the answer only once it has sent all.
const MAX_DRAINED: usize = 16 * 1024 * 1024;

/// A parameter of the route, decoded; none when the route has none of this name.
async fn path_param(parts: &mut Parts, name: &str) -> Result<Option<String>, Error> {
    let params = RawPathParams::from_request_parts(parts, &()).await.map_err(|_| Error::NoPage)?;
    Ok(params.iter().find(|(param, _)| *param == name).map(|(_, value)| value.to_owned()))
}

/// The tenant that an address names by its slug, or the one at home here where it names none. Whether there is such a
/// tenant is yet to be seen.
pub(crate) struct TenantSlug(pub(crate) String);

impl FromRequestParts<AppState> for TenantSlug {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Error> {
        let named = path_param(parts, "tenant").await?.unwrap_or_default();
        // Where a host has a tenant of its own, no other is found there.
        Ok(Self(host::home(&parts.extensions).resolve(&named).unwrap_or_default().to_owned()))
    }
}

/// Who is here, in the tenant of the address. Being here is not noted: what askers do and read has these pages.
impl FromRequestParts<AppState> for RequestContext {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Error> {
        let TenantSlug(slug) = TenantSlug::from_request_parts(parts, state).await?;
        let credentials = state.cookies().credentials(&parts.headers);
        state.service().authenticate_without_touch(&slug, &credentials).await.map_err(missing_page)
    }
}

/// Without its tenant there is no page, and while nobody can tell that is said.
pub(super) fn missing_page(refusal: Refusal) -> Error {
    if refusal.status() < 500 { Error::NoPage } else { Error::Refused(refusal) }
}

/// The question that an address names by its id.
pub(crate) struct PathQuestion(pub(crate) QuestionId);

impl FromRequestParts<AppState> for PathQuestion {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Error> {
        let text = path_param(parts, "question").await?;
        text.and_then(|text| question_id(&text)).map(Self).ok_or(Error::NoPage)
    }
}

/// Reads a question's id.
pub(super) fn question_id(text: &str) -> Option<QuestionId> {
    text.parse::<Uuid>().ok().map(QuestionId)
}

/// The secret of the link that an address is.
pub(crate) struct LinkSecret(pub(crate) Secret);

impl FromRequestParts<AppState> for LinkSecret {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Error> {
        let token = path_param(parts, "token").await.ok().flatten().unwrap_or_default();
        Secret::parse(&token).map(Self).ok_or(Error::Refused(Refusal::LinkSpent))
    }
}

/// The tenant of the host.
impl FromRequestParts<AppState> for Home {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Infallible> {
        Ok(host::home(&parts.extensions))
    }
}

impl FromRequestParts<AppState> for Network {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        Ok(state.limits().sign_in.network(&parts.headers, &parts.extensions))
    }
}

/// The fields of a form.
#[derive(Default)]
pub(crate) struct Fields(Vec<(String, String)>);

impl FromRequest<AppState> for Fields {
    type Rejection = Error;

    async fn from_request(request: Request, _: &AppState) -> Result<Self, Error> {
        Ok(Self::of_body(request, MAX_FORM).await?)
    }
}

/// The fields of a form with a text in it, which is as long as in a server function.
pub(crate) struct TextFields(pub(crate) Fields);

impl FromRequest<AppState> for TextFields {
    type Rejection = Error;

    async fn from_request(request: Request, _: &AppState) -> Result<Self, Error> {
        Ok(Self(Fields::of_body(request, MAX_BODY).await?))
    }
}

/// The fields of a form that brings another form along, written as one field.
pub(crate) struct HoldingFields(pub(crate) Fields);

impl FromRequest<AppState> for HoldingFields {
    type Rejection = Error;

    async fn from_request(request: Request, _: &AppState) -> Result<Self, Error> {
        // Each byte of the other form may be written as `%XX`.
        Ok(Self(Fields::of_body(request, 3 * MAX_BODY + MAX_FORM).await?))
    }
}

impl Fields {
    async fn of_body(request: Request, max: usize) -> Result<Self, Refusal> {
        let (head, body) = request.into_parts();
        let kind = head.headers.get(CONTENT_TYPE);
        if kind.is_none() && body.is_end_stream() {
            // A form without a field, whatever it would have been.
            return Ok(Self::default());
        }
        let kind = kind.and_then(|value| value.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(Refusal::UnsupportedMediaType);
        }
        let client = ClientLanguage::of(&head.method, head.uri.path(), &head.headers);
        Ok(Self::parse(&read_body(body, max, &client).await?))
    }

    fn parse(text: &[u8]) -> Self {
        let pairs = url::form_urlencoded::parse(text);
        Self(pairs.map(|(name, value)| (name.into_owned(), nfc(&value).into_owned())).collect())
    }

    /// A field; empty when it is not there, the first when it is there twice.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value)
    }
}

/// There are passwords in it.
impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fields").field("count", &self.0.len()).finish()
    }
}

/// The fields behind the question mark.
pub(crate) struct QueryFields(Fields);

impl FromRequestParts<AppState> for QueryFields {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Infallible> {
        Ok(Self(Fields::parse(parts.uri.query().unwrap_or_default().as_bytes())))
    }
}

impl QueryFields {
    /// As [`Fields::get`].
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.get(name)
    }
}

/// A body of so many bytes at most.
pub(super) async fn read_body(mut body: Body, max: usize, client: &ClientLanguage) -> Result<Bytes, Refusal> {
    let most = if client.reads_pages() { max.saturating_add(MAX_DRAINED) } else { max };
    if body.size_hint().lower() > most as u64 {
        return Err(Refusal::TooLarge);
    }
    let (mut read, mut length) = (Vec::new(), 0_usize);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Refusal::Malformed { detail: "it broke off".to_owned() })?;
        let Ok(data) = frame.into_data() else { continue };
        length = length.saturating_add(data.len());
        if length <= max {
            read.extend_from_slice(&data);
        } else if length > most {
            return Err(Refusal::TooLarge);
        } else {
            read = Vec::new();
        }
    }
    if length > max { Err(Refusal::TooLarge) } else { Ok(read.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anything_can_be_read() {
        let fields = Fields::parse(b"a=1&a=2&b=%C3%A9+%ff&c&=x&%");
        assert_eq!([fields.get("a"), fields.get("b"), fields.get("c"), fields.get("d")], ["1", "é \u{fffd}", "", ""]);
        assert_eq!(Fields::default().get("a"), "");
    }
}
