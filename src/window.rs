//! The window of a board: the rows that a page has at once, of the questions that its reader chose and in their order.
//!
//! Pure, so that the server sends what the browser would draw: both take the order from [`ordered`]. A page of a board with
//! more questions than [`ROWS`] gets one window and a [`BoardPart`], which says what it is a part of.

mod filters;
mod index;
mod searched;
mod seen;

use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

use crate::board::Board;
use crate::id::{QuestionId, TeamId};
use crate::question::{Question, Status};
use crate::time::Timestamp;

pub use filters::{Filters, Sort, Tab};
pub use index::{OrderIndex, Shift, Touched};
pub use searched::MOST_FOUND;
pub use seen::SeenBoard;

/// How many rows a page has at first, and how many each further answer adds.
pub const ROWS: u32 = 50;
/// The most rows of one answer.
pub const MOST_ROWS: u32 = 500;
/// The most questions of a board that a browser loads as a whole; a larger one is read window by window.
pub const LARGEST_BOARD: u32 = 2_000;
/// Under [`Sort::Trending`] twice the votes count as much as being asked so much later, in milliseconds.
const TREND_MS: i64 = 10 * 60 * 1_000;
/// Beyond it more votes make no difference to [`Sort::Trending`]: what is computed stays within 64 bits.
const MOST_TRENDING: i64 = (1 << 40) - 1;

/// How many questions each tab has under the filters of team and tags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardCounts {
    /// Waiting for an answer.
    pub open: u32,
    /// Answered.
    pub answered: u32,
    /// Both.
    pub all: u32,
}

impl BoardCounts {
    /// The count of one tab.
    #[must_use]
    pub const fn of(&self, tab: Tab) -> u32 {
        match tab {
            Tab::Open => self.open,
            Tab::Answered => self.answered,
            Tab::All => self.all,
        }
    }
}

/// What a board with one window of its questions is a part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BoardPart {
    /// How many questions the whole board has.
    pub total: u32,
    /// How many each tab has under the filters that the window was made for.
    pub counts: BoardCounts,
    /// How many rows come before the window's first.
    #[serde(default)]
    pub offset: u32,
    /// The offset of the window that follows; none after the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u32>,
}

/// The questions that the filters choose, in the order in which they are drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowOrder {
    /// The chosen questions.
    pub ids: Vec<QuestionId>,
    /// The counts of the tabs.
    pub counts: BoardCounts,
}

/// Where a window begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WindowStart {
    /// After so many rows.
    Offset(u32),
    /// Where the one with this question does, of windows that stand one after the other; at the top without it.
    Question(QuestionId),
}

impl Default for WindowStart {
    fn default() -> Self {
        Self::Offset(0)
    }
}

impl WindowStart {
    /// Takes over one pair of a query, where `offset` is a number of rows and `q` a question; whether it was one of them.
    /// What cannot be read begins at the top.
    pub fn read(&mut self, name: &str, value: &str) -> bool {
        match name {
            "offset" => *self = Self::Offset(value.parse().unwrap_or_default()),
            "q" => *self = value.parse().map_or_else(|_| Self::default(), Self::Question),
            _ => return false,
        }
        true
    }
}

/// Some rows of an [`RowOrder`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowWindow {
    /// The rows.
    pub ids: Vec<QuestionId>,
    /// How many come before.
    pub offset: u32,
    /// Where the next window begins, if there is another.
    pub next: Option<u32>,
    /// The counts of the tabs.
    pub counts: BoardCounts,
}

/// Puts the questions that the filters choose in order: pinned first, then as chosen; among equals the later question
/// first, save under [`Sort::Oldest`]. `upvotes` is the count to order by, which in a browser has the reader's own click.
#[must_use]
pub fn ordered(board: &Board, filters: &Filters, upvotes: &dyn Fn(&Question) -> i64) -> RowOrder {
    let chosen = Chosen::of(board, filters);
    let mut counts = BoardCounts::default();
    let mut keys = Vec::new();
    for question in board.questions.values().filter(|question| chosen.takes(question)) {
        counts.all += 1;
        match question.status {
            Status::Open => counts.open += 1,
            Status::Answered => counts.answered += 1,
            Status::UnderReview => {}
        }
        if in_tab(question.status, filters.tab) {
            keys.push(SortKey::of(question, upvotes(question)));
        }
    }
    // One comparison for every order: each sort of its own is 3 KB in the browser.
    keys.sort_unstable_by(|a, b| a.compare(b, filters.sort));
    RowOrder { ids: keys.into_iter().map(|key| key.id).collect(), counts }
}

/// The window of at most `limit` rows that begins there.
#[must_use]
pub fn window(board: &Board, filters: &Filters, start: WindowStart, limit: u32) -> RowWindow {
    ordered(board, filters, &|question| question.upvotes).window(start, limit)
}

impl RowOrder {
    /// The rows from there on, at most `limit`. A start past the end is where the last window begins, for rows may have
    /// gone since their reader counted them.
    #[must_use]
    pub fn window(&self, start: WindowStart, limit: u32) -> RowWindow {
        let limit = limit.max(1) as usize;
        let count = self.ids.len();
        let last = count.saturating_sub(1) / limit * limit;
        let from = match start {
            WindowStart::Offset(rows) if (rows as usize) < count => rows as usize,
            WindowStart::Offset(_) => last,
            WindowStart::Question(question) => {
                self.ids.iter().position(|id| *id == question).map_or(0, |at| at / limit * limit)
            }
        };
        let to = count.min(from + limit);
        RowWindow {
            ids: self.ids[from..to].to_vec(),
            offset: from as u32,
            next: (to < count).then_some(to as u32),
            counts: self.counts,
        }
    }
}

impl RowWindow {
    /// The part of this board that the window is.
    #[must_use]
    pub fn part_of(&self, board: &Board) -> BoardPart {
        let total = u32::try_from(board.questions.len()).unwrap_or(u32::MAX);
        BoardPart { total, counts: self.counts, offset: self.offset, next: self.next }
    }

    /// The same board with the window's questions alone.
    #[must_use]
    pub fn cut(&self, board: &Board) -> Board {
        let rows = self.ids.iter().filter_map(|id| board.questions.get(id).map(|question| (*id, question.clone())));
        let (teams, tags, totals) = (board.teams.clone(), board.tags.clone(), board.totals.clone());
        Board { questions: rows.collect(), teams, tags, totals, ..*board }
    }
}

/// What a question is ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SortKey {
    pinned: bool,
    upvotes: i64,
    created_at: Timestamp,
    id: QuestionId,
}

impl SortKey {
    const fn of(question: &Question, upvotes: i64) -> Self {
        Self { pinned: question.pinned.is_some(), upvotes, created_at: question.created_at, id: question.id }
    }

    /// What [`Sort::Trending`] orders by: the time of asking, and ten minutes more for each doubling of the votes, one vote
    /// being the first. Between two doublings it grows in a straight line, so that every vote counts. Whole numbers alone:
    /// a server and a browser come to the same. It does not depend on what time it is, for as time passes all questions
    /// become older alike; so nothing moves without a vote, and an order that is kept stays right.
    const fn trend(&self) -> i64 {
        let votes = if self.upvotes < 0 { 0 } else { self.upvotes };
        let votes = 1 + if votes > MOST_TRENDING { MOST_TRENDING } else { votes };
        let doublings = votes.ilog2();
        let power = 1_i64 << doublings;
        self.created_at.0.saturating_add(TREND_MS * doublings as i64 + TREND_MS * (votes - power) / power)
    }

    fn compare(&self, other: &Self, by: Sort) -> Ordering {
        let newest_first = || (other.created_at, other.id).cmp(&(self.created_at, self.id));
        other.pinned.cmp(&self.pinned).then_with(|| match by {
            Sort::Votes => other.upvotes.cmp(&self.upvotes).then_with(newest_first),
            Sort::Trending => other.trend().cmp(&self.trend()).then_with(newest_first),
            Sort::Newest => newest_first(),
            Sort::Oldest => newest_first().reverse(),
        })
    }
}

/// The filters of team and tags as this board knows them.
struct Chosen<'a> {
    team: Option<TeamId>,
    filters: &'a Filters,
    any_tag: bool,
}

impl<'a> Chosen<'a> {
    fn of(board: &Board, filters: &'a Filters) -> Self {
        let slug = filters.team.as_deref();
        Self {
            team: board.teams.iter().find(|team| Some(team.slug.as_str()) == slug).map(|team| team.id),
            any_tag: board.tags.iter().all(|tag| !filters.tags.contains(&tag.id)),
            filters,
        }
    }

    fn takes(&self, question: &Question) -> bool {
        // Held back questions are on no public board; should one get here, it is not drawn.
        question.status != Status::UnderReview
            && self.team.is_none_or(|team| question.team_id == team)
            && (self.any_tag || question.tags.iter().any(|tag| self.filters.tags.contains(&tag.id)))
    }
}

const fn in_tab(status: Status, tab: Tab) -> bool {
    match tab {
        Tab::Open => matches!(status, Status::Open),
        Tab::Answered => matches!(status, Status::Answered),
        Tab::All => true,
    }
}

#[cfg(test)]
mod tests;
