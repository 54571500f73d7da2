//! The use cases: one struct over the ports, one file per noun. Server functions, the command line and tests share them.

mod boards;
mod doors;
mod health;
mod joining;
mod known;
mod moderation;
mod operator;
mod own;
mod people;
mod questions;
mod recount;
mod reports;
mod roster;
mod sessions;
mod settings;
mod sign_in;
mod tags;
mod teams;
mod tenants;
mod threads;

use std::fmt;
use std::sync::Arc;
use uuid::Uuid;

use self::known::KnownTenants;
use crate::command::Key;
use crate::error::{Noun, Refusal};
use crate::id::{OperationId, ParticipantId, TeamId, UserId, uuid_v7};
use crate::permission::{Action, may};
use crate::ports::{
    Chance, Clock, Ending, Invitations, NoPace, NoPasswords, NoPeople, NoVitals, NoWitness, Notifier, Pace, Passwords,
    Pseudonyms, Refused, SecretHash, Sheets, Store, Turn, Vitals, Witness, Write,
};
use crate::tenant::{Rules, Tenancy, Tenant, TenantSettings};
use crate::text::Slug;
use crate::time::Timestamp;
use crate::user::{Actor, Role};

pub use doors::{Addressee, Arrival};
pub use moderation::BulkItem;
pub use people::{INVITATION_LIFE_MS, Invite};
pub use recount::Recounted;
pub use sessions::SESSION_LIFE_MS;
pub use sign_in::LINK_LIFE_MS;

/// What a request brought to say who it is from. Nothing of it is trusted before [`Service::enter`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// The session secrets it brought, hashed, each with the slug of the tenant it says it is for.
    pub sessions: Vec<(String, SecretHash)>,
    /// The browser, when its signed cookie was genuine.
    pub device: Option<Uuid>,
}

/// Somebody inside a tenant: what every use case is called with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// The tenant.
    pub tenant: Tenant,
    /// What holds in it beyond what everybody may know.
    pub rules: Arc<Rules>,
    /// Who they are there.
    pub actor: Actor,
    /// When their session runs out, if they have one.
    pub until: Option<Timestamp>,
    /// Who is told what they are refused.
    watched: Watched,
}

impl Visit {
    /// Whether this visitor may do something in the whole tenant. To ask is no attempt: the audit has nothing of it.
    #[must_use]
    pub fn may(&self, action: Action) -> bool {
        may(self.actor.role, action, &self.tenant.settings)
    }

    /// Refuses what this visitor may not do.
    ///
    /// # Errors
    /// [`Refusal::NotSignedIn`] for a guest, [`Refusal::NotAllowed`] for anybody else.
    pub fn must(&self, action: Action) -> Result<(), Refusal> {
        match self.may(action) {
            true => Ok(()),
            false => Err(self.refuse(action, None)),
        }
    }

    /// Refuses what this visitor may do neither in the whole tenant nor in this team.
    ///
    /// # Errors
    /// As [`Visit::must`].
    pub fn must_in(&self, action: Action, team: TeamId) -> Result<(), Refusal> {
        match self.may_in(action, team) {
            true => Ok(()),
            false => Err(self.refuse(action, Some(team))),
        }
    }

    fn may_in(&self, action: Action, team: TeamId) -> bool {
        may(self.actor.role_in(team), action, &self.settings_in(team))
    }

    /// Refuses somebody who may see no team at all.
    ///
    /// # Errors
    /// As [`Visit::must`].
    pub fn must_see(&self) -> Result<(), Refusal> {
        let is_let_in = self.rules.teams.keys().any(|team| self.sees(*team));
        if is_let_in { Ok(()) } else { self.must(Action::SeeBoard) }
    }

    /// Whether this visitor may see this team and its questions.
    #[must_use]
    pub fn sees(&self, team: TeamId) -> bool {
        self.may_in(Action::SeeBoard, team)
    }

    /// Which teams this visitor sees; `None` when it is all of them.
    #[must_use]
    pub fn sight(&self) -> Option<Sight> {
        if self.actor.role >= Role::Viewer || !self.rules.tell_guests_apart() {
            return None;
        }
        let others = may(self.actor.role, Action::SeeBoard, &self.tenant.settings);
        let apart = self.rules.teams.keys().chain(self.actor.memberships.iter().map(|membership| &membership.team));
        Some(Sight { others, except: apart.copied().filter(|team| self.sees(*team) != others).collect() })
    }

    /// The settings as they are in this team.
    #[must_use]
    pub fn settings_in(&self, team: TeamId) -> TenantSettings {
        self.rules.teams.get(&team).copied().unwrap_or_default().over(&self.tenant.settings)
    }

    /// Refuses what this visitor may do neither in the whole tenant nor in any team.
    ///
    /// # Errors
    /// As [`Visit::must`].
    pub fn must_somewhere(&self, action: Action) -> Result<(), Refusal> {
        let settings = &self.tenant.settings;
        match self.actor.memberships.iter().any(|membership| may(membership.role, action, settings)) {
            true => Ok(()),
            false => self.must(action),
        }
    }

    /// The one place where the permission table's no is said. Whoever is signed in leaves a trace of it in the audit.
    fn refuse(&self, action: Action, team: Option<TeamId>) -> Refusal {
        if let Some(by) = self.actor.user {
            self.watched.0.refused(Refused { tenant: self.tenant.id, by, action, team });
        }
        if self.actor.role == Role::Guest { Refusal::NotSignedIn } else { Refusal::NotAllowed }
    }

    fn participant(&self) -> Result<ParticipantId, Refusal> {
        self.actor.participant.ok_or(Refusal::NoParticipant)
    }

    fn user(&self) -> Result<UserId, Refusal> {
        self.actor.user.ok_or(Refusal::NotSignedIn)
    }
}

/// The witness, which makes no difference to who somebody is.
#[derive(Clone)]
struct Watched(Arc<dyn Witness>);

impl fmt::Debug for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watched")
    }
}

impl PartialEq for Watched {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Watched {}

/// Which teams somebody sees, where it is not all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sight {
    /// Whether they see those that are not in the list.
    others: bool,
    except: Vec<TeamId>,
}

impl Sight {
    /// Whether this team is seen.
    #[must_use]
    pub fn has(&self, team: TeamId) -> bool {
        self.others != self.except.contains(&team)
    }
}

/// The use cases of PulseStage over its ports. Cheap to clone.
#[derive(Clone)]
pub struct Service {
    store: Arc<dyn Store>,
    notifier: Arc<dyn Notifier>,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
    pseudonyms: Arc<dyn Pseudonyms>,
    known: Arc<KnownTenants>,
    pace: Arc<dyn Pace>,
    vitals: Arc<dyn Vitals>,
    watched: Watched,
    invitations: Arc<dyn Invitations>,
    sheets: Arc<dyn Sheets>,
    passwords: Arc<dyn Passwords>,
}

impl Service {
    /// Puts the use cases on these ports. Nobody is held back unless [`Service::paced_by`] says so.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        notifier: Arc<dyn Notifier>,
        clock: Arc<dyn Clock>,
        chance: Arc<dyn Chance>,
        pseudonyms: Arc<dyn Pseudonyms>,
    ) -> Self {
        let (known, pace, vitals, passwords) =
            (Arc::default(), Arc::new(NoPace), Arc::new(NoVitals), Arc::new(NoPasswords));
        let watched = Watched(Arc::new(NoWitness));
        let (invitations, sheets) = (Arc::new(NoPeople), Arc::new(NoPeople));
        Self {
            store,
            notifier,
            clock,
            chance,
            pseudonyms,
            known,
            pace,
            vitals,
            watched,
            invitations,
            sheets,
            passwords,
        }
    }

    /// The same use cases, with whoever is too fast held back.
    #[must_use]
    pub fn paced_by(self, pace: Arc<dyn Pace>) -> Self {
        Self { pace, ..self }
    }

    /// The same use cases, with this one knowing how the streams are doing.
    #[must_use]
    pub fn watched_by(self, vitals: Arc<dyn Vitals>) -> Self {
        Self { vitals, ..self }
    }

    /// The same use cases, with this one told of what people are refused.
    #[must_use]
    pub fn witnessed_by(self, witness: Arc<dyn Witness>) -> Self {
        Self { watched: Watched(witness), ..self }
    }

    /// The same use cases, with people invited and tables of them read in this way.
    #[must_use]
    pub fn inviting_by(self, invitations: Arc<dyn Invitations>, sheets: Arc<dyn Sheets>) -> Self {
        Self { invitations, sheets, ..self }
    }

    /// The same use cases, with this one hashing passwords.
    #[must_use]
    pub fn guarded_by(self, passwords: Arc<dyn Passwords>) -> Self {
        Self { passwords, ..self }
    }

    /// The visit of the server itself, which furnishes a tenant before anybody owns it: no person, and nobody can become
    /// it.
    ///
    /// # Errors
    /// `NotFound(Tenant)` when there is none of this slug.
    pub async fn enter_as_operator(&self, slug: &Slug) -> Result<Visit, Refusal> {
        let mut visit = self.enter(slug.as_str(), &Caller::default()).await?;
        visit.actor = Actor { role: Role::Owner, user: Some(UserId(self.new_id())), ..Actor::NOBODY };
        Ok(visit)
    }

    /// Finds the tenant and who the caller is in it.
    ///
    /// # Errors
    /// `NotFound(Tenant)` when there is none of this slug (also when it could not be one), or it is archived.
    pub async fn enter(&self, slug: &str, caller: &Caller) -> Result<Visit, Refusal> {
        let missing = Refusal::NotFound { what: Noun::Tenant };
        let slug = Slug::parse(slug).map_err(|_| missing.clone())?;
        let found = self.tenancy(&slug).await?.filter(|found| found.rules.archived_at.is_none());
        let Tenancy { tenant, rules } = found.ok_or(missing)?;
        let mut actor = Actor {
            participant: caller.device.map(|device| self.pseudonyms.participant(tenant.id, device)),
            ..Actor::NOBODY
        };
        let mut until = None;
        if let Some((_, hash)) = caller.sessions.iter().find(|(slug, _)| *slug == tenant.slug) {
            let signed_in = self.signed_in(*hash).await?;
            if let Some(person) = signed_in.filter(|person| person.tenant.id == tenant.id) {
                actor.role = person.role;
                actor.memberships = person.memberships;
                actor.user = Some(person.user);
                actor.session = Some(person.session);
                until = Some(person.expires_at);
            }
        }
        let watched = self.watched.clone();
        Ok(Visit { tenant, rules, actor, until, watched })
    }

    /// A fresh version 7 id.
    fn new_id(&self) -> Uuid {
        let mut random = [0; 10];
        self.chance.fill(&mut random);
        uuid_v7(self.clock.now(), random)
    }

    /// The note of an access that ends now.
    fn ending(&self) -> Ending {
        Ending { id: self.new_id(), at: self.clock.now() }
    }

    /// The frame of a write: a key of our own when the client sent none. Nothing is written without one, so this is
    /// where whoever is too fast is turned away and everybody else waits their turn, before the store has any work.
    /// The turn is to be held until the store has answered.
    async fn write(&self, visit: &Visit, action: Action, key: Key, writer: Uuid) -> Result<(Write, Turn), Refusal> {
        let tenant = visit.tenant.id;
        let per_minute = match action {
            Action::Ask => visit.rules.staff.asks_per_minute,
            Action::Vote => visit.rules.staff.votes_per_minute,
            _ => None,
        };
        self.pace.admit_within(tenant, Some(writer), action, per_minute)?;
        let turn = self.pace.turn(tenant, action).await;
        let operation = key.unwrap_or_else(|| OperationId(self.new_id()));
        Ok((Write { tenant, operation, writer, at: self.clock.now() }, turn))
    }

    /// The frame of one of many writes that were let in together.
    async fn write_next(&self, visit: &Visit, action: Action, key: Key, writer: Uuid) -> (Write, Turn) {
        let tenant = visit.tenant.id;
        let turn = self.pace.turn(tenant, action).await;
        let operation = key.unwrap_or_else(|| OperationId(self.new_id()));
        (Write { tenant, operation, writer, at: self.clock.now() }, turn)
    }
}
