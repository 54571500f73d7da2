//! A connection for calls, as a browser keeps one: HTTP/1.1 by hand, so that a crowd costs next to nothing.

use anyhow::{Context, bail, ensure};
use std::io::ErrorKind;
use std::net::SocketAddr;
use tokio::net::TcpStream;

use crate::hall::{Hall, Tenant};
use pulsestage::id::QuestionId;

/// The status of an answer to somebody who asks for too much.
pub(crate) const TOO_MANY: u16 = 429;

/// Connects without delay for small packets.
pub(crate) async fn connect(addr: SocketAddr) -> anyhow::Result<TcpStream> {
    let socket = TcpStream::connect(addr).await.context("no connection; is `ulimit -n` high enough?")?;
    socket.set_nodelay(true)?;
    Ok(socket)
}

/// Writes all of it.
pub(crate) async fn send(socket: &TcpStream, mut bytes: &[u8]) -> anyhow::Result<()> {
    while !bytes.is_empty() {
        socket.writable().await?;
        match socket.try_write(bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Reads what is there, or waits for it; nothing when the other side has ended.
pub(crate) async fn receive(socket: &TcpStream, into: &mut Vec<u8>) -> anyhow::Result<usize> {
    let mut buffer = [0; 16 * 1024];
    loop {
        socket.readable().await?;
        match socket.try_read(&mut buffer) {
            Ok(count) => {
                into.extend_from_slice(&buffer[..count]);
                return Ok(count);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Takes the head of an answer off these bytes once it is whole: the status and the lines.
pub(crate) fn take_head(bytes: &mut Vec<u8>) -> anyhow::Result<Option<(u16, String)>> {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let head = String::from_utf8(bytes.drain(..end + 4).collect())?.to_ascii_lowercase();
    let status = head.split(' ').nth(1).and_then(|digits| digits.parse().ok()).context("an answer without status")?;
    Ok(Some((status, head)))
}

/// The value of a field in a head in lower case.
pub(crate) fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
}

/// A connection that is kept from call to call.
pub(crate) struct Client {
    socket: TcpStream,
    bytes: Vec<u8>,
}

impl Client {
    pub(crate) async fn connect(hall: &Hall) -> anyhow::Result<Self> {
        Ok(Self { socket: connect(hall.addr).await?, bytes: Vec::new() })
    }

    /// Asks a question; gives the status. `words` are fit for a form as they are.
    pub(crate) async fn ask(&mut self, tenant: &Tenant, cookie: &str, words: &str) -> anyhow::Result<u16> {
        self.post("ask", cookie, &format!("tenant={}&team={}&question={words}", tenant.slug, tenant.team)).await
    }

    /// Votes; gives the status.
    pub(crate) async fn vote(
        &mut self,
        tenant: &Tenant,
        cookie: &str,
        question: QuestionId,
        up: bool,
    ) -> anyhow::Result<u16> {
        self.post("set_vote", cookie, &format!("tenant={}&question={question}&up={up}", tenant.slug)).await
    }

    /// Calls a function; gives the status. Whatever is neither success nor "too many" is an error.
    async fn post(&mut self, function: &str, cookie: &str, form: &str) -> anyhow::Result<u16> {
        let request = format!(
            "POST /api/fn/{function} HTTP/1.1\r\nhost: localhost\r\ncookie: {cookie}\r\naccept: application/json\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
            form.len()
        );
        send(&self.socket, request.as_bytes()).await?;
        loop {
            if let Some((status, head)) = take_head(&mut self.bytes)? {
                let body = self.body(&head).await?;
                ensure!(status == 200 || status == TOO_MANY, "{function} was answered with {status}: {body}");
                return Ok(status);
            }
            ensure!(receive(&self.socket, &mut self.bytes).await? > 0, "the server ended a connection");
        }
    }

    async fn body(&mut self, head: &str) -> anyhow::Result<String> {
        let Some(length) = field(head, "content-length") else { bail!("an answer without length: {head}") };
        let length: usize = length.parse()?;
        while self.bytes.len() < length {
            ensure!(receive(&self.socket, &mut self.bytes).await? > 0, "an answer broke off");
        }
        Ok(String::from_utf8(self.bytes.drain(..length).collect())?)
    }
}
