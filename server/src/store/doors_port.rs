//! The port of what people come in by: each method is a transaction and one way out for its troubles.

use async_trait::async_trait;
use pulsestage::door::{AddressChange, Identity, LinkDoor, PersonLink, RoleLink, WaitingLink};
use pulsestage::email::Email;
use pulsestage::id::{SessionId, TenantId, UserId};
use pulsestage::password::PasswordHash;
use pulsestage::person::Person;
use pulsestage::ports::{
    Admission, Credentials, DoorStore, Ending, InsteadOf, LinkUse, Manager, NewAddressChange, NewPerson, NewPersonLink,
    NewSession, SecretHash, SignedIn, Stored,
};
use pulsestage::tenant::Tenant;
use pulsestage::time::Timestamp;
use pulsestage::user::Role;

use super::SqlStore;
use super::trouble::trouble;

#[async_trait]
impl DoorStore for SqlStore {
    async fn credentials(&self, tenant: TenantId, email: &Email) -> Stored<Option<Credentials>> {
        self.find_credentials(tenant, email).await.map_err(trouble)
    }

    async fn credentials_of(&self, tenant: TenantId, user: UserId) -> Stored<Option<Credentials>> {
        self.find_credentials_of(tenant, user).await.map_err(trouble)
    }

    async fn rehash(&self, tenant: TenantId, user: UserId, old: &PasswordHash, new: &PasswordHash) -> Stored<()> {
        self.replace_hash(tenant, user, old.clone(), new.clone()).await.map_err(trouble)
    }

    async fn let_in(&self, tenant: TenantId, session: NewSession, instead_of: InsteadOf) -> Stored<Option<Admission>> {
        self.admit(tenant, session, instead_of).await.map_err(trouble)
    }

    async fn change_password(
        &self,
        tenant: TenantId,
        password: PasswordHash,
        session: NewSession,
        ending: Ending,
    ) -> Stored<Option<SignedIn>> {
        self.replace_password(tenant, password, session, ending).await.map_err(trouble)
    }

    async fn put_person_link(&self, link: NewPersonLink) -> Stored<()> {
        self.keep_person_link(link).await.map_err(trouble)
    }

    async fn person_link(&self, hash: SecretHash, now: Timestamp) -> Stored<Option<PersonLink>> {
        self.find_person_link(hash, now).await.map_err(trouble)
    }

    async fn use_person_link(
        &self,
        link: LinkUse,
        session: NewSession,
        instead_of: InsteadOf,
        ending: Ending,
    ) -> Stored<Option<Admission>> {
        self.spend_person_link(link, session, instead_of, ending).await.map_err(trouble)
    }

    async fn role_link(&self, hash: SecretHash, now: Timestamp) -> Stored<Option<RoleLink>> {
        self.find_role_link(hash, now).await.map_err(trouble)
    }

    async fn waiting_links(&self, tenant: TenantId, now: Timestamp) -> Stored<Vec<WaitingLink>> {
        self.list_waiting_links(tenant, now).await.map_err(trouble)
    }

    async fn withdraw_links(&self, tenant: TenantId, door: LinkDoor, role: Option<Role>) -> Stored<u64> {
        self.drop_links(tenant, door, role).await.map_err(trouble)
    }

    async fn whose_link(&self, hash: SecretHash) -> Stored<Option<(TenantId, Option<UserId>)>> {
        self.find_whose_link(hash).await.map_err(trouble)
    }

    async fn prove(&self, tenant: TenantId, user: UserId, session: SessionId, at: Timestamp) -> Stored<()> {
        self.prove_session(tenant, user, session, at).await.map_err(trouble)
    }

    async fn put_address_change(&self, manager: Manager, change: NewAddressChange) -> Stored<()> {
        self.keep_address_change(manager, change).await.map_err(trouble)
    }

    async fn address_change(&self, hash: SecretHash, now: Timestamp) -> Stored<Option<AddressChange>> {
        self.find_address_change(hash, now).await.map_err(trouble)
    }

    async fn confirm_address(
        &self,
        change: &AddressChange,
        hash: SecretHash,
        ending: Ending,
    ) -> Stored<Option<Person>> {
        self.use_address_change(change.clone(), hash, ending).await.map_err(trouble)
    }

    async fn has_owner(&self, tenant: TenantId, now: Timestamp) -> Stored<bool> {
        self.is_owned(tenant, now).await.map_err(trouble)
    }

    async fn claimable(&self, link: SecretHash, now: Timestamp) -> Stored<Option<Tenant>> {
        self.find_claimable(link, now).await.map_err(trouble)
    }

    async fn claim(
        &self,
        tenant: TenantId,
        link: SecretHash,
        owner: NewPerson,
        password: PasswordHash,
        session: NewSession,
    ) -> Stored<Option<Admission>> {
        self.claim_tenant(tenant, link, owner, password, session).await.map_err(trouble)
    }

    async fn person_of(&self, tenant: TenantId, identity: &Identity) -> Stored<Option<UserId>> {
        self.find_identity(tenant, identity).await.map_err(trouble)
    }

    async fn link_identity(&self, tenant: TenantId, user: UserId, identity: &Identity, at: Timestamp) -> Stored<()> {
        self.keep_identity(tenant, user, identity.clone(), at).await.map_err(trouble)
    }
}
