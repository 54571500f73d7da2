//! HTTP/1.1 over a bare socket. When a handler has left a stream, the socket is taken out of hyper and parked.

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use tokio::net::TcpStream;

use super::connection_service::ConnectionService;
use super::tap::Tap;
use super::worded::Worded;
use super::{ConnectionContext, HEAD_TIMEOUT, report};
use crate::limits;
use crate::streams::UpgradeSlot;

type Connection = http1::Connection<TokioIo<Worded<Tap>>, ConnectionService>;

/// How a connection goes on.
enum NextStep {
    /// Its last answer was given, or it broke off.
    Ended(hyper::Result<()>),
    /// There is a stream in the upgrade_slot, and everything before it was written.
    Claimed,
}

/// Serves one connection to its end, or until it is a stream.
pub(super) async fn serve(
    socket: TcpStream,
    peer: SocketAddr,
    counted: limits::Connection,
    context: &ConnectionContext,
) {
    let (upgrade_slot, tap) = (UpgradeSlot::default(), Tap::new(socket));
    let is_stuck = tap.is_stuck();
    let service = ConnectionService::new(context, peer, counted.activity(), Some(upgrade_slot.clone()));
    let used = service.used();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    let mut connection = http.serve_connection(TokioIo::new(Worded::new(tap)), service);
    let turn = tokio::select! {
        biased;
        () = counted.ended() => return tracing::debug!("a connection gave way to another"),
        turn = turn(&mut connection, &upgrade_slot, &is_stuck) => turn,
        () = context.stopping.over(|| used.is_set()) => {
            Pin::new(&mut connection).graceful_shutdown();
            turn(&mut connection, &upgrade_slot, &is_stuck).await
        }
    };
    match turn {
        NextStep::Ended(ended) => report(ended),
        NextStep::Claimed => {
            let parts = connection.into_parts();
            let Some((opened, head)) = upgrade_slot.take() else { return };
            let Some(settled) = counted.settle() else { return };
            match parts.io.into_inner().into_inner().into_socket().into_std() {
                Ok(socket) => context.park.park(socket, opened.over(settled), &head, parts.read_buf.len()),
                Err(error) => tracing::warn!(%error, "a stream's socket could not be taken over"),
            }
        }
    }
}

async fn turn(connection: &mut Connection, upgrade_slot: &UpgradeSlot, is_stuck: &AtomicBool) -> NextStep {
    poll_fn(|context| {
        if let Poll::Ready(ended) = pin!(&mut *connection).poll(context) {
            return Poll::Ready(NextStep::Ended(ended));
        }
        // An earlier answer that the client has not taken yet is in hyper's buffer: it goes first.
        if upgrade_slot.is_complete() && !is_stuck.load(Ordering::Relaxed) {
            return Poll::Ready(NextStep::Claimed);
        }
        Poll::Pending
    })
    .await
}
