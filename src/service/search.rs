//! Finding: what has these words, and what is like this text.

use super::{RequestContext, Service};
use crate::command::{SearchResult, SimilarQuestions};
use crate::error::Refusal;
use crate::id::QuestionId;
use crate::permission::Action;
use crate::question::Question;
use crate::window::Filters;

/// The most questions that are compared with others in one go.
pub const MOST_COMPARED: usize = 20;

impl Service {
    /// The questions that have every word of the filters' text; none without one.
    ///
    /// # Errors
    /// When the caller may not see the board, or searches too often.
    pub async fn find(&self, context: &RequestContext, filters: &Filters) -> Result<SearchResult, Refusal> {
        self.admit_to_search(context)?;
        let seen = self.boards.seen_board(context.tenant.id, context.team_filter()).await?;
        Ok(seen.found(filters).unwrap_or_default())
    }

    /// The questions on the board that are most like a text, the most alike first: at most `limit`, and never more than
    /// [`MOST_SIMILAR`](crate::search::MOST_SIMILAR).
    ///
    /// # Errors
    /// As [`Service::find`].
    pub async fn similar(&self, context: &RequestContext, text: &str, limit: u32) -> Result<SearchResult, Refusal> {
        self.admit_to_search(context)?;
        let seen = self.boards.seen_board(context.tenant.id, context.team_filter()).await?;
        Ok(seen.similar(text, limit as usize, &|_| true))
    }

    /// For each of these questions, which may still wait for a moderator, those on the board of its team that are most like
    /// it: at most `limit`. Questions that the caller does not moderate are left out, and so are those after the first
    /// [`MOST_COMPARED`].
    ///
    /// # Errors
    /// When the caller moderates nothing, or searches too often.
    pub async fn similar_to(
        &self,
        context: &RequestContext,
        questions: &[QuestionId],
        limit: u32,
    ) -> Result<Vec<SimilarQuestions>, Refusal> {
        context.require_somewhere(Action::Moderate)?;
        self.rate_limiter.admit(context.tenant.id, context.actor.user.map(|user| user.0), Action::Search)?;
        let seen = self.boards.seen_board(context.tenant.id, None).await?;
        let mut told = Vec::new();
        for question in questions.iter().take(MOST_COMPARED) {
            let Some(team) = self.store.team_of(context.tenant.id, *question).await? else { continue };
            if !context.allows_in(Action::Moderate, team) {
                continue;
            }
            let case = self.store.case(context.tenant.id, *question).await?;
            let of_team = |other: &Question| other.team_id == team && other.id != *question;
            let SearchResult { questions, .. } = seen.similar(&case.question.body, limit as usize, &of_team);
            told.push(SimilarQuestions { question: *question, similar: questions });
        }
        Ok(told)
    }

    /// Counts a search, or says why this caller is not to have its outcome.
    fn admit_to_search(&self, context: &RequestContext) -> Result<(), Refusal> {
        context.require_any_team()?;
        let (tenant, network) = (context.tenant.id, context.origin.counted_network());
        match context.known_by() {
            Some(who) => self.rate_limiter.admit(tenant, Some(who), Action::Search)?,
            None => self.rate_limiter.admit_unknown(tenant, network, Action::Search)?,
        }
        Ok(())
    }
}
