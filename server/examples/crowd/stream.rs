//! A stream that is read: chunked or until it is closed, message by message.

use anyhow::{Context, bail, ensure};
use serde::Deserialize;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::client::{connect, field, receive, send, take_head};
use crate::hall::Hall;
use pulsestage::event::{Cursor, QuestionUpvoted};

/// Streams that are opened at the same time.
const AT_ONCE: usize = 64;

/// One message.
#[derive(Debug)]
pub(crate) struct Message {
    /// Its cursor, when it has one.
    pub(crate) id: Option<Cursor>,
    /// Its envelope as JSON; empty when there is none.
    pub(crate) data: String,
}

/// The part of an envelope that is read of counts.
#[derive(Debug, Deserialize)]
struct Counted {
    data: QuestionUpvoted,
}

impl Message {
    fn parse(text: &str) -> anyhow::Result<Self> {
        let value = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        let id = value("id").map(|id| id.parse().with_context(|| format!("{id} is no cursor"))).transpose()?;
        Ok(Self { id, data: value("data").unwrap_or_default().to_owned() })
    }

    /// The event's `type`, which is the first of an envelope's fields.
    pub(crate) fn kind(&self) -> &str {
        let rest = self.data.strip_prefix("{\"type\":\"").unwrap_or_default();
        rest.split_once('"').map_or("", |(kind, _)| kind)
    }

    /// The place in the log, when it is a fact.
    pub(crate) fn fact(&self) -> Option<i64> {
        let is_signal = ["connected", "resync", "cursor"].contains(&self.kind());
        self.id.filter(|_| !is_signal).map(|cursor| cursor.seq)
    }

    /// The count, when it is one.
    pub(crate) fn count(&self) -> anyhow::Result<Option<QuestionUpvoted>> {
        if self.kind() != "question:upvoted" {
            return Ok(None);
        }
        Ok(Some(serde_json::from_str::<Counted>(&self.data)?.data))
    }
}

/// How the body of an answer is told from what comes after it.
#[derive(Clone, Copy, Debug)]
enum Framing {
    /// It ends with the connection.
    UntilClosed,
    /// So many bytes of a chunk are to come, its line break included; none before the next chunk's size.
    Chunked(usize),
}

/// A stream that is open.
pub(crate) struct Stream {
    socket: TcpStream,
    framing: Framing,
    /// As it came.
    raw: Vec<u8>,
    /// The body's bytes, and how many of them were made messages of.
    text: Vec<u8>,
    done: usize,
    /// The last cursor that came.
    pub(crate) cursor: Cursor,
}

impl Stream {
    /// Opens a stream, at a cursor or here and now, and reads its greeting.
    pub(crate) async fn open(hall: &Hall, slug: &str, cursor: Option<Cursor>) -> anyhow::Result<Self> {
        let socket = connect(hall.addr).await?;
        let resume = cursor.map_or_else(String::new, |cursor| format!("last-event-id: {cursor}\r\n"));
        let request = format!(
            "GET /sse?tenantId={slug} HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n{resume}\r\n"
        );
        send(&socket, request.as_bytes()).await?;
        let mut raw = Vec::new();
        let head = loop {
            if let Some((status, head)) = take_head(&mut raw)? {
                ensure!(status == 200, "a stream was refused with {status}");
                break head;
            }
            ensure!(receive(&socket, &mut raw).await? > 0, "a stream ended before it began");
        };
        let chunked = field(&head, "transfer-encoding") == Some("chunked");
        let framing = if chunked { Framing::Chunked(0) } else { Framing::UntilClosed };
        let start = cursor.unwrap_or(Cursor { epoch: pulsestage::event::Epoch(0), seq: 0 });
        let mut stream = Self { socket, framing, raw, text: Vec::new(), done: 0, cursor: start };
        stream.unframe()?;
        while let Some(message) = stream.next().await? {
            if message.kind() == "connected" {
                return Ok(stream);
            }
        }
        bail!("a stream was ended at once: it is over a limit")
    }

    /// The next message; nothing when the stream has ended.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Option<Message>> {
        loop {
            let rest = &self.text[self.done..];
            if let Some(end) = rest.windows(2).position(|window| window == b"\n\n") {
                let message = Message::parse(std::str::from_utf8(&rest[..end])?)?;
                self.done += end + 2;
                self.cursor = message.id.unwrap_or(self.cursor);
                return Ok(Some(message));
            }
            self.text.drain(..self.done);
            self.done = 0;
            if receive(&self.socket, &mut self.raw).await? == 0 {
                return Ok(None);
            }
            self.unframe()?;
        }
    }

    /// Takes the body out of what came.
    fn unframe(&mut self) -> anyhow::Result<()> {
        let Framing::Chunked(mut left) = self.framing else {
            self.text.append(&mut self.raw);
            return Ok(());
        };
        let mut at = 0;
        loop {
            let rest = &self.raw[at..];
            if left == 0 {
                let Some(end) = rest.windows(2).position(|window| window == b"\r\n") else { break };
                left = usize::from_str_radix(std::str::from_utf8(&rest[..end])?.trim(), 16)? + 2;
                at += end + 2;
            } else if rest.is_empty() {
                break;
            } else {
                // The last two bytes of what is left are the line break.
                let taken = left.min(rest.len());
                let of_body = left.saturating_sub(2).min(taken);
                self.text.extend_from_slice(&rest[..of_body]);
                left -= taken;
                at += taken;
            }
        }
        self.raw.drain(..at);
        self.framing = Framing::Chunked(left);
        Ok(())
    }
}

/// Opens so many streams, some at a time; each at its cursor when there are any.
pub(crate) async fn open_all(hall: &Arc<Hall>, slug: &str, count: usize) -> anyhow::Result<Vec<Stream>> {
    let mut openers = JoinSet::new();
    for first in 0..AT_ONCE.min(count) {
        let (hall, slug) = (hall.clone(), slug.to_owned());
        openers.spawn(async move {
            let mut streams = Vec::new();
            for _ in (first..count).step_by(AT_ONCE) {
                streams.push(Stream::open(&hall, &slug, None).await?);
            }
            anyhow::Ok(streams)
        });
    }
    let mut streams = Vec::with_capacity(count);
    while let Some(opened) = openers.join_next().await {
        streams.extend(opened??);
    }
    Ok(streams)
}
