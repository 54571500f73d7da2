//! Nobody comes in by a store in memory.

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

use super::{MemoryStore, broken};

#[async_trait]
impl AccountStore for MemoryStore {
    async fn credentials(&self, _: TenantId, _: &Email) -> StoreResult<Option<PasswordCredentials>> {
        broken()
    }

    async fn credentials_of(&self, _: TenantId, _: UserId) -> StoreResult<Option<PasswordCredentials>> {
        broken()
    }

    async fn rehash(&self, _: TenantId, _: UserId, _: &PasswordHash, _: &PasswordHash) -> StoreResult<()> {
        broken()
    }

    async fn let_in(&self, _: TenantId, _: NewSession, _: InsteadOf) -> StoreResult<Option<Admission>> {
        broken()
    }

    async fn change_password(
        &self,
        _: TenantId,
        _: PasswordHash,
        _: NewSession,
        _: Ending,
    ) -> StoreResult<Option<SignedIn>> {
        broken()
    }

    async fn put_person_link(&self, _: NewPersonLink) -> StoreResult<()> {
        broken()
    }

    async fn person_link(&self, _: SecretHash, _: Timestamp) -> StoreResult<Option<PersonLink>> {
        broken()
    }

    async fn use_person_link(
        &self,
        _: LinkUse,
        _: NewSession,
        _: InsteadOf,
        _: Ending,
    ) -> StoreResult<Option<Admission>> {
        broken()
    }

    async fn role_link(&self, _: SecretHash, _: Timestamp) -> StoreResult<Option<RoleLink>> {
        broken()
    }

    async fn waiting_links(&self, _: TenantId, _: Timestamp) -> StoreResult<Vec<WaitingLink>> {
        broken()
    }

    async fn withdraw_links(&self, _: TenantId, _: LinkPurpose, _: Option<Role>) -> StoreResult<u64> {
        broken()
    }

    async fn whose_link(&self, _: SecretHash) -> StoreResult<Option<(TenantId, Option<UserId>)>> {
        broken()
    }

    async fn prove(&self, _: TenantId, _: UserId, _: SessionId, _: Timestamp) -> StoreResult<()> {
        broken()
    }

    async fn put_address_change(&self, _: Manager, _: NewAddressChange) -> StoreResult<()> {
        broken()
    }

    async fn address_change(&self, _: SecretHash, _: Timestamp) -> StoreResult<Option<AddressChange>> {
        broken()
    }

    async fn confirm_address(&self, _: &AddressChange, _: SecretHash, _: Ending) -> StoreResult<Option<Person>> {
        broken()
    }

    async fn has_owner(&self, _: TenantId, _: Timestamp) -> StoreResult<bool> {
        broken()
    }

    async fn claimable(&self, _: SecretHash, _: Timestamp) -> StoreResult<Option<Tenant>> {
        broken()
    }

    async fn claim(
        &self,
        _: TenantId,
        _: SecretHash,
        _: NewPerson,
        _: PasswordHash,
        _: NewSession,
    ) -> StoreResult<Option<Admission>> {
        broken()
    }

    async fn person_of(&self, _: TenantId, _: &Identity) -> StoreResult<Option<UserId>> {
        broken()
    }

    async fn link_identity(&self, _: TenantId, _: UserId, _: &Identity, _: Timestamp) -> StoreResult<()> {
        broken()
    }
}
