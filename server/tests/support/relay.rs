//! A way to a PostgreSQL server that a test can hold up, cut, lead elsewhere, or open late.

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
    way: watch::Sender<Way>,
    opened: Arc<AtomicUsize>,
    _tasks: JoinSet<()>,
}

/// Where it leads, and how.
#[derive(Clone, Debug)]
struct Way {
    /// Host and port.
    server: String,
    flow: Flow,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    /// Everything goes through.
    AccessRegister,
    /// Nothing goes through, and connections stay open.
    Held,
    /// Connections are closed.
    Cut,
}

impl Relay {
    /// Opens one to the server of this URL, on a free port.
    pub(crate) async fn to(url: &str) -> Self {
        Self::listening("127.0.0.1:0".parse().unwrap(), url).await
    }

    /// Opens one on this address.
    pub(crate) async fn listening(addr: SocketAddr, url: &str) -> Self {
        let listener = TcpListener::bind(addr).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let way = watch::Sender::new(Way { server: authority(url).to_owned(), flow: Flow::AccessRegister });
        let (mut tasks, opened) = (JoinSet::new(), Arc::new(AtomicUsize::new(0)));
        let (counted, turns) = (opened.clone(), way.subscribe());
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((near, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::Relaxed);
                connections.spawn(connection(near, turns.clone()));
                while connections.try_join_next().is_some() {}
            }
        });
        Self { addr, way, opened, _tasks: tasks }
    }

    /// The URL of a database over this way.
    pub(crate) fn url(&self, url: &str) -> String {
        url.replace(authority(url), &self.addr.to_string())
    }

    /// From now on nothing goes through, as when the server hangs.
    pub(crate) fn hold(&self) {
        self.turn(Flow::Held);
    }

    /// Closes every connection, those that are opened from now on as well.
    pub(crate) fn cut(&self) {
        self.turn(Flow::Cut);
    }

    /// What was held up goes on, and what was cut may be opened again.
    pub(crate) fn release(&self) {
        self.turn(Flow::AccessRegister);
    }

    /// Closes every connection; those that are opened from now on lead to the server of this URL.
    pub(crate) fn lead_to(&self, url: &str) {
        self.way.send_replace(Way { server: authority(url).to_owned(), flow: Flow::AccessRegister });
    }

    /// How many connections were ever opened.
    pub(crate) fn opened(&self) -> usize {
        self.opened.load(Ordering::Relaxed)
    }

    fn turn(&self, flow: Flow) {
        self.way.send_modify(|way| way.flow = flow);
    }
}

/// One connection, for as long as it leads where it led at its beginning.
async fn connection(near: TcpStream, mut way: watch::Receiver<Way>) {
    let Ok(began) = way.wait_for(|way| way.flow != Flow::Held).await.map(|way| way.clone()) else { return };
    if began.flow == Flow::Cut {
        return;
    }
    let Ok(far) = TcpStream::connect(&began.server).await else { return };
    let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
    let (there, back) = (carry(near_in, far_out, way.clone()), carry(far_in, near_out, way.clone()));
    tokio::select! {
        _ended = async { tokio::join!(there, back) } => {}
        _turned = way.wait_for(|way| way.flow == Flow::Cut || way.server != began.server) => {}
    }
}

async fn carry(mut from: impl AsyncReadExt + Unpin, mut to: impl AsyncWriteExt + Unpin, mut way: watch::Receiver<Way>) {
    let mut bytes = vec![0; 16 << 10];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        if way.wait_for(|way| way.flow != Flow::Held).await.is_err() || to.write_all(&bytes[..count]).await.is_err() {
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
