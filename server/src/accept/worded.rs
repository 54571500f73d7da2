//! Words for the answers that hyper gives by itself.
//!
//! To what is no request, or has an address or headers that are too long, hyper answers by a status alone, before any of
//! our code is asked. Whoever wrote that client is told here what was wrong. All other answers have a body of their own, so
//! a refusal without one is hyper's.

use axum::http::StatusCode;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::http::errors;

/// A connection that hyper writes to.
pub(super) struct Worded<S> {
    io: S,
    /// What is written in the place of an answer without words, and how much of it has been.
    instead: Option<(Vec<u8>, usize)>,
}

impl<S> Worded<S> {
    /// A connection over this.
    pub(super) const fn new(io: S) -> Self {
        Self { io, instead: None }
    }

    /// What it is over.
    pub(super) fn into_inner(self) -> S {
        self.io
    }
}

/// The same answer with a sentence, when it is a refusal that has none.
fn with_words(answer: &[u8]) -> Option<Vec<u8>> {
    const EMPTY: &str = "\r\ncontent-length: 0\r\n";
    let text = str::from_utf8(answer).ok()?;
    let digits = text.strip_prefix("HTTP/1.").filter(|rest| rest.get(1..3) == Some(" 4"))?.get(2..5)?;
    let head = text.strip_suffix("\r\n\r\n").filter(|head| !head.contains("\r\n\r\n"))?;
    if !text.contains(EMPTY) {
        return None;
    }
    let sentence = errors::sentence(StatusCode::from_bytes(digits.as_bytes()).ok()?);
    let length = sentence.len() + 1;
    let said = format!("\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: {length}\r\n");
    let head = format!("{head}\r\n").replacen(EMPTY, &said, 1);
    Some(format!("{head}\r\n{sentence}\n").into_bytes())
}

impl<S: AsyncRead + Unpin> AsyncRead for Worded<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Worded<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.instead.is_none() {
            this.instead = with_words(bytes).map(|instead| (instead, 0));
        }
        let Some((instead, written)) = &mut this.instead else { return Pin::new(&mut this.io).poll_write(cx, bytes) };
        while let Some(rest) = instead.get(*written..).filter(|rest| !rest.is_empty()) {
            match ready!(Pin::new(&mut this.io).poll_write(cx, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                more => *written += more,
            }
        }
        this.instead = None;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match slices {
            [only] => self.poll_write(cx, only),
            many => Pin::new(&mut self.io).poll_write_vectored(cx, many),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_without_words_is_given_some_and_nothing_else_is() {
        let bare = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\ndate: Thu, 09 Oct 2025 08:53:20 GMT\r\n\r\n";
        let said = String::from_utf8(with_words(bare.as_bytes()).unwrap()).unwrap();
        assert_eq!(
            said,
            "HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 31\r\n\
             date: Thu, 09 Oct 2025 08:53:20 GMT\r\n\r\nThe request could not be read.\n"
        );
        for other in [
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 404 Not Found\r\ncontent-length: 4\r\n\r\nnone",
            "HTTP/1.1 404 Not Found\r\ncontent-length: 4\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\nHTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n",
            "",
            "HTTP/1.",
            "HTTP/1.1 4",
        ] {
            assert_eq!(with_words(other.as_bytes()), None, "{other}");
        }
    }
}
