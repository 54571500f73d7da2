//! Which rows of an order are drawn. However long the order is, a page draws a few screens of it: those around the reader.

use pulsestage::id::QuestionId;
use pulsestage::window::ROWS;
use std::ops::Range;

/// How many rows are drawn at first, and how many are added where the reader comes near an end.
pub const STEP: usize = ROWS as usize;
/// How many rows are drawn at once, at the least, where a whole [`STEP`] would keep the reader waiting.
const BEGIN: usize = 12;
/// The most rows that are drawn: beyond it, those furthest from the reader are taken away again.
pub const MOST: usize = 3 * STEP;

/// An end of the drawn rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// The first row.
    Top,
    /// The last row.
    Bottom,
}

/// So many rows from one on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    first: usize,
    len: usize,
}

impl Default for Span {
    fn default() -> Self {
        Self { first: 0, len: STEP }
    }
}

impl Span {
    /// The first rows, for a page that is to answer at once: those on the screen and a few more. [`Span::grown`] at the
    /// bottom adds the others, few at a time, until a [`STEP`] is drawn.
    #[cfg(any(test, feature = "browser"))]
    #[must_use]
    pub fn begun(on_screen: usize) -> Self {
        Self { first: 0, len: (on_screen + 2).clamp(BEGIN, STEP) }
    }

    /// Whether fewer rows may be drawn than a list begins with.
    #[cfg(any(test, feature = "browser"))]
    #[must_use]
    pub const fn is_begun(self) -> bool {
        self.len < STEP
    }

    /// The rows around this one.
    #[must_use]
    pub const fn around(row: usize) -> Self {
        Self { first: row - row % STEP, len: STEP }
    }

    /// How many rows may be drawn.
    #[must_use]
    pub const fn room(self) -> usize {
        self.len
    }

    /// As many rows, from this one on.
    #[must_use]
    pub const fn beginning_at(self, first: usize) -> Self {
        Self { first, len: self.len }
    }

    /// The rows of an order that are drawn. Where the order ends before them, these are its last ones.
    #[must_use]
    pub fn range(self, order: usize) -> Range<usize> {
        let first = if self.first < order { self.first } else { Self::around(order.saturating_sub(1)).first };
        first..order.min(first + self.len)
    }

    /// The reader has come near an end: more rows there, and fewer at the other. The row `keep` is not taken away: it has the
    /// keyboard.
    #[must_use]
    pub fn grown(self, edge: Edge, order: usize, keep: Option<usize>) -> Self {
        let Range { start, end } = self.range(order);
        let step = if self.len < STEP { BEGIN.min(STEP - self.len) } else { STEP };
        let (mut start, mut end) = match edge {
            Edge::Top => (start.saturating_sub(step), end),
            Edge::Bottom => (start, order.min(end + step)),
        };
        if end - start > MOST {
            match edge {
                Edge::Top => end = (start + MOST).max(keep.map_or(0, |keep| keep + 1)).min(end),
                Edge::Bottom => start = (end - MOST).min(keep.unwrap_or(end)).max(start),
            }
        }
        // What comes later has room, unless rows that are known wait for their turn.
        let room = if end < order { self.len.min(STEP) } else { STEP };
        Self { first: start, len: (end - start).max(room) }
    }
}

/// The rows of a list that are drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// The drawn rows, in order.
    pub ids: Vec<QuestionId>,
    /// How many rows come before them.
    pub before: usize,
    /// How many rows there are in all.
    pub size: usize,
    /// Whether rows follow them.
    pub below: bool,
}

impl Listed {
    /// The place of a drawn row among all, for those who hear the list: counted from 1, with the number of all. Where all
    /// rows are drawn the list itself tells.
    #[must_use]
    pub fn place(&self, row: usize) -> Option<(usize, usize)> {
        (self.before > 0 || self.below).then_some((self.before + row + 1, self.size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn edge() -> impl Strategy<Value = Edge> {
        any::<bool>().prop_map(|top| if top { Edge::Top } else { Edge::Bottom })
    }

    proptest! {
        /// Whatever the reader does and however the order changes, the rows exist, are few, and are there while any are.
        #[test]
        fn the_rows_exist_and_are_few(steps in proptest::collection::vec((edge(), 0_usize..5_000), 0..60)) {
            let mut span = Span::default();
            for (edge, order) in steps {
                span = span.grown(edge, order, None);
                let rows = span.range(order);
                prop_assert!(rows.end <= order);
                prop_assert!(rows.len() <= MOST, "{rows:?}");
                prop_assert_eq!(rows.is_empty(), order == 0);
            }
        }

        /// A list that is begun is whole after a few steps, and each of them draws few rows.
        #[test]
        fn what_is_begun_is_completed_in_small_steps(on_screen in 0_usize..100, order in 0_usize..200) {
            let mut span = Span::begun(on_screen);
            let mut steps = 0;
            while span.is_begun() {
                let before = span.range(order).len();
                span = span.grown(Edge::Bottom, order, None);
                prop_assert!(span.range(order).len() - before <= BEGIN);
                steps += 1;
                prop_assert!(steps <= STEP / BEGIN);
            }
            prop_assert_eq!(span.range(order), Span::default().range(order));
        }

        /// Who goes on in one direction comes to the end, and meets every row.
        #[test]
        fn every_row_is_met(order in 1_usize..2_000, from in 0_usize..2_000) {
            let mut span = Span::around(from.min(order - 1));
            while span.range(order).start > 0 {
                let before = span.range(order).start;
                span = span.grown(Edge::Top, order, None);
                prop_assert!(span.range(order).start < before);
            }
            let mut met = 0..span.range(order).end;
            while met.end < order {
                let before = met.clone();
                span = span.grown(Edge::Bottom, order, None);
                let now = span.range(order);
                prop_assert!(now.start <= before.end && now.end > before.end, "{now:?} after {before:?}");
                met.end = now.end;
            }
        }

        /// The row with the keyboard stays, and so does the one at the end from which the reader came near.
        #[test]
        fn the_row_with_the_keyboard_stays(order in 1_usize..1_000, keep in 0_usize..1_000, edges in proptest::collection::vec(edge(), 0..30)) {
            let keep = keep.min(order - 1);
            let mut span = Span::around(keep);
            for edge in edges {
                span = span.grown(edge, order, Some(keep));
                prop_assert!(span.range(order).contains(&keep));
            }
        }
    }

    #[test]
    fn an_order_that_has_become_shorter_shows_its_end() {
        let span = Span::around(120);
        assert_eq!(span.range(1_000), 100..150);
        assert_eq!(span.range(70), 50..70);
        assert_eq!(span.range(50), 0..50);
        assert_eq!(span.range(0), 0..0);
        assert_eq!(Span::default().range(3), 0..3);
    }

    #[test]
    fn a_list_that_is_drawn_as_a_whole_tells_its_places_itself() {
        let whole = Listed { size: 3, ..Listed::default() };
        assert_eq!(whole.place(0), None);
        assert_eq!(Listed { below: true, size: 70, ..Listed::default() }.place(0), Some((1, 70)));
        assert_eq!(Listed { before: 50, size: 70, ..Listed::default() }.place(2), Some((53, 70)));
    }
}
