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
}

impl Default for TenantSettings {
    fn default() -> Self {
        Self { question_length: Limits { min: 3, max: 500 }, guests_allowed: true }
    }
}
