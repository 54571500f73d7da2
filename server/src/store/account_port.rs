//! The port of what people come in by: each method is a transaction and one way out for its troubles.

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

use super::SqlStore;
use super::db_error::store_error;

#[async_trait]
impl AccountStore for SqlStore {
    async fn credentials(&self, tenant: TenantId, email: &Email) -> StoreResult<Option<PasswordCredentials>> {
        self.find_credentials(tenant, email).await.map_err(store_error)
    }

    async fn credentials_of(&self, tenant: TenantId, user: UserId) -> StoreResult<Option<PasswordCredentials>> {
        self.find_credentials_of(tenant, user).await.map_err(store_error)
    }

    async fn rehash(&self, tenant: TenantId, user: UserId, old: &PasswordHash, new: &PasswordHash) -> StoreResult<()> {
        self.replace_hash(tenant, user, old.clone(), new.clone()).await.map_err(store_error)
    }

    async fn let_in(
        &self,
        tenant: TenantId,
        session: NewSession,
        instead_of: InsteadOf,
    ) -> StoreResult<Option<Admission>> {
        self.admit(tenant, session, instead_of).await.map_err(store_error)
    }

    async fn change_password(
        &self,
        tenant: TenantId,
        password: PasswordHash,
        session: NewSession,
        ending: Ending,
    ) -> StoreResult<Option<SignedIn>> {
        self.replace_password(tenant, password, session, ending).await.map_err(store_error)
    }

    async fn put_person_link(&self, link: NewPersonLink) -> StoreResult<()> {
        self.keep_person_link(link).await.map_err(store_error)
    }

    async fn person_link(&self, hash: SecretHash, now: Timestamp) -> StoreResult<Option<PersonLink>> {
        self.find_person_link(hash, now).await.map_err(store_error)
    }

    async fn use_person_link(
        &self,
        link: LinkUse,
        session: NewSession,
        instead_of: InsteadOf,
        ending: Ending,
    ) -> StoreResult<Option<Admission>> {
        self.spend_person_link(link, session, instead_of, ending).await.map_err(store_error)
    }

    async fn role_link(&self, hash: SecretHash, now: Timestamp) -> StoreResult<Option<RoleLink>> {
        self.find_role_link(hash, now).await.map_err(store_error)
    }

    async fn waiting_links(&self, tenant: TenantId, now: Timestamp) -> StoreResult<Vec<WaitingLink>> {
        self.list_waiting_links(tenant, now).await.map_err(store_error)
    }

    async fn withdraw_links(&self, tenant: TenantId, door: LinkPurpose, role: Option<Role>) -> StoreResult<u64> {
        self.drop_links(tenant, door, role).await.map_err(store_error)
    }

    async fn whose_link(&self, hash: SecretHash) -> StoreResult<Option<(TenantId, Option<UserId>)>> {
        self.find_whose_link(hash).await.map_err(store_error)
    }

    async fn prove(&self, tenant: TenantId, user: UserId, session: SessionId, at: Timestamp) -> StoreResult<()> {
        self.prove_session(tenant, user, session, at).await.map_err(store_error)
    }

    async fn put_address_change(&self, manager: Manager, change: NewAddressChange) -> StoreResult<()> {
        self.keep_address_change(manager, change).await.map_err(store_error)
    }

    async fn address_change(&self, hash: SecretHash, now: Timestamp) -> StoreResult<Option<AddressChange>> {
        self.find_address_change(hash, now).await.map_err(store_error)
    }

    async fn confirm_address(
        &self,
        change: &AddressChange,
        hash: SecretHash,
        ending: Ending,
    ) -> StoreResult<Option<Person>> {
        self.use_address_change(change.clone(), hash, ending).await.map_err(store_error)
    }

    async fn has_owner(&self, tenant: TenantId, now: Timestamp) -> StoreResult<bool> {
        self.is_owned(tenant, now).await.map_err(store_error)
    }

    async fn claimable(&self, link: SecretHash, now: Timestamp) -> StoreResult<Option<Tenant>> {
        self.find_claimable(link, now).await.map_err(store_error)
    }

    async fn claim(
        &self,
        tenant: TenantId,
        link: SecretHash,
        owner: NewPerson,
        password: PasswordHash,
        session: NewSession,
    ) -> StoreResult<Option<Admission>> {
        self.claim_tenant(tenant, link, owner, password, session).await.map_err(store_error)
    }

    async fn person_of(&self, tenant: TenantId, identity: &Identity) -> StoreResult<Option<UserId>> {
        self.find_identity(tenant, identity).await.map_err(store_error)
    }

    async fn link_identity(
        &self,
        tenant: TenantId,
        user: UserId,
        identity: &Identity,
        at: Timestamp,
    ) -> StoreResult<()> {
        self.keep_identity(tenant, user, identity.clone(), at).await.map_err(store_error)
    }
}
