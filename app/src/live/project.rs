//! From the board to the rows of the list: pure, so that the server draws what the browser draws.

use pulsestage::board::Board;
use pulsestage::id::TeamId;
use pulsestage::question::{Question, Status};
use pulsestage::team::TeamState;

use super::filters::{Filters, Sort, Tab};
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

/// How many questions each tab has under the filters of team and tags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// HeldOrder for an answer.
    pub open: u32,
    /// Answered.
    pub answered: u32,
    /// Both.
    pub all: u32,
}

impl Counts {
    /// The count of one tab.
    #[must_use]
    pub const fn of(&self, tab: Tab) -> u32 {
        match tab {
            Tab::Open => self.open,
            Tab::Answered => self.answered,
            Tab::All => self.all,
        }
    }
}

/// The list as it is to be drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Projection {
    /// The rows in drawing order.
    pub rows: Vec<Row>,
    /// The counts of the tabs.
    pub counts: Counts,
}

/// Makes the list: pinned first, then by the chosen order; among equals the later question first, save under
/// [`Sort::Oldest`].
#[must_use]
pub fn project(board: &Board, mine: &Mine, filters: &Filters) -> Projection {
    let chosen = Chosen::of(board, filters);
    let mut counts = Counts::default();
    let mut rows = Vec::new();
    for question in board.questions.values().filter(|question| chosen.takes(question)) {
        counts.all += 1;
        match question.status {
            Status::Open => counts.open += 1,
            Status::Answered => counts.answered += 1,
            Status::UnderReview => {}
        }
        if in_tab(question.status, filters.tab) {
            rows.push(row(board, mine, question));
        }
    }
    sort(&mut rows, filters.sort);
    Projection { rows, counts }
}

/// The row of one question, whatever the filters.
#[must_use]
pub fn row(board: &Board, mine: &Mine, question: &Question) -> Row {
    let team = board.teams.iter().find(|team| team.id == question.team_id);
    Row {
        id: question.id,
        team: team.map(|team| team.name.clone()).unwrap_or_default(),
        body: question.body.clone(),
        upvotes: mine.votes.shown(question.id, question.upvotes),
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

/// The filters of team and tags as this board knows them.
struct Chosen<'a> {
    team: Option<TeamId>,
    filters: &'a Filters,
    any_tag: bool,
}

impl<'a> Chosen<'a> {
    fn of(board: &Board, filters: &'a Filters) -> Self {
        let slug = filters.team.as_deref();
        Self {
            team: board.teams.iter().find(|team| Some(team.slug.as_str()) == slug).map(|team| team.id),
            any_tag: board.tags.iter().all(|tag| !filters.tags.contains(&tag.id)),
            filters,
        }
    }

    fn takes(&self, question: &Question) -> bool {
        // Held back questions are on no public board; should one get here, it is not drawn.
        question.status != Status::UnderReview
            && self.team.is_none_or(|team| question.team_id == team)
            && (self.any_tag || question.tags.iter().any(|tag| self.filters.tags.contains(&tag.id)))
    }
}

const fn in_tab(status: Status, tab: Tab) -> bool {
    match tab {
        Tab::Open => matches!(status, Status::Open),
        Tab::Answered => matches!(status, Status::Answered),
        Tab::All => true,
    }
}

fn sort(rows: &mut [Row], by: Sort) {
    // One comparison for every order: each sort of its own is 3 KB in the browser.
    rows.sort_unstable_by(|a, b| {
        let newest_first = || (b.created_at, b.id).cmp(&(a.created_at, a.id));
        b.pinned.cmp(&a.pinned).then_with(|| match by {
            Sort::Votes => b.upvotes.cmp(&a.upvotes).then_with(newest_first),
            Sort::Newest => newest_first(),
            Sort::Oldest => newest_first().reverse(),
        })
    });
}

#[cfg(test)]
#[path = "project_tests.rs"]
mod tests;
