//! A team: a group inside a tenant with its own questions.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

use crate::id::TeamId;
use crate::question::UnknownWord;
use crate::tenant::{Tenant, TenantSettings};
use crate::user::Role;

/// What the team is called with which a tenant begins.
pub const FIRST_TEAM: &str = "Everyone";

/// A team as everybody in the tenant sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Team {
    /// Never changes.
    pub id: TeamId,
    /// Its name in addresses; unique in the tenant.
    pub slug: String,
    /// Its name as people read it; unique in the tenant whatever the case of its letters.
    pub name: String,
    /// What it takes.
    #[serde(default)]
    pub state: TeamState,
}

/// What a team takes from its audience.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", from = "String")]
pub enum TeamState {
    /// Questions and votes.
    #[default]
    Open,
    /// Votes alone.
    Voting,
    /// Neither.
    Closed,
}

impl TeamState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Open, Self::Voting, Self::Closed];

    /// The word in the database and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Voting => "voting",
            Self::Closed => "closed",
        }
    }
}

impl fmt::Display for TeamState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for TeamState {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|state| state.as_str() == word).ok_or(UnknownWord)
    }
}

/// A state that only a later version knows takes nothing that this version could send. Read from a `String`, whose
/// reader every page has, rather than by one of its own.
impl From<String> for TeamState {
    fn from(word: String) -> Self {
        word.parse().unwrap_or(Self::Closed)
    }
}

/// What a team decided otherwise than its tenant; what is absent is as in the tenant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TeamSettings {
    /// Whether its questions wait for a moderator before anybody sees them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pre_moderation: Option<bool>,
    /// Whether people without an account may see, ask and vote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guests_allowed: Option<bool>,
}

impl TeamSettings {
    /// Reads the words of a form: `yes`, `no`, and whatever else for "as in the tenant".
    #[must_use]
    pub fn of_words(guests: &str, review: &str) -> Self {
        let own = |word: &str| match word {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        };
        Self { guests_allowed: own(guests), pre_moderation: own(review) }
    }

    /// The tenant's settings as they are in this team.
    #[must_use]
    pub fn over(&self, tenant: &TenantSettings) -> TenantSettings {
        TenantSettings {
            pre_moderation: self.pre_moderation.unwrap_or(tenant.pre_moderation),
            guests_allowed: self.guests_allowed.unwrap_or(tenant.guests_allowed),
            ..tenant.clone()
        }
    }
}

/// A team as those who run the tenant see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TeamDetails {
    /// The team as everybody sees it.
    pub team: Team,
    /// What it decided otherwise than its tenant.
    pub settings: TeamSettings,
    /// What people type to find it.
    pub join_code: Option<String>,
    /// Whether it was put away.
    pub is_archived: bool,
}

/// A tenant's teams as those who run it see them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TeamsView {
    /// The tenant.
    pub tenant: Tenant,
    /// What the viewer may do here.
    pub role: Role,
    /// Every team, archived ones as well, by name.
    pub teams: Vec<TeamDetails>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_reads_back_and_an_unknown_one_is_closed() {
        for state in TeamState::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
            let json = serde_json::to_string(&state).unwrap();
            assert_eq!(json, format!("\"{state}\""));
            assert_eq!(serde_json::from_str::<TeamState>(&json).unwrap(), state);
        }
        assert_eq!(serde_json::from_str::<TeamState>("\"asking\"").unwrap(), TeamState::Closed);
    }

    #[test]
    fn a_team_overrides_what_it_decided_and_nothing_else() {
        let tenant = TenantSettings { guests_allowed: false, own_votes: true, ..TenantSettings::default() };
        assert_eq!(TeamSettings::default().over(&tenant), tenant);
        let team = TeamSettings { guests_allowed: Some(true), ..TeamSettings::default() };
        assert_eq!(team.over(&tenant), TenantSettings { guests_allowed: true, ..tenant });
        assert_eq!(serde_json::to_string(&TeamSettings::default()).unwrap(), "{}");
    }
}

/// A team by its name alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamName {
    /// Never changes.
    pub id: TeamId,
    /// Its name as people read it.
    pub name: String,
}
