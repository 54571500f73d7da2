//! What a moderator does with a question under review, and what takes it back.

use pulsestage::id::QuestionId;
use pulsestage::moderation::Case;

use crate::api::{self, ApiError};
use crate::platform;

pub use crate::api::Decision;

/// What a moderator wants done with a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A decision.
    Decide(Decision),
    /// Off the board, with a reason for its asker.
    Decline(String),
    /// Another text.
    Edit(String),
    /// Starred or not.
    Star(bool),
    /// A word for moderators.
    Label(String),
    /// Its votes go to this one.
    Merge(QuestionId),
    /// Its votes come back.
    Split,
}

impl Step {
    /// What takes it back, when something does.
    #[must_use]
    pub const fn undo(&self) -> Option<Self> {
        match self {
            Self::Decide(Decision::Approve) => Some(Self::Decide(Decision::Hold)),
            Self::Decide(Decision::Hold) => Some(Self::Decide(Decision::Approve)),
            Self::Decide(Decision::Decline) | Self::Decline(_) => Some(Self::Decide(Decision::Restore)),
            Self::Decide(Decision::Delete) => Some(Self::Decide(Decision::Undelete)),
            Self::Merge(_) => Some(Self::Split),
            _ => None,
        }
    }

    /// What is said when it was done.
    #[must_use]
    pub const fn done(&self) -> &'static str {
        match self {
            Self::Decide(Decision::Approve | Decision::Restore | Decision::Undelete) => "It is on the board.",
            Self::Decide(Decision::Hold) => "It waits for review.",
            Self::Decide(Decision::Decline) | Self::Decline(_) => "Declined. Its asker is told.",
            Self::Decide(Decision::Delete) => "Deleted.",
            Self::Decide(Decision::Reopen) => "Its answer was taken back.",
            Self::Edit(_) => "The text was changed.",
            Self::Star(_) | Self::Label(_) => "Noted.",
            Self::Merge(_) => "Merged: each voter counts once.",
            Self::Split => "Split again.",
        }
    }

    /// Sends it, for the version of the question that was seen.
    ///
    /// # Errors
    /// When it was refused or could not be brought.
    pub async fn send(self, tenant: String, question: QuestionId, seen: Option<i64>) -> Result<Case, ApiError> {
        let op = Some(platform::operation_id());
        match self {
            Self::Decide(decision) => api::decide(tenant, question, decision, seen, op).await,
            Self::Decline(reason) => api::decline(tenant, question, reason, seen, op).await,
            Self::Edit(text) => api::edit(tenant, question, text, seen, op).await,
            Self::Star(on) => api::star(tenant, question, on, op).await,
            Self::Label(label) => api::label(tenant, question, label, op).await,
            Self::Merge(into) => api::merge(tenant, question, into, op).await,
            Self::Split => api::split(tenant, question, op).await,
        }
    }
}
