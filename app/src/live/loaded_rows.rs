//! Rows of a board as `/api/rows` tells them.

use pulsestage::event::Cursor;
use pulsestage::question::Question;
use pulsestage::window::BoardCounts;
use serde::Deserialize;

/// Some rows that the filters choose, in order.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct LoadedRows {
    /// How far in the log they have come.
    pub(super) cursor: Cursor,
    /// The counts of the tabs.
    pub(super) counts: BoardCounts,
    /// How many rows come before them.
    pub(super) offset: u32,
    /// The offset of those that follow.
    #[serde(default)]
    pub(super) next: Option<u32>,
    /// The questions.
    pub(super) questions: Vec<Question>,
}
