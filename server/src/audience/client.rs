//! A client of one server: requests on a connection that is kept, streams on connections of their own. HTTP/1.1 by hyper.

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1::{self, Connection, SendRequest};
use hyper::header::{ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_TYPE, COOKIE, HOST, SET_COOKIE};
use hyper::{HeaderMap, Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use std::error::Error;
use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, timeout};

use super::events::{EventReader, StreamMessage};

/// How long an answer may take when nothing else is said.
const PATIENCE: Duration = Duration::from_secs(20);
/// The longest answer that is taken.
const MAX_ANSWER: usize = 16 * 1024 * 1024;

/// Where a server is, and from which address clients come to it.
#[derive(Clone, Debug)]
pub struct Origin {
    /// Host and port, as the `Host` header has them.
    authority: String,
    addr: SocketAddr,
    from: Option<IpAddr>,
}

impl Origin {
    /// Finds the server of an address such as `http://127.0.0.1:3000`.
    ///
    /// # Errors
    /// When it is no such address or its host is not found; the text says which.
    pub async fn of(url: &str) -> Result<Self, String> {
        let Some(rest) = url.strip_prefix("http://") else {
            return Err(
                "give an address that starts with http://; behind a proxy with TLS, the server's own".to_owned()
            );
        };
        let authority = rest.trim_end_matches('/');
        let plain =
            !authority.is_empty() && authority.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.:[]".contains(&b));
        if !plain {
            return Err(format!("{url} is no address of a server; it is a scheme, a host and a port alone"));
        }
        let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let full = if has_port { authority.to_owned() } else { format!("{authority}:80") };
        let mut found =
            tokio::net::lookup_host(&full).await.map_err(|error| format!("{full} was not found: {error}"))?;
        let addr = found.next().ok_or_else(|| format!("{full} was not found"))?;
        Ok(Self { authority: authority.to_owned(), addr, from: None })
    }

    /// The server at this address.
    #[must_use]
    pub fn at(addr: SocketAddr) -> Self {
        Self { authority: addr.to_string(), addr, from: None }
    }

    /// The same server, with clients that come from this address of the machine. One pair of addresses has some 28,000
    /// connections, for each takes a port.
    #[must_use]
    pub fn from_address(self, from: IpAddr) -> Self {
        Self { from: Some(from), ..self }
    }

    async fn connect(&self) -> io::Result<TcpStream> {
        let socket = if self.addr.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        if let Some(from) = self.from {
            socket.bind(SocketAddr::new(from, 0))?;
        }
        let socket = socket.connect(self.addr).await?;
        socket.set_nodelay(true)?;
        Ok(socket)
    }
}

/// An answer that has come whole.
#[derive(Debug)]
pub struct HttpAnswer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl HttpAnswer {
    /// The body as text.
    #[must_use]
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    /// A header as text; empty when it is missing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The pair of name and value in the first cookie that the answer sets.
    #[must_use]
    pub fn cookie(&self) -> Option<&str> {
        self.headers.get(SET_COOKIE)?.to_str().ok()?.split(';').next()
    }

    /// The body as what a server function answers.
    ///
    /// # Errors
    /// When the status is not 200, or the body is not this.
    pub fn read<T: DeserializeOwned>(&self) -> io::Result<T> {
        if self.status != StatusCode::OK {
            return Err(self.as_error());
        }
        serde_json::from_slice(&self.body)
            .map_err(|error| io::Error::other(format!("the answer's JSON cannot be read: {error}")))
    }

    /// The answer as an error that names its status and the beginning of its text.
    #[must_use]
    pub fn as_error(&self) -> io::Error {
        let text: String = self.text().chars().filter(|c| !c.is_control()).take(200).collect();
        io::Error::other(format!("the server answered {}: {text}", self.status.as_u16()))
    }
}

/// One browser: what it was given as a cookie, and the connection that it keeps.
#[derive(Debug)]
pub struct HttpClient {
    origin: Arc<Origin>,
    /// Whether the connection is kept for the next request.
    keeps: bool,
    kept: Option<SendRequest<Full<Bytes>>>,
    /// How long an answer may take.
    pub patience: Duration,
    /// The cookie that requests bring; the last one that an answer set.
    pub cookie: Option<String>,
    /// The codings of bodies that it says it takes.
    pub accept_encoding: Option<&'static str>,
}

impl HttpClient {
    /// A browser that was never here.
    #[must_use]
    pub const fn new(origin: Arc<Origin>) -> Self {
        Self { origin, keeps: true, kept: None, patience: PATIENCE, cookie: None, accept_encoding: None }
    }

    /// A browser that takes a new connection for each request.
    #[must_use]
    pub fn without_keeping(self) -> Self {
        Self { keeps: false, ..self }
    }

    /// Asks for a page or for data.
    ///
    /// # Errors
    /// When no whole answer comes in time, whatever its status.
    pub async fn get(&mut self, path: &str) -> io::Result<HttpAnswer> {
        let request = self.request(Method::GET, path).header(ACCEPT, "application/json, */*");
        in_time(self.patience, self.call(request.body(Full::default()))).await
    }

    /// Sends a form.
    ///
    /// # Errors
    /// When no whole answer comes in time, whatever its status.
    pub async fn post(&mut self, path: &str, form: String) -> io::Result<HttpAnswer> {
        let request = self.request(Method::POST, path).header(ACCEPT, "application/json");
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        in_time(self.patience, self.call(request.body(Full::from(form)))).await
    }

    /// Opens a stream on a connection of its own, as a browser does.
    ///
    /// # Errors
    /// When the answer is no stream or does not come in time.
    pub async fn stream(&self, path: &str) -> io::Result<EventStream> {
        let request = self.request(Method::GET, path).header(ACCEPT, "text/event-stream");
        let request = request.header(CACHE_CONTROL, "no-cache").body(Full::default());
        let request = request.map_err(io::Error::other)?;
        in_time(self.patience, async {
            let (mut sender, connection) = self.connect().await?;
            let mut connection = Some(connection);
            let mut answer = pin!(sender.send_request(request));
            // The connection does not run by itself: whoever waits for the stream drives it, so that a stream is one task.
            let answer = poll_fn(|context| {
                drive(&mut connection, context);
                match answer.as_mut().poll(context) {
                    Poll::Pending if connection.is_none() => Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
                    answer => answer.map_err(broken),
                }
            });
            let answer = answer.await?;
            if answer.status() != StatusCode::OK {
                let status = answer.status().as_u16();
                return Err(io::Error::other(format!("the stream was refused with status {status}")));
            }
            Ok(EventStream { connection, body: answer.into_body(), events: EventReader::default() })
        })
        .await
    }

    fn request(&self, method: Method, path: &str) -> hyper::http::request::Builder {
        let request = Request::builder().method(method).uri(path).header(HOST, &self.origin.authority);
        let request = match self.accept_encoding {
            Some(codings) => request.header(ACCEPT_ENCODING, codings),
            None => request,
        };
        match &self.cookie {
            Some(cookie) => request.header(COOKIE, cookie),
            None => request,
        }
    }

    async fn connect(&self) -> io::Result<(SendRequest<Full<Bytes>>, ClientConnection)> {
        http1::handshake(TokioIo::new(self.origin.connect().await?)).await.map_err(broken)
    }

    /// Sends a request on the kept connection if it is open still, and on a new one otherwise, also when the kept one was
    /// closed before anything of the request was sent.
    async fn call(&mut self, request: hyper::http::Result<Request<Full<Bytes>>>) -> io::Result<HttpAnswer> {
        let mut request = request.map_err(io::Error::other)?;
        if let Some(mut kept) = self.kept.take()
            && kept.ready().await.is_ok()
        {
            match kept.try_send_request(request).await {
                Ok(answer) => return self.collect(kept, answer).await,
                Err(mut error) => match error.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(broken(error.into_error())),
                },
            }
        }
        let (mut sender, connection) = self.connect().await?;
        tokio::spawn(connection);
        let answer = sender.send_request(request).await.map_err(broken)?;
        self.collect(sender, answer).await
    }

    async fn collect(
        &mut self,
        sender: SendRequest<Full<Bytes>>,
        answer: hyper::Response<Incoming>,
    ) -> io::Result<HttpAnswer> {
        let (head, body) = answer.into_parts();
        let body = Limited::new(body, MAX_ANSWER).collect().await.map_err(io::Error::other)?.to_bytes();
        self.kept = self.keeps.then_some(sender);
        let answer = HttpAnswer { status: head.status, headers: head.headers, body };
        if let Some(cookie) = answer.cookie() {
            self.cookie = Some(cookie.to_owned());
        }
        Ok(answer)
    }
}

async fn in_time<T>(patience: Duration, work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    timeout(patience, work).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

/// What hyper says with its cause, which it does not print by itself.
fn broken(error: hyper::Error) -> io::Error {
    let cause = error.source().map_or_else(String::new, |cause| format!(": {cause}"));
    io::Error::other(format!("{error}{cause}"))
}

type ClientConnection = Connection<TokioIo<TcpStream>, Full<Bytes>>;

/// Reads and writes what the connection can, until it has ended.
fn drive(connection: &mut Option<ClientConnection>, context: &mut Context<'_>) {
    if connection.as_mut().is_some_and(|connection| Pin::new(connection).poll(context).is_ready()) {
        *connection = None;
    }
}

/// A stream that is open.
#[derive(Debug)]
pub struct EventStream {
    /// The connection, until it has ended.
    connection: Option<ClientConnection>,
    body: Incoming,
    /// What has come and was not taken yet.
    pub events: EventReader,
}

impl EventStream {
    /// Waits until something comes, and says when; `None` at the end. May be dropped while it waits.
    ///
    /// # Errors
    /// When the connection breaks off.
    pub async fn read(&mut self) -> io::Result<Option<Instant>> {
        let frame = poll_fn(|context| {
            drive(&mut self.connection, context);
            Pin::new(&mut self.body).poll_frame(context)
        });
        let Some(frame) = frame.await else { return Ok(None) };
        // A stream has no trailers.
        self.events.add(frame.map_err(broken)?.data_ref().map_or(&[], |data| data));
        Ok(Some(Instant::now()))
    }

    /// The next message; `None` at the end. May be dropped while it waits.
    ///
    /// # Errors
    /// When the connection breaks off, or what comes is no stream of events.
    pub async fn next_message(&mut self) -> io::Result<Option<StreamMessage>> {
        loop {
            if let Some(message) = self.events.next_message()? {
                return Ok(Some(message));
            }
            if self.read().await?.is_none() {
                return Ok(None);
            }
        }
    }
}

/// Fields as a form (`application/x-www-form-urlencoded`).
#[must_use]
pub fn encode_form(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_is_a_scheme_a_host_and_a_port() {
        let found = Origin::of("http://127.0.0.1:3000/").await.unwrap();
        assert_eq!((found.authority.as_str(), found.addr.port()), ("127.0.0.1:3000", 3_000));
        assert_eq!(Origin::of("http://127.0.0.1").await.unwrap().addr.port(), 80);
        for bad in
            ["https://127.0.0.1", "127.0.0.1:3000", "http://", "http://a b", "http://127.0.0.1/t/x", "http://a\r\nb"]
        {
            assert!(Origin::of(bad).await.is_err(), "{bad}");
        }
    }
}
