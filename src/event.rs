//! What the wire carries: facts, tallies and signals, each in one envelope.
//!
//! A *fact* is a change that was written to the tenant's log and has a sequence number; a *tally* is the latest
//! count of a question's votes and has none; a *signal* speaks of the stream itself. The JSON is the contract
//! with every client: `{"type": .., "tenantId": .., "data": .., "timestamp": <ms>}`, in this order.

mod cursor;
mod payload;

use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};
use uuid::Uuid;

use crate::audience::Audience;
use crate::id::{QuestionId, TeamId, TenantId};
use crate::tag::Tag;
use crate::team::Team;
use crate::tenant::Tenant;
use crate::time::Timestamp;

pub use cursor::{Cursor, Epoch, NotACursor};
pub use payload::{
    Gone, Heartbeat, QuestionAnswered, QuestionCreated, QuestionFrozen, QuestionMerged, QuestionPinned, QuestionRef,
    QuestionReviewed, QuestionTags, QuestionUpdated, QuestionUpvoted, Stale,
};

/// Everything a stream can say.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    /// Signal: the stream is open.
    #[serde(rename = "connected")]
    Connected,
    /// Signal: the stream cannot go on from the client's cursor; load the board again.
    #[serde(rename = "resync")]
    Resync,
    /// Signal: the reader has everything up to the stream's `id:`, and what it had not is not for it or is gone.
    #[serde(rename = "cursor")]
    Cursor,
    /// Signal: the stream ends now; `retry:` says when to come back.
    #[serde(rename = "closing")]
    Closing,
    /// Signal: the stream is alive.
    #[serde(rename = "heartbeat")]
    Heartbeat(Heartbeat),
    /// Signal: the stream is alive, and what it has told is old: the database does not answer.
    #[serde(rename = "stale")]
    Stale(Stale),
    /// Fact: a question was asked.
    #[serde(rename = "question:created")]
    Created(QuestionCreated),
    /// Tally: how many votes a question has.
    #[serde(rename = "question:upvoted")]
    Upvoted(QuestionUpvoted),
    /// Fact: a question was answered, or its answer changed.
    #[serde(rename = "question:answered")]
    Answered(QuestionAnswered),
    /// Fact: a tag was put on a question.
    #[serde(rename = "question:tagged")]
    Tagged(QuestionTags),
    /// Fact: a tag was taken off a question.
    #[serde(rename = "question:untagged")]
    Untagged(QuestionTags),
    /// Fact: a question was pinned or unpinned.
    #[serde(rename = "question:pinned")]
    Pinned(QuestionPinned),
    /// Fact: a question was frozen or unfrozen.
    #[serde(rename = "question:frozen")]
    Frozen(QuestionFrozen),
    /// Fact: a question has another text, or its answer was taken back.
    #[serde(rename = "question:updated")]
    Updated(QuestionUpdated),
    /// Fact: a question is no longer on the board.
    #[serde(rename = "question:removed")]
    Removed(QuestionRef),
    /// Fact: a question is no longer on the board, for another says the same.
    #[serde(rename = "question:merged")]
    Merged(QuestionMerged),
    /// Fact for moderators: what they know of a question is another now.
    #[serde(rename = "question:moderated")]
    Moderated(QuestionRef),
    /// Fact for its asker: where a question stands now.
    #[serde(rename = "question:reviewed")]
    Reviewed(QuestionReviewed),
    /// Fact: the tenant has a new team.
    #[serde(rename = "team:created")]
    TeamCreated(Team),
    /// Fact: the palette has a new tag.
    #[serde(rename = "tag:created")]
    TagCreated(Tag),
    /// Fact: the tenant's name or settings are others now.
    #[serde(rename = "tenant:updated")]
    TenantUpdated(Tenant),
    /// Fact: a team's name or state is another now.
    #[serde(rename = "team:updated")]
    TeamUpdated(Team),
    /// Fact: a team was put away, with its questions.
    #[serde(rename = "team:archived")]
    TeamArchived(Gone),
    /// Fact: a team is back, with its questions; those are not in the fact, so the board is to be loaded again.
    #[serde(rename = "team:restored")]
    TeamRestored(Team),
    /// Fact: a tag has another name or colour.
    #[serde(rename = "tag:updated")]
    TagUpdated(Tag),
    /// Fact: a tag left the palette and every question.
    #[serde(rename = "tag:deleted")]
    TagDeleted(Gone),
}

/// The `type` of each event, in the order of the wire's table.
pub const EVENT_TYPES: [&str; 26] = [
    "connected",
    "question:created",
    "question:upvoted",
    "question:answered",
    "question:tagged",
    "question:untagged",
    "question:pinned",
    "question:frozen",
    "heartbeat",
    "team:created",
    "tag:created",
    "tenant:updated",
    "team:updated",
    "team:archived",
    "team:restored",
    "tag:updated",
    "tag:deleted",
    "resync",
    "question:updated",
    "question:removed",
    "question:merged",
    "question:moderated",
    "question:reviewed",
    "stale",
    "cursor",
    "closing",
];

impl Event {
    /// The `type` on the wire.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Resync => "resync",
            Self::Cursor => "cursor",
            Self::Closing => "closing",
            Self::Heartbeat(_) => "heartbeat",
            Self::Stale(_) => "stale",
            Self::Created(_) => "question:created",
            Self::Upvoted(_) => "question:upvoted",
            Self::Answered(_) => "question:answered",
            Self::Tagged(_) => "question:tagged",
            Self::Untagged(_) => "question:untagged",
            Self::Pinned(_) => "question:pinned",
            Self::Frozen(_) => "question:frozen",
            Self::Updated(_) => "question:updated",
            Self::Removed(_) => "question:removed",
            Self::Merged(_) => "question:merged",
            Self::Moderated(_) => "question:moderated",
            Self::Reviewed(_) => "question:reviewed",
            Self::TeamCreated(_) => "team:created",
            Self::TagCreated(_) => "tag:created",
            Self::TenantUpdated(_) => "tenant:updated",
            Self::TeamUpdated(_) => "team:updated",
            Self::TeamArchived(_) => "team:archived",
            Self::TeamRestored(_) => "team:restored",
            Self::TagUpdated(_) => "tag:updated",
            Self::TagDeleted(_) => "tag:deleted",
        }
    }

    /// Whether it is a fact: written to the log, with a sequence number.
    #[must_use]
    pub const fn is_fact(&self) -> bool {
        !matches!(
            self,
            Self::Connected
                | Self::Resync
                | Self::Cursor
                | Self::Closing
                | Self::Heartbeat(_)
                | Self::Stale(_)
                | Self::Upvoted(_)
        )
    }

    /// The question it speaks of, if it speaks of one.
    #[must_use]
    pub const fn question(&self) -> Option<QuestionId> {
        match self {
            Self::Created(d) => Some(d.id),
            Self::Upvoted(d) => Some(d.question_id),
            Self::Answered(d) => Some(d.id),
            Self::Tagged(d) | Self::Untagged(d) => Some(d.question_id),
            Self::Pinned(d) => Some(d.question_id),
            Self::Frozen(d) => Some(d.question_id),
            Self::Connected
            | Self::Resync
            | Self::Cursor
            | Self::Closing
            | Self::Heartbeat(_)
            | Self::Stale(_)
            | Self::TeamCreated(_)
            | Self::TagCreated(_)
            | Self::TenantUpdated(_)
            | Self::TeamUpdated(_)
            | Self::TeamArchived(_)
            | Self::TeamRestored(_)
            | Self::TagUpdated(_)
            | Self::TagDeleted(_) => None,
            Self::Updated(d) => Some(d.id),
            Self::Removed(d) => Some(d.question_id),
            Self::Merged(d) => Some(d.question_id),
            Self::Moderated(d) => Some(d.question_id),
            Self::Reviewed(d) => Some(d.question_id),
        }
    }

    /// Writes the `data` field, where the event has one.
    fn write_data<S: SerializeStruct>(&self, to: &mut S) -> Result<(), S::Error> {
        match self {
            Self::Connected | Self::Resync | Self::Cursor | Self::Closing => Ok(()),
            Self::Heartbeat(d) => to.serialize_field("data", d),
            Self::Stale(d) => to.serialize_field("data", d),
            Self::Created(d) => to.serialize_field("data", d),
            Self::Upvoted(d) => to.serialize_field("data", d),
            Self::Answered(d) => to.serialize_field("data", d),
            Self::Tagged(d) | Self::Untagged(d) => to.serialize_field("data", d),
            Self::Pinned(d) => to.serialize_field("data", d),
            Self::Frozen(d) => to.serialize_field("data", d),
            Self::TeamCreated(d) | Self::TeamUpdated(d) | Self::TeamRestored(d) => to.serialize_field("data", d),
            Self::TagCreated(d) | Self::TagUpdated(d) => to.serialize_field("data", d),
            Self::TenantUpdated(d) => to.serialize_field("data", d),
            Self::TeamArchived(d) | Self::TagDeleted(d) => to.serialize_field("data", d),
            Self::Updated(d) => to.serialize_field("data", d),
            Self::Removed(d) => to.serialize_field("data", d),
            Self::Merged(d) => to.serialize_field("data", d),
            Self::Moderated(d) => to.serialize_field("data", d),
            Self::Reviewed(d) => to.serialize_field("data", d),
        }
    }
}

/// An event on its way: whose it is and when it happened.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Envelope {
    /// The tenant it belongs to.
    #[serde(rename = "tenantId")]
    pub tenant_id: TenantId,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
    /// When, in milliseconds.
    pub timestamp: Timestamp,
}

impl Serialize for Envelope {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut envelope = to.serialize_struct("Envelope", 4)?;
        envelope.serialize_field("type", self.event.kind())?;
        envelope.serialize_field("tenantId", &self.tenant_id)?;
        self.event.write_data(&mut envelope)?;
        envelope.serialize_field("timestamp", &self.timestamp)?;
        envelope.end()
    }
}

/// What tells a fact from another one that has its number in another copy of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FactIdentity {
    /// When it was written.
    pub at: Timestamp,
    /// What it speaks of.
    pub subject: Option<Uuid>,
}

/// Where a log ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogHead {
    /// Whose log it is.
    pub tenant: TenantId,
    /// Its epoch, and the number of its last fact.
    pub cursor: Cursor,
    /// Which fact that is; absent when there is none.
    pub last: Option<FactIdentity>,
    /// The latest time at which the votes of any of the tenant's questions changed.
    pub voted_at: Option<Timestamp>,
}

/// What was read of a log after a fact that the reader knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogPage {
    /// The fact that the reader knows, as it is now; absent when there is none, and not looked for when nothing is new.
    pub known: Option<FactIdentity>,
    /// The facts after it, in order.
    pub facts: Vec<Fact>,
}

/// A fact of the log with its place in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Its place; the first is 1, and there are no gaps.
    pub seq: i64,
    /// The team whose question it speaks of; absent when it concerns the whole tenant.
    pub team: Option<TeamId>,
    /// Whom it is for.
    pub audience: Audience,
    /// When it was written.
    pub at: Timestamp,
    /// What it speaks of, whether anybody sees that any more or not.
    pub subject: Option<Uuid>,
    /// The fact as it is to be told now: with the texts and names that are there now. Absent when it speaks of something
    /// that nobody sees any more: then it moves the cursor and says nothing.
    pub envelope: Option<Envelope>,
}

impl Fact {
    /// What tells it from another one of its number.
    #[must_use]
    pub const fn identity(&self) -> FactIdentity {
        FactIdentity { at: self.at, subject: self.subject }
    }

    /// What is told of it, if anything is.
    #[must_use]
    pub fn event(&self) -> Option<&Event> {
        self.envelope.as_ref().map(|envelope| &envelope.event)
    }
}

/// The latest count of one question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// Which question.
    pub question: QuestionId,
    /// The question's team.
    pub team: TeamId,
    /// Its votes now.
    pub upvotes: i64,
}

#[cfg(test)]
mod tests;
