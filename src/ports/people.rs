//! Where people, their roles and their sessions are kept.
//!
//! Whatever takes an access away writes a revocation in its own transaction: every instance reads those and ends the
//! streams that they concern.

use async_trait::async_trait;
use uuid::Uuid;

use super::{PortError, SecretHash, SignedIn, StoreResult};
use crate::email::Email;
use crate::id::{SessionId, TeamId, TenantId, UserId};
use crate::person::{PeopleFilter, Person, TeamChoice};
use crate::second_factor::FactorCheck;
use crate::session::{Revocation, Session, SessionLabel};
use crate::tenant::Tenant;
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
    /// What has to be shown before it opens.
    pub check: FactorCheck,
}

/// A link for one person, on its way to them.
#[derive(Clone, PartialEq, Eq)]
pub struct FreshLink {
    /// Its whole address, which has the secret in it.
    pub address: String,
    /// What is kept of the secret.
    pub hash: SecretHash,
}

/// Makes links for single persons, and sends them where mail is set up.
#[async_trait]
pub trait Invitations: Send + Sync {
    /// A fresh link into this tenant.
    fn link(&self, tenant: &Tenant) -> FreshLink;
    /// A fresh one-time link that signs in whoever brings it, without an account.
    fn bearer_link(&self, tenant: &Tenant) -> FreshLink;
    /// A fresh link that confirms an address in this tenant.
    fn address_link(&self, tenant: &Tenant) -> FreshLink;
    /// Sends it; says whether there was a way to.
    ///
    /// # Errors
    /// When there is one and it is in trouble.
    async fn send(&self, to: &Email, name: &str, tenant: &Tenant, link: &FreshLink) -> Result<bool, PortError>;
}

/// Reads tables that people made in other programs.
pub trait CsvReader: Send + Sync {
    /// The rows of a table, each with the number of its line; at most so many.
    fn rows(&self, text: &str, most: usize) -> Vec<(u64, Vec<String>)>;
}

/// Invites nobody and reads nothing: for commands.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoPeople;

#[async_trait]
impl Invitations for NoPeople {
    fn link(&self, _: &Tenant) -> FreshLink {
        // Of no secret: nobody can bring one that this is the hash of.
        FreshLink { address: String::new(), hash: SecretHash([0; 32]) }
    }

    fn bearer_link(&self, tenant: &Tenant) -> FreshLink {
        self.link(tenant)
    }

    fn address_link(&self, tenant: &Tenant) -> FreshLink {
        self.link(tenant)
    }

    async fn send(&self, _: &Email, _: &str, _: &Tenant, _: &FreshLink) -> Result<bool, PortError> {
        Ok(false)
    }
}

impl CsvReader for NoPeople {
    fn rows(&self, _: &str, _: usize) -> Vec<(u64, Vec<String>)> {
        Vec::new()
    }
}

/// Keeps people and what they may do. What is another tenant's does not exist.
#[async_trait]
pub trait PeopleStore: Send + Sync {
    /// The people that a filter names, by name.
    async fn people(&self, tenant: TenantId, filter: PeopleFilter) -> StoreResult<Vec<Person>>;
    /// The teams that people can be given roles in, by name.
    async fn team_choices(&self, tenant: TenantId) -> StoreResult<Vec<TeamChoice>>;
    /// What the moderators of the tenant or of any team, and those above them, are called.
    async fn staff_names(&self, tenant: TenantId) -> StoreResult<Vec<(UserId, String)>>;
    /// The addresses of all people, as [`super::Unicode::email_key`] has them.
    async fn email_keys(&self, tenant: TenantId) -> StoreResult<Vec<String>>;
    /// How many people the tenant has, deactivated ones included.
    async fn people_count(&self, tenant: TenantId) -> StoreResult<i64>;
    /// A person.
    async fn person(&self, tenant: TenantId, id: UserId) -> StoreResult<Option<Person>>;
    /// The person with this address, whatever the case of its letters.
    async fn person_by_email(&self, tenant: TenantId, email: &Email) -> StoreResult<Option<Person>>;
    /// Adds a person on nobody's word but the caller's; [`EmailTaken`](crate::error::Refusal::EmailTaken) when the
    /// address is in use, `NotFound(Team)` for a team that is not the tenant's.
    async fn add_person(&self, tenant: TenantId, new: NewPerson) -> StoreResult<Person>;
    /// Adds a person on a manager's word, who may give the role.
    async fn add_person_by(&self, manager: Manager, new: NewPerson) -> StoreResult<Person>;
    /// Adds many people on a manager's word: all of them or, when one is refused, none.
    async fn add_people_by(&self, manager: Manager, new: Vec<NewPerson>) -> StoreResult<()>;
    /// Keeps an invitation of a person and withdraws those before it; the person must be active.
    async fn put_invitation(
        &self,
        manager: Manager,
        id: UserId,
        link: SecretHash,
        until: Timestamp,
    ) -> StoreResult<Person>;
    /// Changes what a person is called: everybody may do that for themselves.
    async fn set_name(&self, tenant: TenantId, id: UserId, name: Name) -> StoreResult<Person>;
    /// Changes what a person is called and where they get mail: whoever reads their mail can sign in as them, so it
    /// takes a manager. [`EmailTaken`](crate::error::Refusal::EmailTaken) when the address is in use.
    async fn set_profile(&self, manager: Manager, id: UserId, name: Name, email: Option<Email>) -> StoreResult<Person>;
    /// Gives a person a role; their sessions end when it is another.
    /// [`LastOwner`](crate::error::Refusal::LastOwner) when nobody would own the tenant.
    async fn set_role(&self, manager: Manager, id: UserId, role: Role) -> StoreResult<Person>;
    /// Gives a person a role in a team, or none; their streams end when it is another.
    async fn set_membership(
        &self,
        manager: Manager,
        id: UserId,
        team: TeamId,
        role: Option<Role>,
    ) -> StoreResult<Person>;
    /// Keeps a person out, whose sessions and streams end, or lets them in again. As [`PeopleStore::set_role`].
    async fn set_active(&self, manager: Manager, id: UserId, active: bool) -> StoreResult<Person>;
}

/// Keeps sessions and what ended them.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Who this session belongs to, if it is open at `now`.
    async fn session(&self, hash: SecretHash, now: Timestamp) -> StoreResult<Option<SignedIn>>;
    /// The open sessions of a person, the latest first.
    async fn sessions_of(&self, tenant: TenantId, user: UserId, now: Timestamp) -> StoreResult<Vec<Session>>;
    /// Opens a session for somebody who is there and may come in; `NotFound(Person)` for anybody else.
    async fn open_session(&self, tenant: TenantId, session: NewSession) -> StoreResult<()>;
    /// Takes note that a session was used on the day of `now`. Nothing finer is kept.
    async fn touch_session(&self, hash: SecretHash, now: Timestamp) -> StoreResult<()>;
    /// Ends a session by its secret and says of which tenant it was; ending one that is over is no error.
    async fn end_session(&self, hash: SecretHash, ending: Ending) -> StoreResult<Option<TenantId>>;
    /// Ends one session of a person; says whether there was one.
    async fn revoke_session(&self, tenant: TenantId, user: UserId, id: SessionId, ending: Ending) -> StoreResult<bool>;
    /// Ends all sessions of a person, and their streams.
    async fn revoke_sessions(&self, tenant: TenantId, user: UserId, ending: Ending) -> StoreResult<()>;
    /// What was revoked at `since` or later, in all tenants, each under its id.
    async fn revocations_since(&self, since: Timestamp) -> StoreResult<Vec<(Uuid, Revocation)>>;
    /// Forgets what was revoked before `until`.
    async fn forget_revocations(&self, until: Timestamp) -> StoreResult<()>;
}
