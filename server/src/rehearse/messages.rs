//! Reads the messages of a stream (WHATWG HTML, section 9.2.6), as far as PulseStage writes them.

use serde::Deserialize;
use std::io;

use super::http::malformed;
use pulsestage::event::{Cursor, EVENT_TYPES, Envelope, Event, QuestionUpvoted};
use pulsestage::id::TenantId;

/// The longest message that is taken.
const MAX_MESSAGE: usize = 1024 * 1024;
/// What every count's data begins with. Nearly all messages are counts.
const COUNT: &[u8] = br#"{"type":"question:upvoted","#;

/// One message: its id and its data, when it has them.
#[derive(Debug, Default)]
pub(super) struct Message {
    /// The cursor.
    pub(super) id: Option<Cursor>,
    /// One line of JSON.
    pub(super) data: Option<Vec<u8>>,
}

/// What has come of a stream.
#[derive(Debug, Default)]
pub(super) struct Messages {
    /// Bytes that were not read yet.
    bytes: Vec<u8>,
    read: usize,
    message: Message,
}

impl Messages {
    /// Where the stream's next bytes go.
    pub(super) fn inlet(&mut self) -> &mut Vec<u8> {
        self.bytes.drain(..self.read);
        self.read = 0;
        &mut self.bytes
    }

    /// The next whole message.
    pub(super) fn next(&mut self) -> io::Result<Option<Message>> {
        while let Some(length) = self.bytes[self.read..].iter().position(|byte| *byte == b'\n') {
            let line = &self.bytes[self.read..self.read + length];
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            self.read += length + 1;
            if line.is_empty() {
                let message = std::mem::take(&mut self.message);
                if message.id.is_some() || message.data.is_some() {
                    return Ok(Some(message));
                }
            } else if let Some(data) = field(line, b"data:") {
                self.message.data = Some(data.to_vec());
            } else if let Some(id) = field(line, b"id:") {
                let cursor = str::from_utf8(id).ok().and_then(|text| text.parse().ok());
                self.message.id = Some(cursor.ok_or_else(|| malformed("an id that is no cursor"))?);
            }
        }
        if self.bytes.len() - self.read > MAX_MESSAGE {
            return Err(malformed("a message is too long"));
        }
        Ok(None)
    }
}

fn field<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let value = line.strip_prefix(name)?;
    Some(value.strip_prefix(b" ").unwrap_or(value))
}

/// The tenant and the event in a message's data, or nothing when it cannot be read.
pub(super) fn event_of(data: &[u8]) -> Option<(TenantId, Event)> {
    #[derive(Deserialize)]
    struct Count {
        #[serde(rename = "tenantId")]
        tenant_id: TenantId,
        data: QuestionUpvoted,
    }
    // The reader of all envelopes takes their fields in any order and keeps values aside for it, which costs
    // thousands of participants on one machine more than the server needs for all of them.
    if data.starts_with(COUNT) {
        let count: Count = serde_json::from_slice(data).ok()?;
        return Some((count.tenant_id, Event::Upvoted(count.data)));
    }
    if let Ok(envelope) = serde_json::from_slice::<Envelope>(data) {
        return Some((envelope.tenant_id, envelope.event));
    }
    // What a later version says is passed over, and its cursor counts.
    #[derive(Deserialize)]
    struct Unknown {
        #[serde(rename = "type")]
        kind: String,
        #[serde(rename = "tenantId")]
        tenant_id: TenantId,
    }
    let unknown: Unknown = serde_json::from_slice(data).ok()?;
    (!EVENT_TYPES.contains(&&*unknown.kind)).then_some((unknown.tenant_id, Event::Cursor))
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
            let (mut messages, mut read) = (Messages::default(), Vec::new());
            for bytes in wire.chunks(piece) {
                messages.inlet().extend_from_slice(bytes);
                while let Some(message) = messages.next().unwrap() {
                    let event = message.data.map(|data| event_of(&data).unwrap());
                    read.push((message.id.map(|id| id.seq), event));
                }
            }
            let events = [Event::Connected, count.clone(), Event::Cursor, Event::Closing];
            let wanted = [Some(3), None, Some(4), None].into_iter().zip(events.map(|event| Some((tenant, event))));
            let wanted: Vec<_> = wanted.collect();
            assert_eq!(read, wanted, "in pieces of {piece}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let mut messages = Messages::default();
        messages.inlet().extend_from_slice(b"id: nonsense\n\n");
        assert!(messages.next().is_err());
        let mut endless = Messages::default();
        endless.inlet().extend(std::iter::repeat_n(b'x', MAX_MESSAGE + 1));
        assert!(endless.next().is_err());
        let later = br#"{"type":"poll:opened","tenantId":"00000000-0000-0000-0000-000000000001","data":[1]}"#;
        assert!(event_of(later).is_some_and(|(_, event)| event == Event::Cursor));
        assert!(event_of(b"{").is_none() && event_of(br#"{"type":"question:upvoted","data":1}"#).is_none());
    }
}
