//! A question as its asker sees it.

use serde::{Deserialize, Serialize};

use super::{Case, Removal};
use crate::id::QuestionId;
use crate::question::Status;
use crate::time::Timestamp;

/// Where an asker's question stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It waits for a moderator.
    Waiting,
    /// It is on the board.
    Shown,
    /// It is on the board with its answer.
    Answered,
    /// A moderator declined it.
    Declined,
    /// Its asker took it back.
    Withdrawn,
    /// Another question says the same and has its votes.
    Merged,
    /// It is gone.
    Deleted,
}

/// A question as its asker sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OwnQuestion {
    /// Which.
    pub id: QuestionId,
    /// Its text as it is now.
    pub body: String,
    /// The name on it, where it shows one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author_name: Option<String>,
    /// When it was asked.
    pub created_at: Timestamp,
    /// Where it stands.
    pub standing: Standing,
    /// What a moderator said of it.
    pub reason: Option<String>,
    /// How many messages moderators wrote since its asker last did.
    #[serde(default)]
    pub replies: i64,
}

impl From<Case> for OwnQuestion {
    fn from(case: Case) -> Self {
        Self {
            id: case.question.id,
            standing: case.standing(),
            body: case.question.body,
            author_name: case.question.author_name,
            created_at: case.question.created_at,
            reason: case.removed.and_then(|removed| removed.reason),
            replies: case.replies,
        }
    }
}

impl OwnQuestion {
    /// Whether its asker may change it or take it back.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self.standing, Standing::Waiting | Standing::Shown)
    }
}

impl Standing {
    /// Where a question stands that left the board so, or has this status.
    #[must_use]
    pub fn of(removal: Option<Removal>, status: Status) -> Self {
        match (removal, status) {
            (Some(removal), _) => removal.into(),
            (None, Status::UnderReview) => Self::Waiting,
            (None, Status::Open) => Self::Shown,
            (None, Status::Answered) => Self::Answered,
        }
    }

    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Shown => "shown",
            Self::Answered => "answered",
            Self::Declined => "declined",
            Self::Withdrawn => "withdrawn",
            Self::Merged => "merged",
            Self::Deleted => "deleted",
        }
    }
}

impl From<Removal> for Standing {
    fn from(removal: Removal) -> Self {
        match removal {
            Removal::Declined => Self::Declined,
            Removal::Withdrawn => Self::Withdrawn,
            Removal::Merged => Self::Merged,
            Removal::Deleted => Self::Deleted,
        }
    }
}
