//! A whole server on a real socket, spoken to in each of the ways that it can be.

use axum::body::Body;
use clap::Parser;
use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::{http1, http2};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::ServerName;
use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use uuid::Uuid;

use pulsestage::command::{Ask, SetVote};
use pulsestage::question::Question;
use pulsestage::service::RequestContext;
use pulsestage::text::Slug;
use pulsestage_server::commands::Cli;
use pulsestage_server::config::ServeArgs;
use pulsestage_server::lifecycle::{self, Running};

use super::{Folder, Wire, signed_in, soon};

/// How a client speaks to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// HTTP/1.1 over a bare socket: streams are parked.
    Plain,
    /// HTTP/1.1 in TLS.
    Tls,
    /// HTTP/2 in TLS.
    Http2,
    /// HTTP/1.1 over a bare socket, from a client that takes gzip.
    PlainGzip,
    /// HTTP/2 in TLS, from a client that takes gzip.
    Http2Gzip,
}

impl Kind {
    /// All of them.
    pub(crate) const ALL: [Self; 5] = [Self::Plain, Self::Tls, Self::Http2, Self::PlainGzip, Self::Http2Gzip];

    /// What the client says that it takes, if it says so.
    pub(crate) fn takes(self) -> Option<&'static str> {
        matches!(self, Self::PlainGzip | Self::Http2Gzip).then_some("gzip, br")
    }
}

/// The settings of a server of the tests' own: what is not said has the default that people get, save that it does not
/// take its time to stop.
pub(crate) fn args(data: &Folder, site: &Folder, flags: &[&str]) -> ServeArgs {
    let (data, site) = (data.path().display().to_string(), site.path().display().to_string());
    let mut words = vec!["pulsestage", "--addr", "127.0.0.1:0", "--data-dir", &data, "--site-dir", &site];
    for time in ["--linger-s", "--drain-s"] {
        if !flags.contains(&time) {
            words.extend([time, "0"]);
        }
    }
    // Most tests' clients bring no cookie, all come from one address, and some ask more than an audience does.
    for limit in ["--streams-per-unknown-network", "--reads-per-unknown-network", "--asks-per-tenant"] {
        if !flags.contains(&limit) {
            words.extend([limit, "0"]);
        }
    }
    words.extend(flags);
    Cli::try_parse_from(words).unwrap().serve
}

/// A server on a real socket.
pub(crate) struct Live {
    pub(crate) running: Running,
    kind: Kind,
    trusted: rustls::RootCertStore,
    pub(crate) context: RequestContext,
    data: Folder,
    _site: Folder,
}

impl Live {
    /// Starts one that is spoken to in this way.
    pub(crate) async fn start(kind: Kind, flags: &[&str]) -> Self {
        let (data, site) = (Folder::new(), Folder::site());
        let mut settings = args(&data, &site, flags);
        let mut trusted = rustls::RootCertStore::empty();
        if !matches!(kind, Kind::Plain | Kind::PlainGzip) {
            let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
            let (certificate, key) = (data.path().join("cert.pem"), data.path().join("key.pem"));
            std::fs::write(&certificate, own.cert.pem()).unwrap();
            std::fs::write(&key, own.signing_key.serialize_pem()).unwrap();
            trusted.add(own.cert.der().clone()).unwrap();
            settings.tls.tls_cert = Some(certificate);
            settings.tls.tls_key = Some(key);
        }
        let running = soon("the server to start", lifecycle::start(&settings)).await.unwrap();
        let service = running.state.service();
        let (_, mut caller) = signed_in(service, &Slug::default_tenant(), pulsestage::user::Role::Owner).await;
        caller.device = Some(Uuid::from_u128(1));
        let mut context = service.authenticate("default", &caller).await.unwrap();
        context.tenant.settings.own_votes = true;
        Self { running, kind, trusted, context, data, _site: site }
    }

    /// Its database.
    pub(crate) fn database(&self) -> std::path::PathBuf {
        self.data.path().join("pulsestage.db")
    }

    /// Where it listens.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.running.addr
    }

    /// Asks a question.
    pub(crate) async fn ask(&self, body: &str) -> Question {
        let service = self.running.state.service();
        let team = service.board(&self.context).await.unwrap().board.teams[0].id;
        service.ask(&self.context, None, Ask { team, body: body.to_owned(), name: None }).await.unwrap()
    }

    /// Votes for a question.
    pub(crate) async fn vote(&self, question: &Question) {
        let vote = SetVote { question: question.id, up: true };
        self.running.state.service().set_vote(&self.context, None, vote).await.unwrap();
    }

    /// Opens a stream.
    pub(crate) async fn stream(&self, query: &str) -> Wire {
        Wire::of(self.get(&format!("/sse?{query}")).await.map(Body::new))
    }

    /// Opens a stream with a cookie.
    pub(crate) async fn stream_as(&self, query: &str, cookie: &str) -> Wire {
        Wire::of(self.get_as(&format!("/sse?{query}"), cookie).await.map(Body::new))
    }

    /// A request with GET.
    pub(crate) async fn get(&self, path: &str) -> Response<Incoming> {
        self.get_as(path, "").await
    }

    /// A request with GET and a cookie, unless it is empty.
    pub(crate) async fn get_as(&self, path: &str, cookie: &str) -> Response<Incoming> {
        let socket = TcpStream::connect(self.addr()).await.unwrap();
        let mut request = Request::get(format!("https://localhost{path}"));
        if let Some(codings) = self.kind.takes() {
            request = request.header("accept-encoding", codings);
        }
        if !cookie.is_empty() {
            let prefix = if matches!(self.kind, Kind::Plain | Kind::PlainGzip) { "" } else { "__Host-" };
            request = request.header("cookie", format!("{prefix}{cookie}"));
        }
        let request = request.body(Empty::new()).unwrap();
        let answer = async {
            match self.kind {
                Kind::Plain | Kind::PlainGzip => get_http1(socket, request).await,
                Kind::Tls => get_http1(self.shake(socket, b"http/1.1").await, request).await,
                Kind::Http2 | Kind::Http2Gzip => get_http2(self.shake(socket, b"h2").await, request).await,
            }
        };
        soon(path, answer).await
    }

    async fn shake(&self, socket: TcpStream, protocol: &[u8]) -> tokio_rustls::client::TlsStream<TcpStream> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(self.trusted.clone())
            .with_no_client_auth();
        config.alpn_protocols = vec![protocol.to_vec()];
        let name = ServerName::try_from("localhost").unwrap();
        let stream = TlsConnector::from(Arc::new(config)).connect(name, socket).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(protocol));
        stream
    }

    /// Waits until there are so many streams.
    pub(crate) async fn has_streams(&self, count: usize) {
        let there = async {
            while self.running.state.bus().metrics().total_connections != count {
                tokio::task::yield_now().await;
            }
        };
        soon(&format!("{count} streams"), there).await;
    }

    /// Stops it.
    pub(crate) async fn stop(self) {
        self.running.stop(pending()).await;
    }
}

type Sent = Request<Empty<Bytes>>;

async fn get_http1<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(
    socket: S,
    mut request: Sent,
) -> Response<Incoming> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(socket)).await.unwrap();
    tokio::spawn(connection);
    request.headers_mut().insert("host", "localhost".parse().unwrap());
    *request.uri_mut() = request.uri().path_and_query().unwrap().as_str().parse().unwrap();
    sender.send_request(request).await.unwrap()
}

async fn get_http2<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(socket: S, request: Sent) -> Response<Incoming> {
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(socket)).await.unwrap();
    tokio::spawn(connection);
    sender.send_request(request).await.unwrap()
}

/// A bare connection, and what was read from it.
pub(crate) struct Connection {
    pub(crate) socket: TcpStream,
    read: Vec<u8>,
}

impl Connection {
    /// Connects and sends this.
    pub(crate) async fn send(addr: SocketAddr, request: &str) -> Self {
        let mut socket = TcpStream::connect(addr).await.unwrap();
        socket.write_all(request.as_bytes()).await.unwrap();
        Self { socket, read: Vec::new() }
    }

    /// Connects and asks for a path.
    pub(crate) async fn get(addr: SocketAddr, path: &str) -> Self {
        Self::send(addr, &format!("GET {path} HTTP/1.1\r\nhost: {addr}\r\n\r\n")).await
    }

    /// What was read so far.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.read).into_owned()
    }

    /// Reads until these bytes have come.
    pub(crate) async fn until(&mut self, wanted: &str) {
        let read = async {
            while !self.text().contains(wanted) {
                assert_ne!(self.socket.read_buf(&mut self.read).await.unwrap(), 0, "ended: {}", self.text());
            }
        };
        soon(wanted, read).await;
    }

    /// Reads to the end of the connection; gives all of it.
    pub(crate) async fn rest_of_bytes(mut self) -> Vec<u8> {
        // A connection that was reset has ended as well.
        let _ = soon("the end of a connection", self.socket.read_to_end(&mut self.read)).await;
        self.read
    }

    /// Reads to the end of the connection; gives what came since it was last read.
    pub(crate) async fn rest(mut self) -> String {
        let from = self.read.len();
        soon("the end of a connection", self.socket.read_to_end(&mut self.read)).await.unwrap();
        String::from_utf8(self.read.split_off(from)).unwrap()
    }
}
