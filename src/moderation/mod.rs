//! What moderators know and do: the case of each question, what holds one back, and what takes one off the board.

mod change;
mod decision;
mod hold;
mod standing;

use serde::{Deserialize, Serialize};
use std::str::FromStr;

use crate::id::{QuestionId, TeamId, UserId};
use crate::question::{Question, Stamp, UnknownWord};
use crate::tenant::Tenant;
use crate::time::Timestamp;
use crate::user::Role;

pub use change::public_facts;
pub use decision::ReviewDecision;
pub use hold::Hold;
pub use standing::{OwnQuestion, Standing};

/// How many reports by different people hold a question back.
pub const REPORTS_THAT_HOLD: i64 = 3;
/// How long a moderator's claim holds without being renewed, in milliseconds.
pub const CLAIM_LIFE_MS: i64 = 120_000;
/// Most cases that a page lists.
pub const MOST_CASES: usize = 300;
/// Most questions that are changed in one go.
pub const MAX_BULK: usize = 200;

/// How a question left the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Removal {
    /// A moderator did not want it there.
    Declined,
    /// Its asker took it back.
    Withdrawn,
    /// Another question says the same and has its votes.
    Merged,
    /// An admin deleted it.
    Deleted,
}

impl Removal {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Declined, Self::Withdrawn, Self::Merged, Self::Deleted];

    /// The word in the database and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Declined => "declined",
            Self::Withdrawn => "withdrawn",
            Self::Merged => "merged",
            Self::Deleted => "deleted",
        }
    }
}

impl FromStr for Removal {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|removal| removal.as_str() == word).ok_or(UnknownWord)
    }
}

/// That a question is off the board, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Removed {
    /// How it left.
    pub removal: Removal,
    /// The moderator; absent when its asker took it back.
    pub by: Option<UserId>,
    /// When.
    pub at: Timestamp,
    /// What its asker is told.
    pub reason: Option<String>,
    /// The question that has its votes, when it was merged.
    pub into: Option<QuestionId>,
}

/// An answer that is not given yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Draft {
    /// Its text so far.
    pub text: String,
    /// Who wrote it.
    pub by: UserId,
    /// When it was last kept.
    pub at: Timestamp,
}

/// All that a team's moderators know of one question. Who asked is not part of it, on purpose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Case {
    /// The question as it is or would be on the board.
    pub question: Question,
    /// Counts every change of its text, answer or standing: a change is made to the version that its maker has seen.
    pub version: i64,
    /// Why it waits, when it does.
    pub hold: Option<Hold>,
    /// Why it is off the board, when it is.
    pub removed: Option<Removed>,
    /// Its text as it was asked, when it was edited.
    pub original: Option<String>,
    /// Whether a moderator starred it.
    pub starred: bool,
    /// A moderator's own word for it.
    pub label: Option<String>,
    /// An answer that is not given yet.
    pub draft: Option<Draft>,
    /// The moderator who is at it.
    pub claim: Option<Stamp>,
    /// How many people reported it.
    pub reports: i64,
    /// What the latest of them gave as reasons, each a line, the newest first.
    pub report_reasons: Vec<String>,
    /// How many messages its asker wrote since the moderators last did.
    pub unanswered: i64,
    /// How many messages moderators wrote since its asker last did.
    pub replies: i64,
}

/// What the review page is drawn from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReviewView {
    /// The tenant.
    pub tenant: Tenant,
    /// What the viewer may do in all of it.
    pub role: Role,
    /// The teams whose questions they moderate; all when absent.
    pub teams: Option<Vec<TeamId>>,
    /// The questions that they moderate, newest first.
    pub cases: Vec<Case>,
    /// Whether there are more, of which nothing waits for anybody.
    pub more: bool,
}

/// What a moderator notes about a question, for moderators only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// Starred or not.
    Star(bool),
    /// A word of their own, or none.
    Label(Option<String>),
    /// An answer that is not given yet, or none.
    Draft(Option<String>),
    /// That they are at it, or no longer.
    Claim(bool),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_removal_reads_back_from_its_word() {
        assert!(Removal::ALL.iter().all(|removal| removal.as_str().parse() == Ok(*removal)));
        assert_eq!("boredom".parse::<Removal>(), Err(UnknownWord));
    }
}
