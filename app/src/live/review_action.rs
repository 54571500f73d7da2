//! What a moderator does with a question under review, and what takes it back.

use pulsestage::id::QuestionId;
use pulsestage::moderation::{Case, Note, ReviewDecision};

use crate::api::{self, ApiError};
use crate::platform;

/// What a moderator wants done with a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReviewAction {
    /// Decide about it.
    Decide(ReviewDecision<String>),
    /// Note something about it, for moderators.
    Note(Note),
    /// Give its votes to this one.
    Merge(QuestionId),
    /// Take a merge back.
    Split,
}

impl ReviewAction {
    /// What takes it back, when something does.
    #[must_use]
    pub fn undo(&self) -> Option<Self> {
        match self {
            Self::Decide(decision) => decision.undo().map(Self::Decide),
            Self::Merge(_) => Some(Self::Split),
            Self::Note(_) | Self::Split => None,
        }
    }

    /// What is said when it was done.
    #[must_use]
    pub const fn done(&self) -> &'static str {
        match self {
            Self::Decide(decision) => match decision {
                ReviewDecision::Approve | ReviewDecision::Restore | ReviewDecision::Undelete => "On the board.",
                ReviewDecision::Hold => "On hold for review.",
                ReviewDecision::Decline { .. } => "Declined. The person who asked sees the reason.",
                ReviewDecision::Delete => "Deleted.",
                ReviewDecision::Edit { .. } => "Text saved.",
                ReviewDecision::Reopen => "Answer removed.",
            },
            Self::Note(_) => "Saved.",
            Self::Merge(_) => "Merged. Each person's vote counts once.",
            Self::Split => "Merge undone.",
        }
    }

    /// The beginning of the name under which the device keeps what was typed for it; the question follows.
    #[must_use]
    pub const fn draft(&self) -> Option<&'static str> {
        match self {
            Self::Decide(ReviewDecision::Decline { .. }) => Some("decline"),
            Self::Decide(ReviewDecision::Edit { .. }) => Some("edit"),
            Self::Decide(_) | Self::Note(_) | Self::Merge(_) | Self::Split => None,
        }
    }

    /// Sends it, for the version of the question that was seen.
    ///
    /// # Errors
    /// When it was refused or could not be brought.
    pub async fn send(self, tenant: String, question: QuestionId, seen: Option<i64>) -> Result<Case, ApiError> {
        let op = Some(platform::operation_id());
        match self {
            Self::Decide(ReviewDecision::Decline { reason: Some(reason) }) => {
                api::decline(tenant, question, reason, seen, op).await
            }
            Self::Decide(ReviewDecision::Edit { body }) => api::edit(tenant, question, body, seen, op).await,
            Self::Decide(decision) => api::decide(tenant, question, decision, seen, op).await,
            Self::Note(Note::Star(on)) => api::star(tenant, question, on, op).await,
            Self::Note(Note::Label(label)) => api::label(tenant, question, label.unwrap_or_default(), op).await,
            Self::Note(Note::Draft(text)) => api::draft(tenant, question, text.unwrap_or_default(), op).await,
            Self::Note(Note::Claim(on)) => api::claim(tenant, question, on, op).await,
            Self::Merge(into) => api::merge(tenant, question, into, op).await,
            Self::Split => api::split(tenant, question, op).await,
        }
    }
}
