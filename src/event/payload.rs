//! The `data` of each event, field by field as the wire has it.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::id::{QuestionId, TeamId, UserId};
use crate::moderation::Standing;
use crate::question::{Question, Status};
use crate::tag::Tag;
use crate::time::{Timestamp, rfc3339};

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

impl QuestionAnswered {
    /// The fact of the answer that a question has, if it has one.
    #[must_use]
    pub fn of(question: &Question) -> Option<Self> {
        let answer = question.answer.as_ref()?;
        Some(Self {
            id: question.id,
            response_text: answer.response_text.clone(),
            responded_at: answer.responded_at,
            status: question.status,
        })
    }
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

impl QuestionPinned {
    /// The fact of whether a question is pinned.
    #[must_use]
    pub fn of(question: &Question) -> Self {
        let mark = question.pinned;
        Self {
            question_id: question.id,
            is_pinned: mark.is_some(),
            pinned_by: mark.map(|mark| mark.by),
            pinned_at: mark.map(|mark| mark.at),
        }
    }
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

impl QuestionFrozen {
    /// The fact of whether a question is frozen.
    #[must_use]
    pub fn of(question: &Question) -> Self {
        let mark = question.frozen;
        Self {
            question_id: question.id,
            is_frozen: mark.is_some(),
            frozen_by: mark.map(|mark| mark.by),
            frozen_at: mark.map(|mark| mark.at),
        }
    }
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

impl QuestionUpdated {
    /// The fact of a question's text and answer.
    #[must_use]
    pub fn of(question: &Question) -> Self {
        let answer = question.answer.as_ref();
        Self {
            id: question.id,
            body: question.body.clone(),
            status: question.status,
            response_text: answer.map(|answer| answer.response_text.clone()),
            responded_at: answer.map(|answer| answer.responded_at),
        }
    }
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

/// The data of `team:counted`: how many of a team's questions there are, where the workspace shows that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamTotals {
    /// The team.
    pub id: TeamId,
    /// The questions that were ever sent to it.
    pub received: u32,
    /// Those that are on the board.
    pub shown: u32,
    /// Those that a moderator declined.
    pub declined: u32,
}

/// The data of `heartbeat`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Heartbeat {
    /// When it was sent.
    pub timestamp: Timestamp,
}

/// The data of `stale`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stale {
    /// Everything that was shown is as it was at this time, by the server's clock.
    pub since: Timestamp,
}
