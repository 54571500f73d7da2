//! Frames: events as the bytes of the wire, encoded once and shared by every stream.
//!
//! The format is the WHATWG HTML standard's `text/event-stream` (section 9.2.5). Every message is unnamed, its
//! data one line of JSON, which never holds a line break of its own.

use bytes::{Bytes, BytesMut};
use std::fmt::Write;

use super::coding::Coding;
use super::share::{Share, Shared};
use pulsestage::audience::Audience;
use pulsestage::event::{Cursor, Envelope, Epoch, Event, Fact, Heartbeat, QuestionUpvoted, Stale, Tally};
use pulsestage::id::{QuestionId, TeamId, TenantId};
use pulsestage::time::Timestamp;

/// One message of the wire and what a stream must know to choose it.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The bytes, blank line included.
    pub bytes: Bytes,
    /// The event's `type`.
    pub kind: &'static str,
    /// The team it concerns; `None` when it concerns everybody in the tenant.
    pub team: Option<TeamId>,
    /// Its cursor, for a fact.
    pub cursor: Option<Cursor>,
    /// Whom it is for.
    pub audience: Audience,
    /// The question whose count it is, for a count: a later one of the same question makes it worthless.
    pub counts: Option<QuestionId>,
    /// The question that it speaks of, for a fact about one.
    pub about: Option<QuestionId>,
}

impl Frame {
    /// The frame of a fact.
    #[must_use]
    pub fn fact(epoch: Epoch, fact: &Fact) -> Self {
        let cursor = Cursor { epoch, seq: fact.seq };
        Self {
            bytes: fact.envelope.as_ref().map_or_else(|| advance(cursor), |envelope| encode(Some(cursor), envelope)),
            kind: fact.event().map_or("", Event::kind),
            team: fact.team,
            cursor: Some(cursor),
            audience: fact.audience,
            counts: None,
            about: fact.event().and_then(Event::question),
        }
    }

    /// What is left of a fact whose subject is gone: its cursor.
    #[must_use]
    pub fn blank(cursor: Cursor) -> Self {
        Self {
            bytes: advance(cursor),
            kind: "",
            team: None,
            cursor: Some(cursor),
            audience: Audience::Everybody,
            counts: None,
            about: None,
        }
    }

    /// The frame of a count as it is now.
    #[must_use]
    pub fn tally(tenant: TenantId, tally: &Tally, at: Timestamp) -> Self {
        let event = Event::Upvoted(QuestionUpvoted { question_id: tally.question, upvotes: tally.upvotes });
        let envelope = Envelope { tenant_id: tenant, event, timestamp: at };
        Self {
            bytes: encode(None, &envelope),
            kind: envelope.event.kind(),
            team: Some(tally.team),
            cursor: None,
            audience: Audience::Everybody,
            counts: Some(tally.question),
            about: None,
        }
    }

    /// The frame of a heartbeat.
    #[must_use]
    pub fn heartbeat(tenant: TenantId, at: Timestamp) -> Self {
        Self::signal(tenant, None, Event::Heartbeat(Heartbeat { timestamp: at }), at)
    }

    /// The frame of a signal. Where it moves its reader to a cursor it is no fact of that log all the same.
    #[must_use]
    pub fn signal(tenant: TenantId, cursor: Option<Cursor>, event: Event, at: Timestamp) -> Self {
        let envelope = Envelope { tenant_id: tenant, event, timestamp: at };
        Self {
            bytes: encode(cursor, &envelope),
            kind: envelope.event.kind(),
            team: None,
            cursor: None,
            audience: Audience::Everybody,
            counts: None,
            about: None,
        }
    }
}

/// An envelope as one message, with its `id:` when it has a cursor.
#[must_use]
pub fn encode(cursor: Option<Cursor>, envelope: &Envelope) -> Bytes {
    let mut text = cursor.map_or_else(String::new, id_line);
    // Writing plain structs to memory fails only for maps with keys that are no text; there are none.
    let json = serde_json::to_string(envelope).unwrap_or_default();
    let _infallible = write!(text, "data: {json}\n\n");
    Bytes::from(text)
}

/// A message that moves the reader's cursor on and shows nothing: no data, so browsers dispatch no event,
/// yet they remember the id (WHATWG HTML, section 9.2.6).
#[must_use]
pub fn advance(cursor: Cursor) -> Bytes {
    Bytes::from(format!("{}\n", id_line(cursor)))
}

/// The frames that pass, as one piece; of the facts that do not, the last one's cursor, so that the client moves on.
pub fn select<'a>(frames: impl IntoIterator<Item = &'a Frame>, passes: impl Fn(&Frame) -> bool) -> Bytes {
    let mut bytes = BytesMut::new();
    let mut hidden = None;
    for frame in frames {
        if passes(frame) {
            // A shown fact carries the cursor past the hidden ones before it.
            if frame.cursor.is_some() {
                hidden = None;
            }
            bytes.extend_from_slice(&frame.bytes);
        } else if frame.cursor.is_some() {
            hidden = frame.cursor;
        }
    }
    if let Some(cursor) = hidden {
        bytes.extend_from_slice(&advance(cursor));
    }
    bytes.freeze()
}

/// The `retry:` field: when to come back after the stream has ended, in milliseconds.
#[must_use]
pub fn retry(millis: u64) -> Bytes {
    Bytes::from(format!("retry: {millis}\n\n"))
}

fn id_line(cursor: Cursor) -> String {
    format!("id: {cursor}\n")
}

/// Frames that leave together, and their bytes as one piece for the streams that take all of them.
#[derive(Debug)]
pub struct Batch {
    /// The frames, facts first.
    pub frames: Vec<Frame>,
    /// All their bytes in one piece.
    pub whole: Bytes,
    /// The first and the last fact among them.
    pub facts: Option<(i64, i64)>,
    /// When it was made.
    pub at: Timestamp,
    /// Whether it only says that we are alive: a stream that was written to just now needs no such thing.
    pub is_beat: bool,
    /// Whether some of them are not for everybody.
    pub is_private: bool,
    /// What many streams are sent of them.
    shared: Shared,
}

impl Batch {
    /// Gathers frames; their bytes become slices of one piece of memory.
    #[must_use]
    pub fn new(mut frames: Vec<Frame>, at: Timestamp) -> Self {
        let mut joined = BytesMut::with_capacity(frames.iter().map(|frame| frame.bytes.len()).sum());
        frames.iter().for_each(|frame| joined.extend_from_slice(&frame.bytes));
        let whole = joined.freeze();
        let mut from = 0;
        for frame in &mut frames {
            let to = from + frame.bytes.len();
            frame.bytes = whole.slice(from..to);
            from = to;
        }
        let seqs = || frames.iter().filter_map(|frame| frame.cursor.map(|cursor| cursor.seq));
        let facts = seqs().min().zip(seqs().max());
        let is_private = frames.iter().any(|frame| frame.audience != Audience::Everybody);
        Self { frames, whole, facts, at, is_beat: false, is_private, shared: Shared::default() }
    }

    /// What all streams of this share and coding are sent, in one piece that is made once.
    #[must_use]
    pub fn coded(&self, share: Share, coding: Coding) -> &Bytes {
        let share = if self.is_private { share } else { Share::Everything };
        self.shared.get(share, coding, |share| match share {
            Share::Everything => self.whole.clone(),
            Share::Public => select(&self.frames, |frame| frame.audience == Audience::Everybody),
        })
    }

    /// A heartbeat for everybody.
    #[must_use]
    pub fn beat(tenant: TenantId, at: Timestamp) -> Self {
        Self { is_beat: true, ..Self::new(vec![Frame::heartbeat(tenant, at)], at) }
    }

    /// The same, left out or not for a stream that was written to just now.
    #[must_use]
    pub(super) fn left_out_if_lively(self, is_beat: bool) -> Self {
        Self { is_beat, ..self }
    }

    /// Tells everybody that what they show is as it was at that time: the database does not answer.
    #[must_use]
    pub fn stale(tenant: TenantId, since: Timestamp, at: Timestamp) -> Self {
        Self::new(vec![Frame::signal(tenant, None, Event::Stale(Stale { since }), at)], at)
    }

    /// Tells everybody that the log is another one now, which ends here if it is there at all.
    #[must_use]
    pub fn resync(tenant: TenantId, head: Option<Cursor>, at: Timestamp) -> Self {
        Self::new(vec![Frame::signal(tenant, head, Event::Resync, at)], at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn tenant() -> TenantId {
        TenantId(Uuid::from_u128(1))
    }

    #[test]
    fn a_message_is_one_id_one_data_line_and_a_blank_line() {
        let cursor = Cursor { epoch: Epoch(10), seq: 3 };
        let envelope = Envelope { tenant_id: tenant(), event: Event::Connected, timestamp: Timestamp(5) };
        assert_eq!(
            encode(Some(cursor), &envelope),
            "id: 000000000000000a-3\ndata: {\"type\":\"connected\",\"tenantId\":\"00000000-0000-0000-0000-000000000001\",\"timestamp\":5}\n\n"
        );
        assert_eq!(advance(cursor), "id: 000000000000000a-3\n\n");
        assert_eq!(retry(1500), "retry: 1500\n\n");
    }

    #[test]
    fn a_batch_shares_one_piece_of_memory() {
        let frames = vec![Frame::heartbeat(tenant(), Timestamp(1)), Frame::heartbeat(tenant(), Timestamp(2))];
        let batch = Batch::new(frames, Timestamp(2));
        let parts: Vec<u8> = batch.frames.iter().flat_map(|frame| frame.bytes.to_vec()).collect();
        assert_eq!(batch.whole, parts);
        assert_eq!(batch.facts, None);
    }
}
