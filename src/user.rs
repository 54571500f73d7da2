//! People: the roles they hold and the actor a request is made as.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

use crate::audience::StaffOf;
use crate::id::{ParticipantId, SessionId, TeamId, UserId};
use crate::question::UnknownWord;

/// What a person may do, from least to most. Each holds all that the one before holds, save that a guest's
/// rights hang on the tenant's settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Somebody without an account.
    Guest,
    /// Sees and votes.
    Viewer,
    /// Asks as well.
    Member,
    /// Answers, tags, pins and freezes.
    Moderator,
    /// Runs the tenant: teams, tags, people.
    Admin,
    /// Owns the tenant.
    Owner,
}

impl Role {
    /// Every role, from least to most.
    pub const ALL: [Self; 6] = [Self::Guest, Self::Viewer, Self::Member, Self::Moderator, Self::Admin, Self::Owner];

    /// The word in the database and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Guest => "guest",
            Self::Viewer => "viewer",
            Self::Member => "member",
            Self::Moderator => "moderator",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|r| r.as_str() == word).ok_or(UnknownWord)
    }
}

/// What somebody may do in one team.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Membership {
    /// The team.
    pub team: TeamId,
    /// Viewer, member or moderator.
    pub role: Role,
}

/// Who a request is made as, inside one tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// What they may do in the whole tenant.
    pub role: Role,
    /// What they may do in single teams beyond that.
    pub memberships: Vec<Membership>,
    /// The signed-in person, if any.
    pub user: Option<UserId>,
    /// The session that says so.
    pub session: Option<SessionId>,
    /// Who asks and votes: the account of whoever is signed in, else the browser as this tenant knows it. Absent for a guest
    /// whose browser brought no valid cookie.
    pub participant: Option<ParticipantId>,
}

impl Actor {
    /// Somebody we know nothing of.
    pub const NOBODY: Self =
        Self { role: Role::Guest, memberships: Vec::new(), user: None, session: None, participant: None };

    /// What they may do in this team.
    #[must_use]
    pub fn role_in(&self, team: TeamId) -> Role {
        let here = self.memberships.iter().find(|membership| membership.team == team);
        here.map_or(self.role, |membership| membership.role.max(self.role))
    }

    /// What they moderate.
    #[must_use]
    pub fn staff_of(&self) -> StaffOf {
        if self.role >= Role::Moderator {
            return StaffOf::Everything;
        }
        let moderates = self.memberships.iter().filter(|membership| membership.role >= Role::Moderator);
        let teams: Vec<_> = moderates.map(|membership| membership.team).collect();
        if teams.is_empty() { StaffOf::Nobody } else { StaffOf::Teams(teams) }
    }
}
