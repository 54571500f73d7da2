//! People with an account, as those who run the tenant see them.

use serde::{Deserialize, Serialize};

use crate::id::{SessionId, TeamId, UserId};
use crate::people_import::RowReport;
use crate::session::Session;
use crate::tenant::{Made, Tenant};
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
    /// The day on which they were here last.
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

/// A team that somebody can be given a role in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TeamChoice {
    /// The team.
    pub id: TeamId,
    /// Its name in addresses.
    pub slug: String,
    /// Its name as people read it.
    pub name: String,
}

/// People as one who manages them gets them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PeopleView {
    /// The tenant.
    pub tenant: Tenant,
    /// What the reader may do in it.
    pub role: Role,
    /// The reader.
    pub me: UserId,
    /// The teams that are not archived.
    pub teams: Vec<TeamChoice>,
    /// A page of people.
    pub people: Vec<Person>,
    /// How many people there are in all.
    pub total: i64,
    /// What name or address has in it; everybody when empty.
    pub text: String,
    /// The last one of the page, when there are more after them.
    pub next: Option<UserId>,
    /// What a form that was just sent without script has to say; shown this once.
    pub fresh: Option<Flash>,
}

/// What a form about people has to say on the page that it comes back to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flash {
    /// Somebody was invited.
    Invited(Invited),
    /// A tenant was made.
    Made(Box<Made>),
    /// A table was read; of its rows there are those that are not right, or the first of them.
    Imported(Import),
    /// A question was sent.
    Asked,
    /// Why a table was not read.
    NotImported(String),
}

/// Somebody who was invited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invited {
    /// What they are called.
    pub name: String,
    /// The link, to be handed to them; absent when it was mailed.
    pub link: Option<String>,
}

/// A person and their sessions, as they themselves or one who manages them gets them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionsView {
    /// The tenant.
    pub tenant: Tenant,
    /// What the reader may do in it.
    pub role: Role,
    /// Whether they moderate a team at least.
    pub moderates: bool,
    /// Whose sessions they are.
    pub person: Person,
    /// Whether they are the reader's own.
    pub own: bool,
    /// Those that are open, the latest first.
    pub sessions: Vec<Session>,
    /// The one that the reader has now.
    pub current: Option<SessionId>,
}

/// What is to be done with a table of people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportMode {
    /// It is looked at, and nobody is added.
    Try,
    /// All are added, or nobody when a row is not right.
    All,
    /// Those whose rows are right are added.
    Good,
}

/// What came of a table of people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Import {
    /// Whether people were added.
    pub done: bool,
    /// Whether every row is right.
    pub good: bool,
    /// How many people it adds.
    pub added: usize,
    /// Each row.
    pub rows: Vec<RowReport>,
    /// What the columns are called that are not used.
    pub ignored: Vec<String>,
    /// The encoding that the table was taken to be in, where it did not say so itself.
    pub encoding: Option<String>,
}

impl Import {
    /// The same with the first rows that are not right alone.
    #[must_use]
    pub fn in_short(&self) -> Self {
        const SHOWN: usize = 12;
        let bad = self.rows.iter().filter(|row| !row.fate.is_good());
        Self {
            rows: bad.take(SHOWN).cloned().collect(),
            ignored: self.ignored.iter().take(SHOWN).cloned().collect(),
            encoding: self.encoding.clone(),
            ..*self
        }
    }
}
