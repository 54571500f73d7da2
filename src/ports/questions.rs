//! What asking, voting and answering need of the store.

use async_trait::async_trait;
use std::sync::Arc;

use super::{StoreResult, Write};
use crate::board::Board;
use crate::command::VoteReceipt;
use crate::id::{ParticipantId, QuestionId, TeamId, TenantId, UserId};
use crate::moderation::Hold;
use crate::question::Question;
use crate::service::TeamFilter;
use crate::tenant::Tenant;
use crate::text::{AnswerText, Name, QuestionBody};
use crate::window::SeenBoard;

/// A question to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the field of the same name of `Question`")]
pub struct NewQuestion {
    pub id: QuestionId,
    pub team: TeamId,
    pub body: QuestionBody,
    /// Who asked: the account, or a guest's browser. Kept so that they can know it again, never shown.
    pub author: ParticipantId,
    /// Why it waits for a moderator, when it does.
    pub hold: Option<Hold>,
    /// What its asker chose to be called; none when anonymous.
    pub author_name: Option<Name>,
    /// Whether it is refused when its asker has one with the same text that has not left the board.
    pub only_once: bool,
    /// How many questions its asker may have that are neither answered nor off the board; any number when absent.
    pub most_open: Option<u32>,
}

/// What a voter wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ballot {
    /// The question.
    pub question: QuestionId,
    /// Who votes: the account, or a guest's browser.
    pub voter: ParticipantId,
    /// Whether its vote is to count.
    pub up: bool,
    /// Whether people may vote for their own questions here.
    pub own_votes: bool,
}

/// A board and what is one viewer's on it, read in one transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The tenant, as it was at the board's cursor.
    pub tenant: Tenant,
    /// The public board with its cursor.
    pub board: Board,
    /// Those of its questions that the viewer asked.
    pub own: Vec<QuestionId>,
    /// The questions the viewer has voted for.
    pub voted: Vec<QuestionId>,
}

/// What is one participant's on the boards of a tenant, whether everybody sees it or not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Participation {
    /// The questions that they asked.
    pub own: Vec<QuestionId>,
    /// The questions that they have voted for.
    pub voted: Vec<QuestionId>,
}

/// The board of a tenant. What is true of [`Store`](super::Store) is true of it.
#[async_trait]
pub trait BoardStore: Send + Sync {
    /// The public board (nothing under review) and the votes of `viewer` on it.
    async fn snapshot(&self, tenant: TenantId, viewer: Option<ParticipantId>) -> StoreResult<Snapshot>;
    /// What is this participant's.
    async fn participation(&self, tenant: TenantId, viewer: ParticipantId) -> StoreResult<Participation>;
}

/// Reads the boards that everybody sees. A server keeps them in memory, so that one read of the database answers many who
/// ask at the same time.
#[async_trait]
pub trait SeenBoardReader: Send + Sync {
    /// The public board with the teams that the filter has: with everything that was written before it was asked for.
    async fn seen_board(&self, tenant: TenantId, teams: Option<TeamFilter>) -> StoreResult<Arc<SeenBoard>>;
}

/// Reads each board anew, for commands and for whatever else asks seldom.
pub struct UncachedBoards(pub Arc<dyn super::Store>);

#[async_trait]
impl SeenBoardReader for UncachedBoards {
    async fn seen_board(&self, tenant: TenantId, teams: Option<TeamFilter>) -> StoreResult<Arc<SeenBoard>> {
        let Snapshot { tenant, board, .. } = self.0.snapshot(tenant, None).await?;
        let board = teams.map_or_else(|| board.clone(), |teams| teams.cut(&board));
        Ok(Arc::new(SeenBoard::new(tenant, board)))
    }
}

/// Questions: asked, answered, pinned, frozen. What is true of [`Store`](super::Store) is true of it.
#[async_trait]
pub trait QuestionStore: Send + Sync {
    /// The team of a question in any state.
    async fn team_of(&self, tenant: TenantId, question: QuestionId) -> StoreResult<Option<TeamId>>;
    /// Writes a question; `NotFound(Team)` when the team is not the tenant's, [`Refusal::LimitReached`](crate::error::Refusal::LimitReached) when the tenant or
    /// the asker has as many as there may be, [`Refusal::ASKED_BEFORE`](crate::error::Refusal::ASKED_BEFORE) when it is to be written only once and was.
    async fn ask(&self, write: Write, new: NewQuestion) -> StoreResult<Question>;
    /// Answers a question; [`Refusal::Frozen`](crate::error::Refusal::Frozen) when it is frozen, [`Refusal::Changed`](crate::error::Refusal::Changed) when it is not as it was seen.
    async fn answer(
        &self,
        write: Write,
        question: QuestionId,
        text: AnswerText,
        seen: Option<i64>,
        by: UserId,
    ) -> StoreResult<Question>;
    /// Pins or unpins a question; no fact when nothing changed.
    async fn set_pinned(&self, write: Write, question: QuestionId, on: bool, by: UserId) -> StoreResult<Question>;
    /// Freezes or unfreezes a question; no fact when nothing changed.
    async fn set_frozen(&self, write: Write, question: QuestionId, on: bool, by: UserId) -> StoreResult<Question>;
}

/// Votes. What is true of [`Store`](super::Store) is true of it.
#[async_trait]
pub trait VoteStore: Send + Sync {
    /// Counts or takes back one vote; [`Refusal::Frozen`](crate::error::Refusal::Frozen) or [`Refusal::VotingClosed`](crate::error::Refusal::VotingClosed) when the question takes none,
    /// [`Refusal::OwnQuestion`](crate::error::Refusal::OwnQuestion) when it is the voter's own and those do not count here.
    async fn set_vote(&self, write: Write, ballot: Ballot) -> StoreResult<VoteReceipt>;
}
