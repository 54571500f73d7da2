//! A tenant: one customer's space and its settings.

use serde::{Deserialize, Serialize};

use std::collections::HashMap;
use std::sync::Arc;

use crate::error::Refusal;
use crate::id::{TeamId, TenantId};
use crate::team::TeamSettings;
use crate::text::{Limits, Name, TextProblem};
use crate::time::Timestamp;
use crate::user::Role;

/// One customer's space.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tenant {
    /// Never changes.
    pub id: TenantId,
    /// Its name in addresses; unique in the installation.
    pub slug: String,
    /// Its name as people read it.
    pub name: String,
    /// What the tenant decided for itself.
    pub settings: TenantSettings,
}

/// What a tenant decides for itself and everybody may know: it is sent with every board. A setting that is absent where
/// it is stored has its default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TenantSettings {
    /// How long a question may be, in characters.
    pub question_length: Limits,
    /// Whether people without an account may see, ask and vote.
    pub guests_allowed: bool,
    /// Whether questions show who asked them.
    pub names: Names,
    /// Whether a question waits for a moderator before anybody sees it.
    pub pre_moderation: bool,
    /// Whether new questions are taken.
    pub asking_open: bool,
    /// Whether votes are taken.
    pub voting_open: bool,
    /// Whether people may vote for their own questions.
    pub own_votes: bool,
    /// Whether everybody is shown how many questions were received, are shown and were declined.
    pub show_totals: bool,
    /// The languages in which questions are welcome, by their names; any when there are none.
    pub languages: Vec<String>,
    /// The accent as `#RRGGBB`; ours when absent.
    pub accent: Option<String>,
    /// Which logo it has: another word for each other picture. None when absent.
    pub logo: Option<String>,
}

/// What a tenant decides for itself and only those who run it may know. It is kept beside [`TenantSettings`] and sent
/// to nobody else.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StaffSettings {
    /// Words that hold a question for review, in lower case.
    pub words: Vec<String>,
    /// How many questions one participant may ask in a minute; as the operator allows when absent.
    pub asks_per_minute: Option<u32>,
    /// How many votes one participant may cast in a minute; as the operator allows when absent.
    pub votes_per_minute: Option<u32>,
}

/// What the operator allows a tenant; what is absent has no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TenantLimits {
    /// Open streams, on each instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub streams: Option<u32>,
    /// Questions ever asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub questions: Option<u32>,
    /// People with an account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub people: Option<u32>,
}

impl TenantLimits {
    /// Reads the numbers of a form; an empty one is no limit.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] for what is no number.
    pub fn parse(streams: &str, questions: &str, people: &str) -> Result<Self, Refusal> {
        let limit = |field, typed: &str| match typed.trim() {
            "" => Ok(None),
            number => number.parse().map(Some).map_err(|_| Refusal::field(field, TextProblem::BadForm)),
        };
        Ok(Self {
            streams: limit("streams", streams)?,
            questions: limit("questions", questions)?,
            people: limit("people", people)?,
        })
    }
}

/// What holds in a tenant beyond what everybody may know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// What only those who run it may know.
    pub staff: StaffSettings,
    /// Counts the changes of its settings: a change is made to the version that its maker has seen.
    pub version: i64,
    /// What the operator allows it.
    pub limits: TenantLimits,
    /// Since when nobody comes in, if so.
    pub archived_at: Option<Timestamp>,
    /// Teams that decided something otherwise.
    pub teams: HashMap<TeamId, TeamSettings>,
}

impl Rules {
    /// Whether it matters to a guest which team it is.
    #[must_use]
    pub fn tell_guests_apart(&self) -> bool {
        self.teams.values().any(|team| team.guests_allowed.is_some())
    }
}

/// A tenant with all that holds in it. Only its `tenant` is for everybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenancy {
    /// The tenant as everybody may know it.
    pub tenant: Tenant,
    /// What holds in it beyond that.
    pub rules: Arc<Rules>,
}

/// A tenant as the operator sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TenantSummary {
    /// Its name in addresses.
    pub slug: String,
    /// Its name as people read it.
    pub name: String,
    /// What the operator allows it.
    pub limits: TenantLimits,
    /// Whether nobody comes in.
    pub is_archived: bool,
    /// How many teams it has.
    pub teams: i64,
    /// How many questions were asked.
    pub questions: i64,
    /// How many people have an account.
    pub people: i64,
}

/// All tenants as the operator sees them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OperatorView {
    /// The operator's own tenant.
    pub tenant: Tenant,
    /// What the operator may do in it.
    pub role: Role,
    /// Every tenant, oldest first.
    pub tenants: Vec<TenantSummary>,
    /// The tenant that was just made by a form without script, with its link: shown this once.
    #[serde(default)]
    pub fresh: Option<Made>,
}

/// A tenant that was made, with the one-time link of its first owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Made {
    /// The tenant.
    #[serde(flatten)]
    pub tenant: Tenant,
    /// The link, which signs in whoever opens it first.
    pub link: String,
}

/// Whether questions show who asked them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Names {
    /// They never do.
    #[default]
    Anonymous,
    /// Those whose asker gives a name do.
    Optional,
    /// All do.
    Required,
}

impl Names {
    /// What an asker is called who gave this name: nothing where questions show none, whatever was given.
    ///
    /// # Errors
    /// When a name is needed and there is none, or it is not good for one.
    pub fn author(self, given: Option<&str>) -> Result<Option<Name>, TextProblem> {
        let given = given.map(str::trim).unwrap_or_default();
        match self {
            Self::Anonymous => Ok(None),
            Self::Optional if given.is_empty() => Ok(None),
            Self::Optional | Self::Required => Name::parse(given).map(Some),
        }
    }
}

impl Default for TenantSettings {
    fn default() -> Self {
        Self {
            question_length: Limits { min: 3, max: 500 },
            guests_allowed: true,
            names: Names::Anonymous,
            pre_moderation: false,
            asking_open: true,
            voting_open: true,
            own_votes: false,
            show_totals: false,
            languages: Vec::new(),
            accent: None,
            logo: None,
        }
    }
}
