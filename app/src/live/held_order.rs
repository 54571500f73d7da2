//! The calm list: while a finger, a pointer or the keyboard is in the list, nothing moves under it.
//!
//! Held rows keep their places and go on showing what is new about them, even when they would have left. Rows that
//! have come since are added only where they push nothing away, at the end; the others wait, and are counted.

use pulsestage::id::QuestionId;
use std::ops::Range;

use super::vec_map::VecMap;

/// How long a touch keeps the list still, in milliseconds. A pointer that rests is not about to press.
pub const HOLD_MS: u32 = 3_000;

/// What waits until the list may move.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeldOrder {
    /// Questions that are not shown yet.
    pub new: u32,
    /// Whether rows that are shown would be elsewhere, or gone.
    pub moved: bool,
}

impl HeldOrder {
    /// Whether nothing waits.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.new == 0 && !self.moved
    }
}

/// Lays what is new over a held order: `held` are the rows that are drawn, `order` is the whole order as it is now and `span`
/// the part of it that would be drawn, `entered` are the questions that came into it since it is held, and `exists` tells
/// whether a question is still there, wherever.
#[must_use]
pub fn settle(
    held: &[QuestionId],
    order: &[QuestionId],
    span: Range<usize>,
    entered: &VecMap<()>,
    exists: impl Fn(QuestionId) -> bool,
) -> (Vec<QuestionId>, HeldOrder) {
    let mut rows: Vec<QuestionId> = held.iter().copied().filter(|id| exists(*id)).collect();
    let mut drawn: VecMap<()> = rows.iter().map(|id| (*id, ())).collect();
    // New rows behind the last held one push nothing away.
    let tail = order.iter().rposition(|id| drawn.has(*id)).map_or(span.start, |last| last + 1);
    let room = span.len().saturating_sub(rows.len());
    for id in order.iter().skip(tail).take(room) {
        rows.push(*id);
        drawn.put(*id, ());
    }
    let waits = |id: &QuestionId| entered.has(*id) && !drawn.has(*id);
    let new = order.get(span.clone()).unwrap_or_default().iter().filter(|id| waits(id)).count();
    // What would be drawn if what is new had not come.
    let wanted = order.iter().filter(|id| !waits(id)).skip(span.start).take(rows.len());
    let moved = !wanted.eq(rows.iter());
    (rows, HeldOrder { new: u32::try_from(new).unwrap_or(u32::MAX), moved })
}

#[cfg(test)]
#[path = "held_order_tests.rs"]
mod tests;
