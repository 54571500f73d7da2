//! A team: a group inside a tenant with its own questions.

use serde::{Deserialize, Serialize};

use crate::id::TeamId;

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
}
