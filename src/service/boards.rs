//! Reading: the board, whole and in parts.

use std::collections::HashMap;
use std::sync::Arc;

use super::{RequestContext, Service};
use crate::audience::StaffOf;
use crate::board::Board;
use crate::command::{BoardView, PersonalPart};
use crate::error::Refusal;
use crate::id::{OperationId, QuestionId, TagId};
use crate::permission::Action;
use crate::ports::Participation;
use crate::question::Question;
use crate::tag::{Tag, TagsView, UsedTag};
use crate::window::{BoardPart, Filters, ROWS, SeenBoard, WindowStart};

impl Service {
    /// Counts one reading of the board in, whatever of it is read.
    ///
    /// # Errors
    /// When the caller reads too often.
    pub fn admit_reading(&self, context: &RequestContext) -> Result<(), Refusal> {
        let tenant = context.tenant.id;
        match context.known_by() {
            Some(who) => self.rate_limiter.admit(tenant, Some(who), Action::SeeBoard)?,
            None => self.rate_limiter.admit_unknown(tenant, context.origin.counted_network(), Action::SeeBoard)?,
        }
        Ok(())
    }

    /// The whole board as this caller sees it, with its cursor.
    ///
    /// # Errors
    /// When the caller may not see it, or asks for it too often.
    pub async fn board(&self, context: &RequestContext) -> Result<BoardView, Refusal> {
        let seen = self.seen_board(context).await?;
        self.view(context, &seen, seen.board.clone(), None).await
    }

    /// The board for a page of this caller: of a large board the window of at most so many rows that begins there.
    ///
    /// # Errors
    /// As [`Service::board`].
    pub async fn board_window(
        &self,
        context: &RequestContext,
        filters: &Filters,
        start: WindowStart,
        rows: u32,
    ) -> Result<BoardView, Refusal> {
        let seen = self.seen_board(context).await?;
        self.page_of(context, &seen, filters, start, rows).await
    }

    /// The same of a board that the caller was let in to, with as many rows as a page has at first.
    ///
    /// # Errors
    /// When the store has no answer.
    pub async fn window_of(
        &self,
        context: &RequestContext,
        seen: &SeenBoard,
        filters: &Filters,
        start: WindowStart,
    ) -> Result<BoardView, Refusal> {
        self.page_of(context, seen, filters, start, ROWS).await
    }

    async fn page_of(
        &self,
        context: &RequestContext,
        seen: &SeenBoard,
        filters: &Filters,
        start: WindowStart,
        rows: u32,
    ) -> Result<BoardView, Refusal> {
        let (board, part) = seen.for_page(filters, start, rows);
        let view = self.view(context, seen, board, part).await?;
        Ok(BoardView { found: seen.found(filters), ..view })
    }

    /// A question as it stands on the board that this caller sees; none where it is not on it.
    ///
    /// # Errors
    /// As [`Service::board`].
    pub async fn shown_question(
        &self,
        context: &RequestContext,
        question: QuestionId,
    ) -> Result<Option<Question>, Refusal> {
        let seen = self.seen_board(context).await?;
        Ok(seen.board.questions.get(&question).cloned())
    }

    /// What is this caller's own on the board: small, and apart from what is the same for all.
    ///
    /// # Errors
    /// As [`Service::board`].
    pub async fn personal_part(&self, context: &RequestContext) -> Result<PersonalPart, Refusal> {
        let seen = self.seen_board(context).await?;
        self.personal(context, &seen).await
    }

    /// The palette, and how often each tag is used on the board.
    ///
    /// # Errors
    /// As [`Service::board`], and when the caller may not change tags.
    pub async fn tags_in_use(&self, context: &RequestContext) -> Result<TagsView, Refusal> {
        context.require(Action::EditTag)?;
        let seen = self.seen_board(context).await?;
        let mut used: HashMap<TagId, u32> = HashMap::new();
        for tag in seen.board.questions.values().flat_map(|question| &question.tags) {
            *used.entry(tag.id).or_default() += 1;
        }
        let questions = |tag: &Tag| used.get(&tag.id).copied().unwrap_or_default();
        let tags = seen.board.tags.iter().map(|tag| UsedTag { tag: tag.clone(), questions: questions(tag) }).collect();
        Ok(TagsView { tenant: seen.tenant.clone(), role: context.actor.role, tags })
    }

    /// Counts a look at the board, or says why this caller is not to have it.
    ///
    /// # Errors
    /// When the caller may not see it, or asks for it too often.
    pub fn admit_to_board(&self, context: &RequestContext) -> Result<(), Refusal> {
        context.require_any_team()?;
        self.admit_reading(context)
    }

    async fn seen_board(&self, context: &RequestContext) -> Result<Arc<SeenBoard>, Refusal> {
        self.admit_to_board(context)?;
        Ok(self.boards.seen_board(context.tenant.id, context.team_filter()).await?)
    }

    async fn view(
        &self,
        context: &RequestContext,
        seen: &SeenBoard,
        board: Board,
        part: Option<BoardPart>,
    ) -> Result<BoardView, Refusal> {
        let PersonalPart { role, moderates, voted, own, form_key } = self.personal(context, seen).await?;
        Ok(BoardView { tenant: seen.tenant.clone(), role, moderates, board, voted, own, form_key, part, found: None })
    }

    async fn personal(&self, context: &RequestContext, seen: &SeenBoard) -> Result<PersonalPart, Refusal> {
        let Participation { mut own, mut voted } = match context.actor.participant {
            // Nothing can be theirs yet.
            Some(_) if context.origin.is_new => Participation::default(),
            Some(viewer) => self.store.participation(context.tenant.id, viewer).await?,
            None => Participation::default(),
        };
        voted.retain(|id| seen.board.questions.contains_key(id));
        own.retain(|id| seen.board.questions.contains_key(id));
        Ok(PersonalPart {
            role: context.actor.role,
            moderates: match context.actor.staff_of() {
                StaffOf::Teams(teams) => teams,
                StaffOf::Nobody | StaffOf::Everything => Vec::new(),
            },
            voted,
            own,
            form_key: OperationId(self.new_id()),
        })
    }
}
