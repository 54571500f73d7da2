//! One question as the list shows it, and the store of all rows in drawing order.

use pulsestage::id::QuestionId;
use pulsestage::question::{Answer, Status};
use pulsestage::tag::Tag;
use pulsestage::time::Timestamp;
use reactive_stores::{AtKeyed, Patch, Store};

/// The rows of the list. Patched as a whole: only what changed wakes its reader.
#[derive(Clone, Debug, Default, PartialEq, Store, Patch)]
pub struct Rows {
    /// The rows in drawing order.
    #[store(key: QuestionId = |row| row.id)]
    pub list: Vec<Row>,
}

/// One row of the store, by its question. Read its fields with `try_get`: a row may leave while it is being read.
pub type RowField = AtKeyed<Store<Rows>, Rows, QuestionId, Vec<Row>>;

/// One question as the list shows it: the board's question with the reader's own vote laid over it.
#[derive(Clone, Debug, PartialEq, Store, Patch)]
pub struct Row {
    /// The question.
    #[patch(|this, new| *this = new)]
    pub id: QuestionId,
    /// The name of its team.
    pub team: String,
    /// The text.
    pub body: String,
    /// The count to show, the reader's own click included.
    pub upvotes: i64,
    /// Where it stands.
    #[patch(|this, new| *this = new)]
    pub status: Status,
    /// When it was asked.
    #[patch(|this, new| *this = new)]
    pub created_at: Timestamp,
    /// Its tags, by name.
    #[patch(|this, new| *this = new)]
    pub tags: Vec<Tag>,
    /// Its answer.
    #[patch(|this, new| *this = new)]
    pub answer: Option<Answer>,
    /// Whether it is pinned to the top.
    pub pinned: bool,
    /// Whether it is closed to votes and answers.
    pub frozen: bool,
    /// What its asker is called, where they chose to be called anything.
    #[patch(|this, new| *this = new)]
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
