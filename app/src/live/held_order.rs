//! The calm list: while a finger, a pointer or the keyboard is in the list, nothing moves under it.
//!
//! Held rows keep their places and go on showing what is new about them, even when they would have left. Rows that
//! have come since are added only where they push nothing away, at the end; the others wait, and are counted.

use pulsestage::id::QuestionId;

use super::row::Row;
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

/// Lays what is new over a held order: `held` is what is drawn, `wanted` what would be drawn, and `look_up` the row
/// of a question that is no longer wanted, if it still exists.
#[must_use]
pub fn settle(
    held: &[QuestionId],
    wanted: Vec<Row>,
    look_up: impl Fn(QuestionId) -> Option<Row>,
) -> (Vec<Row>, HeldOrder) {
    let order: Vec<QuestionId> = wanted.iter().map(|row| row.id).collect();
    // New rows behind the last held one push nothing away.
    let last_held = order.iter().rposition(|id| held.contains(id));
    let place_of: VecMap<usize> = order.iter().enumerate().map(|(place, id)| (*id, place)).collect();
    let mut left: Vec<Option<Row>> = wanted.into_iter().map(Some).collect();
    let mut take = |id: &QuestionId| place_of.get(*id).and_then(|place| left.get_mut(*place)?.take());
    let mut rows: Vec<Row> = held.iter().filter_map(|id| take(id).or_else(|| look_up(*id))).collect();
    let tail = last_held.map_or(0, |place| place + 1);
    rows.extend(order.iter().skip(tail).filter_map(take));
    let new = u32::try_from(left.iter().flatten().count()).unwrap_or(u32::MAX);
    let drawn = rows.iter().map(|row| row.id);
    let wanted_now = order.iter().zip(&left).filter(|(_, left)| left.is_none()).map(|(id, _)| *id);
    let moved = !drawn.eq(wanted_now);
    (rows, HeldOrder { new, moved })
}

#[cfg(test)]
#[path = "held_order_tests.rs"]
mod tests;
