//! From the board to a row of the list: pure, so that the server draws what the browser draws.

use pulsestage::board::Board;
use pulsestage::question::Question;
use pulsestage::team::TeamState;

use super::row::Row;
use super::vec_map::VecMap;
use super::votes::Votes;

/// What is the reader's own on the board, and what this page knows beyond it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mine {
    /// The reader's votes.
    pub votes: Votes,
    /// The questions that this browser asked.
    pub own: VecMap<()>,
    /// How many changes of a question are under way from this page.
    pub pending: VecMap<u32>,
    /// Questions that arrived live a moment ago.
    pub fresh: VecMap<()>,
}

impl Mine {
    /// The count of a question with the reader's own click in it.
    #[must_use]
    pub fn upvotes(&self, question: &Question) -> i64 {
        self.votes.shown(question.id, question.upvotes)
    }
}

/// The row of one question, whatever the filters.
#[must_use]
pub fn row(board: &Board, mine: &Mine, question: &Question) -> Row {
    let team = board.teams.iter().find(|team| team.id == question.team_id);
    Row {
        id: question.id,
        team: team.map(|team| team.name.clone()).unwrap_or_default(),
        body: question.body.clone(),
        upvotes: mine.upvotes(question),
        status: question.status,
        created_at: question.created_at,
        tags: question.tags.clone(),
        answer: question.answer.clone(),
        pinned: question.pinned.is_some(),
        frozen: question.frozen.is_some(),
        author: question.author_name.clone(),
        own: mine.own.has(question.id),
        voted: mine.votes.wanted(question.id),
        takes_votes: question.takes_votes() && team.is_none_or(|team| team.state != TeamState::Closed),
        pending: mine.pending.has(question.id),
        fresh: mine.fresh.has(question.id),
    }
}

#[cfg(test)]
#[path = "project_tests.rs"]
mod tests;
