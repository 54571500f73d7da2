//! The order of a board's questions, kept up to date one change at a time.
//!
//! [`ordered`](super::ordered) looks at every question of a board. A page that follows a stream would do so for each of its
//! messages; here a message costs a search and a move within one list.

use std::cmp::Ordering;
use std::ops::Range;

use super::{BoardCounts, Chosen, Filters, SortKey, in_tab};
use crate::board::Board;
use crate::event::Event;
use crate::id::QuestionId;
use crate::question::{Question, Status};

/// What an event may have changed of the order of a board, or of the words of its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touched {
    /// Nothing.
    Nothing,
    /// One question.
    Question(QuestionId),
    /// Any question: a team or a tag is another.
    Everything,
}

impl Touched {
    /// What this event may have changed.
    #[must_use]
    pub fn by(event: &Event) -> Self {
        match event {
            Event::TeamCreated(_)
            | Event::TeamUpdated(_)
            | Event::TeamArchived(_)
            | Event::TeamRestored(_)
            | Event::TagCreated(_)
            | Event::TagUpdated(_)
            | Event::TagDeleted(_) => Self::Everything,
            event => event.question().map_or(Self::Nothing, Self::Question),
        }
    }
}

/// What became of a question in the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shift {
    /// It stands where it stood, or was never there.
    Same,
    /// It stands elsewhere.
    Moved,
    /// It was not there before.
    Entered,
    /// It is there no longer.
    Left,
}

/// A question that the filters of team and tags choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    key: SortKey,
    status: Status,
}

/// The questions that some filters choose, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderIndex {
    filters: Filters,
    /// Whatever the tab, by question.
    entries: Vec<Entry>,
    /// Those of the tab, in order.
    keys: Vec<SortKey>,
    counts: BoardCounts,
}

impl OrderIndex {
    /// The index of a board. `upvotes` is the count to order by, which in a browser has the reader's own click.
    #[must_use]
    pub fn new(board: &Board, filters: &Filters, upvotes: &dyn Fn(&Question) -> i64) -> Self {
        let chosen = Chosen::of(board, filters);
        let taken = board.questions.values().filter(|question| chosen.takes(question));
        let entries: Vec<Entry> = taken.map(|question| Entry::of(question, upvotes)).collect();
        let mut counts = BoardCounts::default();
        entries.iter().for_each(|entry| counts.add(entry.status, 1));
        let mut keys: Vec<SortKey> = Vec::with_capacity(entries.len());
        keys.extend(entries.iter().filter(|entry| in_tab(entry.status, filters.tab)).map(|entry| entry.key));
        keys.sort_unstable_by(|a, b| a.compare(b, filters.sort));
        Self { filters: filters.clone(), entries, keys, counts }
    }

    /// Follows a change of one question of the board that the index was made of, or of its count. The same `upvotes` as for
    /// all others. After [`Touched::Everything`] a new index is due.
    pub fn update(&mut self, board: &Board, question: QuestionId, upvotes: &dyn Fn(&Question) -> i64) -> Shift {
        let chosen = Chosen::of(board, &self.filters);
        let taken = board.questions.get(&question).filter(|question| chosen.takes(question));
        let after = taken.map(|question| Entry::of(question, upvotes));
        let at = self.entries.binary_search_by(|entry| entry.key.id.cmp(&question));
        let before = at.ok().and_then(|at| self.entries.get(at)).copied();
        if before == after {
            return Shift::Same;
        }
        match (at, after) {
            (Ok(at), Some(after)) => self.entries[at] = after,
            (Ok(at), None) => {
                self.entries.remove(at);
            }
            (Err(at), Some(after)) => self.entries.insert(at, after),
            (Err(_), None) => {}
        }
        let left = before.is_some_and(|before| self.take_out(before));
        let entered = after.is_some_and(|after| self.put_in(after));
        match (left, entered) {
            (false, false) => Shift::Same,
            (false, true) => Shift::Entered,
            (true, false) => Shift::Left,
            (true, true) if before.map(|entry| entry.key) == after.map(|entry| entry.key) => Shift::Same,
            (true, true) => Shift::Moved,
        }
    }

    /// Whether it was in the tab.
    fn take_out(&mut self, entry: Entry) -> bool {
        self.counts.add(entry.status, -1);
        let place = self.place_of(&entry.key);
        let is_there = in_tab(entry.status, self.filters.tab) && place.is_ok();
        if let (true, Ok(place)) = (is_there, place) {
            self.keys.remove(place);
        }
        is_there
    }

    /// Whether it is in the tab.
    fn put_in(&mut self, entry: Entry) -> bool {
        self.counts.add(entry.status, 1);
        let is_there = in_tab(entry.status, self.filters.tab);
        if let (true, Err(place)) = (is_there, self.place_of(&entry.key)) {
            self.keys.insert(place, entry.key);
        }
        is_there
    }

    fn place_of(&self, key: &SortKey) -> Result<usize, usize> {
        self.keys.binary_search_by(|other| other.compare(key, self.filters.sort))
    }

    /// What the index is made for.
    #[must_use]
    pub const fn filters(&self) -> &Filters {
        &self.filters
    }

    /// How many questions each tab has.
    #[must_use]
    pub const fn counts(&self) -> BoardCounts {
        self.counts
    }

    /// The questions of the tab, in order.
    pub fn ids(&self) -> impl ExactSizeIterator<Item = QuestionId> + DoubleEndedIterator + '_ {
        self.keys.iter().map(|key| key.id)
    }

    /// Where a question stands in the order.
    #[must_use]
    pub fn position(&self, question: QuestionId) -> Option<usize> {
        self.place_of(&self.key(question)?).ok()
    }

    /// What a question is ordered by, when the filters of team and tags choose it.
    #[must_use]
    pub fn key(&self, question: QuestionId) -> Option<SortKey> {
        let at = self.entries.binary_search_by(|entry| entry.key.id.cmp(&question)).ok()?;
        self.entries.get(at).map(|entry| entry.key)
    }

    /// The places of the questions of the tab from where one with the key `begin` would stand up to where one with the key
    /// `end` would, both with them; from the first, or up to the last, where there is no key.
    #[must_use]
    pub fn between(&self, begin: Option<SortKey>, end: Option<SortKey>) -> Range<usize> {
        let before = |key: SortKey, also: Ordering| {
            self.keys.partition_point(|other| {
                let order = other.compare(&key, self.filters.sort);
                order == Ordering::Less || order == also
            })
        };
        let first = begin.map_or(0, |begin| before(begin, Ordering::Less));
        first..end.map_or(self.keys.len(), |end| before(end, Ordering::Equal)).max(first)
    }
}

impl Entry {
    fn of(question: &Question, upvotes: &dyn Fn(&Question) -> i64) -> Self {
        Self { key: SortKey::of(question, upvotes(question)), status: question.status }
    }
}

impl BoardCounts {
    /// Counts one question more or less.
    const fn add(&mut self, status: Status, change: i32) {
        self.all = self.all.saturating_add_signed(change);
        match status {
            Status::Open => self.open = self.open.saturating_add_signed(change),
            Status::Answered => self.answered = self.answered.saturating_add_signed(change),
            Status::UnderReview => {}
        }
    }

    /// These counts after others have grown, or shrunk, from `before` to `after`.
    #[must_use]
    pub const fn moved_with(self, before: Self, after: Self) -> Self {
        Self {
            open: self.open.saturating_add(after.open).saturating_sub(before.open),
            answered: self.answered.saturating_add(after.answered).saturating_sub(before.answered),
            all: self.all.saturating_add(after.all).saturating_sub(before.all),
        }
    }
}

#[cfg(test)]
#[path = "index_tests.rs"]
mod tests;
