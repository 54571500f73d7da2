//! The ports of signing in: passwords are hashed there, letters carried, links and identities kept.

use async_trait::async_trait;

use super::{Admission, Ending, Manager, NewPerson, NewSession, PortError, SecretHash, SignedIn, StoreResult};
use crate::email::Email;
use crate::id::{SessionId, TenantId, UserId};
use crate::link::{AddressChange, Identity, Letter, PersonLink, PersonLinkPurpose};
use crate::password::{Password, PasswordHash};
use crate::person::Person;
use crate::tenant::Tenant;
use crate::text::Name;
use crate::time::Timestamp;

/// What came of comparing a password with what is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordCheck {
    /// It is another one.
    Wrong,
    /// It is the one.
    Right,
    /// It is the one, and what is kept of it is weaker than what would be kept today.
    RightButWeak,
}

/// Hashes passwords: slow on purpose, so only few at a time. [`PortError::Busy`] when too many wait.
#[async_trait]
pub trait Passwords: Send + Sync {
    /// Whether a password is easily guessed by somebody who knows these words of its owner.
    async fn is_easy(&self, password: &Password, known: &[&str]) -> Result<bool, PortError>;
    /// What is to be kept of a password.
    async fn hash(&self, password: &Password) -> Result<PasswordHash, PortError>;
    /// Compares a password with what is kept. Without anything to compare with it takes as long and is wrong.
    async fn verify(&self, password: &Password, kept: Option<&PasswordHash>) -> Result<PasswordCheck, PortError>;
}

/// Takes no password: for commands, at which nobody signs in.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoPasswords;

#[async_trait]
impl Passwords for NoPasswords {
    async fn is_easy(&self, _: &Password, _: &[&str]) -> Result<bool, PortError> {
        Err(PortError::Broken)
    }

    async fn hash(&self, _: &Password) -> Result<PasswordHash, PortError> {
        Err(PortError::Broken)
    }

    async fn verify(&self, _: &Password, _: Option<&PasswordHash>) -> Result<PasswordCheck, PortError> {
        Err(PortError::Broken)
    }
}

/// Carries letters.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands a letter over to whoever delivers it; when this is over well, they have it.
    async fn send(&self, letter: Letter) -> Result<(), PortError>;
}

/// A link for one person, to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewPersonLink {
    /// The hash of its secret.
    pub hash: SecretHash,
    /// The person's tenant.
    pub tenant: TenantId,
    /// The person.
    pub user: UserId,
    /// What it is for.
    pub purpose: PersonLinkPurpose,
    /// When it was made.
    pub at: Timestamp,
    /// Worth nothing from then on.
    pub expires_at: Timestamp,
}

/// How long the link that confirms an address is worth something, in milliseconds: a day.
pub const ADDRESS_LINK_LIFE_MS: i64 = 24 * 60 * 60 * 1_000;

/// An address that waits to be confirmed, to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAddressChange {
    /// The hash of the secret in its link.
    pub hash: SecretHash,
    /// The person.
    pub user: UserId,
    /// The address.
    pub email: Email,
}

/// How a link is used up: what the person set on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkUse {
    /// The person's tenant.
    pub tenant: TenantId,
    /// The hash of its secret.
    pub hash: SecretHash,
    /// What it must be for.
    pub purpose: PersonLinkPurpose,
    /// The person's new name.
    pub name: Option<Name>,
    /// The person's new password: their other sessions end then.
    pub password: Option<PasswordHash>,
}

/// Somebody who may come in, and by which password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordCredentials {
    /// The person.
    pub user: UserId,
    /// What they are called.
    pub name: String,
    /// Where they get mail.
    pub email: Option<String>,
    /// What is kept of their password; absent when they come in by other ways only.
    pub password: Option<PasswordHash>,
}

/// A session that another one takes the place of: the browser's, when it signs in again.
pub type InsteadOf = Option<(SecretHash, Ending)>;

/// Keeps what people come in by. For whoever is deactivated it opens nothing.
#[async_trait]
pub trait AccountStore: Send + Sync {
    /// Who has this address.
    async fn credentials(&self, tenant: TenantId, email: &Email) -> StoreResult<Option<PasswordCredentials>>;
    /// What this person comes in by.
    async fn credentials_of(&self, tenant: TenantId, user: UserId) -> StoreResult<Option<PasswordCredentials>>;
    /// Keeps a stronger hash of the same password, unless the password was changed meanwhile.
    async fn rehash(&self, tenant: TenantId, user: UserId, old: &PasswordHash, new: &PasswordHash) -> StoreResult<()>;
    /// Opens a session for a person who is known; `None` when they are not to come in.
    async fn let_in(
        &self,
        tenant: TenantId,
        session: NewSession,
        instead_of: InsteadOf,
    ) -> StoreResult<Option<Admission>>;
    /// Gives a person another password, withdraws their links, ends all their sessions, and opens this one.
    async fn change_password(
        &self,
        tenant: TenantId,
        password: PasswordHash,
        session: NewSession,
        ending: Ending,
    ) -> StoreResult<Option<SignedIn>>;
    /// Keeps a link and withdraws the person's others for the same purpose.
    async fn put_person_link(&self, link: NewPersonLink) -> StoreResult<()>;
    /// What a link is for; `None` when it was used, has run out or never was.
    async fn person_link(&self, hash: SecretHash, now: Timestamp) -> StoreResult<Option<PersonLink>>;
    /// Uses a link up and opens the session, whose person is the link's; `None` as in [`AccountStore::person_link`].
    async fn use_person_link(
        &self,
        link: LinkUse,
        session: NewSession,
        instead_of: InsteadOf,
        ending: Ending,
    ) -> StoreResult<Option<Admission>>;
    /// Whether anybody owns the tenant who can come in: by their address, or because they are in.
    async fn has_owner(&self, tenant: TenantId, now: Timestamp) -> StoreResult<bool>;
    /// The tenant that a link claims; `None` when the link is worth nothing or somebody owns the tenant already.
    async fn claimable(&self, link: SecretHash, now: Timestamp) -> StoreResult<Option<Tenant>>;
    /// Uses the link up and makes the owner; `None` as in [`AccountStore::claimable`]. Of many at once one gets it.
    async fn claim(
        &self,
        tenant: TenantId,
        link: SecretHash,
        owner: NewPerson,
        password: PasswordHash,
        session: NewSession,
    ) -> StoreResult<Option<Admission>>;
    /// Who somebody is that a provider knows, deactivated or not: nobody becomes another by coming again.
    async fn person_of(&self, tenant: TenantId, identity: &Identity) -> StoreResult<Option<UserId>>;
    /// Takes note that a person is who the provider says; one who is noted already stays.
    async fn link_identity(
        &self,
        tenant: TenantId,
        user: UserId,
        identity: &Identity,
        at: Timestamp,
    ) -> StoreResult<()>;
}

/// Keeps addresses until they are confirmed, and when the person of a session last showed who they are.
#[async_trait]
pub trait AddressStore: Send + Sync {
    /// Takes note that the person of a session showed who they are.
    async fn prove(&self, tenant: TenantId, user: UserId, session: SessionId, at: Timestamp) -> StoreResult<()>;
    /// Keeps an address until it is confirmed; refuses one that somebody else has.
    async fn put_address_change(&self, manager: Manager, change: NewAddressChange) -> StoreResult<()>;
    /// What address a link confirms; `None` when it was used, has run out or never was.
    async fn address_change(&self, hash: SecretHash, now: Timestamp) -> StoreResult<Option<AddressChange>>;
    /// Makes an address that waits the person's own, withdraws the links that went to the one before, and gives that;
    /// `None` as in [`AddressStore::address_change`].
    async fn confirm_address(
        &self,
        change: &AddressChange,
        hash: SecretHash,
        ending: Ending,
    ) -> StoreResult<Option<Person>>;
}
