//! A browser without a face: builds requests, sends them through the router, reads the answers.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST as HOST_HEADER};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tower::ServiceExt;

use super::{HOST, encode_form, soon};

/// A request that is being built.
pub(crate) struct Call {
    router: Router,
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Body,
}

/// What came back, read to its end.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Call {
    pub(crate) fn new(router: &Router, method: Method, path: &str) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(HOST_HEADER, HeaderValue::from_static(HOST));
        Self { router: router.clone(), method, path: path.to_owned(), headers, body: Body::empty() }
    }

    /// Sets a header; one that was set is replaced.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.parse::<HeaderName>().unwrap(), HeaderValue::from_bytes(value.as_bytes()).unwrap());
        self
    }

    /// Brings a cookie, beside those that are brought already. An empty one is none.
    pub(crate) fn cookie(self, cookie: &str) -> Self {
        let brought = self.headers.get(COOKIE).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        match (brought.as_str(), cookie) {
            (_, "") => self,
            ("", cookie) => self.header("cookie", cookie),
            (brought, cookie) => self.header("cookie", &format!("{brought}; {cookie}")),
        }
    }

    /// Sends these fields as browsers send a form.
    pub(crate) fn form(self, fields: &[(&str, &str)]) -> Self {
        self.raw("application/x-www-form-urlencoded", encode_form(fields).into_bytes())
    }

    /// Sends these bytes as this type; an empty type is none.
    pub(crate) fn raw(mut self, content_type: &str, body: Vec<u8>) -> Self {
        if !content_type.is_empty() {
            self = self.header("content-type", content_type);
        }
        self.headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
        self.body = Body::from(body);
        self
    }

    /// Sends these bytes in pieces without saying how many there are.
    pub(crate) fn chunked(mut self, content_type: &str, body: Vec<u8>) -> Self {
        let pieces: Vec<_> =
            body.chunks(8 * 1024).map(|piece| Ok::<_, std::io::Error>(Bytes::copy_from_slice(piece))).collect();
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_str(content_type).unwrap());
        self.body = Body::from_stream(futures::stream::iter(pieces));
        self
    }

    /// Asks as a browser does that follows a link or sends a plain form.
    pub(crate) fn wants_page(mut self) -> Self {
        self.headers.insert(ACCEPT, HeaderValue::from_static("text/html,application/xhtml+xml,*/*;q=0.8"));
        self
    }

    /// Sends it and gives the head with the body unread.
    pub(crate) async fn open(self) -> axum::http::Response<Body> {
        let mut request = Request::builder().method(self.method).uri(&self.path).body(self.body).unwrap();
        *request.headers_mut() = self.headers;
        soon(&self.path, self.router.oneshot(request)).await.unwrap()
    }

    /// Sends it and reads the answer.
    pub(crate) async fn send(self) -> Reply {
        self.send_unless(|_| false).await.unwrap()
    }

    /// The same, unless nobody wants to read an answer of this status: it may have no end.
    pub(crate) async fn send_unless(self, is_unwanted: impl Fn(StatusCode) -> bool) -> Option<Reply> {
        let path = self.path.clone();
        let (head, body) = self.open().await.into_parts();
        if is_unwanted(head.status) {
            return None;
        }
        let body = soon(&path, body.collect()).await.unwrap().to_bytes();
        Some(Reply { status: head.status, headers: head.headers, body })
    }
}

impl Reply {
    /// The body as text.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text()))
    }

    /// The body as what a server function answers; it must have succeeded.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> T {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text());
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// A header as text, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Every `Set-Cookie`.
    pub(crate) fn set_cookies(&self) -> Vec<&str> {
        self.headers.get_all("set-cookie").into_iter().filter_map(|value| value.to_str().ok()).collect()
    }
}
