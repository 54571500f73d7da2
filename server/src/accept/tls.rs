//! TLS (RFC 8446) with HTTP/2 or HTTP/1.1 inside, as the client prefers (ALPN, RFC 7301). Streams stay with hyper: what
//! TLS and HTTP/2 keep of a connection is needed for as long as it is open.

use anyhow::Context;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::ResolvesServerCert;
use rustls::sign::CertifiedKey;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::connection_service::ConnectionService;
use super::tap::Tap;
use super::worded::Worded;
use super::{ConnectionContext, HEAD_TIMEOUT, report};
use crate::limits::Connection;

/// HTTP/2's own names in ALPN, best first.
const H2: &[u8] = b"h2";
const HTTP_11: &[u8] = b"http/1.1";
/// How often the other end of an HTTP/2 connection is asked whether it is there, and how long it may take to answer:
/// together less than two heartbeats of the streams in it.
const PING: Duration = Duration::from_secs(20);
/// What is kept of one HTTP/2 stream for a client that does not read.
const SEND_BUFFER: usize = 64 << 10;

/// Who we are, and how that is shown.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    identity: Arc<ServerCertificate>,
}

/// A certificate and its key, read again when they are renewed.
#[derive(Debug)]
struct ServerCertificate {
    certificate: PathBuf,
    key: PathBuf,
    current: RwLock<Arc<CertifiedKey>>,
}

impl ServerCertificate {
    fn read(certificate: &PathBuf, key: &PathBuf) -> anyhow::Result<CertifiedKey> {
        let unreadable = |path: &PathBuf| format!("{} could not be read", path.display());
        let chain: Result<Vec<_>, _> =
            CertificateDer::pem_file_iter(certificate).with_context(|| unreadable(certificate))?.collect();
        let chain = chain.with_context(|| unreadable(certificate))?;
        anyhow::ensure!(!chain.is_empty(), "{} has no certificate in it (PEM is expected)", certificate.display());
        let secret = PrivateKeyDer::from_pem_file(key).with_context(|| unreadable(key))?;
        CertifiedKey::from_der(chain, secret, &default_provider())
            .with_context(|| format!("{} and {} do not go together", certificate.display(), key.display()))
    }
}

impl ResolvesServerCert for ServerCertificate {
    fn resolve(&self, _: rustls::server::ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

impl Tls {
    /// Reads a chain of certificates and the key of its first, both in PEM.
    ///
    /// # Errors
    /// When one of them cannot be read, or they do not go together; the message says which.
    pub fn new(certificate: PathBuf, key: PathBuf) -> anyhow::Result<Self> {
        let current = RwLock::new(Arc::new(ServerCertificate::read(&certificate, &key)?));
        let identity = Arc::new(ServerCertificate { certificate, key, current });
        let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .context("TLS has no version that we can speak")?
            .with_no_client_auth()
            .with_cert_resolver(identity.clone());
        config.alpn_protocols = vec![H2.to_vec(), HTTP_11.to_vec()];
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), identity })
    }

    /// Reads the files again, for connections from now on.
    ///
    /// # Errors
    /// As [`Tls::new`]; then it goes on with what it had.
    pub fn reload(&self) -> anyhow::Result<()> {
        let read = ServerCertificate::read(&self.identity.certificate, &self.identity.key)?;
        *self.identity.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(read);
        Ok(())
    }

    /// Serves one connection to its end.
    pub(super) async fn serve(
        &self,
        socket: TcpStream,
        peer: SocketAddr,
        counted: &Connection,
        context: &ConnectionContext,
    ) {
        let service = ConnectionService::new(context, peer, counted.activity(), None);
        let shaken = tokio::select! {
            shaken = timeout(HEAD_TIMEOUT, self.acceptor.accept(Tap::new(socket))) => shaken,
            () = context.stopping.over(|| false) => return,
        };
        match shaken {
            Ok(Ok(stream)) if stream.get_ref().1.alpn_protocol() == Some(H2) => h2(stream, service, context).await,
            Ok(Ok(stream)) => http_11(stream, service, context).await,
            Ok(Err(error)) => tracing::debug!(%error, "no TLS with a client"),
            Err(_) => tracing::debug!("a client did not shake hands in time"),
        }
    }
}

async fn h2(stream: TlsStream<Tap>, service: ConnectionService, context: &ConnectionContext) {
    let mut http = http2::Builder::new(TokioExecutor::new());
    http.timer(TokioTimer::new()).keep_alive_interval(PING).keep_alive_timeout(PING).max_send_buf_size(SEND_BUFFER);
    let used = service.used();
    let mut connection = http.serve_connection(TokioIo::new(stream), service);
    // GOAWAY (RFC 9113, section 6.8) is what `connection: close` is in HTTP/1.1: what is open goes on, what is new takes
    // another connection. Of one that comes while we linger that would be asked in vain.
    let stopping = &context.stopping;
    let came_late = stopping.told.is_cancelled();
    let over =
        async { if came_late { stopping.over(|| used.is_set()).await } else { stopping.told.cancelled().await } };
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = over => {
            Pin::new(&mut connection).graceful_shutdown();
            connection.await
        }
    };
    report(ended);
}

async fn http_11(stream: TlsStream<Tap>, service: ConnectionService, context: &ConnectionContext) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    let used = service.used();
    let mut connection = http.serve_connection(TokioIo::new(Worded::new(stream)), service);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = context.stopping.over(|| used.is_set()) => {
            Pin::new(&mut connection).graceful_shutdown();
            connection.await
        }
    };
    report(ended);
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").field("certificate", &self.identity.certificate).finish_non_exhaustive()
    }
}
