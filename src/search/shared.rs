//! The index of a board that many search.

use std::sync::{PoisonError, RwLock};

use super::SearchIndex;
use crate::board::Board;
use crate::event::{Cursor, Event};

/// An index that is made when its board is first searched, and then follows the facts that the board follows. Boards that
/// come after each other share one, and so do the parts of one that different people see.
#[derive(Debug, Default)]
pub struct SharedIndex(RwLock<Option<Indexed>>);

/// An index, and how far it has come.
#[derive(Debug)]
struct Indexed {
    cursor: Cursor,
    index: SearchIndex,
}

impl SharedIndex {
    /// Takes in the facts by which a board went on from `before`, each with its cursor. Does nothing while nobody searched;
    /// an index that was somewhere else is dropped and made anew when it is needed.
    pub fn advance<'a>(&self, before: Cursor, facts: impl IntoIterator<Item = (Cursor, &'a Event)>) {
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let Some(indexed) = held.as_mut() else { return };
        if indexed.cursor != before {
            *held = None;
            return;
        }
        for (at, fact) in facts {
            indexed.index.apply(fact);
            indexed.cursor = at;
        }
    }

    /// Reads the index of `board`, which is the whole board; an index that is behind is made anew, one that is ahead is read
    /// as it is. What it finds may therefore have left a board that somebody still holds, or not be on it yet.
    pub fn read<T>(&self, board: &Board, read: impl FnOnce(&SearchIndex) -> T) -> T {
        let cursor = board.cursor;
        {
            let held = self.0.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(indexed) = held.as_ref().filter(|indexed| indexed.is_at(cursor)) {
                return read(&indexed.index);
            }
        }
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let is_there = held.as_ref().is_some_and(|indexed| indexed.is_at(cursor));
        if !is_there {
            *held = Some(Indexed { cursor, index: SearchIndex::of(board) });
        }
        read(held.as_ref().map_or(&SearchIndex::default(), |indexed| &indexed.index))
    }

    /// About how much memory it takes, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.0.read().unwrap_or_else(PoisonError::into_inner).as_ref().map_or(0, |indexed| indexed.index.bytes())
    }
}

impl Indexed {
    fn is_at(&self, cursor: Cursor) -> bool {
        self.cursor.epoch == cursor.epoch && self.cursor.seq >= cursor.seq
    }
}
