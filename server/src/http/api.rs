//! The server functions: what every call passes before it reaches one, and where a plain form leads afterwards.

use app::api::{Backend, FormError, SAVED};
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, ALLOW, CONTENT_LENGTH, CONTENT_TYPE, HOST, LOCATION, REFERER, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use leptos::prelude::provide_context;

use super::account::confirm;
use super::errors::Error;
use super::extract::read_body;
use super::language::ClientLanguage;
use super::page::tenant_prefix;
use super::returned_form::ReadForm;
use super::{device, host, table};
use crate::auth::secret::unhex;
use crate::state::AppState;
use crate::unicode::nfc_body;
use pulsestage::error::Refusal;

/// The largest body that is taken, in bytes: the longest answer, each of its characters four bytes and each byte
/// written as `%XX`, fits in.
pub const MAX_BODY: usize = 256 * 1024;

/// The route of the server functions, as the router has it.
pub const ROUTE: &str = "/api/fn/{*name}";

/// Runs the server function of this address with the caller's identity.
pub async fn call(State(state): State<AppState>, mut request: Request) -> Result<impl IntoResponse, Error> {
    if request.method() == Method::HEAD {
        // The head of an answer to GET (RFC 9110, section 9.3.2); the router takes its body off.
        *request.method_mut() = Method::GET;
    }
    let path = request.uri().path();
    if !is_function(path, request.method()) {
        let taken = [Method::GET, Method::POST].into_iter().find(|method| is_function(path, method));
        let taken = taken.ok_or(Error::NoPage)?;
        let mut response = Error::Refused(Refusal::MethodNotAllowed).into_response();
        let taken = HeaderValue::from_static(if taken == Method::GET { "GET,HEAD" } else { "POST" });
        response.headers_mut().insert(ALLOW, taken);
        return Err(response.into());
    }
    let backend = Backend {
        service: state.service().clone(),
        credentials: state.credentials(request.headers(), request.extensions()),
        home: host::home(request.extensions()),
    };
    if let Some(kept_for) = request.headers().get(device::KEPT_FOR)
        && !device::is_kept_for(&state, kept_for, &backend).await?
    {
        return Err(device::somebody_else().into());
    }
    Ok(leptos_axum::handle_server_fns_with_context(move || provide_context(backend.clone()), request).await)
}

/// Turns away bodies that no server function reads, and puts right what the framework answers. Whoever sent a plain form
/// comes back to its page, also when the form could not be read.
pub async fn guard(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let client = ClientLanguage::of(request.method(), request.uri().path(), request.headers());
    let own = host::origin(state.site(), request.headers(), &host::home(request.extensions()));
    prepare_for_framework(request.headers_mut(), &client, own.filter(|_| state.site().origin.is_some()).as_deref());
    let function = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
    let page = request.headers().get(REFERER).cloned().filter(|_| client.reads_pages());
    let brings_table = request.method() == Method::POST && request.uri().path() == table::PATH;
    // Read before it is looked at: a body that does not say its length is counted as it comes.
    let readable = match brings_table {
        true => table::with_table(&state, request, &client).await,
        false => with_readable_body(request, &client).await,
    };
    let response = match readable {
        Ok(request) => {
            let read = request.extensions().get::<ReadForm>().cloned();
            let mut response = next.run(request).await;
            if let Some(read) = read {
                response.extensions_mut().insert(read);
            }
            response
        }
        Err(refusal) => match page {
            Some(page) => to_refused_form(&page, &function, refusal),
            None if brings_table && refusal == Refusal::TooLarge => table::too_large(),
            None => Error::Refused(refusal).into_response(),
        },
    };
    let leads_on = client.reads_pages() && response.headers().contains_key(LOCATION);
    if leads_on { to_page(response, &function) } else { response }
}

/// The page that a plain form came from, with what was refused in its address, as the framework writes it there.
fn to_refused_form(page: &HeaderValue, function: &str, refusal: Refusal) -> Response {
    let page = page.to_str().unwrap_or_default();
    let address = url::Url::parse(page).map(|mut address| {
        let kept: Vec<(String, String)> =
            address.query_pairs().into_owned().filter(|(name, _)| !is_outcome(name)).collect();
        let told = FormError { endpoint: function.to_owned(), refusal: refusal.clone() }.query();
        let kept = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).finish();
        address.set_query(Some(&if kept.is_empty() { told } else { format!("{kept}&{told}") }));
        address
    });
    match address.ok().and_then(|address| HeaderValue::from_str(address.as_str()).ok()) {
        Some(address) => (StatusCode::SEE_OTHER, [(LOCATION, address)]).into_response(),
        None => Error::Refused(refusal).into_response(),
    }
}

/// Whether a field of an address says what came of a form before.
fn is_outcome(name: &str) -> bool {
    matches!(name, "__path" | "__err" | SAVED)
}

/// The framework leads back to a page whoever accepts HTML, so nobody else may seem to.
fn prepare_for_framework(headers: &mut HeaderMap, client: &ClientLanguage, own: Option<&str>) {
    headers
        .insert(ACCEPT, HeaderValue::from_static(if client.reads_pages() { "text/html" } else { "application/json" }));
    if client.reads_pages() {
        return_to_own_page(headers, own);
    }
}

/// A plain form goes back to the page it came from with "see other": also when it was refused, for the page shows why.
fn to_page(mut response: Response, function: &str) -> Response {
    *response.status_mut() = StatusCode::SEE_OTHER;
    *response.body_mut() = Body::empty();
    response.headers_mut().remove(CONTENT_TYPE);
    response.headers_mut().remove(axum::http::header::CONTENT_LENGTH);
    let speaks_itself = response.headers().contains_key(SET_COOKIE);
    let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
    let proof = location.and_then(ProofWanted::of);
    let told = match &proof {
        Some(proof) => Some(proof.address()),
        None => location.and_then(|text| with_outcome(text, (!speaks_itself).then_some(function))),
    };
    if let Some(Ok(told)) = told.as_deref().map(HeaderValue::from_str) {
        response.headers_mut().insert(LOCATION, told);
    }
    if let Some(proof) = proof {
        response.extensions_mut().insert(proof);
    }
    response
}

/// What a plain form was refused for that needs a fresh proof of who sent it: to give that, and from there back.
#[derive(Clone)]
pub(super) struct ProofWanted {
    /// The address of the page that the form is on.
    address: url::Url,
}

impl ProofWanted {
    /// Reads it from where the framework leads a refused form.
    fn of(location: &str) -> Option<Self> {
        let address = url::Url::parse(location).ok()?;
        let field = |wanted: &str| address.query_pairs().find(|(name, _)| name == wanted).map(|(_, value)| value);
        let refused = FormError::parse(&field("__path")?, &field("__err")?)?;
        (refused.refusal == Refusal::ProofNeeded).then(|| Self::on(address))
    }

    fn on(mut address: url::Url) -> Self {
        let fields: Vec<(String, String)> =
            address.query_pairs().into_owned().filter(|(name, _)| !is_outcome(name)).collect();
        address.set_query(None);
        if !fields.is_empty() {
            address.query_pairs_mut().extend_pairs(fields);
        }
        Self { address }
    }

    /// The page that the form is on: its path and query.
    pub(super) fn page(&self) -> &str {
        &self.address[url::Position::BeforePath..url::Position::AfterQuery]
    }

    /// The address of the page on which the proof is given.
    fn address(&self) -> String {
        let confirming = confirm::address(tenant_prefix(self.address.path()), self.page());
        self.address.join(&confirming).map_or(confirming, Into::into)
    }
}

/// The address that a plain form comes back to, with what went well there in place of what it said before: the pages on
/// which a room is run tell that as they tell a refusal, and read both from their address.
fn with_outcome(location: &str, function: Option<&str>) -> Option<String> {
    let mut address = url::Url::parse(location).ok()?;
    let refused = address.query_pairs().any(|(name, _)| name == "__err");
    let mut fields: Vec<(String, String)> =
        address.query_pairs().into_owned().filter(|(name, _)| name != SAVED).collect();
    let done = function.filter(|_| !refused && is_admin_page(address.path()));
    fields.extend(done.map(|function| (SAVED.to_owned(), function.to_owned())));
    match fields.is_empty() {
        // Where the framework takes an old refusal out of an address it may leave an empty query behind.
        true => address.set_query(None),
        false => drop(address.query_pairs_mut().clear().extend_pairs(fields)),
    }
    Some(address.into())
}

/// Whether this is a page behind the queue, such as `/admin/settings`.
fn is_admin_page(path: &str) -> bool {
    let path = path.strip_prefix(tenant_prefix(path)).unwrap_or(path);
    path.strip_prefix("/admin/").is_some_and(|page| !page.is_empty())
}

/// The framework sends a plain form back to the `Referer`. One that is missing or foreign becomes our first page.
/// `own` is the origin that people reach us at, when it was set; a proxy may name another host to us.
fn return_to_own_page(headers: &mut HeaderMap, own: Option<&str>) {
    let host = headers.get(HOST).and_then(|value| value.to_str().ok()).unwrap_or("localhost");
    let by_host = [format!("http://{host}"), format!("https://{host}")];
    let referer = headers.get(REFERER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_of =
        |origin: &str| referer.strip_prefix(origin).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if by_host.iter().map(String::as_str).chain(own).any(is_of) {
        return;
    }
    if let Ok(first_page) = HeaderValue::from_str(&format!("{}/", own.unwrap_or(&by_host[0]))) {
        headers.insert(REFERER, first_page);
    }
}

/// The same request with its body in memory, when that is text of a type that server functions read.
async fn with_readable_body(request: Request, client: &ClientLanguage) -> Result<Request, Refusal> {
    if request.method() == Method::POST && !is_form_or_json(request.headers()) {
        return Err(Refusal::UnsupportedMediaType);
    }
    let (head, body) = request.into_parts();
    with_text(head, read_body(body, MAX_BODY, client).await?)
}

/// The request with this body, when it is text.
pub(super) fn with_text(head: Parts, body: Bytes) -> Result<Request, Refusal> {
    // The framework would put question marks in the place of bytes that are no text.
    if !is_text(&body) {
        return Err(no_text());
    }
    let body = nfc_body(body);
    let length = HeaderValue::from(body.len());
    let mut request = Request::from_parts(head, Body::from(body));
    // Texts in another spelling have another length.
    if let Some(said) = request.headers_mut().get_mut(CONTENT_LENGTH) {
        *said = length;
    }
    Ok(request)
}

pub(super) fn no_text() -> Refusal {
    Refusal::Malformed { detail: "it is not text in UTF-8".to_owned() }
}

/// Whether these bytes are UTF-8, as they stand and with every `%XX` in them decoded.
pub(super) fn is_text(bytes: &[u8]) -> bool {
    str::from_utf8(bytes).is_ok() && str::from_utf8(&unescaped(bytes)).is_ok()
}

/// The bytes with every `%XX` in them decoded.
pub(super) fn unescaped(bytes: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [byte, tail @ ..] = rest {
        let escaped = if *byte == b'%' { tail.split_at_checked(2) } else { None };
        let escaped = escaped.and_then(|(pair, tail)| Some((*unhex(str::from_utf8(pair).ok()?)?.first()?, tail)));
        let (byte, tail) = escaped.unwrap_or((*byte, tail));
        decoded.push(byte);
        rest = tail;
    }
    decoded
}

/// Whether there is a server function at this address.
pub(crate) fn is_function(path: &str, method: &Method) -> bool {
    leptos::server_fn::axum::get_server_fn_service(path, method.clone()).is_some()
}

pub(super) fn is_form_or_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") || kind.eq_ignore_ascii_case("application/json")
}

/// An address under the API that no server function has.
pub async fn missing() -> Error {
    Error::NoPage
}

/// A method that the address does not take.
pub async fn method_not_allowed() -> Error {
    Refusal::MethodNotAllowed.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_well_is_told_on_the_pages_that_run_a_room() {
        let told = |page: &str, function| with_outcome(&format!("http://ask.test{page}"), function).unwrap();
        let well = |page: &str| told(page, Some("set_role")).replace("http://ask.test", "");
        assert_eq!(well("/admin/people"), "/admin/people?saved=set_role");
        assert_eq!(well("/t/acme/admin/people?text=a&saved=x"), "/t/acme/admin/people?text=a&saved=set_role");
        assert_eq!(
            well("/admin/people?__path=%2Fapi&__err=e30%3D&saved=x"),
            "/admin/people?__path=%2Fapi&__err=e30%3D"
        );
        for page in ["/", "/?", "/admin", "/admin/", "/t/acme", "/t/admin/x", "/mine"] {
            assert_eq!(well(page), page.trim_end_matches('?'), "{page}");
        }
        assert_eq!(told("/admin/people?saved=x", None), "http://ask.test/admin/people", "a cookie says more");
    }

    #[test]
    fn text_is_text_with_its_escapes_as_well() {
        for good in ["", "a=b&c=d+e", "a=%C3%A9%F0%9F%98%80", "a=é😀", "100%", "%", "%4", "%zz", "%é"] {
            assert!(is_text(good.as_bytes()), "{good}");
        }
        for bad in ["%ff", "a=%C3", "a=%C3%28", "a=%ED%A0%80", "a=%c0%af"] {
            assert!(!is_text(bad.as_bytes()), "{bad}");
        }
        assert!(!is_text(b"a=\xFF") && !is_text(b"a=\xC3%A9"));
    }
}
