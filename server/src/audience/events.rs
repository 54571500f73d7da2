//! Reads the messages of a stream (WHATWG HTML, section 9.2.6), as far as PulseStage writes them.

use bytes::{Buf, Bytes, BytesMut};
use serde::Deserialize;
use std::io;

use pulsestage::event::{Cursor, EVENT_TYPES, Envelope, Event, QuestionUpvoted};
use pulsestage::id::TenantId;

/// The longest message that is taken.
const MAX_MESSAGE: usize = 1024 * 1024;
/// What every envelope begins with.
const TYPE: &[u8] = br#"{"type":""#;
/// What every count's data begins with. Nearly all messages are counts.
const COUNT: &[u8] = br#"{"type":"question:upvoted","#;

/// One message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamMessage {
    /// Its bytes as they came, the blank line included.
    pub raw: Bytes,
    /// The cursor.
    pub id: Option<Cursor>,
    /// One line of JSON; empty when there is none.
    pub data: Bytes,
    /// Milliseconds after which its reader comes back.
    pub retry: Option<u64>,
}

impl StreamMessage {
    /// The event's `type`; empty when it cannot be read.
    #[must_use]
    pub fn kind(&self) -> &str {
        let rest = self.data.strip_prefix(TYPE).unwrap_or_default();
        let end = rest.iter().position(|byte| *byte == b'"').unwrap_or_default();
        str::from_utf8(&rest[..end]).unwrap_or_default()
    }

    /// The place in the log, when it is a fact.
    #[must_use]
    pub fn fact(&self) -> Option<i64> {
        let is_signal = ["connected", "resync", "cursor"].contains(&self.kind());
        self.id.filter(|_| !is_signal).map(|cursor| cursor.seq)
    }

    /// The tenant and the event, or nothing when they cannot be read.
    #[must_use]
    pub fn event(&self) -> Option<(TenantId, Event)> {
        #[derive(Deserialize)]
        struct CountEnvelope {
            #[serde(rename = "tenantId")]
            tenant_id: TenantId,
            data: QuestionUpvoted,
        }
        // The reader of all envelopes takes their fields in any order and keeps values aside for it, which costs
        // thousands of participants on one machine more than the server needs for all of them.
        if self.data.starts_with(COUNT) {
            let count: CountEnvelope = serde_json::from_slice(&self.data).ok()?;
            return Some((count.tenant_id, Event::Upvoted(count.data)));
        }
        if let Ok(envelope) = serde_json::from_slice::<Envelope>(&self.data) {
            return Some((envelope.tenant_id, envelope.event));
        }
        // An event of a later version is passed over, and its cursor counts.
        #[derive(Deserialize)]
        struct UnknownEnvelope {
            #[serde(rename = "type")]
            kind: String,
            #[serde(rename = "tenantId")]
            tenant_id: TenantId,
        }
        let unknown: UnknownEnvelope = serde_json::from_slice(&self.data).ok()?;
        (!EVENT_TYPES.contains(&&*unknown.kind)).then_some((unknown.tenant_id, Event::Cursor))
    }
}

/// Takes a stream apart.
#[derive(Debug, Default)]
pub struct EventReader {
    /// Bytes of messages that were not taken yet.
    bytes: BytesMut,
    /// How many of them were looked at.
    read: usize,
    /// The message whose end has not come.
    message: StreamMessage,
    /// The last cursor that came, at which a reader resumes.
    pub last_id: Option<Cursor>,
}

impl EventReader {
    /// Adds what came.
    pub fn add(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Whether a message has begun and its end has not come.
    #[must_use]
    pub fn is_within_a_message(&self) -> bool {
        !self.bytes.is_empty()
    }

    /// The next whole message.
    ///
    /// # Errors
    /// When an id is no cursor, or a message is too long.
    pub fn next_message(&mut self) -> io::Result<Option<StreamMessage>> {
        while let Some(length) = self.bytes[self.read..].iter().position(|byte| *byte == b'\n') {
            let line = &self.bytes[self.read..self.read + length];
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if let Some(id) = field(line, b"id:") {
                let cursor = str::from_utf8(id).ok().and_then(|text| text.parse().ok());
                self.message.id = Some(cursor.ok_or_else(|| malformed("an id that is no cursor"))?);
            } else if let Some(retry) = field(line, b"retry:") {
                self.message.retry = str::from_utf8(retry).ok().and_then(|digits| digits.parse().ok());
            } else if let Some(data) = field(line, b"data:") {
                self.message.data = Bytes::copy_from_slice(data);
            }
            let is_end = line.is_empty();
            self.read += length + 1;
            if is_end {
                let mut message = std::mem::take(&mut self.message);
                let length = std::mem::take(&mut self.read);
                if message.id.is_none() && message.data.is_empty() && message.retry.is_none() {
                    self.bytes.advance(length);
                    continue;
                }
                message.raw = self.bytes.split_to(length).freeze();
                self.last_id = message.id.or(self.last_id);
                return Ok(Some(message));
            }
        }
        if self.bytes.len() > MAX_MESSAGE {
            return Err(malformed("a message is too long"));
        }
        Ok(None)
    }
}

fn field<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let value = line.strip_prefix(name)?;
    Some(value.strip_prefix(b" ").unwrap_or(value))
}

fn malformed(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the stream cannot be read: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bus::frame::{closing, encode, with_retry};
    use pulsestage::event::Epoch;
    use pulsestage::id::QuestionId;
    use pulsestage::time::Timestamp;
    use uuid::Uuid;

    #[test]
    fn messages_are_read_however_they_are_cut() {
        let (tenant, cursor) = (TenantId(Uuid::from_u128(1)), Cursor { epoch: Epoch(7), seq: 3 });
        let count = Event::Upvoted(QuestionUpvoted { question_id: QuestionId(Uuid::from_u128(2)), upvotes: 5 });
        let of = |event: &Event| Envelope { tenant_id: tenant, event: event.clone(), timestamp: Timestamp(9) };
        let mut wire = with_retry(1_000, &encode(Some(cursor), &of(&Event::Connected))).to_vec();
        wire.extend_from_slice(&encode(None, &of(&count)));
        wire.extend_from_slice(&encode(Some(Cursor { seq: 4, ..cursor }), &of(&Event::Cursor)));
        wire.extend_from_slice(&closing(tenant, 1_500, Timestamp(9)));
        for piece in 1..wire.len() {
            let (mut reader, mut read, mut raw) = (EventReader::default(), Vec::new(), Vec::new());
            for bytes in wire.chunks(piece) {
                reader.add(bytes);
                while let Some(message) = reader.next_message().unwrap() {
                    let (of, event) = message.event().unwrap();
                    assert_eq!((of, message.kind()), (tenant, event.event_type().as_str()));
                    read.push((message.id.map(|id| id.seq), message.retry, event));
                    raw.extend_from_slice(&message.raw);
                }
            }
            let wanted = [
                (Some(3), Some(1_000), Event::Connected),
                (None, None, count.clone()),
                (Some(4), None, Event::Cursor),
                (None, Some(1_500), Event::Closing),
            ];
            assert_eq!(read, wanted, "in pieces of {piece}");
            assert_eq!((raw, reader.last_id.map(|id| id.seq)), (wire.clone(), Some(4)));
            assert!(!reader.is_within_a_message());
        }
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let mut reader = EventReader::default();
        reader.add(b"id: nonsense\n\n");
        assert!(reader.next_message().is_err());
        let mut endless = EventReader::default();
        endless.add(&[b'x'; MAX_MESSAGE + 1]);
        assert!(endless.next_message().is_err());
        let event =
            |data: &'static [u8]| StreamMessage { data: Bytes::from_static(data), ..StreamMessage::default() }.event();
        let later = br#"{"type":"poll:opened","tenantId":"00000000-0000-0000-0000-000000000001","data":[1]}"#;
        assert!(event(later).is_some_and(|(_, event)| event == Event::Cursor));
        assert!(event(b"{").is_none() && event(br#"{"type":"question:upvoted","data":1}"#).is_none());
    }

    #[test]
    fn comments_and_blank_lines_are_no_messages() {
        let mut reader = EventReader::default();
        reader.add(b": hello\n\n\r\n\ndata: {}\r\n\r\n");
        assert_eq!(reader.next_message().unwrap().map(|message| message.data), Some(Bytes::from_static(b"{}")));
        assert_eq!(reader.next_message().unwrap(), None);
    }
}
