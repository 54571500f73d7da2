//! People: the roles they hold and the actor a request is made as.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

use crate::id::{ParticipantId, UserId};
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

/// Who a request is made as, inside one tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor {
    /// What they may do here.
    pub role: Role,
    /// The signed-in person, if any.
    pub user: Option<UserId>,
    /// The browser as this tenant knows it; votes and questions hang on it. Absent when it brought no valid cookie.
    pub participant: Option<ParticipantId>,
}

impl Actor {
    /// Somebody we know nothing of.
    pub const NOBODY: Self = Self { role: Role::Guest, user: None, participant: None };
}
