//! Searching a board that many look at.

use super::{Chosen, Filters, SeenBoard};
use crate::command::SearchResult;
use crate::id::QuestionId;
use crate::question::Question;
use crate::search::SearchIndex;

/// The most questions that a search for words tells; it counts all.
pub const MOST_FOUND: usize = 50;

impl SeenBoard {
    /// The questions that have every word of the filters' text, of their team and tags, open and answered alike: those that
    /// have the words best come first, and of equals those with more votes. `None` when the filters have no text.
    #[must_use]
    pub fn found(&self, filters: &Filters) -> Option<SearchResult> {
        if filters.find.is_empty() {
            return None;
        }
        let chosen = Chosen::of(&self.board, filters);
        let takes = |id| self.board.questions.get(&id).is_some_and(|question| chosen.takes(question));
        let found = self.searched(|index| index.find(&filters.find, &takes)).unwrap_or_default();
        let mut found: Vec<(u32, &Question)> =
            found.into_iter().filter_map(|(id, rank)| Some((rank, self.board.questions.get(&id)?))).collect();
        found.sort_unstable_by_key(|(rank, question)| {
            std::cmp::Reverse((*rank, question.upvotes, question.created_at, question.id))
        });
        let total = u32::try_from(found.len()).unwrap_or(u32::MAX);
        let questions = found.into_iter().take(MOST_FOUND).map(|(_, question)| question.clone()).collect();
        Some(SearchResult { total, questions })
    }

    /// The questions that are most like this text, at most `limit` of those that `takes` lets pass, without their answers.
    #[must_use]
    pub fn similar(&self, text: &str, limit: usize, takes: &dyn Fn(&Question) -> bool) -> SearchResult {
        let known = |id: QuestionId| self.board.questions.get(&id);
        let similar = self.searched(|index| index.similar(text, limit, &|id| known(id).is_some_and(takes)));
        let questions: Vec<Question> = similar
            .into_iter()
            .filter_map(|similar| known(similar.question))
            .map(|question| Question { answer: None, ..question.clone() })
            .collect();
        SearchResult { total: u32::try_from(questions.len()).unwrap_or(u32::MAX), questions }
    }

    /// Reads the index of the whole board. It may be ahead of this one, and know questions of teams that are not seen here:
    /// what it finds counts only if this board has it.
    fn searched<T>(&self, read: impl FnOnce(&SearchIndex) -> T) -> T {
        let whole = self.whole.as_deref().unwrap_or(self);
        whole.search.read(&whole.board, read)
    }
}
