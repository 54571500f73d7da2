//! The audit: what moderators and admins did, who signed in and out, and what people were refused. Entries are written
//! in the transaction of what they tell of and never change.
//!
//! What is written is here, what is read is in `read`. The types keep out what must not be in it: a participant's id and
//! a secret's hash are neither a [`Subject`] nor a [`Detail`].

mod act;
mod detail;
mod read;

use serde::{Deserialize, Serialize};

use crate::id::{TeamId, UserId};
use crate::permission::Action;

pub use act::{Act, refused_word, words};
pub use detail::{Detail, Details, Subject};
pub use read::{AuditView, Filter, Page, PageCursor, Query, Record};

/// Whether it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was refused and changed nothing.
    Refused,
}

impl Outcome {
    /// The word in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
        }
    }

    /// The outcome of a word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Done, Self::Refused].into_iter().find(|outcome| outcome.as_str() == word)
    }
}

/// An entry to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the field of the same name of `Record`")]
pub struct Entry {
    pub by: Option<UserId>,
    pub action: String,
    pub team: Option<TeamId>,
    pub subject: Option<Subject>,
    pub outcome: Outcome,
    pub before: Details,
    pub after: Details,
}

impl Entry {
    /// Something that this person did; nobody is the operator, or somebody who is not signed in.
    #[must_use]
    pub fn of(by: impl Into<Option<UserId>>, act: Act) -> Self {
        Self::new(by.into(), act.word(), Outcome::Done)
    }

    /// Something that this person wanted to do and was refused.
    #[must_use]
    pub fn refused(by: impl Into<Option<UserId>>, action: Action) -> Self {
        Self::new(by.into(), refused_word(action), Outcome::Refused)
    }

    fn new(by: Option<UserId>, action: String, outcome: Outcome) -> Self {
        let (before, after) = (Details::default(), Details::default());
        Self { by, action, team: None, subject: None, outcome, before, after }
    }

    /// It was done in a team, or to a thing of this team.
    #[must_use]
    pub fn team(self, team: impl Into<Option<TeamId>>) -> Self {
        Self { team: team.into(), ..self }
    }

    /// It was done to this.
    #[must_use]
    pub fn subject(self, subject: impl Into<Subject>) -> Self {
        Self { subject: Some(subject.into()), ..self }
    }

    /// How something was before.
    #[must_use]
    pub fn before(mut self, name: &'static str, value: impl Into<Detail>) -> Self {
        self.before.push(name, value.into());
        self
    }

    /// How something is after.
    #[must_use]
    pub fn after(mut self, name: &'static str, value: impl Into<Detail>) -> Self {
        self.after.push(name, value.into());
        self
    }

    /// How something was before and is after.
    #[must_use]
    pub fn change(self, name: &'static str, before: impl Into<Detail>, after: impl Into<Detail>) -> Self {
        self.before(name, before).after(name, after)
    }

    /// The same as something that was refused: a sign-in with a wrong password, say.
    #[must_use]
    pub fn was_refused(self) -> Self {
        Self { outcome: Outcome::Refused, ..self }
    }
}

#[cfg(test)]
mod tests;
