//! How long the database takes for what people come in by.

use async_trait::async_trait;
use pulsestage::email::Email;
use pulsestage::id::{SessionId, TenantId, UserId};
use pulsestage::link::{AddressChange, Identity, LinkPurpose, PersonLink, RoleLink, WaitingLink};
use pulsestage::password::PasswordHash;
use pulsestage::person::Person;
use pulsestage::ports::{
    AccountStore, Admission, Ending, InsteadOf, LinkUse, Manager, NewAddressChange, NewPerson, NewPersonLink,
    NewSession, PasswordCredentials, SecretHash, SignedIn, StoreResult,
};
use pulsestage::tenant::Tenant;
use pulsestage::time::Timestamp;
use pulsestage::user::Role;

use super::{Kind, TimedStore};

#[async_trait]
impl AccountStore for TimedStore {
    async fn credentials(&self, tenant: TenantId, email: &Email) -> StoreResult<Option<PasswordCredentials>> {
        self.timed(Kind::SignIn, self.store.credentials(tenant, email)).await
    }

    async fn credentials_of(&self, tenant: TenantId, user: UserId) -> StoreResult<Option<PasswordCredentials>> {
        self.timed(Kind::SignIn, self.store.credentials_of(tenant, user)).await
    }

    async fn rehash(&self, tenant: TenantId, user: UserId, old: &PasswordHash, new: &PasswordHash) -> StoreResult<()> {
        self.timed(Kind::SignIn, self.store.rehash(tenant, user, old, new)).await
    }

    async fn let_in(
        &self,
        tenant: TenantId,
        session: NewSession,
        instead_of: InsteadOf,
    ) -> StoreResult<Option<Admission>> {
        self.timed(Kind::SignIn, self.store.let_in(tenant, session, instead_of)).await
    }

    async fn change_password(
        &self,
        tenant: TenantId,
        password: PasswordHash,
        session: NewSession,
        ending: Ending,
    ) -> StoreResult<Option<SignedIn>> {
        self.timed(Kind::SignIn, self.store.change_password(tenant, password, session, ending)).await
    }

    async fn put_person_link(&self, link: NewPersonLink) -> StoreResult<()> {
        self.timed(Kind::SignIn, self.store.put_person_link(link)).await
    }

    async fn person_link(&self, hash: SecretHash, now: Timestamp) -> StoreResult<Option<PersonLink>> {
        self.timed(Kind::SignIn, self.store.person_link(hash, now)).await
    }

    async fn use_person_link(
        &self,
        link: LinkUse,
        session: NewSession,
        instead_of: InsteadOf,
        ending: Ending,
    ) -> StoreResult<Option<Admission>> {
        self.timed(Kind::SignIn, self.store.use_person_link(link, session, instead_of, ending)).await
    }

    async fn role_link(&self, hash: SecretHash, now: Timestamp) -> StoreResult<Option<RoleLink>> {
        self.timed(Kind::SignIn, self.store.role_link(hash, now)).await
    }

    async fn waiting_links(&self, tenant: TenantId, now: Timestamp) -> StoreResult<Vec<WaitingLink>> {
        self.timed(Kind::SignIn, self.store.waiting_links(tenant, now)).await
    }

    async fn withdraw_links(&self, tenant: TenantId, door: LinkPurpose, role: Option<Role>) -> StoreResult<u64> {
        self.timed(Kind::SignIn, self.store.withdraw_links(tenant, door, role)).await
    }

    async fn whose_link(&self, hash: SecretHash) -> StoreResult<Option<(TenantId, Option<UserId>)>> {
        self.timed(Kind::SignIn, self.store.whose_link(hash)).await
    }

    async fn prove(&self, tenant: TenantId, user: UserId, session: SessionId, at: Timestamp) -> StoreResult<()> {
        self.timed(Kind::SignIn, self.store.prove(tenant, user, session, at)).await
    }

    async fn put_address_change(&self, manager: Manager, change: NewAddressChange) -> StoreResult<()> {
        self.timed(Kind::SignIn, self.store.put_address_change(manager, change)).await
    }

    async fn address_change(&self, hash: SecretHash, now: Timestamp) -> StoreResult<Option<AddressChange>> {
        self.timed(Kind::SignIn, self.store.address_change(hash, now)).await
    }

    async fn confirm_address(
        &self,
        change: &AddressChange,
        hash: SecretHash,
        ending: Ending,
    ) -> StoreResult<Option<Person>> {
        self.timed(Kind::SignIn, self.store.confirm_address(change, hash, ending)).await
    }

    async fn has_owner(&self, tenant: TenantId, now: Timestamp) -> StoreResult<bool> {
        self.timed(Kind::SignIn, self.store.has_owner(tenant, now)).await
    }

    async fn claimable(&self, link: SecretHash, now: Timestamp) -> StoreResult<Option<Tenant>> {
        self.timed(Kind::SignIn, self.store.claimable(link, now)).await
    }

    async fn claim(
        &self,
        tenant: TenantId,
        link: SecretHash,
        owner: NewPerson,
        password: PasswordHash,
        session: NewSession,
    ) -> StoreResult<Option<Admission>> {
        self.timed(Kind::SignIn, self.store.claim(tenant, link, owner, password, session)).await
    }

    async fn person_of(&self, tenant: TenantId, identity: &Identity) -> StoreResult<Option<UserId>> {
        self.timed(Kind::SignIn, self.store.person_of(tenant, identity)).await
    }

    async fn link_identity(
        &self,
        tenant: TenantId,
        user: UserId,
        identity: &Identity,
        at: Timestamp,
    ) -> StoreResult<()> {
        self.timed(Kind::SignIn, self.store.link_identity(tenant, user, identity, at)).await
    }
}
