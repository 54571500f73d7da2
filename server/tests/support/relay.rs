//! A way to a PostgreSQL server that a test can hold up, cut, or open late.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A relay: what is sent to it goes on to the server, while it is let through.
pub(crate) struct Relay {
    pub(crate) addr: SocketAddr,
    passes: watch::Sender<bool>,
    opened: Arc<AtomicUsize>,
    _tasks: JoinSet<()>,
}

impl Relay {
    /// Opens one to the server of this URL, on a free port.
    pub(crate) async fn to(url: &str) -> Self {
        Self::listening("127.0.0.1:0".parse().unwrap(), url).await
    }

    /// Opens one on this address.
    pub(crate) async fn listening(addr: SocketAddr, url: &str) -> Self {
        let server = authority(url).to_owned();
        let listener = TcpListener::bind(addr).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let (passes, held) = watch::channel(true);
        let (mut tasks, opened) = (JoinSet::new(), Arc::new(AtomicUsize::new(0)));
        let counted = opened.clone();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((near, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::Relaxed);
                let (server, mut held) = (server.clone(), held.clone());
                connections.spawn(async move {
                    if held.wait_for(|passes| *passes).await.is_err() {
                        return;
                    }
                    let Ok(far) = TcpStream::connect(&server).await else { return };
                    let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
                    tokio::join!(carry(near_in, far_out, held.clone()), carry(far_in, near_out, held));
                });
            }
        });
        Self { addr, passes, opened, _tasks: tasks }
    }

    /// The URL of a database over this way.
    pub(crate) fn url(&self, url: &str) -> String {
        url.replace(authority(url), &self.addr.to_string())
    }

    /// From now on nothing goes through, as when the server hangs.
    pub(crate) fn hold(&self) {
        self.passes.send_replace(false);
    }

    /// What was held up goes on.
    pub(crate) fn release(&self) {
        self.passes.send_replace(true);
    }

    /// How many connections were ever opened.
    pub(crate) fn opened(&self) -> usize {
        self.opened.load(Ordering::Relaxed)
    }
}

async fn carry(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    mut held: watch::Receiver<bool>,
) {
    let mut bytes = vec![0; 16 << 10];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        if held.wait_for(|passes| *passes).await.is_err() || to.write_all(&bytes[..count]).await.is_err() {
            break;
        }
    }
    let _gone_already = to.shutdown().await;
}

/// Host and port of a URL.
fn authority(url: &str) -> &str {
    let rest = url.split_once("://").unwrap().1;
    let authority = rest.split(['/', '?']).next().unwrap();
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}
