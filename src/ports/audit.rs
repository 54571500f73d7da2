//! What the audit needs of the store, and where refusals are told.

use async_trait::async_trait;

use super::{StoreResult, Write};
use crate::audit::{Entry, Filter, PageCursor, Record};
use crate::id::{TeamId, TenantId, UserId};
use crate::permission::Action;
use crate::tenant::Tenant;

/// Keeps the audit. What was done is noted by the store itself, in the transaction that does it.
#[async_trait]
pub trait AuditStore: Send + Sync {
    /// Notes something that has no transaction of its own: a refusal.
    async fn note(&self, write: Write, entry: Entry) -> StoreResult<()>;
    /// At most `limit` of the tenant's entries that are older than `before`, newest first.
    async fn audit(
        &self,
        tenant: TenantId,
        filter: &Filter,
        before: PageCursor,
        limit: i64,
    ) -> StoreResult<Vec<Record>>;
}

/// Somebody who is signed in was refused what the permission table forbids them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeniedAction {
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
pub enum SignInMethod {
    /// A password.
    Password,
    /// A link.
    Link,
    /// An OpenID Connect provider.
    Provider,
    /// A code of a second factor.
    SecondFactor,
}

impl SignInMethod {
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
pub struct FailedSignIn {
    /// The tenant, as far as that is known.
    pub tenant: Option<TenantId>,
    /// Whose way in it was, when it is anybody's.
    pub whose: Option<UserId>,
    /// By what.
    pub way: SignInMethod,
}

/// Is told of refusals. Never blocks and never fails: a flood of refusals is noted in part.
pub trait AuditSink: Send + Sync {
    /// Somebody was refused something.
    fn refused(&self, refused: DeniedAction);
    /// Somebody tried to come in and did not.
    fn missed(&self, missed: FailedSignIn);
    /// It was found out which tenant a request is for.
    fn entered(&self, tenant: &Tenant) {
        let _ = tenant;
    }
}

/// Sees nothing: for commands, which nobody is refused.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoAuditSink;

impl AuditSink for NoAuditSink {
    fn refused(&self, _: DeniedAction) {}

    fn missed(&self, _: FailedSignIn) {}
}
