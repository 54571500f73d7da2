//! A span for each request, and one line when it is answered.
//!
//! Everything that is logged while a request is answered, or by work that it began, stands in its span and so carries the
//! id that the client is told as `X-Request-Id`. A span has nothing that somebody typed or that opens anything: the
//! matched route stands for the path, and there is no query, no header, no cookie and no body in it. An address is in it
//! only where the operator asked for that.

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use std::borrow::Cow;
use std::time::Duration;
use tokio::time::Instant;
use tracing::field::{Empty, display};
use tracing::{Instrument, Level, Span};

use super::api;
use crate::auth::secret::hex;
use crate::state::AppState;
use pulsestage::ports::Rng;

/// The header that an id comes and goes in.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The header that continues a trace (W3C Trace Context).
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// The longest id that is taken over from a proxy.
const MAX_ID: usize = 64;
/// Whatever takes longer has a line at the usual level, also when it only reads.
const SLOW: Duration = Duration::from_secs(1);

/// Opens a request's span, has it answered in it, and writes its line.
pub async fn request(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = id_of(&state, request.headers());
    let method = method_of(request.method());
    // At the level of errors, so that it is there for whatever is logged.
    let span = tracing::error_span!(
        "request",
        id = &*id,
        method,
        route = &*route_of(&request),
        tenant = Empty,
        address = Empty,
        trace_id = Empty,
        parent_id = Empty,
        span_id = Empty,
    );
    if let Some(parent) = TraceParent::of(request.headers()) {
        span.record("trace_id", parent.trace_id).record("parent_id", parent.parent_id);
        span.record("span_id", fresh_id(state.rng()).as_str());
    }
    if state.logs_addresses()
        && let Some(address) = state.limits().sign_in.address(request.headers(), request.extensions())
    {
        span.record("address", display(address));
    }
    let writes = !request.method().is_safe();
    let mut line = RequestLine { span: span.clone(), began, writes, status: None };
    let mut response = next.run(request).instrument(span).await;
    line.status = Some(response.status());
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// The line of a request, written when this is dropped: also when its client went away before the answer.
struct RequestLine {
    span: Span,
    began: Instant,
    writes: bool,
    /// Absent when nobody waited for it.
    status: Option<StatusCode>,
}

/// How a request is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RequestLevel {
    /// Something broke on our side.
    Warn,
    /// It may have changed something, or took long.
    Info,
    /// Pages, files, streams and checks of health: very many, and nobody misses them.
    Debug,
}

impl RequestLevel {
    fn of(status: Option<StatusCode>, writes: bool, took: Duration) -> Self {
        match status {
            Some(status) if status.is_server_error() => Self::Warn,
            _ if writes || took > SLOW => Self::Info,
            _ => Self::Debug,
        }
    }
}

impl Drop for RequestLine {
    fn drop(&mut self) {
        let took = self.began.elapsed();
        let ms = (took.as_secs_f64() * 10_000.0).round() / 10.0;
        let status = self.status.map(|status| status.as_u16());
        let message = if status.is_some() { "answered" } else { "its client went away before the answer" };
        self.span.in_scope(|| match RequestLevel::of(self.status, self.writes, took) {
            RequestLevel::Warn => tracing::event!(Level::WARN, status, ms, "{message}"),
            RequestLevel::Info => tracing::event!(Level::INFO, status, ms, "{message}"),
            RequestLevel::Debug => tracing::event!(Level::DEBUG, status, ms, "{message}"),
        });
    }
}

/// The id that a proxy of ours gave the request, or a new one.
fn id_of(state: &AppState, headers: &HeaderMap) -> String {
    let given = if state.limits().sign_in.is_behind_proxy() { only(headers, &REQUEST_ID) } else { None };
    given.filter(|id| is_id(id)).map_or_else(|| fresh_id(state.rng()), str::to_owned)
}

/// Whether it is an id as proxies and clouds write them, and nothing that a log could be forged with.
fn is_id(text: &str) -> bool {
    (1..=MAX_ID).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:=+/@".contains(&b))
}

/// 64 random bits: what W3C Trace Context takes as the id of a span. Never all zero, which is none.
fn fresh_id(rng: &dyn Rng) -> String {
    let mut random = [0; 8];
    rng.fill(&mut random);
    random[0] |= 1;
    hex(&random)
}

/// A header that is there once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).into_iter();
    let first = values.next()?;
    if values.next().is_some() { None } else { first.to_str().ok() }
}

/// The methods that there are; anybody may send any word.
fn method_of(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::PATCH => "PATCH",
        _ => "other",
    }
}

/// What stands for the path: the pattern that it matched, or the server function, of which there are so many and no more.
fn route_of(request: &Request) -> Cow<'static, str> {
    let path = request.uri().path();
    let Some(matched) = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str) else {
        return "/*".into();
    };
    if matched == api::ROUTE && api::is_function(path, request.method()) {
        return path.to_owned().into();
    }
    matched.to_owned().into()
}

/// Where a trace goes on (W3C Trace Context, section 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct TraceParent<'a> {
    trace_id: &'a str,
    parent_id: &'a str,
}

impl<'a> TraceParent<'a> {
    fn of(headers: &'a HeaderMap) -> Option<Self> {
        Self::parse(only(headers, &TRACEPARENT)?)
    }

    /// Reads it as the specification says: what is of no use is passed over, never refused.
    fn parse(text: &'a str) -> Option<Self> {
        let is_hex = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        let is_zero = |text: &str| text.bytes().all(|b| b == b'0');
        let (version, rest) = text.split_at_checked(2)?;
        let (trace_id, rest) = rest.strip_prefix('-')?.split_at_checked(32)?;
        let (parent_id, rest) = rest.strip_prefix('-')?.split_at_checked(16)?;
        let (flags, rest) = rest.strip_prefix('-')?.split_at_checked(2)?;
        // A later version may say more behind a hyphen; the first one ends here, and `ff` is none.
        let ends_well = if version == "00" { rest.is_empty() } else { rest.is_empty() || rest.starts_with('-') };
        let sound = [version, trace_id, parent_id, flags].into_iter().all(is_hex) && version != "ff";
        (sound && ends_well && !is_zero(trace_id) && !is_zero(parent_id)).then_some(Self { trace_id, parent_id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    const PARENT: &str = "b7ad6b7169203331";

    #[test]
    fn a_trace_is_continued_as_the_specification_says() {
        let whole = format!("00-{TRACE}-{PARENT}-01");
        let parent = TraceParent { trace_id: TRACE, parent_id: PARENT };
        assert_eq!(TraceParent::parse(&whole), Some(parent));
        for good in [
            format!("00-{TRACE}-{PARENT}-ff"),
            format!("cc-{TRACE}-{PARENT}-01"),
            format!("cc-{TRACE}-{PARENT}-01-what.the.future"),
        ] {
            assert_eq!(TraceParent::parse(&good), Some(parent), "{good}");
        }
        let zero = "0".repeat(32);
        for bad in [
            String::new(),
            "00".to_owned(),
            format!("ff-{TRACE}-{PARENT}-01"),
            format!("0-{TRACE}-{PARENT}-01"),
            format!("00-{TRACE}-{PARENT}-01-more"),
            format!("00-{TRACE}-{PARENT}-01."),
            format!("cc-{TRACE}-{PARENT}-01.more"),
            format!("00-{TRACE}-{PARENT}-1"),
            format!("00-{TRACE}-{PARENT}"),
            format!("00-{zero}-{PARENT}-01"),
            format!("00-{TRACE}-{}-01", &zero[..16]),
            whole.to_ascii_uppercase(),
            whole.replace('-', "_"),
            format!("00-{TRACE}-{PARENT}-0g"),
            format!(" {whole}"),
            whole.replace('7', "ü"),
        ] {
            assert_eq!(TraceParent::parse(&bad), None, "{bad}");
        }
    }

    #[test]
    fn an_id_is_short_and_plain() {
        for good in ["1", "7b2e-44", "Root=1-67891233-abcdef012345678912345678", "a/b+c=", &"x".repeat(64)] {
            assert!(is_id(good), "{good}");
        }
        for bad in ["", " ", "a b", "a\"b", "a\u{1b}[31m", "é", "{}", "a,b", "<b>", &"x".repeat(65)] {
            assert!(!is_id(bad), "{bad:?}");
        }
    }

    #[test]
    fn what_broke_is_always_said_and_reading_seldom() {
        let took = Duration::from_millis(3);
        let level = |status: u16, writes, took| RequestLevel::of(StatusCode::from_u16(status).ok(), writes, took);
        assert_eq!(level(200, false, took), RequestLevel::Debug);
        assert_eq!(level(404, false, took), RequestLevel::Debug);
        assert_eq!(level(200, true, took), RequestLevel::Info);
        assert_eq!(level(429, true, took), RequestLevel::Info);
        assert_eq!(level(200, false, SLOW * 2), RequestLevel::Info);
        assert_eq!(level(503, false, took), RequestLevel::Warn);
        assert_eq!(RequestLevel::of(None, true, took), RequestLevel::Info);
    }

    proptest! {
        #[test]
        fn whatever_is_sent_as_a_parent_is_read_or_passed_over(text in "\\PC{0,80}") {
            if let Some(parent) = TraceParent::parse(&text) {
                prop_assert_eq!((parent.trace_id.len(), parent.parent_id.len()), (32, 16));
            }
        }
    }
}
