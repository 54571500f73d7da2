//! How long the database takes for people and their sessions.

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

use super::{Kind, TimedStore};

#[async_trait]
impl PeopleStore for TimedStore {
    async fn people(&self, tenant: TenantId, filter: PeopleFilter) -> StoreResult<Vec<Person>> {
        self.timed(Kind::People, self.store.people(tenant, filter)).await
    }

    async fn team_choices(&self, tenant: TenantId) -> StoreResult<Vec<TeamChoice>> {
        self.timed(Kind::People, self.store.team_choices(tenant)).await
    }

    async fn staff_names(&self, tenant: TenantId) -> StoreResult<Vec<(UserId, String)>> {
        self.timed(Kind::People, self.store.staff_names(tenant)).await
    }

    async fn email_keys(&self, tenant: TenantId) -> StoreResult<Vec<String>> {
        self.timed_long(Kind::People, self.store.email_keys(tenant)).await
    }

    async fn people_count(&self, tenant: TenantId) -> StoreResult<i64> {
        self.timed(Kind::People, self.store.people_count(tenant)).await
    }

    async fn person(&self, tenant: TenantId, id: UserId) -> StoreResult<Option<Person>> {
        self.timed(Kind::People, self.store.person(tenant, id)).await
    }

    async fn person_by_email(&self, tenant: TenantId, email: &Email) -> StoreResult<Option<Person>> {
        self.timed(Kind::People, self.store.person_by_email(tenant, email)).await
    }

    async fn add_person(&self, tenant: TenantId, new: NewPerson) -> StoreResult<Person> {
        self.timed(Kind::People, self.store.add_person(tenant, new)).await
    }

    async fn add_person_by(&self, manager: Manager, new: NewPerson) -> StoreResult<Person> {
        self.timed(Kind::People, self.store.add_person_by(manager, new)).await
    }

    async fn add_people_by(&self, manager: Manager, new: Vec<NewPerson>) -> StoreResult<()> {
        self.timed_long(Kind::People, self.store.add_people_by(manager, new)).await
    }

    async fn put_invitation(
        &self,
        manager: Manager,
        id: UserId,
        link: SecretHash,
        until: Timestamp,
    ) -> StoreResult<Person> {
        self.timed(Kind::People, self.store.put_invitation(manager, id, link, until)).await
    }

    async fn set_name(&self, tenant: TenantId, id: UserId, name: Name) -> StoreResult<Person> {
        self.timed(Kind::People, self.store.set_name(tenant, id, name)).await
    }

    async fn set_profile(&self, manager: Manager, id: UserId, name: Name, email: Option<Email>) -> StoreResult<Person> {
        self.timed(Kind::People, self.store.set_profile(manager, id, name, email)).await
    }

    async fn set_role(&self, manager: Manager, id: UserId, role: Role) -> StoreResult<Person> {
        self.timed(Kind::People, self.store.set_role(manager, id, role)).await
    }

    async fn set_membership(
        &self,
        manager: Manager,
        id: UserId,
        team: TeamId,
        role: Option<Role>,
    ) -> StoreResult<Person> {
        self.timed(Kind::People, self.store.set_membership(manager, id, team, role)).await
    }

    async fn set_active(&self, manager: Manager, id: UserId, active: bool) -> StoreResult<Person> {
        self.timed(Kind::People, self.store.set_active(manager, id, active)).await
    }
}

#[async_trait]
impl SessionStore for TimedStore {
    async fn session(&self, hash: SecretHash, now: Timestamp) -> StoreResult<Option<SignedIn>> {
        self.timed(Kind::SignIn, self.store.session(hash, now)).await
    }

    async fn sessions_of(&self, tenant: TenantId, user: UserId, now: Timestamp) -> StoreResult<Vec<Session>> {
        self.timed(Kind::SignIn, self.store.sessions_of(tenant, user, now)).await
    }

    async fn open_session(&self, tenant: TenantId, session: NewSession) -> StoreResult<()> {
        self.timed(Kind::SignIn, self.store.open_session(tenant, session)).await
    }

    async fn touch_session(&self, hash: SecretHash, now: Timestamp) -> StoreResult<()> {
        self.timed(Kind::SignIn, self.store.touch_session(hash, now)).await
    }

    async fn end_session(&self, hash: SecretHash, ending: Ending) -> StoreResult<Option<TenantId>> {
        self.timed(Kind::SignIn, self.store.end_session(hash, ending)).await
    }

    async fn revoke_session(&self, tenant: TenantId, user: UserId, id: SessionId, ending: Ending) -> StoreResult<bool> {
        self.timed(Kind::SignIn, self.store.revoke_session(tenant, user, id, ending)).await
    }

    async fn revoke_sessions(&self, tenant: TenantId, user: UserId, ending: Ending) -> StoreResult<()> {
        self.timed(Kind::SignIn, self.store.revoke_sessions(tenant, user, ending)).await
    }

    async fn revocations_since(&self, since: Timestamp) -> StoreResult<Vec<(Uuid, Revocation)>> {
        self.timed(Kind::SignIn, self.store.revocations_since(since)).await
    }

    async fn forget_revocations(&self, until: Timestamp) -> StoreResult<()> {
        self.timed(Kind::SignIn, self.store.forget_revocations(until)).await
    }
}
