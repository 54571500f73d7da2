//! Who may see a fact. Everybody else's cursor moves past it, and that is all that they learn.

use crate::id::{ParticipantId, TeamId};
use crate::user::Actor;

/// Whom a fact is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Audience {
    /// Everybody who may see the board.
    #[default]
    Everybody,
    /// The moderators of the fact's team.
    Staff,
    /// Whoever asked the question that it speaks of.
    Asker(ParticipantId),
}

/// Which teams' staff facts somebody is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum StaffOf {
    /// Of none.
    #[default]
    Nobody,
    /// Of these; never empty.
    Teams(Vec<TeamId>),
    /// Of the whole tenant.
    Everything,
}

/// Somebody who reads facts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Viewer {
    /// Who they take part as.
    pub participant: Option<ParticipantId>,
    /// Whether they are a moderator, and of what.
    pub staff: StaffOf,
}

impl Viewer {
    /// Somebody who sees what everybody sees.
    pub const ANYBODY: Self = Self { participant: None, staff: StaffOf::Nobody };

    /// Whether a fact for this audience, about a question of this team, is for them.
    #[must_use]
    pub fn sees(&self, audience: Audience, team: Option<TeamId>) -> bool {
        match audience {
            Audience::Everybody => true,
            Audience::Staff => self.staff.covers(team),
            Audience::Asker(asker) => self.participant == Some(asker),
        }
    }
}

impl StaffOf {
    /// Whether a fact about this team is theirs; one about the whole tenant is for those of the whole tenant.
    #[must_use]
    pub fn covers(&self, team: Option<TeamId>) -> bool {
        match self {
            Self::Nobody => false,
            Self::Teams(teams) => team.is_some_and(|team| teams.contains(&team)),
            Self::Everything => true,
        }
    }
}

impl From<&Actor> for Viewer {
    fn from(actor: &Actor) -> Self {
        Self { participant: actor.participant, staff: actor.staff_of() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const A: TeamId = TeamId(Uuid::from_u128(1));
    const B: TeamId = TeamId(Uuid::from_u128(2));
    const ASKER: ParticipantId = ParticipantId(Uuid::from_u128(3));

    #[test]
    fn staff_facts_are_for_the_teams_moderators_alone() {
        let moderator = Viewer { participant: None, staff: StaffOf::Teams(vec![A]) };
        let asker = Viewer { participant: Some(ASKER), staff: StaffOf::Nobody };
        let admin = Viewer { participant: None, staff: StaffOf::Everything };
        for (viewer, a, b, tenant) in [
            (&Viewer::ANYBODY, false, false, false),
            (&moderator, true, false, false),
            (&asker, false, false, false),
            (&admin, true, true, true),
        ] {
            assert_eq!(viewer.sees(Audience::Staff, Some(A)), a, "{viewer:?}");
            assert_eq!(viewer.sees(Audience::Staff, Some(B)), b, "{viewer:?}");
            assert_eq!(viewer.sees(Audience::Staff, None), tenant, "{viewer:?}");
            assert!(viewer.sees(Audience::Everybody, Some(B)));
            assert_eq!(viewer.sees(Audience::Asker(ASKER), Some(A)), *viewer == asker, "{viewer:?}");
        }
    }
}
