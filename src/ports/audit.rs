//! What the audit needs of the store, and where refusals are told.

use async_trait::async_trait;

use super::{Stored, Write};
use crate::audit::{Entry, Filter, Mark, Record};
use crate::id::{TeamId, TenantId, UserId};
use crate::permission::Action;
use crate::tenant::Tenant;

/// Keeps the audit. What was done is noted by the store itself, in the transaction that does it.
#[async_trait]
pub trait AuditStore: Send + Sync {
    /// Notes something that has no transaction of its own: a refusal.
    async fn note(&self, write: Write, entry: Entry) -> Stored<()>;
    /// At most `limit` of the tenant's entries that are older than `before`, newest first.
    async fn audit(&self, tenant: TenantId, filter: &Filter, before: Mark, limit: i64) -> Stored<Vec<Record>>;
}

/// Somebody who is signed in was refused what the permission table forbids them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The tenant.
    pub tenant: TenantId,
    /// Who they are.
    pub by: UserId,
    /// What they may not do.
    pub action: Action,
    /// The team in which they may not do it, when it was about one.
    pub team: Option<TeamId>,
}

/// By what somebody tried to come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Way {
    /// A password.
    Password,
    /// A link.
    Link,
    /// An OpenID Connect provider.
    Provider,
    /// A code of a second factor.
    SecondFactor,
}

impl Way {
    /// The word in the audit and in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Link => "link",
            Self::Provider => "provider",
            Self::SecondFactor => "second_factor",
        }
    }
}

/// Somebody tried to come in and did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missed {
    /// The tenant, as far as that is known.
    pub tenant: Option<TenantId>,
    /// Whose way in it was, when it is anybody's.
    pub whose: Option<UserId>,
    /// By what.
    pub way: Way,
}

/// Is told of refusals. Never blocks and never fails: a flood of refusals is noted in part.
pub trait Witness: Send + Sync {
    /// Somebody was refused something.
    fn refused(&self, refused: Refused);
    /// Somebody tried to come in and did not.
    fn missed(&self, missed: Missed);
    /// It was found out which tenant a request is for.
    fn entered(&self, tenant: &Tenant) {
        let _ = tenant;
    }
}

/// Sees nothing: for commands, which nobody is refused.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoWitness;

impl Witness for NoWitness {
    fn refused(&self, _: Refused) {}

    fn missed(&self, _: Missed) {}
}
