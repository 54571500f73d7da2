//! The accept loop: hyper's connections over our own listener.
//!
//! `axum::serve` (to 0.8.9) has every connection lock one shared waiter each time it is polled, offers no socket
//! options, never ends while a stream is open, and never gives a socket back; this loop has none of the four.
//!
//! * `plain`: HTTP/1.1, whose streams leave hyper for the park
//! * `tls`: TLS with HTTP/2 or HTTP/1.1 inside
//! * `connection_service`: from hyper to the router; `body`: what clients send, in time
//! * `tap`: the socket under all of them; `worded`: what hyper says by itself

mod body;
mod connection_service;
mod plain;
mod tap;
mod tls;
mod worded;

use axum::Router;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::limits::{AcceptLimiter, Connection, Connections};
use crate::park::Park;

pub use tls::Tls;

/// A client that has not sent its request's head, or shaken hands, by then is cut off.
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);
/// How long to wait when the process has no file descriptors left.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(20);
/// How long a connection that was accepted last may take to send its request.
const FIRST_REQUEST: Duration = Duration::from_millis(500);
/// When nobody has come for so long, nobody is on the way any more.
const LAST_PAUSE: Duration = Duration::from_millis(50);
/// The longest that those who are on the way are waited for.
const LAST_COMERS: Duration = Duration::from_millis(500);
/// Connections that may wait to be accepted: an audience that reconnects at once.
const BACKLOG: i32 = 4_096;

/// What every connection needs.
#[derive(Debug)]
pub struct ConnectionContext {
    /// Answers requests.
    pub router: Router,
    /// Takes over the streams of plain connections.
    pub park: Park,
    /// Says who we are, when connections are encrypted.
    pub tls: Option<Tls>,
    /// Counts connections, and lets those go that wait for their clients when others come.
    pub connections: Connections,
    /// How far the server has come in stopping.
    pub stopping: Stopping,
}

/// How far the server has come in stopping, as connections have to know it.
#[derive(Clone, Debug, Default)]
pub struct Stopping {
    /// Cancelled when the server is told to stop. Everything is accepted and answered still; answers end their connections,
    /// so that what a proxy keeps open goes before the server does.
    pub told: CancellationToken,
    /// Cancelled when nothing is accepted any more: connections finish the request that they are at.
    pub stop: CancellationToken,
    /// Whether time passes between the two.
    pub lingers: bool,
}

impl Stopping {
    /// Waits until a connection has to end once its requests are answered. One on which nothing has come yet, as `is_used`
    /// says, has a moment for its first request: it may be on its way, and whoever sent it would not know whether it was
    /// done.
    async fn over(&self, is_used: impl Fn() -> bool) {
        self.stop.cancelled().await;
        if self.lingers && !is_used() {
            sleep(FIRST_REQUEST).await;
        }
    }
}

/// Accepts connections until the server stops, at the pace that is set, each served by a task of its own in `tasks`. The
/// listener is closed when nobody is left in its queue.
pub async fn serve(
    listener: TcpListener,
    context: Arc<ConnectionContext>,
    mut pacer: AcceptLimiter,
    tasks: TaskTracker,
) {
    loop {
        let accepted = tokio::select! {
            () = context.stopping.stop.cancelled() => break,
            accepted = async {
                pacer.ready().await;
                listener.accept().await
            } => accepted,
        };
        match accepted {
            Ok((socket, peer)) => admit(socket, peer, &context, &tasks),
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                // Out of descriptors, most likely: those that are at work go on, new ones wait in the backlog.
                context.connections.make_room();
                tracing::error!(%error, "connections cannot be accepted for the moment");
                sleep(EXHAUSTED_PAUSE).await;
            }
        }
    }
    if context.stopping.lingers {
        accept_last(&listener, &context, &tasks).await;
    }
}

/// Serves a connection. Whoever finds no room is hung up on.
fn admit(socket: TcpStream, peer: SocketAddr, context: &Arc<ConnectionContext>, tasks: &TaskTracker) {
    if let Some(counted) = context.connections.admit(peer.ip()) {
        tasks.spawn(connection(socket, peer, counted, context.clone()));
    }
}

/// Accepts whoever has come already and nobody else.
///
/// A listener that is closed resets what is in its queue, also where a request was sent already: its sender cannot know
/// whether it was done. So new connections are kept out first, while those whose handshake has begun complete it, and
/// the queue is emptied then. Whoever is kept out has sent nothing, asks once more after a second, is told that nobody
/// listens, and tries elsewhere.
async fn accept_last(listener: &TcpListener, context: &Arc<ConnectionContext>, tasks: &TaskTracker) {
    if let Err(error) = keep_out(listener) {
        tracing::debug!(%error, "new connections could not be kept out; some may be reset");
    }
    let last = async {
        while let Ok(accepted) = timeout(LAST_PAUSE, listener.accept()).await {
            match accepted {
                Ok((socket, peer)) => admit(socket, peer, context, tasks),
                Err(error) if is_of_one_connection(&error) => {}
                Err(_) => return,
            }
        }
    };
    if timeout(LAST_COMERS, last).await.is_err() {
        tracing::debug!("connections came to the last");
    }
}

/// Drops what asks for a new connection before the kernel sees it.
#[cfg(target_os = "linux")]
fn keep_out(listener: &TcpListener) -> io::Result<()> {
    use socket2::SockFilter;
    // Classic BPF, as in <linux/filter.h>, over the TCP header: A = its byte 13, the flags; with SYN set keep nothing,
    // otherwise everything. What completes a handshake has no SYN.
    const LOAD_BYTE: u16 = 0x30;
    const JUMP_IF_SET: u16 = 0x45;
    const RETURN: u16 = 0x06;
    const FLAGS: u32 = 13;
    const SYN: u32 = 0x02;
    socket2::SockRef::from(listener).attach_filter(&[
        SockFilter::new(LOAD_BYTE, 0, 0, FLAGS),
        SockFilter::new(JUMP_IF_SET, 0, 1, SYN),
        SockFilter::new(RETURN, 0, 0, 0),
        SockFilter::new(RETURN, 0, 0, u32::MAX),
    ])
}

#[cfg(not(target_os = "linux"))]
fn keep_out(_: &TcpListener) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Listens on an address.
///
/// # Errors
/// When it is taken, or not ours to take.
pub fn listen(addr: SocketAddr) -> io::Result<TcpListener> {
    let domain = if addr.is_ipv4() { socket2::Domain::IPV4 } else { socket2::Domain::IPV6 };
    let socket = socket2::Socket::new(domain, socket2::Type::STREAM, Some(socket2::Protocol::TCP))?;
    // So that a restarted server gets its port back while old connections linger.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&addr.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

async fn connection(socket: TcpStream, peer: SocketAddr, counted: Connection, context: Arc<ConnectionContext>) {
    // An event is small and must leave at once.
    if let Err(error) = socket.set_nodelay(true) {
        tracing::debug!(%error, "no delay could not be set");
    }
    match &context.tls {
        None => plain::serve(socket, peer, counted, &context).await,
        Some(tls) => tokio::select! {
            () = tls.serve(socket, peer, &counted, &context) => {}
            () = counted.ended() => tracing::debug!("a connection gave way to another"),
        },
    }
}

fn report(ended: hyper::Result<()>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke off");
    }
}

/// Errors of `accept` that belong to the one connection that was to be accepted (accept(2)).
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}
