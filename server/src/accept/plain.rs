//! HTTP/1.1 over a bare socket. When a handler has left a stream, the socket is taken out of hyper and parked.

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::future::{Future, poll_fn};
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::door::Door;
use super::{HEAD_TIMEOUT, House, report};
use crate::http::sse::Berth;

type Connection = http1::Connection<TokioIo<Tap>, Door>;

/// How a connection goes on.
enum Turn {
    /// Its last answer was given, or it broke off.
    Ended(hyper::Result<()>),
    /// There is a stream in the berth, and everything before it was written.
    Claimed,
}

/// Serves one connection to its end, or until it is a stream.
pub(super) async fn serve(socket: TcpStream, peer: SocketAddr, house: &House) {
    let (berth, is_stuck) = (Berth::default(), Arc::new(AtomicBool::new(false)));
    let door = Door { router: house.router.clone(), peer, berth: Some(berth.clone()) };
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    let mut connection = http.serve_connection(TokioIo::new(Tap { socket, is_stuck: is_stuck.clone() }), door);
    let turn = tokio::select! {
        turn = turn(&mut connection, &berth, &is_stuck) => turn,
        () = house.stop.cancelled() => {
            Pin::new(&mut connection).graceful_shutdown();
            turn(&mut connection, &berth, &is_stuck).await
        }
    };
    match turn {
        Turn::Ended(ended) => report(ended),
        Turn::Claimed => {
            let parts = connection.into_parts();
            let Some((opened, head)) = berth.take() else { return };
            match parts.io.into_inner().socket.into_std() {
                Ok(socket) => house.park.park(socket, opened, &head, parts.read_buf.len()),
                Err(error) => tracing::warn!(%error, "a stream's socket could not be taken over"),
            }
        }
    }
}

async fn turn(connection: &mut Connection, berth: &Berth, is_stuck: &AtomicBool) -> Turn {
    poll_fn(|context| {
        if let Poll::Ready(ended) = pin!(&mut *connection).poll(context) {
            return Poll::Ready(Turn::Ended(ended));
        }
        // An earlier answer that the client has not taken yet is in hyper's buffer: it goes first.
        if berth.is_complete() && !is_stuck.load(Ordering::Relaxed) {
            return Poll::Ready(Turn::Claimed);
        }
        Poll::Pending
    })
    .await
}

/// A socket that tells whether hyper has bytes that it did not take. Both ends are on one task.
struct Tap {
    socket: TcpStream,
    is_stuck: Arc<AtomicBool>,
}

impl Tap {
    fn noted<T>(&self, written: Poll<T>) -> Poll<T> {
        self.is_stuck.store(written.is_pending(), Ordering::Relaxed);
        written
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
        self.noted(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write_vectored(cx, slices);
        self.noted(written)
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
