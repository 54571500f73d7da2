//! What the boards of a tenant have in common that come after each other: the latest of them, and the answers that were made
//! of them.
//!
//! A board changes with every vote, and an answer takes longer to make than a board to follow. So an answer is made by one
//! at a time, of the latest board there is then; those who waited meanwhile take it, for it has all that was written before
//! they asked. However fast a board changes, its answers are made no more often than they can be.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::answer_cache::AnswerCache;
use super::shared::{RowsKey, SharedBoard};
use crate::coding::{BodyCoding, PageTemplate, SharedBody};
use pulsestage::service::TeamFilter;

/// Boards that come after each other, of those who see the same teams.
#[derive(Debug, Default)]
pub(super) struct BoardLine {
    /// How many there were.
    made: AtomicU64,
    latest: Mutex<Weak<SharedBoard>>,
    /// The whole board as JSON, by its coding.
    pub(super) whole: AnswerCache<BodyCoding, Arc<LatestAnswer<SharedBody>>>,
    /// Some of its rows as JSON, in a coding.
    pub(super) rows: AnswerCache<(RowsKey, BodyCoding), Arc<LatestAnswer<SharedBody>>>,
    /// Pages of newcomers, by host and address.
    pub(super) pages: AnswerCache<String, Arc<LatestAnswer<PageTemplate>>>,
    /// The same for those who see some teams alone.
    through: AnswerCache<TeamFilter, Arc<Self>>,
}

impl BoardLine {
    /// The number of the next board.
    pub(super) fn next_number(&self) -> u64 {
        self.made.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The line of those who see these teams alone.
    pub(super) fn through(&self, teams: &TeamFilter) -> Arc<Self> {
        self.through.get_or(teams.clone(), Arc::default)
    }

    /// Takes note of a board.
    pub(super) fn enter(&self, board: &Arc<SharedBoard>) {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if latest.upgrade().is_none_or(|latest| latest.number < board.number) {
            *latest = Arc::downgrade(board);
        }
    }

    /// The latest board: this one, or one that came after it.
    fn latest(&self, board: &Arc<SharedBoard>) -> Arc<SharedBoard> {
        let latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner).upgrade();
        latest.filter(|latest| latest.number > board.number).unwrap_or_else(|| board.clone())
    }

    /// About how much memory the answers take.
    pub(super) fn bytes(&self) -> usize {
        let bodies = |answer: &Arc<LatestAnswer<SharedBody>>| answer.size(SharedBody::bytes);
        self.whole.sum(bodies)
            + self.rows.sum(|answer| answer.size(SharedBody::bytes))
            + self.pages.sum(|answer| answer.size(PageTemplate::bytes))
            + self.through.sum(|line| line.bytes())
    }
}

/// An answer that is the same for all who ask for it, as it was made last.
#[derive(Debug)]
pub(super) struct LatestAnswer<T> {
    made: Mutex<Option<MadeAnswer<T>>>,
    /// Held by who makes it.
    making: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct MadeAnswer<T> {
    /// The number of the board that it was made of.
    board: u64,
    answer: Arc<T>,
}

impl<T> Default for LatestAnswer<T> {
    fn default() -> Self {
        Self { made: Mutex::new(None), making: tokio::sync::Mutex::default() }
    }
}

impl<T> LatestAnswer<T> {
    /// The answer of this board, or of one that came after it: made of the board that `make` is given, where there is none.
    pub(super) async fn of<E, F: Future<Output = Result<Arc<T>, E>>>(
        &self,
        board: &Arc<SharedBoard>,
        make: impl FnOnce(Arc<SharedBoard>) -> F,
    ) -> Result<Arc<T>, E> {
        if let Some(answer) = self.made_since(board.number) {
            return Ok(answer);
        }
        let _making = self.making.lock().await;
        if let Some(answer) = self.made_since(board.number) {
            return Ok(answer);
        }
        let board = board.line.latest(board);
        let answer = make(board.clone()).await?;
        let made = MadeAnswer { board: board.number, answer: answer.clone() };
        *self.made.lock().unwrap_or_else(PoisonError::into_inner) = Some(made);
        Ok(answer)
    }

    /// What was made of the board of this number or of a later one.
    fn made_since(&self, board: u64) -> Option<Arc<T>> {
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.as_ref().filter(|made| made.board >= board).map(|made| made.answer.clone())
    }

    fn size(&self, size: impl FnOnce(&T) -> usize) -> usize {
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.as_ref().map_or(0, |made| size(&made.answer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::future::join_all;
    use pulsestage::board::Board;
    use pulsestage::event::{Cursor, Epoch};
    use pulsestage::id::TenantId;
    use pulsestage::tenant::{Tenant, TenantSettings};
    use pulsestage::window::SeenBoard;
    use std::convert::Infallible;
    use tokio::task::yield_now;
    use uuid::Uuid;

    fn board_at(line: &Arc<BoardLine>, seq: i64) -> Arc<SharedBoard> {
        let (id, settings) = (TenantId(Uuid::nil()), TenantSettings::default());
        let tenant = Tenant { id, slug: "acme".to_owned(), name: "Acme".to_owned(), settings };
        SharedBoard::next(line.clone(), SeenBoard::new(tenant, Board::empty(id, Cursor { epoch: Epoch(1), seq })))
    }

    /// Where the board is that an answer is made of, after a while.
    async fn place(board: Arc<SharedBoard>) -> Result<Arc<i64>, Infallible> {
        yield_now().await;
        Ok(Arc::new(board.seen.board.cursor.seq))
    }

    #[tokio::test]
    async fn an_answer_is_never_older_than_the_board_that_was_asked_for() {
        let (line, answer) = (Arc::default(), LatestAnswer::default());
        let told = async |board: &Arc<SharedBoard>| {
            let Ok(told) = answer.of(board, place).await;
            *told
        };
        let boards: Vec<_> = (1..=3).map(|seq| board_at(&line, seq)).collect();
        assert_eq!(told(&boards[0]).await, 3, "of the latest, as it is made anyway");
        assert_eq!(told(&boards[2]).await, 3);
        let next = board_at(&line, 4);
        assert_eq!(told(&boards[2]).await, 3, "what is there is new enough");
        assert_eq!(told(&next).await, 4);
        drop(next);
        assert_eq!(told(&boards[1]).await, 4, "and stays when its board is gone");
    }

    #[tokio::test]
    async fn those_who_wait_take_what_one_of_them_has_made() {
        let (line, answer, made) = (Arc::default(), LatestAnswer::default(), AtomicU64::new(0));
        let boards: Vec<_> = (1..=200).map(|seq| board_at(&line, seq)).collect();
        let counted = |latest| {
            made.fetch_add(1, Ordering::Relaxed);
            place(latest)
        };
        let told = join_all(boards.iter().map(|board| answer.of(board, counted))).await;
        assert!(told.iter().all(|told| *told == Ok(Arc::new(200))), "{told:?}");
        assert_eq!(made.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn what_could_not_be_made_is_made_by_the_next() {
        let (board, answer) = (board_at(&Arc::default(), 1), LatestAnswer::default());
        assert_eq!(answer.of(&board, async |_| Err::<Arc<i64>, _>("broken")).await, Err("broken"));
        assert_eq!(answer.of(&board, place).await, Ok(Arc::new(1)));
    }
}
