//! What a moderator decides about a question.

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Error, Serialize, Serializer};
use std::str::FromStr;

use crate::audit::Act;
use crate::question::UnknownWord;
use crate::text::QuestionBody;

/// What a moderator decides about a question. `Body` is the text of an edit: a `String` as it was typed, a
/// [`QuestionBody`] once it is known to be within the tenant's limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReviewDecision<Body = QuestionBody> {
    /// It waited and is shown now.
    Approve,
    /// It was shown and waits now.
    Hold,
    /// It is off the board; its asker is told why.
    Decline {
        /// What its asker is told.
        reason: Option<String>,
    },
    /// It was declined and is on the board again.
    Restore,
    /// It is off the board for good.
    Delete,
    /// It was deleted and is on the board again.
    Undelete,
    /// It has another text.
    Edit {
        /// The new text.
        body: Body,
    },
    /// Its answer is taken back and it takes votes again.
    Reopen,
}

impl<Body> ReviewDecision<Body> {
    /// What it is in the audit.
    #[must_use]
    pub const fn act(&self) -> Act {
        match self {
            Self::Approve => Act::Approve,
            Self::Hold => Act::Hold,
            Self::Decline { .. } => Act::Decline,
            Self::Restore => Act::Restore,
            Self::Delete => Act::Delete,
            Self::Undelete => Act::Undelete,
            Self::Edit { .. } => Act::Edit,
            Self::Reopen => Act::Reopen,
        }
    }

    /// Its word in a form, and the word under which its idempotency key is kept.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Hold => "hold",
            Self::Decline { .. } => "decline",
            Self::Restore => "restore",
            Self::Delete => "delete",
            Self::Undelete => "undelete",
            Self::Edit { .. } => "edit",
            Self::Reopen => "reopen",
        }
    }

    /// The decision that takes it back, when one does.
    #[must_use]
    pub const fn undo(&self) -> Option<Self> {
        match self {
            Self::Approve => Some(Self::Hold),
            Self::Hold => Some(Self::Approve),
            Self::Decline { .. } => Some(Self::Restore),
            Self::Delete => Some(Self::Undelete),
            Self::Restore | Self::Undelete | Self::Edit { .. } | Self::Reopen => None,
        }
    }
}

/// A decision without a text.
impl FromStr for ReviewDecision<String> {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Ok(match word {
            "approve" => Self::Approve,
            "hold" => Self::Hold,
            "decline" => Self::Decline { reason: None },
            "restore" => Self::Restore,
            "delete" => Self::Delete,
            "undelete" => Self::Undelete,
            "reopen" => Self::Reopen,
            _ => return Err(UnknownWord),
        })
    }
}

/// As its word, which cannot hold a text: decisions with one have server functions of their own.
impl Serialize for ReviewDecision<String> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Edit { .. } | Self::Decline { reason: Some(_) } => Err(S::Error::custom("a decision with a text")),
            plain => to.serialize_str(plain.as_str()),
        }
    }
}

impl<'de> Deserialize<'de> for ReviewDecision<String> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_without_a_text_reads_back_from_its_word() {
        for word in ["approve", "hold", "decline", "restore", "delete", "undelete", "reopen"] {
            let decision: ReviewDecision<String> = word.parse().unwrap();
            assert_eq!(decision.as_str(), word);
            let json = serde_json::to_string(&decision).unwrap();
            assert_eq!(serde_json::from_str::<ReviewDecision<String>>(&json).unwrap(), decision);
        }
        for word in ["edit", "boredom", "Approve", ""] {
            assert_eq!(word.parse::<ReviewDecision<String>>(), Err(UnknownWord));
        }
    }

    #[test]
    fn a_text_is_never_lost_on_the_way() {
        let declined = ReviewDecision::Decline { reason: Some("Asked before".to_owned()) };
        for decision in [declined, ReviewDecision::Edit { body: "Why?".to_owned() }] {
            assert!(serde_json::to_string(&decision).is_err());
        }
    }
}
