//! A row of a table, whichever file it goes to.

use std::borrow::Cow;

use pulsestage::audit::Record;
use pulsestage::export::ExportedQuestion;
use pulsestage::time::Timestamp;

/// What is in one place of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cell<'a> {
    /// Nothing.
    Nothing,
    /// A number.
    Number(i64),
    /// A moment, told to the second.
    Moment(Timestamp),
    /// Words, which anybody may have typed.
    Text(Cow<'a, str>),
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<Timestamp> for Cell<'_> {
    fn from(at: Timestamp) -> Self {
        Self::Moment(at)
    }
}

impl From<String> for Cell<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl<'a, T: Into<Self>> From<Option<T>> for Cell<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Nothing, Into::into)
    }
}

/// The titles of a question's cells.
pub(super) const QUESTION: [&str; 17] = [
    "id",
    "votes",
    "team",
    "state",
    "asked_at",
    "question",
    "original_question",
    "tags",
    "answer",
    "answered_at",
    "answered_by",
    "pinned",
    "frozen",
    "starred",
    "label",
    "reason",
    "merged_into",
];

/// A question's cells, in the order of [`QUESTION`].
pub(super) fn question(question: &ExportedQuestion) -> [Cell<'_>; QUESTION.len()] {
    let yes = |flag: bool| Cell::from(flag.then_some("yes"));
    [
        question.id.to_string().into(),
        Cell::Number(question.votes),
        question.team.as_str().into(),
        question.state.as_str().into(),
        question.asked_at.into(),
        question.text.as_str().into(),
        question.original_text.as_deref().into(),
        question.tags.join(", ").into(),
        question.answer.as_deref().into(),
        question.answered_at.into(),
        question.answered_by.as_deref().into(),
        yes(question.pinned),
        yes(question.frozen),
        yes(question.starred),
        question.label.as_deref().into(),
        question.reason.as_deref().into(),
        question.merged_into.map(|id| id.to_string()).into(),
    ]
}

/// The titles of the cells of an entry of the audit.
pub(super) const RECORD: [&str; 11] =
    ["at", "action", "outcome", "person", "person_id", "team", "team_id", "subject_id", "before", "after", "id"];

/// The cells of an entry of the audit, in the order of [`RECORD`].
pub(super) fn record(record: &Record) -> [Cell<'_>; RECORD.len()] {
    [
        record.at.into(),
        record.action.as_str().into(),
        record.outcome.as_str().into(),
        record.by_name.as_deref().into(),
        record.by.map(|by| by.to_string()).into(),
        record.team_name.as_deref().into(),
        record.team.map(|team| team.to_string()).into(),
        record.subject.map(|subject| subject.to_string()).into(),
        record.before.as_deref().into(),
        record.after.as_deref().into(),
        record.id.to_string().into(),
    ]
}
