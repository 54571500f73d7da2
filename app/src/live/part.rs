//! A board of which this page has some rows: what the server told of the rest.

use pulsestage::window::{BoardCounts, BoardPart, OrderIndex, SortKey};
use std::ops::Range;

/// What is known of the rows that are not here. Of the order, the rows from `begin` to `end` are known to follow one another.
/// Questions that are here and stand elsewhere have rows between them that are not here, so they are not drawn.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// The counts as they were told.
    told: BoardCounts,
    /// The counts of the questions that were here then.
    known: BoardCounts,
    /// How many rows came before the first that was told, and how many of those were here.
    before: usize,
    here_before: usize,
    /// The place of the first row that was told, where others come before it.
    begin: Option<SortKey>,
    /// The place of the last row that was told, where others follow it.
    end: Option<SortKey>,
    /// Whether something has happened since that may have changed which rows these are.
    #[cfg(any(test, feature = "browser"))]
    pub(super) is_stale: bool,
    /// Whether the board is too large to be loaded as a whole.
    #[cfg(any(test, feature = "browser"))]
    pub(super) is_large: bool,
    /// Whether no row was told of the filters that are drawn.
    #[cfg(any(test, feature = "browser"))]
    pub(super) is_makeshift: bool,
}

/// Rows that the server told, by their places as it knew them.
#[cfg(any(test, feature = "browser"))]
#[derive(Clone, Copy, Debug)]
pub(super) struct ToldRows {
    pub(super) counts: BoardCounts,
    /// How many rows come before them.
    pub(super) before: usize,
    /// The first and the last of them.
    pub(super) first: Option<SortKey>,
    pub(super) last: Option<SortKey>,
    /// Whether others follow.
    pub(super) follows: bool,
}

/// What rows that were told are for those that are here.
#[cfg(any(test, feature = "browser"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Joining {
    /// They are more at an end.
    Beside,
    /// They are the drawn ones as they are now.
    Again,
    /// They take their place.
    Instead,
}

impl Part {
    /// The part of a board that the index was made of.
    pub(super) fn new(part: &BoardPart, index: &OrderIndex) -> Self {
        let BoardPart { counts, offset, next, .. } = *part;
        let begin = (offset > 0).then(|| index.key(index.ids().next()?)).flatten();
        let end = next.and_then(|_| index.key(index.ids().next_back()?));
        Self {
            told: counts,
            known: index.counts(),
            before: offset as usize,
            here_before: 0,
            begin,
            end,
            #[cfg(any(test, feature = "browser"))]
            is_stale: false,
            #[cfg(any(test, feature = "browser"))]
            is_large: part.total > pulsestage::window::LARGEST_BOARD,
            #[cfg(any(test, feature = "browser"))]
            is_makeshift: false,
        }
    }

    /// The counts of the tabs now.
    pub(super) fn counts(&self, index: &OrderIndex) -> BoardCounts {
        self.told.moved_with(self.known, index.counts())
    }

    /// The places in the index of the rows that are known to follow one another.
    pub(super) fn range(&self, index: &OrderIndex) -> Range<usize> {
        index.between(self.begin, self.end)
    }

    /// How many rows come before the first of them.
    pub(super) fn offset(&self, index: &OrderIndex) -> usize {
        (self.before + self.range(index).start).saturating_sub(self.here_before)
    }

    /// Whether rows follow the last of them.
    pub(super) const fn follows(&self) -> bool {
        self.end.is_some()
    }

    /// Takes over what the server told of rows that are in the index now. `drawn` are the places of the first and the last
    /// row that are drawn.
    #[cfg(any(test, feature = "browser"))]
    pub(super) fn tell(&mut self, rows: ToldRows, joining: Joining, index: &OrderIndex, drawn: &[usize]) {
        let begin = rows.first.filter(|_| rows.before > 0);
        let end = rows.last.filter(|_| rows.follows);
        let (told, here) = (index.between(begin, end), self.range(index));
        let has_drawn = drawn.iter().all(|place| told.contains(place));
        if joining == Joining::Instead || (joining == Joining::Again && has_drawn) {
            (self.begin, self.end) = (begin, end);
        } else {
            if told.start <= here.start {
                self.begin = begin;
            }
            if told.end >= here.end {
                self.end = end;
            }
            // What has a row of both has no gap. Where there may be one, or the drawn rows are others by now, they are asked
            // for once more.
            self.is_stale |= joining == Joining::Again || told.start >= here.end || here.start >= told.end;
        }
        self.is_makeshift = false;
        self.told = rows.counts;
        self.known = index.counts();
        let first = self.range(index).start;
        (self.before, self.here_before) = (rows.before.saturating_sub(told.start - first), first);
        // Rows that are missing although the first row is here have come between those that are.
        self.is_stale |= self.begin.is_none() && self.before > 0;
        if self.begin.is_none() || self.before == 0 {
            (self.before, self.here_before, self.begin) = (0, 0, None);
        }
    }

    /// The filters are others, and no row of theirs was told yet: those that are here have to do.
    #[cfg(any(test, feature = "browser"))]
    pub(super) fn make_do(&mut self, are_counts_same: bool, index: &OrderIndex) {
        let counts = if are_counts_same { self.counts(index) } else { index.counts() };
        (self.told, self.known) = (counts, index.counts());
        (self.before, self.here_before, self.begin) = (0, 0, None);
        self.end = index.ids().next_back().and_then(|last| index.key(last));
        (self.is_stale, self.is_makeshift) = (true, true);
    }
}
