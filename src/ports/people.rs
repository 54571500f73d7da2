//! Where people, their roles and their sessions are kept.
//!
//! Whatever takes an access away writes a revocation in its own transaction: every instance reads those and ends the
//! streams that they concern.

use async_trait::async_trait;
use uuid::Uuid;

use super::{SecretHash, SignedIn, Stored};
use crate::email::Email;
use crate::id::{SessionId, TeamId, TenantId, UserId};
use crate::person::{PeopleFilter, Person};
use crate::session::{Revocation, Session, SessionLabel};
use crate::text::Name;
use crate::time::Timestamp;
use crate::user::{Membership, Role};

/// When an access ends, and the id of the revocation that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// A fresh id.
    pub id: Uuid,
    /// The clock's time.
    pub at: Timestamp,
}

/// Somebody who changes what another person may do. Whether they may is looked at once more in the transaction, where
/// nobody else changes people of the tenant: a manager who has just been demoted changes nothing any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manager {
    /// The tenant.
    pub tenant: TenantId,
    /// The person who does it.
    pub user: UserId,
    /// When, and under which id what it ends is noted.
    pub ending: Ending,
}

/// A person to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the field of the same name of `Person`")]
pub struct NewPerson {
    pub id: UserId,
    pub name: Name,
    pub email: Option<Email>,
    pub role: Role,
    pub memberships: Vec<Membership>,
    pub at: Timestamp,
}

/// A session to be opened for somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSession {
    /// What it is called.
    pub id: SessionId,
    /// The hash of the session's secret.
    pub hash: SecretHash,
    /// The person.
    pub user: UserId,
    /// The browser.
    pub label: SessionLabel,
    /// Opened at.
    pub at: Timestamp,
    /// Over from then on.
    pub expires_at: Timestamp,
}

/// Keeps people and what they may do. What is another tenant's does not exist.
#[async_trait]
pub trait PeopleStore: Send + Sync {
    /// The people that a filter names, by name.
    async fn people(&self, tenant: TenantId, filter: PeopleFilter) -> Stored<Vec<Person>>;
    /// How many people the tenant has, deactivated ones included.
    async fn people_count(&self, tenant: TenantId) -> Stored<i64>;
    /// A person.
    async fn person(&self, tenant: TenantId, id: UserId) -> Stored<Option<Person>>;
    /// The person with this address, whatever the case of its letters.
    async fn person_by_email(&self, tenant: TenantId, email: &Email) -> Stored<Option<Person>>;
    /// Adds a person on nobody's word but the caller's; [`EmailTaken`](crate::error::Refusal::EmailTaken) when the
    /// address is in use, `NotFound(Team)` for a team that is not the tenant's.
    async fn add_person(&self, tenant: TenantId, new: NewPerson) -> Stored<Person>;
    /// Adds a person on a manager's word, who may give the role.
    async fn add_person_by(&self, manager: Manager, new: NewPerson) -> Stored<Person>;
    /// Changes what a person is called: everybody may do that for themselves.
    async fn set_name(&self, tenant: TenantId, id: UserId, name: Name) -> Stored<Person>;
    /// Changes what a person is called and where they get mail: whoever reads their mail can sign in as them, so it
    /// takes a manager. [`EmailTaken`](crate::error::Refusal::EmailTaken) when the address is in use.
    async fn set_profile(&self, manager: Manager, id: UserId, name: Name, email: Option<Email>) -> Stored<Person>;
    /// Gives a person a role; their sessions end when it is another.
    /// [`LastOwner`](crate::error::Refusal::LastOwner) when nobody would own the tenant.
    async fn set_role(&self, manager: Manager, id: UserId, role: Role) -> Stored<Person>;
    /// Gives a person a role in a team, or none; their streams end when it is another.
    async fn set_membership(&self, manager: Manager, id: UserId, team: TeamId, role: Option<Role>) -> Stored<Person>;
    /// Keeps a person out, whose sessions and streams end, or lets them in again. As [`PeopleStore::set_role`].
    async fn set_active(&self, manager: Manager, id: UserId, active: bool) -> Stored<Person>;
}

/// Keeps sessions and what ended them.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Who this session belongs to, if it is open at `now`.
    async fn session(&self, hash: SecretHash, now: Timestamp) -> Stored<Option<SignedIn>>;
    /// The open sessions of a person, the latest first.
    async fn sessions_of(&self, tenant: TenantId, user: UserId, now: Timestamp) -> Stored<Vec<Session>>;
    /// Opens a session for somebody who is there and may come in; `NotFound(Person)` for anybody else.
    async fn open_session(&self, tenant: TenantId, session: NewSession) -> Stored<()>;
    /// Takes note that a session was used, unless that was noted after `unless_since`.
    async fn touch_session(&self, hash: SecretHash, now: Timestamp, unless_since: Timestamp) -> Stored<()>;
    /// Ends a session by its secret; ending one that is over is no error.
    async fn end_session(&self, hash: SecretHash, ending: Ending) -> Stored<()>;
    /// Ends one session of a person; says whether there was one.
    async fn revoke_session(&self, tenant: TenantId, user: UserId, id: SessionId, ending: Ending) -> Stored<bool>;
    /// Ends all sessions of a person, and their streams.
    async fn revoke_sessions(&self, tenant: TenantId, user: UserId, ending: Ending) -> Stored<()>;
    /// What was revoked at `since` or later, in all tenants, each under its id.
    async fn revocations_since(&self, since: Timestamp) -> Stored<Vec<(Uuid, Revocation)>>;
    /// Forgets what was revoked before `until`.
    async fn forget_revocations(&self, until: Timestamp) -> Stored<()>;
}
