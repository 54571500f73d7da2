//! How the provider is asked: one request, one connection. It is asked a few times a minute at most, so a pool would
//! keep more than it saves; a redirect is not followed, for the provider's addresses come from its own discovery.

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(8);
/// The largest answer that is taken: key sets have some kilobytes.
const MAX_ANSWER: usize = 512 * 1024;

/// Why there was no answer. No word of the request or the answer is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum HttpError {
    /// The address is not one that we ask.
    #[error("the address is neither https nor on this machine")]
    Address,
    /// Nobody answered, or TLS failed.
    #[error("the provider could not be reached")]
    Unreachable,
    /// The answer did not come in time.
    #[error("the provider did not answer in time")]
    TooSlow,
    /// The answer broke off, or is too large.
    #[error("the provider's answer could not be read")]
    Unreadable,
}

/// Asks over HTTP. Trusts the certificates that the system trusts; `SSL_CERT_FILE` names others.
#[derive(Clone)]
pub(super) struct Http(TlsConnector);

impl Http {
    pub(super) fn new() -> anyhow::Result<Self> {
        let mut roots = RootCertStore::empty();
        let found = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(found.certs);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(TlsConnector::from(Arc::new(config))))
    }

    async fn ask(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let uri = request.uri();
        let is_secure = is_askable(uri).ok_or(HttpError::Address)?;
        let host = uri.host().ok_or(HttpError::Address)?.trim_matches(['[', ']']).to_owned();
        let port = uri.port_u16().unwrap_or(if is_secure { 443 } else { 80 });
        let socket = TcpStream::connect((host.as_str(), port)).await.map_err(|_| HttpError::Unreachable)?;
        if !is_secure {
            return exchange(socket, request).await;
        }
        let name = ServerName::try_from(host).map_err(|_| HttpError::Address)?;
        let socket = self.0.connect(name, socket).await.map_err(|_| HttpError::Unreachable)?;
        exchange(socket, request).await
    }
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move { timeout(PATIENCE, self.ask(request)).await.unwrap_or(Err(HttpError::TooSlow)) })
    }
}

/// Whether an address is asked over TLS; nothing when it is not asked. Without TLS only this machine is.
fn is_askable(uri: &hyper::Uri) -> Option<bool> {
    match uri.scheme_str()? {
        "https" => Some(true),
        "http" => matches!(uri.host()?, "127.0.0.1" | "[::1]" | "localhost").then_some(false),
        _ => None,
    }
}

async fn exchange<S>(socket: S, request: HttpRequest) -> Result<HttpResponse, HttpError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = handshake(TokioIo::new(socket)).await.map_err(|_| HttpError::Unreachable)?;
    let answer = sender.send_request(on_the_wire(request)?);
    // The connection ends with the answer, or with whoever asked.
    let (head, body) = tokio::select! {
        answer = async {
            let (head, body) = answer.await.map_err(|_| HttpError::Unreachable)?.into_parts();
            let body = Limited::new(body, MAX_ANSWER).collect().await.map_err(|_| HttpError::Unreadable)?;
            Ok((head, body.to_bytes()))
        } => answer?,
        _ = connection => return Err(HttpError::Unreadable),
    };
    let mut response = HttpResponse::new(body.to_vec());
    *response.status_mut() = head.status;
    *response.headers_mut() = head.headers;
    Ok(response)
}

/// The request in the form that HTTP/1.1 has on the wire: a path, and the host beside it.
fn on_the_wire(request: HttpRequest) -> Result<hyper::Request<Full<Bytes>>, HttpError> {
    let (mut head, body) = request.into_parts();
    let host = head.uri.authority().ok_or(HttpError::Address)?.as_str();
    let host = host.rsplit('@').next().unwrap_or(host).parse().map_err(|_| HttpError::Address)?;
    head.headers.insert(hyper::header::HOST, host);
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str()).parse().map_err(|_| HttpError::Address)?;
    head.uri = path;
    Ok(hyper::Request::from_parts(head, Full::new(Bytes::from(body))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_asked_without_tls() {
        for (uri, askable) in [
            ("https://id.example.com/x", Some(true)),
            ("http://127.0.0.1:8080/", Some(false)),
            ("http://[::1]:8080/", Some(false)),
            ("http://localhost/", Some(false)),
            ("http://id.example.com/", None),
            ("http://127.0.0.1.example.com/", None),
            ("http://10.0.0.1/", None),
            ("ftp://127.0.0.1/", None),
            ("/path", None),
        ] {
            assert_eq!(is_askable(&uri.parse().unwrap()), askable, "{uri}");
        }
    }
}
