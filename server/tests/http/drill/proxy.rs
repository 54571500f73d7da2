//! A way to the database that can be led elsewhere, cut, or made to swallow everything.

use std::net::Ipv4Addr;
use tokio::io::copy_bidirectional;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Where a way leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// To this port.
    To(u16),
    /// Nowhere: connections are closed.
    Cut,
    /// Into nothing: connections stay open, and what is sent is lost.
    Lost,
}

/// A listening socket whose connections go where [`Way`] says. Those that are open when it changes to another port or is
/// cut are closed; those that are open when it is lost are held.
pub(super) struct Proxy {
    pub(super) port: u16,
    way: watch::Sender<Way>,
    task: tokio::task::JoinHandle<()>,
}

impl Proxy {
    /// Opens a way to this port.
    pub(super) async fn to(port: u16) -> Self {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let own = listener.local_addr().unwrap().port();
        let way = watch::Sender::new(Way::To(port));
        let turns = way.subscribe();
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                connections.spawn(carry(socket, turns.clone()));
                while connections.try_join_next().is_some() {}
            }
        });
        Self { port: own, way, task }
    }

    /// Leads it elsewhere.
    pub(super) fn turn(&self, way: Way) {
        self.way.send_replace(way);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Carries one connection as long as its way is what it was.
async fn carry(mut socket: TcpStream, mut way: watch::Receiver<Way>) {
    let began = *way.borrow_and_update();
    if let Way::To(port) = began {
        let Ok(mut there) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await else { return };
        tokio::select! {
            _ended = copy_bidirectional(&mut socket, &mut there) => return,
            turned = way.changed() => if turned.is_err() { return },
        }
        hold_while_lost(&mut way).await;
        return;
    }
    hold_while_lost(&mut way).await;
}

/// Keeps a connection open for as long as its way is lost.
async fn hold_while_lost(way: &mut watch::Receiver<Way>) {
    let _ended = way.wait_for(|way| *way != Way::Lost).await;
}
