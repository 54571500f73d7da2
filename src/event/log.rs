//! The log: facts with their places in it, and what is known of its end.

use uuid::Uuid;

use super::{Cursor, Envelope, Event};
use crate::audience::Audience;
use crate::id::{QuestionId, TeamId, TenantId};
use crate::time::Timestamp;

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
