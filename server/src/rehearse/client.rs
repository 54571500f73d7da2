//! A client as small as it can be: one address, one cookie, one connection that is kept for the next request.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::http::{Body, Head, MAX_HEAD, malformed};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// The longest answer that is taken.
const MAX_ANSWER: usize = 16 * 1024 * 1024;

/// Where a server is.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    /// Host and port, as the `Host` header has them.
    authority: String,
    addr: SocketAddr,
}

impl Origin {
    /// Finds the server of an address such as `http://127.0.0.1:3000`.
    pub(super) async fn of(url: &str) -> Result<Self, String> {
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
        Ok(Self { authority: authority.to_owned(), addr })
    }

    async fn connect(&self) -> io::Result<TcpStream> {
        let socket = TcpStream::connect(self.addr).await?;
        socket.set_nodelay(true)?;
        Ok(socket)
    }
}

/// An answer that has come whole.
#[derive(Debug)]
pub(super) struct Answer {
    /// The status.
    pub(super) status: u16,
    /// The body.
    pub(super) body: Vec<u8>,
    cookie: Option<String>,
}

/// One browser: what it was given as a cookie, and its connection.
#[derive(Debug)]
pub(super) struct Client {
    origin: Arc<Origin>,
    cookie: Option<String>,
    kept: Option<TcpStream>,
}

impl Client {
    /// A browser that was never here.
    pub(super) const fn new(origin: Arc<Origin>) -> Self {
        Self { origin, cookie: None, kept: None }
    }

    /// Whether it has a cookie.
    pub(super) const fn has_cookie(&self) -> bool {
        self.cookie.is_some()
    }

    /// Asks for a page or for data.
    pub(super) async fn get(&mut self, path: &str) -> io::Result<Answer> {
        let request = self.head("GET", path, "accept: */*\r\n");
        self.call(&request).await
    }

    /// Sends a form.
    pub(super) async fn post(&mut self, path: &str, form: &str) -> io::Result<Answer> {
        let headers = format!(
            "accept: application/json\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n",
            form.len()
        );
        let request = self.head("POST", path, &headers) + form;
        self.call(&request).await
    }

    /// Opens a stream on a connection of its own, as a browser does.
    pub(super) async fn stream(&self, path: &str) -> io::Result<EventStream> {
        let request = self.head("GET", path, "accept: text/event-stream\r\ncache-control: no-cache\r\n");
        in_time(async {
            let mut socket = self.origin.connect().await?;
            socket.write_all(request.as_bytes()).await?;
            let mut buffer = Vec::with_capacity(1_024);
            let head = read_head(&mut socket, &mut buffer).await?;
            if head.status != 200 {
                return Err(io::Error::other(format!("the stream was refused with status {}", head.status)));
            }
            Ok(EventStream { socket, buffer, body: head.body()? })
        })
        .await
    }

    fn head(&self, method: &str, path: &str, headers: &str) -> String {
        let cookie = self.cookie.as_ref().map_or_else(String::new, |cookie| format!("cookie: {cookie}\r\n"));
        format!("{method} {path} HTTP/1.1\r\nhost: {}\r\n{cookie}{headers}\r\n", self.origin.authority)
    }

    /// Sends a request. A kept connection may have ended meanwhile: then it is sent once more on a new one, which does
    /// no harm, for whatever writes carries an idempotency key.
    async fn call(&mut self, request: &str) -> io::Result<Answer> {
        let answer = match self.kept.take() {
            Some(socket) => match self.exchange(socket, request).await {
                Ok(answer) => Ok(answer),
                Err(error) if error.kind() == io::ErrorKind::TimedOut => Err(error),
                Err(_) => self.exchange_anew(request).await,
            },
            None => self.exchange_anew(request).await,
        }?;
        if let Some(cookie) = &answer.cookie {
            self.cookie = Some(cookie.clone());
        }
        Ok(answer)
    }

    async fn exchange_anew(&mut self, request: &str) -> io::Result<Answer> {
        let socket = in_time(self.origin.connect()).await?;
        self.exchange(socket, request).await
    }

    async fn exchange(&mut self, mut socket: TcpStream, request: &str) -> io::Result<Answer> {
        let (answer, keeps) = in_time(async {
            socket.write_all(request.as_bytes()).await?;
            read_answer(&mut socket).await
        })
        .await?;
        self.kept = keeps.then_some(socket);
        Ok(answer)
    }
}

async fn in_time<T>(work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    timeout(PATIENCE, work).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

async fn read_head(socket: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<Head> {
    loop {
        if let Some((head, length)) = Head::parse(buffer)? {
            buffer.drain(..length);
            return Ok(head);
        }
        if buffer.len() >= MAX_HEAD {
            return Err(malformed("the head is too long"));
        }
        if socket.read_buf(buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// A whole answer, and whether its connection takes another request.
async fn read_answer(socket: &mut TcpStream) -> io::Result<(Answer, bool)> {
    let mut buffer = Vec::with_capacity(4_096);
    let head = read_head(socket, &mut buffer).await?;
    let (mut framing, mut body) = (head.body()?, Vec::new());
    loop {
        drain(&mut framing, &mut buffer, &mut body)?;
        if framing.is_over() {
            break;
        }
        if body.len() > MAX_ANSWER {
            return Err(malformed("the answer is too long"));
        }
        if socket.read_buf(&mut buffer).await? == 0 {
            if framing.ends_with_connection() {
                break;
            }
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    // Only the pair goes back; what follows it is for the browser.
    let cookie = head.get("set-cookie").and_then(|value| value.split(';').next()).map(str::to_owned);
    let keeps = framing.is_over() && buffer.is_empty() && head.keeps_alive();
    Ok((Answer { status: head.status, body, cookie }, keeps))
}

/// Moves what belongs to the body from the buffer to its end.
fn drain(framing: &mut Body, buffer: &mut Vec<u8>, body: &mut Vec<u8>) -> io::Result<()> {
    let mut at = 0;
    while at < buffer.len() && !framing.is_over() {
        let (used, piece) = framing.take(&buffer[at..])?;
        body.extend_from_slice(piece);
        at += used;
    }
    buffer.drain(..at);
    Ok(())
}

/// A stream that is open.
#[derive(Debug)]
pub(super) struct EventStream {
    socket: TcpStream,
    buffer: Vec<u8>,
    body: Body,
}

impl EventStream {
    /// Adds what came to `into`, and says when it was read; `None` at the end. May be dropped while it waits.
    pub(super) async fn read(&mut self, into: &mut Vec<u8>) -> io::Result<Option<Instant>> {
        // What came together with the head is there already.
        if self.buffer.is_empty() && self.socket.read_buf(&mut self.buffer).await? == 0 {
            return Ok(None);
        }
        let read_at = Instant::now();
        drain(&mut self.body, &mut self.buffer, into)?;
        if self.body.is_over() && into.is_empty() { Ok(None) } else { Ok(Some(read_at)) }
    }
}

/// A text as the value of a form's field.
pub(super) fn form_value(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    let each = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(each).collect()
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

    #[test]
    fn values_of_forms_are_escaped() {
        assert_eq!(form_value("a b&c=é"), "a%20b%26c%3D%C3%A9");
    }
}
