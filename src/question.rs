//! A question as the public sees it. Who asked is not part of it, on purpose.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

use crate::id::{QuestionId, TeamId, UserId};
use crate::tag::Tag;
use crate::time::{Timestamp, rfc3339};

/// Where a question stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// Shown, waiting for an answer, open to votes.
    Open,
    /// Shown with its answer; closed to votes.
    Answered,
    /// Held back until a moderator has looked at it; never on a public board.
    UnderReview,
}

impl Status {
    /// Every status, in the order of a question's life.
    pub const ALL: [Self; 3] = [Self::UnderReview, Self::Open, Self::Answered];

    /// The word on the wire and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Answered => "ANSWERED",
            Self::UnderReview => "UNDER_REVIEW",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Status {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|s| s.as_str() == word).ok_or(UnknownWord)
    }
}

/// A stored word that this version does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown word")]
pub struct UnknownWord;

/// A mark that a moderator set (pinned, frozen): by whom and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stamp {
    /// The moderator.
    pub by: UserId,
    /// When it was set.
    pub at: Timestamp,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// The text.
    pub response_text: String,
    /// When it was given, or last changed.
    #[serde(with = "rfc3339")]
    pub responded_at: Timestamp,
}

/// A question on the public board.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Question {
    /// Never changes.
    pub id: QuestionId,
    /// The team it was put to.
    pub team_id: TeamId,
    /// The text.
    pub body: String,
    /// How many people want it answered.
    pub upvotes: i64,
    /// Where it stands.
    pub status: Status,
    /// When it was asked.
    #[serde(with = "rfc3339")]
    pub created_at: Timestamp,
    /// Its tags, by name.
    pub tags: Vec<Tag>,
    /// Its answer, when it has one.
    pub answer: Option<Answer>,
    /// Set while it is pinned to the top.
    pub pinned: Option<Stamp>,
    /// Set while it is closed to votes and answers.
    pub frozen: Option<Stamp>,
    /// What its asker chose to be called, where they chose to be called anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author_name: Option<String>,
}

impl Question {
    /// Whether a vote for it would be taken now.
    #[must_use]
    pub fn takes_votes(&self) -> bool {
        self.status == Status::Open && self.frozen.is_none()
    }
}
