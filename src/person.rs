//! People with an account, as those who run the tenant see them.

use serde::{Deserialize, Serialize};

use crate::id::UserId;
use crate::time::Timestamp;
use crate::user::{Membership, Role};

/// Somebody with an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// Never changes.
    pub id: UserId,
    /// What they are called.
    pub name: String,
    /// Where they get mail; absent for somebody who came by a link.
    pub email: Option<String>,
    /// What they may do in the whole tenant.
    pub role: Role,
    /// What they may do in single teams, archived ones included.
    pub memberships: Vec<Membership>,
    /// When they were added.
    pub created_at: Timestamp,
    /// When they were here last, to the minute.
    pub seen_at: Option<Timestamp>,
    /// Set while they may not come in.
    pub deactivated_at: Option<Timestamp>,
}

impl Person {
    /// Whether they may come in.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        self.deactivated_at.is_none()
    }
}

/// Which people to list: all whose name or address has the text in it, from one place on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeopleFilter {
    /// What name or address has in it, in lower case; everybody when empty.
    pub text: String,
    /// The last one of the page before.
    pub after: Option<UserId>,
    /// The most people.
    pub limit: i64,
}
