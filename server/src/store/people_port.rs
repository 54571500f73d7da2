//! The ports of people and their sessions: each method is a transaction and one way out for its troubles.

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

use super::SqlStore;
use super::trouble::trouble;

#[async_trait]
impl PeopleStore for SqlStore {
    async fn people(&self, tenant: TenantId, filter: PeopleFilter) -> Stored<Vec<Person>> {
        self.list_people(tenant, filter).await.map_err(trouble)
    }

    async fn team_choices(&self, tenant: TenantId) -> Stored<Vec<TeamChoice>> {
        self.list_team_choices(tenant).await.map_err(trouble)
    }

    async fn staff_names(&self, tenant: TenantId) -> Stored<Vec<(UserId, String)>> {
        self.list_staff_names(tenant).await.map_err(trouble)
    }

    async fn email_keys(&self, tenant: TenantId) -> Stored<Vec<String>> {
        self.list_email_keys(tenant).await.map_err(trouble)
    }

    async fn people_count(&self, tenant: TenantId) -> Stored<i64> {
        self.count_people(tenant).await.map_err(trouble)
    }

    async fn person(&self, tenant: TenantId, id: UserId) -> Stored<Option<Person>> {
        self.find_person(tenant, id).await.map_err(trouble)
    }

    async fn person_by_email(&self, tenant: TenantId, email: &Email) -> Stored<Option<Person>> {
        self.find_person_by_email(tenant, email).await.map_err(trouble)
    }

    async fn add_person(&self, tenant: TenantId, new: NewPerson) -> Stored<Person> {
        self.insert_person(tenant, new).await.map_err(trouble)
    }

    async fn add_person_by(&self, manager: Manager, new: NewPerson) -> Stored<Person> {
        self.insert_person_by(manager, new).await.map_err(trouble)
    }

    async fn add_people_by(&self, manager: Manager, new: Vec<NewPerson>) -> Stored<()> {
        self.insert_people_by(manager, new).await.map_err(trouble)
    }

    async fn put_invitation(&self, manager: Manager, id: UserId, link: SecretHash, until: Timestamp) -> Stored<Person> {
        self.keep_invitation(manager, id, link, until).await.map_err(trouble)
    }

    async fn set_name(&self, tenant: TenantId, id: UserId, name: Name) -> Stored<Person> {
        self.rename_person(tenant, id, name).await.map_err(trouble)
    }

    async fn set_profile(&self, manager: Manager, id: UserId, name: Name, email: Option<Email>) -> Stored<Person> {
        self.change_profile(manager, id, name, email).await.map_err(trouble)
    }

    async fn set_role(&self, manager: Manager, id: UserId, role: Role) -> Stored<Person> {
        self.change_role(manager, id, role).await.map_err(trouble)
    }

    async fn set_membership(&self, manager: Manager, id: UserId, team: TeamId, role: Option<Role>) -> Stored<Person> {
        self.change_membership(manager, id, team, role).await.map_err(trouble)
    }

    async fn set_active(&self, manager: Manager, id: UserId, active: bool) -> Stored<Person> {
        self.change_active(manager, id, active).await.map_err(trouble)
    }
}

#[async_trait]
impl SessionStore for SqlStore {
    async fn session(&self, hash: SecretHash, now: Timestamp) -> Stored<Option<SignedIn>> {
        self.find_session(hash, now).await.map_err(trouble)
    }

    async fn sessions_of(&self, tenant: TenantId, user: UserId, now: Timestamp) -> Stored<Vec<Session>> {
        self.list_sessions(tenant, user, now).await.map_err(trouble)
    }

    async fn open_session(&self, tenant: TenantId, session: NewSession) -> Stored<()> {
        self.start_session(tenant, session).await.map_err(trouble)
    }

    async fn touch_session(&self, hash: SecretHash, now: Timestamp) -> Stored<()> {
        self.note_session(hash, now).await.map_err(trouble)
    }

    async fn end_session(&self, hash: SecretHash, ending: Ending) -> Stored<Option<TenantId>> {
        self.drop_session(hash, ending).await.map_err(trouble)
    }

    async fn revoke_session(&self, tenant: TenantId, user: UserId, id: SessionId, ending: Ending) -> Stored<bool> {
        self.drop_session_of(tenant, user, id, ending).await.map_err(trouble)
    }

    async fn revoke_sessions(&self, tenant: TenantId, user: UserId, ending: Ending) -> Stored<()> {
        self.drop_sessions_of(tenant, user, ending).await.map_err(trouble)
    }

    async fn revocations_since(&self, since: Timestamp) -> Stored<Vec<(Uuid, Revocation)>> {
        self.list_revocations(since).await.map_err(trouble)
    }

    async fn forget_revocations(&self, until: Timestamp) -> Stored<()> {
        self.drop_revocations(until).await.map_err(trouble)
    }
}
