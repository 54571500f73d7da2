//! A tenant: one customer's space and its settings.

use serde::{Deserialize, Serialize};

use crate::id::TenantId;
use crate::text::Limits;

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

/// What a tenant decides for itself. A setting that is absent where it is stored has its default.
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
        }
    }
}
