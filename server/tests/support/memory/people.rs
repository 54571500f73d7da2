//! Nobody has an account in a store in memory.

use async_trait::async_trait;
use pulsestage::email::Email;
use pulsestage::id::{SessionId, TeamId, TenantId, UserId};
use pulsestage::person::{PeopleFilter, Person, TeamChoice};
use pulsestage::ports::{
    Ending, Manager, NewPerson, NewSession, PeopleStore, SecretHash, SessionStore, SignedIn, StoreResult,
};
use pulsestage::session::{Revocation, Session};
use pulsestage::text::Name;
use pulsestage::time::Timestamp;
use pulsestage::user::Role;
use uuid::Uuid;

use super::{MemoryStore, broken};

#[async_trait]
impl PeopleStore for MemoryStore {
    async fn people(&self, _: TenantId, _: PeopleFilter) -> StoreResult<Vec<Person>> {
        broken()
    }

    async fn team_choices(&self, _: TenantId) -> StoreResult<Vec<TeamChoice>> {
        broken()
    }

    async fn staff_names(&self, _: TenantId) -> StoreResult<Vec<(UserId, String)>> {
        broken()
    }

    async fn email_keys(&self, _: TenantId) -> StoreResult<Vec<String>> {
        broken()
    }

    async fn people_count(&self, _: TenantId) -> StoreResult<i64> {
        broken()
    }

    async fn person(&self, _: TenantId, _: UserId) -> StoreResult<Option<Person>> {
        broken()
    }

    async fn person_by_email(&self, _: TenantId, _: &Email) -> StoreResult<Option<Person>> {
        broken()
    }

    async fn add_person(&self, _: TenantId, _: NewPerson) -> StoreResult<Person> {
        broken()
    }

    async fn add_person_by(&self, _: Manager, _: NewPerson) -> StoreResult<Person> {
        broken()
    }

    async fn add_people_by(&self, _: Manager, _: Vec<NewPerson>) -> StoreResult<()> {
        broken()
    }

    async fn put_invitation(&self, _: Manager, _: UserId, _: SecretHash, _: Timestamp) -> StoreResult<Person> {
        broken()
    }

    async fn set_name(&self, _: TenantId, _: UserId, _: Name) -> StoreResult<Person> {
        broken()
    }

    async fn set_profile(&self, _: Manager, _: UserId, _: Name, _: Option<Email>) -> StoreResult<Person> {
        broken()
    }

    async fn set_role(&self, _: Manager, _: UserId, _: Role) -> StoreResult<Person> {
        broken()
    }

    async fn set_membership(&self, _: Manager, _: UserId, _: TeamId, _: Option<Role>) -> StoreResult<Person> {
        broken()
    }

    async fn set_active(&self, _: Manager, _: UserId, _: bool) -> StoreResult<Person> {
        broken()
    }
}

#[async_trait]
impl SessionStore for MemoryStore {
    async fn session(&self, _: SecretHash, _: Timestamp) -> StoreResult<Option<SignedIn>> {
        Ok(None)
    }

    async fn sessions_of(&self, _: TenantId, _: UserId, _: Timestamp) -> StoreResult<Vec<Session>> {
        broken()
    }

    async fn open_session(&self, _: TenantId, _: NewSession) -> StoreResult<()> {
        broken()
    }

    async fn touch_session(&self, _: SecretHash, _: Timestamp) -> StoreResult<()> {
        broken()
    }

    async fn end_session(&self, _: SecretHash, _: Ending) -> StoreResult<Option<TenantId>> {
        broken()
    }

    async fn revoke_session(&self, _: TenantId, _: UserId, _: SessionId, _: Ending) -> StoreResult<bool> {
        broken()
    }

    async fn revoke_sessions(&self, _: TenantId, _: UserId, _: Ending) -> StoreResult<()> {
        broken()
    }

    async fn revocations_since(&self, _: Timestamp) -> StoreResult<Vec<(Uuid, Revocation)>> {
        Ok(Vec::new())
    }

    async fn forget_revocations(&self, _: Timestamp) -> StoreResult<()> {
        Ok(())
    }
}
