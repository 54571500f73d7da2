//! The head of a parked stream's response, as RFC 9112 says.
//!
//! The body is chunked (section 7.1): many clients hand on what a chunk holds as it comes, and of a body that ends with
//! the connection nothing before they have a buffer full. HTTP/1.0, which proxies still speak by default, has no
//! chunks: there the body ends with the connection (section 6.3, the last rule). The connection is used for nothing
//! else in either.

use axum::http::header::{CONNECTION, CONTENT_LENGTH, DATE, TRANSFER_ENCODING};
use axum::http::response::Parts;
use bytes::{BufMut, Bytes, BytesMut};
use std::time::{Duration, UNIX_EPOCH};

use crate::bus::Framing;
use pulsestage::time::Timestamp;

/// The bytes of a head.
pub(super) fn encode(parts: &Parts, framing: Framing, now: Timestamp) -> Bytes {
    let mut bytes = BytesMut::with_capacity(512);
    bytes.put_slice(b"HTTP/1.1 ");
    bytes.put_slice(parts.status.as_str().as_bytes());
    bytes.put_slice(b" ");
    bytes.put_slice(parts.status.canonical_reason().unwrap_or_default().as_bytes());
    bytes.put_slice(b"\r\n");
    // How the message is framed is ours to say.
    let ours = [CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION, DATE];
    for (name, value) in parts.headers.iter().filter(|(name, _)| !ours.contains(name)) {
        line(&mut bytes, name.as_str(), value.as_bytes());
    }
    if framing == Framing::Chunked {
        line(&mut bytes, "transfer-encoding", b"chunked");
    }
    line(&mut bytes, "connection", b"close");
    let date = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_millis(now.millis_unsigned()));
    line(&mut bytes, "date", date.as_bytes());
    bytes.put_slice(b"\r\n");
    bytes.freeze()
}

fn line(bytes: &mut BytesMut, name: &str, value: &[u8]) {
    bytes.put_slice(name.as_bytes());
    bytes.put_slice(b": ");
    bytes.put_slice(value);
    bytes.put_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Response;

    #[test]
    fn a_head_says_what_the_handler_said_and_how_the_body_ends() {
        let response = Response::builder().header("content-type", "text/event-stream").header("content-length", "0");
        let (parts, ()) = response.header("vary", "origin").header("vary", "accept").body(()).unwrap().into_parts();
        for (framing, line) in [(Framing::Bare, ""), (Framing::Chunked, "transfer-encoding: chunked\r\n")] {
            assert_eq!(
                encode(&parts, framing, Timestamp(1_760_000_000_000)),
                format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nvary: origin\r\nvary: accept\r\n\
                     {line}connection: close\r\ndate: Thu, 09 Oct 2025 08:53:20 GMT\r\n\r\n"
                )
            );
        }
    }
}
