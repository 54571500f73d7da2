//! The accept loop: hyper's connections over our own listener.
//!
//! `axum::serve` (to 0.8.9) has every connection lock one shared waiter each time it is polled, offers no socket
//! options, never ends while a stream is open, and never gives a socket back; this loop has none of the four.
//!
//! * `plain`: HTTP/1.1, whose streams leave hyper for the park
//! * `tls`: TLS with HTTP/2 or HTTP/1.1 inside
//! * `door`: from hyper to the router; `body`: what clients send, in time
//! * `tap`: the socket under all of them

mod body;
mod door;
mod plain;
mod tap;
mod tls;

use axum::Router;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::limits::{Connection, Connections, Pacer};
use crate::park::Park;

pub use tls::Tls;

/// A client that has not sent its request's head, or shaken hands, by then is cut off.
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);
/// How long to wait when the process has no file descriptors left.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(20);
/// Connections that may wait to be accepted: a hall that comes back at once.
const BACKLOG: i32 = 4_096;

/// What every connection needs.
#[derive(Debug)]
pub struct House {
    /// Answers requests.
    pub router: Router,
    /// Takes over the streams of plain connections.
    pub park: Park,
    /// Says who we are, when connections are encrypted.
    pub tls: Option<Tls>,
    /// Counts connections, and lets those go that wait for their clients when others come.
    pub connections: Connections,
    /// Cancelled when we stop: connections finish the request that they are at.
    pub stop: CancellationToken,
}

/// Accepts connections until the house stops, at the pace that is set, each served by a task of its own in `tasks`.
pub async fn serve(listener: TcpListener, house: Arc<House>, mut pacer: Pacer, tasks: TaskTracker) {
    loop {
        let accepted = tokio::select! {
            () = house.stop.cancelled() => return,
            accepted = async {
                pacer.ready().await;
                listener.accept().await
            } => accepted,
        };
        match accepted {
            Ok((socket, peer)) => {
                // Whoever finds no room is hung up on.
                if let Some(counted) = house.connections.admit(peer.ip()) {
                    tasks.spawn(connection(socket, peer, counted, house.clone()));
                }
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                // Out of descriptors, most likely: those that are at work go on, new ones wait in the backlog.
                house.connections.make_room();
                tracing::error!(%error, "connections cannot be accepted for the moment");
                sleep(EXHAUSTED_PAUSE).await;
            }
        }
    }
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

async fn connection(socket: TcpStream, peer: SocketAddr, counted: Connection, house: Arc<House>) {
    // An event is small and must leave at once.
    if let Err(error) = socket.set_nodelay(true) {
        tracing::debug!(%error, "no delay could not be set");
    }
    match &house.tls {
        None => plain::serve(socket, peer, counted, &house).await,
        Some(tls) => tokio::select! {
            () = tls.serve(socket, peer, &counted, &house) => {}
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
