//! What one-time links need of the store.

use async_trait::async_trait;

use super::{Admission, NewSession, SecretHash, StoreResult};
use crate::id::{TenantId, UserId};
use crate::link::{LinkPurpose, RoleLink, WaitingLink};
use crate::time::Timestamp;
use crate::user::Role;

/// How many links of one tenant, role and purpose wait to be used at once. Whoever makes one more withdraws those first.
pub const MOST_WAITING_LINKS: i64 = 50;

/// A one-time link that makes the person who brings it, to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewLink {
    /// The hash of its secret.
    pub hash: SecretHash,
    /// The tenant it opens.
    pub tenant: TenantId,
    /// The role it gives.
    pub role: Role,
    /// What it opens.
    pub purpose: LinkPurpose,
    /// When it was made.
    pub at: Timestamp,
    /// Worth nothing from then on.
    pub expires_at: Timestamp,
}

/// Keeps one-time links.
#[async_trait]
pub trait LinkStore: Send + Sync {
    /// Keeps a one-time link; says no when [`MOST_WAITING_LINKS`] of the same tenant, role and purpose wait already.
    async fn put_link(&self, link: NewLink) -> StoreResult<bool>;
    /// Uses a link for signing in up, makes the person that the session is for, and opens it; `None` when it was used, has
    /// run out, never was, or is for another purpose.
    async fn redeem_link(&self, link: SecretHash, session: NewSession) -> StoreResult<Option<Admission>>;
    /// What a link for signing in with a role opens; `None` when it was used, has run out, never was, or is for another purpose.
    async fn role_link(&self, hash: SecretHash, now: Timestamp) -> StoreResult<Option<RoleLink>>;
    /// The links of a tenant that wait to be used, the latest first.
    async fn waiting_links(&self, tenant: TenantId, now: Timestamp) -> StoreResult<Vec<WaitingLink>>;
    /// Withdraws the links of a tenant and purpose that wait, of one role or of all; says how many there were.
    async fn withdraw_links(&self, tenant: TenantId, purpose: LinkPurpose, role: Option<Role>) -> StoreResult<u64>;
    /// Whose link this is or was, while that is remembered: a tenant's, and a person's where it is for one.
    async fn whose_link(&self, hash: SecretHash) -> StoreResult<Option<(TenantId, Option<UserId>)>>;
}
