//! One question as the list shows it.

use leptos::prelude::Signal;
use pulsestage::id::QuestionId;
use pulsestage::question::{Answer, Status};
use pulsestage::tag::Tag;
use pulsestage::time::Timestamp;

/// A row that is drawn, by what it says now. It wakes its readers when anything of it is another. Read it with `try_with`: a
/// row may leave while it is being read.
pub type RowSignal = Signal<Row>;

/// One question as the list shows it: the board's question with the reader's own vote laid over it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The question.
    pub id: QuestionId,
    /// The name of its team.
    pub team: String,
    /// The text.
    pub body: String,
    /// The count to show, the reader's own click included.
    pub upvotes: i64,
    /// Where it stands.
    pub status: Status,
    /// When it was asked.
    pub created_at: Timestamp,
    /// Its tags, by name.
    pub tags: Vec<Tag>,
    /// Its answer.
    pub answer: Option<Answer>,
    /// Whether it is pinned to the top.
    pub pinned: bool,
    /// Whether it is closed to votes and answers.
    pub frozen: bool,
    /// What its asker is called, where they chose to be called anything.
    pub author: Option<String>,
    /// Whether this browser asked it.
    pub own: bool,
    /// Whether the reader's vote is on it, or about to be.
    pub voted: bool,
    /// Whether a vote would be taken.
    pub takes_votes: bool,
    /// Whether a moderator's change of it is under way from this page.
    pub pending: bool,
    /// Whether it arrived live a moment ago.
    pub fresh: bool,
}
