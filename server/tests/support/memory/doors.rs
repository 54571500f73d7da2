//! Nobody comes in by a store in memory.

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

use super::{MemoryStore, broken};

#[async_trait]
impl DoorStore for MemoryStore {
    async fn credentials(&self, _: TenantId, _: &Email) -> Stored<Option<Credentials>> {
        broken()
    }

    async fn credentials_of(&self, _: TenantId, _: UserId) -> Stored<Option<Credentials>> {
        broken()
    }

    async fn rehash(&self, _: TenantId, _: UserId, _: &PasswordHash, _: &PasswordHash) -> Stored<()> {
        broken()
    }

    async fn let_in(&self, _: TenantId, _: NewSession, _: InsteadOf) -> Stored<Option<Admission>> {
        broken()
    }

    async fn change_password(
        &self,
        _: TenantId,
        _: PasswordHash,
        _: NewSession,
        _: Ending,
    ) -> Stored<Option<SignedIn>> {
        broken()
    }

    async fn put_person_link(&self, _: NewPersonLink) -> Stored<()> {
        broken()
    }

    async fn person_link(&self, _: SecretHash, _: Timestamp) -> Stored<Option<PersonLink>> {
        broken()
    }

    async fn use_person_link(&self, _: LinkUse, _: NewSession, _: InsteadOf, _: Ending) -> Stored<Option<Admission>> {
        broken()
    }

    async fn role_link(&self, _: SecretHash, _: Timestamp) -> Stored<Option<RoleLink>> {
        broken()
    }

    async fn waiting_links(&self, _: TenantId, _: Timestamp) -> Stored<Vec<WaitingLink>> {
        broken()
    }

    async fn withdraw_links(&self, _: TenantId, _: LinkDoor, _: Option<Role>) -> Stored<u64> {
        broken()
    }

    async fn whose_link(&self, _: SecretHash) -> Stored<Option<(TenantId, Option<UserId>)>> {
        broken()
    }

    async fn prove(&self, _: TenantId, _: UserId, _: SessionId, _: Timestamp) -> Stored<()> {
        broken()
    }

    async fn put_address_change(&self, _: Manager, _: NewAddressChange) -> Stored<()> {
        broken()
    }

    async fn address_change(&self, _: SecretHash, _: Timestamp) -> Stored<Option<AddressChange>> {
        broken()
    }

    async fn confirm_address(&self, _: &AddressChange, _: SecretHash, _: Ending) -> Stored<Option<Person>> {
        broken()
    }

    async fn has_owner(&self, _: TenantId, _: Timestamp) -> Stored<bool> {
        broken()
    }

    async fn claimable(&self, _: SecretHash, _: Timestamp) -> Stored<Option<Tenant>> {
        broken()
    }

    async fn claim(
        &self,
        _: TenantId,
        _: SecretHash,
        _: NewPerson,
        _: PasswordHash,
        _: NewSession,
    ) -> Stored<Option<Admission>> {
        broken()
    }

    async fn person_of(&self, _: TenantId, _: &Identity) -> Stored<Option<UserId>> {
        broken()
    }

    async fn link_identity(&self, _: TenantId, _: UserId, _: &Identity, _: Timestamp) -> Stored<()> {
        broken()
    }
}
