//! A board of which this page has some rows: what the server told of the rest.

use pulsestage::window::{BoardCounts, BoardPart, OrderIndex, SortKey};

/// What is known of the rows that are not here. The rows that are here follow one another in the order, `offset` of them
/// being before the first.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// The counts as they were told.
    told: BoardCounts,
    /// The counts of the questions that were here then.
    known: BoardCounts,
    /// How many rows come before the first that is here.
    pub(super) offset: u32,
    /// The offset of the rows that follow.
    pub(super) next: Option<u32>,
    /// The place of the last row that was told, where others follow: a question that stands behind it stands between rows
    /// that are not here.
    end: Option<SortKey>,
    /// Whether something has happened since that may have changed which rows these are.
    #[cfg(any(test, feature = "browser"))]
    pub(super) is_stale: bool,
    /// Whether the board is too large to be loaded as a whole.
    #[cfg(any(test, feature = "browser"))]
    pub(super) is_large: bool,
}

impl Part {
    /// The part of a board that the index was made of.
    pub(super) fn new(told: &BoardPart, index: &OrderIndex) -> Self {
        let BoardPart { counts, offset, next, .. } = *told;
        let end = next.and_then(|_| index.key(index.ids().next_back()?));
        Self {
            told: counts,
            known: index.counts(),
            offset,
            next,
            end,
            #[cfg(any(test, feature = "browser"))]
            is_stale: false,
            #[cfg(any(test, feature = "browser"))]
            is_large: false,
        }
    }

    /// The counts of the tabs now.
    pub(super) fn counts(&self, index: &OrderIndex) -> BoardCounts {
        self.told.moved_with(self.known, index.counts())
    }

    /// How many rows of the order are known to follow one another.
    pub(super) fn reach(&self, index: &OrderIndex) -> usize {
        self.end.map_or_else(|| index.ids().len(), |end| index.up_to(&end))
    }

    /// The counts were told anew, for the questions that the index has now.
    #[cfg(any(test, feature = "browser"))]
    pub(super) const fn count(&mut self, told: BoardCounts, index: &OrderIndex) {
        self.told = told;
        self.known = index.counts();
    }

    /// The last row that was told is this one, and the one that follows it has this offset.
    #[cfg(any(test, feature = "browser"))]
    pub(super) fn end_at(&mut self, last: Option<SortKey>, next: Option<u32>) {
        self.end = next.and(last);
        self.next = next;
    }
}
