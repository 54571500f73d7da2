//! The socket of a connection: it tells whether the client takes what it is sent, and gives one up that takes nothing.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

/// A client that takes nothing of what it is sent for so long is cut off.
const STALLED: Duration = Duration::from_secs(30);

/// A socket that tells whether there are bytes that it did not take. Whoever listens is on the same task.
pub(super) struct Tap {
    socket: TcpStream,
    is_stuck: Arc<AtomicBool>,
    /// Runs while the socket takes nothing.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Tap {
    /// A tap on this socket.
    pub(super) fn new(socket: TcpStream) -> Self {
        Self { socket, is_stuck: Arc::default(), timer: None }
    }

    /// Whether there are bytes that the socket did not take.
    pub(super) fn is_stuck(&self) -> Arc<AtomicBool> {
        self.is_stuck.clone()
    }

    /// The bare socket.
    pub(super) fn into_socket(self) -> TcpStream {
        self.socket
    }

    fn noted<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        self.is_stuck.store(written.is_pending(), Ordering::Relaxed);
        if written.is_ready() {
            self.timer = None;
            return written;
        }
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(STALLED)));
        timer.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Tap {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Tap {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write(cx, bytes);
        self.noted(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write_vectored(cx, slices);
        self.noted(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn a_client_that_takes_nothing_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let mut tap = Tap::new(listener.accept().await.unwrap().0);
        let is_stuck = tap.is_stuck();
        tap.write_all(b"taken").await.unwrap();
        client.read_exact(&mut [0; 5]).await.unwrap();
        assert!(!is_stuck.load(Ordering::Relaxed));
        tokio::time::pause();
        let began = tokio::time::Instant::now();
        let error = tap.write_all(&vec![0; 64 << 20]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(is_stuck.load(Ordering::Relaxed) && began.elapsed() >= STALLED);
    }
}
