//! A board with the answers that were made of it: for everybody who sees the same teams they are the same bytes.

use serde::Serialize;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tokio::sync::OnceCell;

use crate::coding::{PageTemplate, SharedBody};
use pulsestage::board::Board;
use pulsestage::event::Cursor;
use pulsestage::question::Question;
use pulsestage::service::TeamFilter;
use pulsestage::tenant::Tenant;
use pulsestage::window::{BoardCounts, Filters, SeenBoard, WindowStart};

/// The most answers of a kind that are kept of one board. One more, and they are made anew for whoever asks for them again.
const MOST_KEPT: usize = 32;
/// What a question takes in memory beside its texts, in bytes, with the orders that it stands in.
const QUESTION: usize = 600;

/// A board, and what was made of it.
#[derive(Debug)]
pub struct SharedBoard {
    /// The board.
    pub seen: Arc<SeenBoard>,
    /// The same for those who see some teams alone.
    through: Mutex<HashMap<TeamFilter, Arc<SharedBoard>>>,
    whole: OnceLock<Arc<SharedBody>>,
    rows: AnswerCache<RowsKey, SharedBody>,
    /// Pages of newcomers, by their address.
    pub pages: AnswerCache<String, OnceCell<PageTemplate>>,
    own_bytes: usize,
}

/// Which rows.
type RowsKey = (Filters, WindowStart, u32);

/// The whole board as everybody reads it.
#[derive(Serialize)]
struct WholeBoard<'a> {
    tenant: &'a Tenant,
    board: &'a Board,
}

/// Some rows of the board.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BoardRows<'a> {
    cursor: Cursor,
    total: usize,
    counts: BoardCounts,
    offset: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u32>,
    questions: Vec<&'a Question>,
}

impl SharedBoard {
    pub(super) fn new(seen: SeenBoard) -> Self {
        let texts = seen.board.questions.values().map(|question| {
            let answer = question.answer.as_ref().map_or(0, |answer| answer.response_text.len());
            question.body.len() + answer + question.tags.len() * 128
        });
        let own_bytes = texts.map(|text| text + QUESTION).sum();
        Self {
            seen: Arc::new(seen),
            through: Mutex::default(),
            whole: OnceLock::new(),
            rows: AnswerCache::default(),
            pages: AnswerCache::default(),
            own_bytes,
        }
    }

    /// About how much memory it takes, with what was made of it.
    pub(super) fn bytes(&self) -> usize {
        let through = self.through.lock().unwrap_or_else(PoisonError::into_inner);
        let whole = self.whole.get().map_or(0, |body| body.bytes());
        let made =
            whole + self.rows.sum(SharedBody::bytes) + self.pages.sum(|page| page.get().map_or(0, PageTemplate::bytes));
        self.own_bytes + self.seen.search_bytes() + made + through.values().map(|board| board.bytes()).sum::<usize>()
    }

    /// The same board with the teams that the filter has.
    pub(super) fn seen_through(self: Arc<Self>, teams: Option<TeamFilter>) -> Arc<Self> {
        let Some(teams) = teams else { return self };
        let mut through = self.through.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(board) = through.get(&teams) {
            return board.clone();
        }
        let seen = SeenBoard::part_of(self.seen.clone(), teams.cut(&self.seen.board));
        let board = Arc::new(Self::new(seen));
        if through.len() < MOST_KEPT {
            through.insert(teams, board.clone());
        }
        board
    }

    /// The whole board as JSON: `{tenant, board}`.
    ///
    /// # Errors
    /// When it cannot be written, which would be our mistake.
    pub fn whole(&self) -> Result<Arc<SharedBody>, serde_json::Error> {
        if let Some(body) = self.whole.get() {
            return Ok(body.clone());
        }
        let json = serde_json::to_vec(&WholeBoard { tenant: &self.seen.tenant, board: &self.seen.board })?;
        Ok(self.whole.get_or_init(|| Arc::new(SharedBody::new("application/json", json))).clone())
    }

    /// Some of its rows as JSON.
    ///
    /// # Errors
    /// As [`SharedBoard::whole`].
    pub fn rows(
        &self,
        filters: &Filters,
        start: WindowStart,
        limit: u32,
    ) -> Result<Arc<SharedBody>, serde_json::Error> {
        let board = &self.seen.board;
        let key = (filters.known_on(board), start, limit);
        if let Some(body) = self.rows.get(&key) {
            return Ok(body);
        }
        let window = self.seen.window(filters, start, limit);
        let rows = BoardRows {
            cursor: board.cursor,
            total: board.questions.len(),
            counts: window.counts,
            offset: window.offset,
            next: window.next,
            questions: window.ids.iter().filter_map(|id| board.questions.get(id)).collect(),
        };
        Ok(self.rows.keep(key, SharedBody::new("application/json", serde_json::to_vec(&rows)?)))
    }
}

/// What was made of a board, by what was asked for; of each at most [`MOST_KEPT`].
#[derive(Debug)]
pub struct AnswerCache<K, V> {
    made: Mutex<HashMap<K, Arc<V>>>,
}

impl<K, V> Default for AnswerCache<K, V> {
    fn default() -> Self {
        Self { made: Mutex::default() }
    }
}

impl<K: Eq + Hash, V> AnswerCache<K, V> {
    /// What is there for this.
    pub fn get(&self, key: &K) -> Option<Arc<V>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    /// Keeps what was made; what is there already stays.
    pub fn keep(&self, key: K, made: V) -> Arc<V> {
        let made = Arc::new(made);
        let mut all = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST_KEPT && !all.contains_key(&key) {
            all.clear();
        }
        all.entry(key).or_insert(made).clone()
    }

    fn sum(&self, size: impl Fn(&V) -> usize) -> usize {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).values().map(|made| size(made)).sum()
    }
}
