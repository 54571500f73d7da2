//! Frames: events as the bytes of the wire, encoded once and shared by every stream.
//!
//! The format is the WHATWG HTML standard's `text/event-stream` (section 9.2.5). Every message is unnamed, its
//! data one line of JSON, which never holds a line break of its own. Every message has data: many clients make an empty
//! message of a block that has none, though the standard says that there is none to make.

use bytes::{Bytes, BytesMut};
use std::fmt::Write;

use super::framing::{Framed, StreamFormat};
use super::share::{Share, SharedPieces};
use pulsestage::audience::Audience;
use pulsestage::event::{
    Cursor, Envelope, Epoch, Event, EventType, Fact, Heartbeat, QuestionUpvoted, Stale, Tally, TeamTotals,
};
use pulsestage::id::{QuestionId, TeamId, TenantId};
use pulsestage::time::Timestamp;
use uuid::Uuid;

/// One message of the wire and what a stream must know to choose it.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The bytes, blank line included. Empty for a fact of which nothing is left but its cursor.
    pub bytes: Bytes,
    /// The event's type; `None` for a fact of which nothing is left but its cursor.
    pub event_type: Option<EventType>,
    /// The team it concerns; `None` when it concerns everybody in the tenant.
    pub team: Option<TeamId>,
    /// Its cursor, for a fact.
    pub cursor: Option<Cursor>,
    /// Whom it is for.
    pub audience: Audience,
    /// The question or team whose count it is, for a count: a later one of the same makes it worthless.
    pub counts: Option<Uuid>,
    /// The question that it speaks of, for a fact about one.
    pub about: Option<QuestionId>,
}

impl Frame {
    /// The frame of a fact.
    #[must_use]
    pub fn fact(epoch: Epoch, fact: &Fact) -> Self {
        let cursor = Cursor { epoch, seq: fact.seq };
        Self {
            bytes: fact.envelope.as_ref().map_or_else(Bytes::new, |envelope| encode(Some(cursor), envelope)),
            event_type: fact.event().map(Event::event_type),
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
            bytes: Bytes::new(),
            event_type: None,
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
        Self::count(tenant, tally.team, event, at)
    }

    /// The frame of how many questions a team has now.
    #[must_use]
    pub fn totals(tenant: TenantId, totals: TeamTotals, at: Timestamp) -> Self {
        Self::count(tenant, totals.id, Event::TeamCounted(totals), at)
    }

    fn count(tenant: TenantId, team: TeamId, event: Event, at: Timestamp) -> Self {
        Self { team: Some(team), counts: event.subject(), ..Self::signal(tenant, None, event, at) }
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
            event_type: Some(envelope.event.event_type()),
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

/// The message that moves its reader to this cursor and shows nothing.
fn cursor_message(tenant: TenantId, cursor: Cursor, at: Timestamp) -> Bytes {
    encode(Some(cursor), &Envelope { tenant_id: tenant, event: Event::Cursor, timestamp: at })
}

/// The frames of one tenant that pass, as one piece; for the facts that do not and for those of which nothing is left,
/// the last one's cursor in one message at the end, so that the client moves on.
pub fn select<'a>(
    tenant: TenantId,
    at: Timestamp,
    frames: impl IntoIterator<Item = &'a Frame>,
    passes: impl Fn(&Frame) -> bool,
) -> Bytes {
    let mut bytes = BytesMut::new();
    let mut hidden = None;
    for frame in frames {
        if !frame.bytes.is_empty() && passes(frame) {
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
        bytes.extend_from_slice(&cursor_message(tenant, cursor, at));
    }
    bytes.freeze()
}

/// A message with the field that says when to come back after the stream has ended, in milliseconds.
#[must_use]
pub fn with_retry(millis: u64, message: &[u8]) -> Bytes {
    Bytes::from([format!("retry: {millis}\n").as_bytes(), message].concat())
}

/// The last message of a stream that ends on purpose: when to come back, in milliseconds.
#[must_use]
pub fn closing(tenant: TenantId, retry_ms: u64, at: Timestamp) -> Bytes {
    with_retry(retry_ms, &encode(None, &Envelope { tenant_id: tenant, event: Event::Closing, timestamp: at }))
}

fn id_line(cursor: Cursor) -> String {
    format!("id: {cursor}\n")
}

/// Frames that leave together, and their bytes as one piece for the streams that take all of them.
#[derive(Debug)]
pub struct Batch {
    /// Whose they are.
    pub tenant: TenantId,
    /// The frames, facts first.
    pub frames: Vec<Frame>,
    /// All their bytes in one piece.
    pub whole: Framed,
    /// The first and the last fact among them.
    pub facts: Option<(i64, i64)>,
    /// When it was made.
    pub at: Timestamp,
    /// Whether it only says that we are alive: a stream that was written to just now needs no such thing.
    pub is_beat: bool,
    /// Whether some of them are not for everybody.
    pub is_private: bool,
    /// What many streams are sent of them.
    shared: SharedPieces,
}

impl Batch {
    /// Gathers frames of one tenant; their bytes become slices of one piece of memory.
    #[must_use]
    pub fn new(tenant: TenantId, mut frames: Vec<Frame>, at: Timestamp) -> Self {
        let whole = Framed::new(&select(tenant, at, &frames, |_| true));
        let mut from = 0;
        for frame in &mut frames {
            let to = from + frame.bytes.len();
            frame.bytes = whole.bare().slice(from..to);
            from = to;
        }
        let seqs = || frames.iter().filter_map(|frame| frame.cursor.map(|cursor| cursor.seq));
        let facts = seqs().min().zip(seqs().max());
        let is_private = frames.iter().any(|frame| frame.audience != Audience::Everybody);
        Self { tenant, frames, whole, facts, at, is_beat: false, is_private, shared: SharedPieces::default() }
    }

    /// What all streams of this share and form are sent, in one piece that is made once.
    #[must_use]
    pub fn written(&self, share: Share, form: StreamFormat) -> &Bytes {
        let share = if self.is_private { share } else { Share::Everything };
        let framed = self.shared.get(share, form.coding, |share| match share {
            Share::Everything => self.whole.clone(),
            Share::Public => {
                let is_public = |frame: &Frame| frame.audience == Audience::Everybody;
                Framed::new(&select(self.tenant, self.at, &self.frames, is_public))
            }
        });
        framed.get(form.framing)
    }

    /// A heartbeat for everybody.
    #[must_use]
    pub fn beat(tenant: TenantId, at: Timestamp) -> Self {
        Self { is_beat: true, ..Self::new(tenant, vec![Frame::heartbeat(tenant, at)], at) }
    }

    /// The same, left out or not for a stream that was written to just now.
    #[must_use]
    pub(super) fn left_out_if_lively(self, is_beat: bool) -> Self {
        Self { is_beat, ..self }
    }

    /// Tells all streams that they show the state of that time: the database does not answer.
    #[must_use]
    pub fn stale(tenant: TenantId, since: Timestamp, at: Timestamp) -> Self {
        Self::new(tenant, vec![Frame::signal(tenant, None, Event::Stale(Stale { since }), at)], at)
    }

    /// Tells everybody that the log is another one now, which ends here if it is there at all.
    #[must_use]
    pub fn resync(tenant: TenantId, head: Option<Cursor>, at: Timestamp) -> Self {
        Self::new(tenant, vec![Frame::signal(tenant, head, Event::Resync, at)], at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(
            closing(tenant(), 1500, Timestamp(5)),
            "retry: 1500\ndata: {\"type\":\"closing\",\"tenantId\":\"00000000-0000-0000-0000-000000000001\",\"timestamp\":5}\n\n"
        );
    }

    #[test]
    fn what_is_hidden_or_gone_is_one_cursor_at_the_end() {
        let cursor = |seq| Cursor { epoch: Epoch(10), seq };
        let said = |seq| {
            let event = Event::Connected;
            let envelope = Some(Envelope { tenant_id: tenant(), event, timestamp: Timestamp(5) });
            let (team, audience, at, subject) = (None, Audience::Everybody, Timestamp(5), None);
            Frame::fact(Epoch(10), &Fact { seq, team, audience, at, subject, envelope })
        };
        let text = |frames: Vec<Frame>| {
            let batch = Batch::new(tenant(), frames, Timestamp(9));
            String::from_utf8(batch.whole.bare().to_vec()).unwrap()
        };
        let moved = |seq| String::from_utf8(cursor_message(tenant(), cursor(seq), Timestamp(9)).to_vec()).unwrap();
        assert!(moved(4).starts_with("id: 000000000000000a-4\ndata: {\"type\":\"cursor\","));
        let shown = String::from_utf8(said(5).bytes.to_vec()).unwrap();
        assert_eq!(text((1..=4).map(|seq| Frame::blank(cursor(seq))).collect()), moved(4));
        assert_eq!(text(vec![Frame::blank(cursor(4)), said(5)]), shown, "a fact that is shown says it as well");
        let beat = Frame::heartbeat(tenant(), Timestamp(9));
        let alive = String::from_utf8(beat.bytes.to_vec()).unwrap();
        assert_eq!(
            text(vec![said(5), Frame::blank(cursor(6)), Frame::blank(cursor(7)), beat]),
            format!("{shown}{alive}{}", moved(7))
        );
        let hidden = select(tenant(), Timestamp(9), &[said(5), said(6)], |_| false);
        assert_eq!(hidden, moved(6));
        assert!(select(tenant(), Timestamp(9), &[], |_| true).is_empty());
    }

    #[test]
    fn a_batch_shares_one_piece_of_memory() {
        let frames = vec![Frame::heartbeat(tenant(), Timestamp(1)), Frame::heartbeat(tenant(), Timestamp(2))];
        let batch = Batch::new(tenant(), frames, Timestamp(2));
        let parts: Vec<u8> = batch.frames.iter().flat_map(|frame| frame.bytes.to_vec()).collect();
        assert_eq!(batch.whole.bare(), &parts);
        assert_eq!(batch.facts, None);
    }
}
