//! A reader of streams: takes `text/event-stream` apart as WHATWG HTML (section 9.2.6) says, and keeps every byte.

use axum::body::{Body, BodyDataStream};
use axum::http::{HeaderMap, Response, StatusCode};
use flate2::write::GzDecoder;
use futures::StreamExt;
use serde_json::Value;
use std::collections::VecDeque;
use std::io::Write;

use pulsestage::board::{Applied, Board};
use pulsestage::event::{Cursor, Envelope, Event};
use pulsestage_server::audience::EventReader;

use super::soon;

/// A stream that is being read.
pub(crate) struct Wire {
    pub(crate) headers: HeaderMap,
    body: BodyDataStream,
    /// What makes text of the bytes, when they are compressed.
    decoder: Option<GzDecoder<Vec<u8>>>,
    reader: EventReader,
    ready: VecDeque<WireMessage>,
}

/// One message: what stands between two blank lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WireMessage {
    /// Its bytes with the blank line.
    pub(crate) raw: String,
    pub(crate) id: Option<Cursor>,
    pub(crate) data: String,
    pub(crate) retry: Option<u64>,
}

impl WireMessage {
    /// The one message in this text.
    pub(crate) fn parse(text: &str) -> Self {
        let mut reader = EventReader::default();
        reader.add(text.as_bytes());
        let mut messages = Self::all_in(&mut reader);
        assert_eq!(messages.len(), 1, "{text:?} is not one message");
        messages.remove(0)
    }

    /// The messages that have come whole.
    fn all_in(reader: &mut EventReader) -> Vec<Self> {
        std::iter::from_fn(|| reader.next_message().unwrap()).map(Self::of).collect()
    }

    /// A message in which nothing is but what was agreed on, and nothing twice.
    fn of(message: pulsestage_server::audience::StreamMessage) -> Self {
        let raw = String::from_utf8(message.raw.to_vec()).unwrap();
        let mut names: Vec<&str> =
            raw.lines().filter(|line| !line.is_empty()).map(|line| line.split(": ").next().unwrap()).collect();
        assert!(names.iter().all(|name| ["id", "data", "retry"].contains(name)), "an unknown field in {raw:?}");
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "a field twice in {raw:?}");
        assert!(names.contains(&"data"), "a block without data is an empty message to some: {raw:?}");
        assert_eq!(names.contains(&"retry"), message.retry.is_some(), "{raw:?}");
        let data = String::from_utf8(message.data.to_vec()).unwrap();
        Self { id: message.id, data, retry: message.retry, raw }
    }

    /// The envelope.
    pub(crate) fn envelope(&self) -> Envelope {
        serde_json::from_str(&self.data).unwrap_or_else(|error| panic!("{error} in {}", self.data))
    }

    /// The data as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.data).unwrap()
    }

    /// The event's `type`.
    pub(crate) fn kind(&self) -> &'static str {
        self.envelope().event.event_type().as_str()
    }

    /// Whether it only moves its reader to this cursor.
    pub(crate) fn moves_to(&self, cursor: Cursor) -> bool {
        self.kind() == "cursor" && self.cursor() == Some(cursor) && self.retry.is_none()
    }

    /// When to come back, if the stream ends with it.
    pub(crate) fn closing_frame(&self) -> Option<u64> {
        self.retry.filter(|_| self.kind() == "closing" && self.id.is_none())
    }

    /// The cursor in its `id:`.
    pub(crate) fn cursor(&self) -> Option<Cursor> {
        self.id
    }

    /// Folds it into a board as a browser does.
    pub(crate) fn fold_into(&self, board: &mut Board) -> Applied {
        let envelope = self.envelope();
        if envelope.event == Event::Closing {
            return Applied::Nothing;
        }
        assert_eq!(envelope.tenant_id, board.tenant, "another tenant's frame: {}", self.raw);
        board.apply(self.cursor(), &envelope.event)
    }
}

impl Wire {
    /// Reads this response, which must be a stream.
    pub(crate) fn of(response: Response<Body>) -> Self {
        assert_eq!(response.status(), StatusCode::OK);
        let (head, body) = response.into_parts();
        let decoder = head.headers.get("content-encoding").map(|coding| {
            assert_eq!(coding, "gzip");
            GzDecoder::new(Vec::new())
        });
        let (reader, ready) = (EventReader::default(), VecDeque::new());
        Self { headers: head.headers, body: body.into_data_stream(), decoder, reader, ready }
    }

    /// The next bytes as they come, in messages; `None` when the stream has ended.
    pub(crate) async fn chunk(&mut self) -> Option<Vec<WireMessage>> {
        let chunk = soon("the next bytes of a stream", self.body.next()).await?.unwrap();
        let chunk = match &mut self.decoder {
            Some(decoder) => {
                decoder.write_all(&chunk).unwrap();
                decoder.flush().unwrap();
                std::mem::take(decoder.get_mut())
            }
            None => chunk.to_vec(),
        };
        self.reader.add(&chunk);
        let messages = WireMessage::all_in(&mut self.reader);
        assert!(!self.reader.is_within_a_message(), "a chunk ends within a message");
        let read: usize = messages.iter().map(|message| message.raw.len()).sum();
        assert_eq!(read, chunk.len(), "there is something between messages");
        Some(messages)
    }

    /// The next message; `None` when the stream has ended.
    pub(crate) async fn next(&mut self) -> Option<WireMessage> {
        while self.ready.is_empty() {
            self.ready = self.chunk().await?.into();
        }
        self.ready.pop_front()
    }

    /// The next message; there must be one.
    pub(crate) async fn message(&mut self) -> WireMessage {
        self.next().await.expect("the stream has ended")
    }

    /// The messages up to and with the first of this type.
    pub(crate) async fn until(&mut self, kind: &str) -> Vec<WireMessage> {
        self.until_that(kind, |message| message.kind() == kind).await
    }

    /// The messages up to and with the first that is the one.
    pub(crate) async fn until_that(&mut self, what: &str, is_it: impl Fn(&WireMessage) -> bool) -> Vec<WireMessage> {
        let read = async {
            let mut messages = Vec::new();
            loop {
                let message = self.message().await;
                let found = is_it(&message);
                messages.push(message);
                if found {
                    return messages;
                }
            }
        };
        soon(what, read).await
    }

    /// Reads `connected`, with `retry:`; gives the cursor that it starts at.
    pub(crate) async fn greeting(&mut self) -> Cursor {
        let connected = self.message().await;
        assert!(connected.retry.is_some());
        assert_eq!(connected.kind(), "connected");
        connected.cursor().unwrap()
    }

    /// Whether something is there to be read already.
    pub(crate) fn is_quiet(&mut self) -> bool {
        use futures::FutureExt;
        self.ready.is_empty() && self.body.next().now_or_never().is_none()
    }

    /// What is there to be read already.
    pub(crate) fn drain(&mut self) -> Vec<WireMessage> {
        use futures::FutureExt;
        let mut messages: Vec<WireMessage> = self.ready.drain(..).collect();
        while let Some(Some(more)) = self.chunk().now_or_never() {
            messages.extend(more);
        }
        messages
    }

    /// Everything up to the end.
    pub(crate) async fn rest(mut self) -> Vec<WireMessage> {
        let mut messages = Vec::new();
        while let Some(message) = self.next().await {
            messages.push(message);
        }
        messages
    }
}
