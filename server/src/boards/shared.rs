//! A board with the answers that were made of it: for everybody who sees the same teams they are the same bytes.

use serde::Serialize;
use std::sync::{Arc, OnceLock};

use super::answer_cache::AnswerCache;
use super::line::BoardLine;
use crate::coding::{BodyCoding, PageTemplate, SharedBody};
use pulsestage::board::Board;
use pulsestage::event::Cursor;
use pulsestage::question::Question;
use pulsestage::service::TeamFilter;
use pulsestage::tenant::Tenant;
use pulsestage::window::{BoardCounts, Filters, SeenBoard, WindowStart};

/// What a question takes in memory beside its texts, in bytes, with the orders that it stands in.
const QUESTION: usize = 600;

/// A board, and what was made of it.
#[derive(Debug)]
pub struct SharedBoard {
    /// The board.
    pub seen: Arc<SeenBoard>,
    /// The boards before and after it, and its number among them.
    pub(super) line: Arc<BoardLine>,
    pub(super) number: u64,
    /// The same for those who see some teams alone.
    through: AnswerCache<TeamFilter, Arc<SharedBoard>>,
    /// The whole board as JSON.
    whole: OnceLock<Arc<SharedBody>>,
    own_bytes: usize,
}

/// Which rows.
pub(super) type RowsKey = (Filters, WindowStart, u32);

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
    /// The next board of a line.
    pub(super) fn next(line: Arc<BoardLine>, seen: SeenBoard) -> Arc<Self> {
        let number = line.next_number();
        Self::numbered(line, number, seen)
    }

    fn numbered(line: Arc<BoardLine>, number: u64, seen: SeenBoard) -> Arc<Self> {
        let texts = seen.board.questions.values().map(|question| {
            let answer = question.answer.as_ref().map_or(0, |answer| answer.response_text.len());
            question.body.len() + answer + question.tags.len() * 128
        });
        let own_bytes = texts.map(|text| text + QUESTION).sum();
        let board = Arc::new(Self {
            seen: Arc::new(seen),
            line,
            number,
            through: AnswerCache::default(),
            whole: OnceLock::new(),
            own_bytes,
        });
        board.line.enter(&board);
        board
    }

    /// About how much memory it takes, with what was made of it and of those before it.
    pub(super) fn bytes(&self) -> usize {
        self.own_bytes + self.seen.search_bytes() + self.line.bytes() + self.through.sum(|board| board.own_bytes)
    }

    /// The same board with the teams that the filter has.
    pub(super) fn seen_through(self: Arc<Self>, teams: Option<TeamFilter>) -> Arc<Self> {
        let Some(teams) = teams else { return self };
        if let Some(board) = self.through.get(&teams) {
            return board;
        }
        let seen = SeenBoard::part_of(self.seen.clone(), teams.cut(&self.seen.board));
        let board = Self::numbered(self.line.through(&teams), self.number, seen);
        self.through.keep(teams, board)
    }

    /// The page of an address for all who may share it, as it is on this board or on one that came after it; drawn of the
    /// board that `draw` is given, where there is none yet.
    ///
    /// # Errors
    /// When it could not be drawn.
    pub async fn page<E, F: Future<Output = Result<PageTemplate, E>>>(
        self: &Arc<Self>,
        address: String,
        draw: impl FnOnce(Arc<Self>) -> F,
    ) -> Result<Arc<PageTemplate>, E> {
        let page = self.line.pages.get_or(address, Arc::default);
        page.of(self, async |board| draw(board).await.map(Arc::new)).await
    }

    /// The whole board as JSON, `{tenant, board}`, in a coding; of this board or of one that came after it.
    ///
    /// # Errors
    /// When it cannot be written, which would be our mistake.
    pub async fn whole(self: &Arc<Self>, coding: BodyCoding) -> Result<Arc<SharedBody>, serde_json::Error> {
        let answer = self.line.whole.get_or(coding, Arc::default);
        answer
            .of(self, async |board| {
                let body = board.written()?;
                body.make(coding).await;
                Ok(body)
            })
            .await
    }

    /// The whole board, written once for all codings.
    fn written(&self) -> Result<Arc<SharedBody>, serde_json::Error> {
        if let Some(body) = self.whole.get() {
            return Ok(body.clone());
        }
        let json = serde_json::to_vec(&WholeBoard { tenant: &self.seen.tenant, board: &self.seen.board })?;
        Ok(self.whole.get_or_init(|| Arc::new(SharedBody::new("application/json", json))).clone())
    }

    /// Some of its rows as JSON, as [`SharedBoard::whole`].
    ///
    /// # Errors
    /// As [`SharedBoard::whole`].
    pub async fn rows(
        self: &Arc<Self>,
        filters: &Filters,
        start: WindowStart,
        limit: u32,
        coding: BodyCoding,
    ) -> Result<Arc<SharedBody>, serde_json::Error> {
        let filters = filters.known_on(&self.seen.board);
        let answer = self.line.rows.get_or(((filters.clone(), start, limit), coding), Arc::default);
        answer
            .of(self, async |board| {
                let body = Arc::new(SharedBody::new("application/json", board.rows_json(&filters, start, limit)?));
                body.make(coding).await;
                Ok(body)
            })
            .await
    }

    fn rows_json(&self, filters: &Filters, start: WindowStart, limit: u32) -> Result<Vec<u8>, serde_json::Error> {
        let board = &self.seen.board;
        let window = self.seen.window(filters, start, limit);
        let rows = BoardRows {
            cursor: board.cursor,
            total: board.questions.len(),
            counts: window.counts,
            offset: window.offset,
            next: window.next,
            questions: window.ids.iter().filter_map(|id| board.questions.get(id)).collect(),
        };
        serde_json::to_vec(&rows)
    }
}
