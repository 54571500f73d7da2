//! What the wire carries: facts, tallies and signals, each in one envelope.
//!
//! The table of `events!` below declares each of them once. The JSON is the contract with every client:
//! `{"type": .., "tenantId": .., "data": .., "timestamp": <ms>}`, in this order; docs/EVENTS.md lists the types.

mod cursor;
mod log;
mod payload;
#[macro_use]
mod table;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

use crate::id::{QuestionId, TenantId};
use crate::question::UnknownWord;
use crate::tag::Tag;
use crate::team::Team;
use crate::tenant::Tenant;
use crate::time::Timestamp;

pub use cursor::{Cursor, Epoch, NotACursor};
pub use log::{Fact, FactIdentity, LogHead, LogPage, Tally};
pub use payload::{
    Gone, Heartbeat, QuestionAnswered, QuestionCreated, QuestionFrozen, QuestionMerged, QuestionPinned, QuestionRef,
    QuestionReviewed, QuestionTags, QuestionUpdated, QuestionUpvoted, Stale, TeamTotals,
};

/// The three kinds of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// A change that was written to the tenant's log and has a number there.
    Fact,
    /// The latest count of a question's votes or of a team's questions, which has no number.
    Tally,
    /// Something about the stream itself.
    Signal,
}

events! {
    /// A question was asked, or is on the board again.
    "question:created" Fact Created(QuestionCreated) about id.0;
    /// How many votes a question has now.
    "question:upvoted" Tally Upvoted(QuestionUpvoted) about question_id.0;
    /// A question was answered, or its answer changed.
    "question:answered" Fact Answered(QuestionAnswered) about id.0;
    /// A question has another text, or its answer was taken back.
    "question:updated" Fact Updated(QuestionUpdated) about id.0;
    /// A question is no longer on the board.
    "question:removed" Fact Removed(QuestionRef) about question_id.0;
    /// A question is no longer on the board: another one says the same and has its votes.
    "question:merged" Fact Merged(QuestionMerged) about question_id.0;
    /// A tag was put on a question.
    "question:tagged" Fact Tagged(QuestionTags) about question_id.0;
    /// A tag was taken off a question.
    "question:untagged" Fact Untagged(QuestionTags) about question_id.0;
    /// A question was pinned or unpinned.
    "question:pinned" Fact Pinned(QuestionPinned) about question_id.0;
    /// A question was frozen or unfrozen.
    "question:frozen" Fact Frozen(QuestionFrozen) about question_id.0;
    /// For moderators of its team: what they know of a question has changed; `load_case` tells how it is now.
    "question:moderated" Fact Moderated(QuestionRef) about question_id.0;
    /// For its asker: where a question stands now.
    "question:reviewed" Fact Reviewed(QuestionReviewed) about question_id.0;
    /// There is a new team.
    "team:created" Fact TeamCreated(Team) about id.0;
    /// A team has another name or state.
    "team:updated" Fact TeamUpdated(Team) about id.0;
    /// A team was archived with its questions.
    "team:archived" Fact TeamArchived(Gone) about id;
    /// A team is back with its questions. The fact does not hold those: load the board again.
    "team:restored" Fact TeamRestored(Team) about id.0;
    /// How many questions of a team were received, are shown and were declined, where the workspace shows that.
    "team:counted" Tally TeamCounted(TeamTotals) about id.0;
    /// There is a new tag.
    "tag:created" Fact TagCreated(Tag) about id.0;
    /// A tag has another name or colour.
    "tag:updated" Fact TagUpdated(Tag) about id.0;
    /// A tag is gone from the palette and from every question.
    "tag:deleted" Fact TagDeleted(Gone) about id;
    /// The tenant has another name or other settings.
    "tenant:updated" Fact TenantUpdated(Tenant) about id.0;
    /// The first message of each stream.
    "connected" Signal Connected;
    /// The reader has everything up to this `id:`. What lay between is not for it, or is gone.
    "cursor" Signal Cursor;
    /// The stream is alive.
    "heartbeat" Signal Heartbeat(Heartbeat);
    /// The database does not answer: what was sent is as it was at `since`. Sent in place of heartbeats until one comes
    /// again.
    "stale" Signal Stale(Stale);
    /// The stream ends now. Its `retry:` says after how many milliseconds to come back.
    "closing" Signal Closing;
    /// The stream cannot go on from the client's cursor: load the board again.
    "resync" Signal Resync;
}

impl EventType {
    /// Whether it is about a question.
    #[must_use]
    pub fn is_of_question(self) -> bool {
        self.as_str().starts_with("question:")
    }
}

impl Event {
    /// Whether it is a fact: written to the log, with a sequence number.
    #[must_use]
    pub const fn is_fact(&self) -> bool {
        matches!(self.event_type().kind(), EventKind::Fact)
    }

    /// The question it speaks of, if it speaks of one.
    #[must_use]
    pub fn question(&self) -> Option<QuestionId> {
        self.subject().filter(|_| self.event_type().is_of_question()).map(QuestionId)
    }
}

/// An event on its way: whose it is and when it happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The tenant it belongs to.
    pub tenant_id: TenantId,
    /// What happened.
    pub event: Event,
    /// When, in milliseconds.
    pub timestamp: Timestamp,
}

impl Serialize for Envelope {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut envelope = to.serialize_struct("Envelope", 4)?;
        envelope.serialize_field("type", self.event.event_type().as_str())?;
        envelope.serialize_field("tenantId", &self.tenant_id)?;
        self.event.write_data(&mut envelope)?;
        envelope.serialize_field("timestamp", &self.timestamp)?;
        envelope.end()
    }
}

/// Reads what is written above: `type` comes before `data`, so the data is read straight into what the type says. A
/// derived reader would take the fields in any order and keep values aside for it, at a cost to every browser. The data of
/// signals is not read: no reader of ours needs it, and [`Envelope::timestamp`] tells the server's time. A type of a later
/// version is read as [`Event::Cursor`], so that its `id:` counts.
impl<'de> Deserialize<'de> for Envelope {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(EnvelopeReader)
    }
}

struct EnvelopeReader;

impl<'de> Visitor<'de> for EnvelopeReader {
    type Value = Envelope;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a message of the stream")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Envelope, A::Error> {
        let (mut name, mut tenant_id, mut event, mut timestamp) = (String::new(), None, None, None);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "type" => name = map.next_value()?,
                "tenantId" => tenant_id = Some(map.next_value()?),
                "timestamp" => timestamp = Some(map.next_value()?),
                "data" => event = Some(Event::read_data(&name, Some(&mut map))?),
                _ => skip(Some(&mut map))?,
            }
        }
        Ok(Envelope {
            tenant_id: tenant_id.ok_or_else(|| A::Error::missing_field("tenantId"))?,
            event: event.map_or_else(|| Event::read_data(&name, None::<&mut A>), Ok)?,
            timestamp: timestamp.ok_or_else(|| A::Error::missing_field("timestamp"))?,
        })
    }
}

/// Reads a value that must be there.
fn next<'de, A: MapAccess<'de>, T: Deserialize<'de>>(map: Option<&mut A>) -> Result<T, A::Error> {
    map.ok_or_else(|| A::Error::missing_field("data"))?.next_value()
}

/// Passes over a value, if there is one.
fn skip<'de, A: MapAccess<'de>>(map: Option<&mut A>) -> Result<(), A::Error> {
    map.map_or(Ok(()), |map| map.next_value::<IgnoredAny>().map(drop))
}

#[cfg(test)]
mod tests;
