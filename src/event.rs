//! What the wire carries: facts, tallies and signals, each in one envelope.
//!
//! A *fact* is a change that was written to the tenant's log and has a sequence number; a *tally* is the latest
//! count of a question's votes and has none; a *signal* speaks of the stream itself. The JSON is the contract
//! with every client: `{"type": .., "tenantId": .., "data": .., "timestamp": <ms>}`, in this order.

use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

use crate::audience::Audience;
use crate::id::{QuestionId, TeamId, TenantId, UserId};
use crate::moderation::Standing;
use crate::question::{Question, Status};
use crate::tag::Tag;
use crate::team::Team;
use crate::tenant::Tenant;
use crate::time::{Timestamp, rfc3339};

/// One life of a tenant's log. A restored or recreated database has another, so that old cursors are recognised.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Epoch(pub u64);

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for Epoch {
    type Err = NotACursor;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let hex = text.len() == 16 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if !hex {
            return Err(NotACursor);
        }
        u64::from_str_radix(text, 16).map(Epoch).map_err(|_| NotACursor)
    }
}

/// How far a reader has come in a tenant's log. Written `<epoch>-<seq>`: the `id:` of the stream.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cursor {
    /// Which life of the log.
    pub epoch: Epoch,
    /// The last fact seen; 0 before the first.
    pub seq: i64,
}

/// Text that is no cursor of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor")]
pub struct NotACursor;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.epoch, self.seq)
    }
}

impl FromStr for Cursor {
    type Err = NotACursor;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (epoch, seq) = text.split_once('-').ok_or(NotACursor)?;
        let plain = !seq.is_empty() && seq.bytes().all(|b| b.is_ascii_digit());
        if !plain {
            return Err(NotACursor);
        }
        Ok(Self { epoch: epoch.parse()?, seq: seq.parse().map_err(|_| NotACursor)? })
    }
}

impl TryFrom<String> for Cursor {
    type Error = NotACursor;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Cursor> for String {
    fn from(cursor: Cursor) -> Self {
        cursor.to_string()
    }
}

/// The data of `question:created`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "each field is the field of the same name of `Question`")]
pub struct QuestionCreated {
    pub id: QuestionId,
    pub body: String,
    pub upvotes: i64,
    pub status: Status,
    pub team_id: TeamId,
    #[serde(with = "rfc3339")]
    pub created_at: Timestamp,
    pub tags: Vec<Tag>,
    pub is_pinned: bool,
    pub is_frozen: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author_name: Option<String>,
}

impl QuestionCreated {
    /// The fact of a question that was just asked.
    #[must_use]
    pub fn of(question: &Question) -> Self {
        Self {
            id: question.id,
            body: question.body.clone(),
            upvotes: question.upvotes,
            status: question.status,
            team_id: question.team_id,
            created_at: question.created_at,
            tags: question.tags.clone(),
            is_pinned: question.pinned.is_some(),
            is_frozen: question.frozen.is_some(),
            author_name: question.author_name.clone(),
        }
    }
}

/// The data of `question:upvoted`: the count as it is now, never a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "said by the struct")]
pub struct QuestionUpvoted {
    pub question_id: QuestionId,
    pub upvotes: i64,
}

/// The data of `question:answered`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "each field is the field of the same name of `Question` and `Answer`")]
pub struct QuestionAnswered {
    pub id: QuestionId,
    pub response_text: String,
    #[serde(with = "rfc3339")]
    pub responded_at: Timestamp,
    pub status: Status,
}

/// The data of `question:tagged` and `question:untagged`: all tags as they are after the change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "said by the struct")]
pub struct QuestionTags {
    pub question_id: QuestionId,
    pub tags: Vec<Tag>,
}

/// The data of `question:pinned`; `pinnedBy` and `pinnedAt` are `null` when it was unpinned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "said by the struct")]
pub struct QuestionPinned {
    pub question_id: QuestionId,
    pub is_pinned: bool,
    pub pinned_by: Option<UserId>,
    #[serde(with = "rfc3339::option")]
    pub pinned_at: Option<Timestamp>,
}

/// The data of `question:frozen`; `frozenBy` and `frozenAt` are `null` when it was unfrozen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "said by the struct")]
pub struct QuestionFrozen {
    pub question_id: QuestionId,
    pub is_frozen: bool,
    pub frozen_by: Option<UserId>,
    #[serde(with = "rfc3339::option")]
    pub frozen_at: Option<Timestamp>,
}

/// The data of a fact that only names what is gone: `team:archived`, `tag:deleted`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gone {
    /// The id of what is gone. One type for every noun: each one more is a reader more in every browser.
    pub id: Uuid,
}

/// The data of `question:updated`: the text and the answer as they are now; `responseText` and `respondedAt` are `null`
/// while there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "said by the struct")]
pub struct QuestionUpdated {
    pub id: QuestionId,
    pub body: String,
    pub status: Status,
    pub response_text: Option<String>,
    #[serde(with = "rfc3339::option")]
    pub responded_at: Option<Timestamp>,
}

/// The data of facts that only name a question. `question:removed`: it is off the board. `question:moderated`, which
/// moderators are sent: what they know of it is another now; what that is they ask for, so that the log never holds what
/// was meant for few. One type for both: each one more is a reader more in every browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "said by the struct")]
pub struct QuestionRef {
    pub question_id: QuestionId,
}

/// The data of `question:merged`: the question is off the board, and its votes are another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "said by the struct")]
pub struct QuestionMerged {
    pub question_id: QuestionId,
    pub into: QuestionId,
}

/// The data of `question:reviewed`, which the asker is sent: where the question stands now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "said by the struct")]
pub struct QuestionReviewed {
    pub question_id: QuestionId,
    pub standing: Standing,
}

/// The data of `heartbeat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heartbeat {
    /// When it was sent.
    pub timestamp: Timestamp,
}

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
    /// Signal: the stream is alive.
    #[serde(rename = "heartbeat")]
    Heartbeat(Heartbeat),
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
pub const EVENT_TYPES: [&str; 23] = [
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
];

impl Event {
    /// The `type` on the wire.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Resync => "resync",
            Self::Heartbeat(_) => "heartbeat",
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
        !matches!(self, Self::Connected | Self::Resync | Self::Heartbeat(_) | Self::Upvoted(_))
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
            | Self::Heartbeat(_)
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
            Self::Connected | Self::Resync => Ok(()),
            Self::Heartbeat(d) => to.serialize_field("data", d),
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

/// A fact of the log with its place in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Its place; the first is 1, and there are no gaps.
    pub seq: i64,
    /// The team whose question it speaks of; absent when it concerns the whole tenant.
    pub team: Option<TeamId>,
    /// Whom it is for.
    pub audience: Audience,
    /// The fact itself.
    pub envelope: Envelope,
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
