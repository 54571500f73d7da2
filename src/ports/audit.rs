//! What the audit needs of the store, and where refusals are told.

use async_trait::async_trait;

use super::{Stored, Write};
use crate::audit::{Entry, Filter, Mark, Record};
use crate::id::{TeamId, TenantId, UserId};
use crate::permission::Action;

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

/// Is told of refusals. Never blocks and never fails: a flood of refusals is noted in part.
pub trait Witness: Send + Sync {
    /// Somebody was refused something.
    fn refused(&self, refused: Refused);
}

/// Sees nothing: for commands, which nobody is refused.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoWitness;

impl Witness for NoWitness {
    fn refused(&self, _: Refused) {}
}
