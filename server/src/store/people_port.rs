//! The ports of people and their sessions: each method is a transaction and one way out for its troubles.

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

use super::SqlStore;
use super::db_error::store_error;

#[async_trait]
impl PeopleStore for SqlStore {
    async fn people(&self, tenant: TenantId, filter: PeopleFilter) -> StoreResult<Vec<Person>> {
        self.list_people(tenant, filter).await.map_err(store_error)
    }

    async fn team_choices(&self, tenant: TenantId) -> StoreResult<Vec<TeamChoice>> {
        self.list_team_choices(tenant).await.map_err(store_error)
    }

    async fn staff_names(&self, tenant: TenantId) -> StoreResult<Vec<(UserId, String)>> {
        self.list_staff_names(tenant).await.map_err(store_error)
    }

    async fn email_keys(&self, tenant: TenantId) -> StoreResult<Vec<String>> {
        self.list_email_keys(tenant).await.map_err(store_error)
    }

    async fn people_count(&self, tenant: TenantId) -> StoreResult<i64> {
        self.count_people(tenant).await.map_err(store_error)
    }

    async fn person(&self, tenant: TenantId, id: UserId) -> StoreResult<Option<Person>> {
        self.find_person(tenant, id).await.map_err(store_error)
    }

    async fn person_by_email(&self, tenant: TenantId, email: &Email) -> StoreResult<Option<Person>> {
        self.find_person_by_email(tenant, email).await.map_err(store_error)
    }

    async fn add_person(&self, tenant: TenantId, new: NewPerson) -> StoreResult<Person> {
        self.insert_person(tenant, new).await.map_err(store_error)
    }

    async fn add_person_by(&self, manager: Manager, new: NewPerson) -> StoreResult<Person> {
        self.insert_person_by(manager, new).await.map_err(store_error)
    }

    async fn add_people_by(&self, manager: Manager, new: Vec<NewPerson>) -> StoreResult<()> {
        self.insert_people_by(manager, new).await.map_err(store_error)
    }

    async fn put_invitation(
        &self,
        manager: Manager,
        id: UserId,
        link: SecretHash,
        until: Timestamp,
    ) -> StoreResult<Person> {
        self.keep_invitation(manager, id, link, until).await.map_err(store_error)
    }

    async fn set_name(&self, tenant: TenantId, id: UserId, name: Name) -> StoreResult<Person> {
        self.rename_person(tenant, id, name).await.map_err(store_error)
    }

    async fn set_profile(&self, manager: Manager, id: UserId, name: Name, email: Option<Email>) -> StoreResult<Person> {
        self.change_profile(manager, id, name, email).await.map_err(store_error)
    }

    async fn set_role(&self, manager: Manager, id: UserId, role: Role) -> StoreResult<Person> {
        self.change_role(manager, id, role).await.map_err(store_error)
    }

    async fn set_membership(
        &self,
        manager: Manager,
        id: UserId,
        team: TeamId,
        role: Option<Role>,
    ) -> StoreResult<Person> {
        self.change_membership(manager, id, team, role).await.map_err(store_error)
    }

    async fn set_active(&self, manager: Manager, id: UserId, active: bool) -> StoreResult<Person> {
        self.change_active(manager, id, active).await.map_err(store_error)
    }
}

#[async_trait]
impl SessionStore for SqlStore {
    async fn session(&self, hash: SecretHash, now: Timestamp) -> StoreResult<Option<SignedIn>> {
        self.find_session(hash, now).await.map_err(store_error)
    }

    async fn sessions_of(&self, tenant: TenantId, user: UserId, now: Timestamp) -> StoreResult<Vec<Session>> {
        self.list_sessions(tenant, user, now).await.map_err(store_error)
    }

    async fn open_session(&self, tenant: TenantId, session: NewSession) -> StoreResult<()> {
        self.start_session(tenant, session).await.map_err(store_error)
    }

    async fn touch_session(&self, hash: SecretHash, now: Timestamp) -> StoreResult<()> {
        self.note_session(hash, now).await.map_err(store_error)
    }

    async fn end_session(&self, hash: SecretHash, ending: Ending) -> StoreResult<Option<TenantId>> {
        self.drop_session(hash, ending).await.map_err(store_error)
    }

    async fn revoke_session(&self, tenant: TenantId, user: UserId, id: SessionId, ending: Ending) -> StoreResult<bool> {
        self.drop_session_of(tenant, user, id, ending).await.map_err(store_error)
    }

    async fn revoke_sessions(&self, tenant: TenantId, user: UserId, ending: Ending) -> StoreResult<()> {
        self.drop_sessions_of(tenant, user, ending).await.map_err(store_error)
    }

    async fn revocations_since(&self, since: Timestamp) -> StoreResult<Vec<(Uuid, Revocation)>> {
        self.list_revocations(since).await.map_err(store_error)
    }

    async fn forget_revocations(&self, until: Timestamp) -> StoreResult<()> {
        self.drop_revocations(until).await.map_err(store_error)
    }
}
