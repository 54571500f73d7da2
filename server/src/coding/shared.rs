//! A body that many are sent: in each coding made once, by the first who wants it.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use std::hash::{DefaultHasher, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;

use super::BodyCoding;

/// A body that is compressed beside the threads that serve when it is larger, in bytes.
const LARGE: usize = 64 * 1024;
/// A body that is smaller is sent as it is, in bytes.
const SMALL: usize = 512;

/// The bytes of an answer that is the same for everybody who may have it, with their codings.
#[derive(Debug)]
pub struct SharedBody {
    content_type: HeaderValue,
    tag: HeaderValue,
    plain: Bytes,
    coded: [OnceCell<Bytes>; 3],
    bytes: AtomicUsize,
}

impl SharedBody {
    /// A body of this type.
    #[must_use]
    pub fn new(content_type: &'static str, plain: impl Into<Bytes>) -> Self {
        let plain = plain.into();
        let content_type = HeaderValue::from_static(content_type);
        // The same on every instance, so that whoever comes to another one need not load again what has not changed.
        let mut hasher = DefaultHasher::new();
        hasher.write(&plain);
        let tag = format!("W/\"{:016x}-{:x}\"", hasher.finish(), plain.len());
        let tag = HeaderValue::try_from(tag).unwrap_or(HeaderValue::from_static("W/\"\""));
        let bytes = AtomicUsize::new(plain.len());
        Self { content_type, tag, plain, coded: Default::default(), bytes }
    }

    /// How much memory it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Makes it in a coding, if it was not made before and is sent in any.
    pub async fn make(&self, coding: BodyCoding) {
        if self.plain.len() >= SMALL {
            self.coded(coding).await;
        }
    }

    /// The answer to a request with these headers: that it has not changed, or the body in the coding that the client
    /// likes best. A browser may keep it and asks each time whether it is still so; nothing between us may keep it.
    pub async fn answer(&self, headers: &HeaderMap) -> Response {
        let shared = [
            (ETAG, self.tag.clone()),
            (CACHE_CONTROL, HeaderValue::from_static("private, no-cache")),
            (VARY, HeaderValue::from_static("accept-encoding, cookie")),
        ];
        if self.is_known(headers) {
            return (StatusCode::NOT_MODIFIED, shared).into_response();
        }
        let coding = match self.plain.len() < SMALL {
            true => BodyCoding::Identity,
            false => BodyCoding::accepted(headers, &BodyCoding::ALL),
        };
        let (bytes, coding) = self.coded(coding).await;
        let mut response = (shared, Body::from(bytes)).into_response();
        response.headers_mut().insert(CONTENT_TYPE, self.content_type.clone());
        if let Some(coding) = coding.header() {
            response.headers_mut().insert(CONTENT_ENCODING, coding);
        }
        response
    }

    /// Whether the client has this body already (RFC 9110, section 13.1.2: tags are compared weakly).
    fn is_known(&self, headers: &HeaderMap) -> bool {
        let own = self.tag.to_str().unwrap_or_default();
        let known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        let mut tags = known.flat_map(|value| value.split(',')).map(str::trim);
        tags.any(|tag| tag == "*" || own.trim_start_matches("W/") == tag.trim_start_matches("W/"))
    }

    /// The body in a coding, and the coding that it is in.
    async fn coded(&self, coding: BodyCoding) -> (Bytes, BodyCoding) {
        let plain = (self.plain.clone(), BodyCoding::Identity);
        let cell = match coding {
            BodyCoding::Identity => return plain,
            BodyCoding::Gzip => &self.coded[0],
            BodyCoding::Zstd => &self.coded[1],
            BodyCoding::Brotli => &self.coded[2],
        };
        let encode = async || {
            let source = self.plain.clone();
            let coded = match source.len() > LARGE {
                true => spawn_blocking(move || coding.encode(&source)).await.ok().flatten(),
                false => coding.encode(&source),
            };
            let coded = coded.ok_or(())?;
            self.bytes.fetch_add(coded.len(), Ordering::Relaxed);
            Ok::<_, ()>(coded)
        };
        match cell.get_or_try_init(encode).await {
            Ok(coded) => (coded.clone(), coding),
            Err(()) => plain,
        }
    }
}
