//! Nobody has an account in a store in memory.

use async_trait::async_trait;
use pulsestage::email::Email;
use pulsestage::id::{SessionId, TeamId, TenantId, UserId};
use pulsestage::person::{PeopleFilter, Person, TeamChoice};
use pulsestage::ports::{
    Ending, Manager, NewPerson, NewSession, PeopleStore, SecretHash, SessionStore, SignedIn, Stored,
};
use pulsestage::session::{Revocation, Session};
use pulsestage::text::Name;
use pulsestage::time::Timestamp;
use pulsestage::user::Role;
use uuid::Uuid;

use super::{MemoryStore, broken};

#[async_trait]
impl PeopleStore for MemoryStore {
    async fn people(&self, _: TenantId, _: PeopleFilter) -> Stored<Vec<Person>> {
        broken()
    }

    async fn team_choices(&self, _: TenantId) -> Stored<Vec<TeamChoice>> {
        broken()
    }

    async fn staff_names(&self, _: TenantId) -> Stored<Vec<(UserId, String)>> {
        broken()
    }

    async fn email_keys(&self, _: TenantId) -> Stored<Vec<String>> {
        broken()
    }

    async fn people_count(&self, _: TenantId) -> Stored<i64> {
        broken()
    }

    async fn person(&self, _: TenantId, _: UserId) -> Stored<Option<Person>> {
        broken()
    }

    async fn person_by_email(&self, _: TenantId, _: &Email) -> Stored<Option<Person>> {
        broken()
    }

    async fn add_person(&self, _: TenantId, _: NewPerson) -> Stored<Person> {
        broken()
    }

    async fn add_person_by(&self, _: Manager, _: NewPerson) -> Stored<Person> {
        broken()
    }

    async fn add_people_by(&self, _: Manager, _: Vec<NewPerson>) -> Stored<()> {
        broken()
    }

    async fn put_invitation(&self, _: Manager, _: UserId, _: SecretHash, _: Timestamp) -> Stored<Person> {
        broken()
    }

    async fn set_name(&self, _: TenantId, _: UserId, _: Name) -> Stored<Person> {
        broken()
    }

    async fn set_profile(&self, _: Manager, _: UserId, _: Name, _: Option<Email>) -> Stored<Person> {
        broken()
    }

    async fn set_role(&self, _: Manager, _: UserId, _: Role) -> Stored<Person> {
        broken()
    }

    async fn set_membership(&self, _: Manager, _: UserId, _: TeamId, _: Option<Role>) -> Stored<Person> {
        broken()
    }

    async fn set_active(&self, _: Manager, _: UserId, _: bool) -> Stored<Person> {
        broken()
    }
}

#[async_trait]
impl SessionStore for MemoryStore {
    async fn session(&self, _: SecretHash, _: Timestamp) -> Stored<Option<SignedIn>> {
        Ok(None)
    }

    async fn sessions_of(&self, _: TenantId, _: UserId, _: Timestamp) -> Stored<Vec<Session>> {
        broken()
    }

    async fn open_session(&self, _: TenantId, _: NewSession) -> Stored<()> {
        broken()
    }

    async fn touch_session(&self, _: SecretHash, _: Timestamp) -> Stored<()> {
        broken()
    }

    async fn end_session(&self, _: SecretHash, _: Ending) -> Stored<Option<TenantId>> {
        broken()
    }

    async fn revoke_session(&self, _: TenantId, _: UserId, _: SessionId, _: Ending) -> Stored<bool> {
        broken()
    }

    async fn revoke_sessions(&self, _: TenantId, _: UserId, _: Ending) -> Stored<()> {
        broken()
    }

    async fn revocations_since(&self, _: Timestamp) -> Stored<Vec<(Uuid, Revocation)>> {
        Ok(Vec::new())
    }

    async fn forget_revocations(&self, _: Timestamp) -> Stored<()> {
        Ok(())
    }
}
