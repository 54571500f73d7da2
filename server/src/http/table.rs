//! The body of a form that brings a table of people: larger than other bodies, as a file or as text, and in the encodings
//! that spreadsheets write. What comes out of it is the form that the server function reads.

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use url::form_urlencoded;

use super::api::{MAX_BODY, is_form_or_json, is_text, no_text, unescaped, with_text};
use super::errors::{body_json, in_json};
use super::extract::read_body;
use super::language::ClientLanguage;
use super::returned_form::ReadForm;
use crate::csv_reader::{GUESSED, decode};
use crate::state::AppState;
use pulsestage::error::Refusal;
use pulsestage::people_import::{BadTable, TABLE_BYTES};
use pulsestage::permission::Action;
use pulsestage::service::Credentials;
use pulsestage::text::TextProblem;

/// The address of the form.
pub(super) const PATH: &str = "/api/fn/import_people";
/// The most bytes of the other fields.
const MAX_OTHERS: usize = 16 * 1024;
/// What is said of a table that is larger than so many rows can be.
const TOO_LARGE: &str =
    "The table is too large: at most 2,000 rows and 2 MB. Leave out columns that are not used, or import it in parts.";

/// The request with its body as the server function reads it. Each byte of a table may be written as `%XX`; what is larger
/// than other bodies is read only from those who may add people.
pub(super) async fn with_table(
    state: &AppState,
    request: Request,
    client: &ClientLanguage,
) -> Result<Request, Refusal> {
    let has_file = has_file(request.headers());
    if !has_file && !is_form_or_json(request.headers()) {
        return Err(Refusal::UnsupportedMediaType);
    }
    let credentials = state.credentials(request.headers(), request.extensions());
    let most = if may_import(state, &credentials).await { 3 * TABLE_BYTES + MAX_BODY } else { MAX_BODY };
    let (mut head, body) = request.into_parts();
    let body = read_body(body, most, client).await?;
    let form = if has_file {
        of_multipart(Request::from_parts(head.clone(), Body::from(body)), state).await?
    } else if unescaped(&body).len() > TABLE_BYTES + MAX_OTHERS {
        return Err(Refusal::TooLarge);
    } else if is_text(&body) {
        return with_text(head, body);
    } else {
        of_escaped(&body)?
    };
    let mut fields = form_urlencoded::Serializer::new(String::new());
    for (name, bytes) in form {
        if name != "table" {
            let text = String::from_utf8(bytes).map_err(|_| no_text())?;
            fields.append_pair(&name, &text);
            continue;
        }
        let what = BadTable::Encoding.predicate();
        let (text, is_guessed) = decode(&bytes).ok_or(Refusal::field("table", TextProblem::BadTable { what }))?;
        if text.len() > TABLE_BYTES {
            return Err(Refusal::TooLarge);
        }
        fields.append_pair("table", &text);
        if is_guessed {
            fields.append_pair("encoding", GUESSED);
        }
    }
    let body = Bytes::from(fields.finish());
    head.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    head.headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    head.extensions.insert(ReadForm(body.clone()));
    with_text(head, body)
}

/// Whether this is a form with a file in it.
fn has_file(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("multipart/form-data")
}

async fn may_import(state: &AppState, credentials: &Credentials) -> bool {
    for (slug, _) in &credentials.sessions {
        let context = state.service().authenticate_without_touch(slug, credentials).await;
        if context.is_ok_and(|context| context.allows(Action::ManagePeople)) {
            return true;
        }
    }
    false
}

type TableForm = Vec<(String, Vec<u8>)>;

/// The fields of a form with a file: the file is the table, unless it is empty.
async fn of_multipart(request: Request, state: &AppState) -> Result<TableForm, Refusal> {
    let broken = || Refusal::Malformed { detail: "the form broke off".to_owned() };
    let mut parts = Multipart::from_request(request, state).await.map_err(|_| Refusal::UnsupportedMediaType)?;
    let (mut form, mut file) = (TableForm::new(), None);
    while let Some(part) = parts.next_field().await.map_err(|_| broken())? {
        let name = part.name().unwrap_or_default().to_owned();
        let bytes = part.bytes().await.map_err(|error| match error.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Refusal::TooLarge,
            _ => broken(),
        })?;
        match name.as_str() {
            "file" if bytes.is_empty() => {}
            "file" => file = Some(bytes.to_vec()),
            _ => form.push((name, bytes.to_vec())),
        }
    }
    if let Some(file) = file {
        form.retain(|(name, _)| name != "table");
        form.push(("table".to_owned(), file));
    }
    Ok(form)
}

/// The fields of a form whose bytes are no UTF-8.
fn of_escaped(body: &[u8]) -> Result<TableForm, Refusal> {
    let plain = |part: &[u8]| {
        let spaced: Vec<u8> = part.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
        unescaped(&spaced)
    };
    let pairs = body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).map(|pair| {
        let at = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
        let name = String::from_utf8(plain(&pair[..at])).map_err(|_| no_text())?;
        Ok((name, plain(pair.get(at + 1..).unwrap_or_default())))
    });
    pairs.collect()
}

/// What a program is told of a table that is too large.
pub(super) fn too_large() -> Response {
    (StatusCode::PAYLOAD_TOO_LARGE, in_json(body_json("too_large", TOO_LARGE))).into_response()
}
