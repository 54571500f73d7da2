//! Reading: the board for a page.

use super::{Service, Visit};
use crate::audience::StaffOf;
use crate::command::BoardView;
use crate::error::Refusal;
use crate::id::OperationId;
use crate::permission::Action;

impl Service {
    /// The board as this visitor sees it, with its cursor, from one transaction.
    ///
    /// # Errors
    /// When the visitor may not see it, or asks for it too often.
    pub async fn board(&self, visit: &Visit) -> Result<BoardView, Refusal> {
        visit.must_see()?;
        match visit.known_by() {
            Some(who) => self.pace.admit(visit.tenant.id, Some(who), Action::SeeBoard)?,
            None => self.pace.admit_unknown(visit.tenant.id, visit.origin.counted_network(), Action::SeeBoard)?,
        }
        let mut snapshot = self.store.snapshot(visit.tenant.id, visit.actor.participant).await?;
        if let Some(sight) = visit.sight() {
            snapshot.board.teams.retain(|team| sight.has(team.id));
            snapshot.board.questions.retain(|_, question| sight.has(question.team_id));
            snapshot.voted.retain(|id| snapshot.board.questions.contains_key(id));
            snapshot.own.retain(|id| snapshot.board.questions.contains_key(id));
        }
        Ok(BoardView {
            tenant: snapshot.tenant,
            role: visit.actor.role,
            moderates: match visit.actor.staff_of() {
                StaffOf::Teams(teams) => teams,
                StaffOf::Nobody | StaffOf::Everything => Vec::new(),
            },
            board: snapshot.board,
            voted: snapshot.voted,
            own: snapshot.own,
            form_key: OperationId(self.new_id()),
        })
    }
}
