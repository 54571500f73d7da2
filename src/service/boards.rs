//! Reading: the board for a page.

use super::{RequestContext, Service};
use crate::audience::StaffOf;
use crate::command::BoardView;
use crate::error::Refusal;
use crate::id::OperationId;
use crate::permission::Action;

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

    /// The board as this caller sees it, with its cursor, from one transaction.
    ///
    /// # Errors
    /// When the caller may not see it, or asks for it too often.
    pub async fn board(&self, context: &RequestContext) -> Result<BoardView, Refusal> {
        context.require_any_team()?;
        self.admit_reading(context)?;
        let mut snapshot = self.store.snapshot(context.tenant.id, context.actor.participant).await?;
        if let Some(team_filter) = context.team_filter() {
            snapshot.board.teams.retain(|team| team_filter.has(team.id));
            snapshot.board.questions.retain(|_, question| team_filter.has(question.team_id));
            snapshot.voted.retain(|id| snapshot.board.questions.contains_key(id));
            snapshot.own.retain(|id| snapshot.board.questions.contains_key(id));
        }
        Ok(BoardView {
            tenant: snapshot.tenant,
            role: context.actor.role,
            moderates: match context.actor.staff_of() {
                StaffOf::Teams(teams) => teams,
                StaffOf::Nobody | StaffOf::Everything => Vec::new(),
            },
            board: snapshot.board,
            voted: snapshot.voted,
            own: snapshot.own,
            form_key: OperationId(self.new_id()),
            part: None,
        })
    }
}
