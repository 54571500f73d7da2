//! The audit as it is read: which entries are wanted, and pages of them.

use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

use super::{Outcome, words};
use crate::error::Refusal;
use crate::export::{period, word};
use crate::id::{TeamId, UserId};
use crate::tenant::Tenant;
use crate::time::Timestamp;
use crate::user::Role;

/// An entry as it is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Never changes.
    pub id: Uuid,
    /// When it was done.
    pub at: Timestamp,
    /// Who did it; nobody for the operator.
    pub by: Option<UserId>,
    /// Their name.
    pub by_name: Option<String>,
    /// What was done, or wanted: an [`Act`](super::Act)'s word or a permission's.
    pub action: String,
    /// The team that it concerns.
    pub team: Option<TeamId>,
    /// Its name.
    pub team_name: Option<String>,
    /// What it was done to: a question, a tag, a team, a person.
    pub subject: Option<Uuid>,
    /// Whether it was done.
    pub outcome: Outcome,
    /// How things were before, as a JSON object.
    pub before: Option<String>,
    /// How things are after, as a JSON object.
    pub after: Option<String>,
}

/// Where a page of the audit ends: the next one begins with the entry before it in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PageCursor {
    /// When the page's last entry was written.
    pub at: Timestamp,
    /// Its id.
    pub id: Uuid,
}

impl PageCursor {
    /// The end of the page before the first.
    pub const NEWEST: Self = Self { at: Timestamp(i64::MAX), id: Uuid::max() };
}

impl From<&Record> for PageCursor {
    fn from(record: &Record) -> Self {
        Self { at: record.at, id: record.id }
    }
}

/// As it stands in an address: `1759919400000-0199…`.
impl fmt::Display for PageCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.at.0, self.id.simple())
    }
}

impl std::str::FromStr for PageCursor {
    type Err = crate::question::UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (at, id) = text.rsplit_once('-').ok_or(crate::question::UnknownWord)?;
        match (at.parse(), Uuid::try_parse(id)) {
            (Ok(at), Ok(id)) => Ok(Self { at: Timestamp(at), id }),
            _ => Err(crate::question::UnknownWord),
        }
    }
}

/// Which entries are wanted; what is absent does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Filter {
    /// Done by this person.
    pub by: Option<UserId>,
    /// Of this word.
    pub action: Option<String>,
    /// That ended so.
    pub outcome: Option<Outcome>,
    /// Done to this.
    pub subject: Option<Uuid>,
    /// Written at this moment or later.
    pub from: Option<Timestamp>,
    /// Written before this moment.
    pub until: Option<Timestamp>,
}

/// Which page of which entries is wanted, as it stands in an address: words, not yet looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "each field is the field of the same name of `Filter`, as typed")]
pub struct Query {
    pub by: String,
    pub action: String,
    pub outcome: String,
    pub subject: String,
    pub from: String,
    pub until: String,
    /// The mark at which the page before ended.
    pub before: String,
}

impl Query {
    /// Reads it.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] for what is no id, action, outcome, moment or mark, and for a period that ends before it begins.
    pub fn parse(&self) -> Result<(Filter, PageCursor), Refusal> {
        let known = |text: &str| words().into_iter().find(|word| word == text);
        let (from, until) = period(&self.from, &self.until)?;
        let filter = Filter {
            by: word("by", &self.by, |text| text.parse().ok())?,
            action: word("action", &self.action, known)?,
            outcome: word("outcome", &self.outcome, Outcome::of_word)?,
            subject: word("subject", &self.subject, |text| text.parse().ok())?,
            from,
            until,
        };
        let before = word("before", &self.before, |text| text.parse().ok())?;
        Ok((filter, before.unwrap_or(PageCursor::NEWEST)))
    }
}

/// A page of the audit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Page {
    /// The entries, newest first.
    pub records: Vec<Record>,
    /// Where the next page begins; none when this is the last.
    pub next: Option<PageCursor>,
}

/// A page of the audit, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditView {
    /// The tenant.
    pub tenant: Tenant,
    /// What the reader may do in it.
    pub role: Role,
    /// The page.
    #[serde(flatten)]
    pub page: Page,
}
