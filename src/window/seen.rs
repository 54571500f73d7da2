//! A board that many look at, with the orders that they asked for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::{BoardPart, Filters, MOST_ROWS, ROWS, RowOrder, RowWindow, WindowStart, ordered};
use crate::board::Board;
use crate::event::{Cursor, Event};
use crate::search::SharedIndex;
use crate::tenant::Tenant;

/// The most orders that are kept. With yet another they are all made anew, so that odd choices do not take the place of
/// those that many make.
const KEPT_ORDERS: usize = 32;

/// The board as everybody has it who sees the same teams. It never changes: what comes after it is another one.
#[derive(Debug)]
pub struct SeenBoard {
    /// The tenant, as it was at the board's cursor.
    pub tenant: Tenant,
    /// The public board with its cursor.
    pub board: Board,
    orders: Mutex<HashMap<Filters, Arc<RowOrder>>>,
    /// The index of the whole board, shared by the boards that come after each other.
    pub(super) search: Arc<SharedIndex>,
    /// The whole board, where this one has some teams alone.
    pub(super) whole: Option<Arc<Self>>,
}

impl SeenBoard {
    /// A board and whose it is.
    #[must_use]
    pub fn new(tenant: Tenant, board: Board) -> Self {
        Self { tenant, board, orders: Mutex::default(), search: Arc::default(), whole: None }
    }

    /// The board that came after this one by these facts, each with its cursor.
    #[must_use]
    pub fn followed_by<'a>(
        &self,
        tenant: Tenant,
        board: Board,
        facts: impl IntoIterator<Item = (Cursor, &'a Event)>,
    ) -> Self {
        self.search.advance(self.board.cursor, facts);
        Self { search: self.search.clone(), ..Self::new(tenant, board) }
    }

    /// What of a whole board somebody has who sees some teams alone.
    #[must_use]
    pub fn part_of(whole: Arc<Self>, board: Board) -> Self {
        Self { whole: Some(whole.clone()), ..Self::new(whole.tenant.clone(), board) }
    }

    /// About how much memory the index takes that is searched here, in bytes.
    #[must_use]
    pub fn search_bytes(&self) -> usize {
        self.search.bytes()
    }

    /// The questions that these filters choose, in order. Made once for all who choose the same.
    #[must_use]
    pub fn order(&self, filters: &Filters) -> Arc<RowOrder> {
        let filters = filters.known_on(&self.board);
        let kept = || self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(order) = kept().get(&filters) {
            return order.clone();
        }
        let order = Arc::new(ordered(&self.board, &filters, &|question| question.upvotes));
        let mut kept = kept();
        if kept.len() >= KEPT_ORDERS {
            kept.clear();
        }
        kept.insert(filters, order.clone());
        order
    }

    /// The window of at most `limit` rows that begins there.
    #[must_use]
    pub fn window(&self, filters: &Filters, start: WindowStart, limit: u32) -> RowWindow {
        self.order(filters).window(start, limit)
    }

    /// The board for a page: all of it when it has no more questions than a page has rows at first, otherwise the window
    /// of at most so many rows that begins there.
    #[must_use]
    pub fn for_page(&self, filters: &Filters, start: WindowStart, rows: u32) -> (Board, Option<BoardPart>) {
        if self.board.questions.len() <= ROWS as usize {
            return (self.board.clone(), None);
        }
        let window = self.window(filters, start, rows.min(MOST_ROWS));
        (window.cut(&self.board), Some(window.part_of(&self.board)))
    }
}
