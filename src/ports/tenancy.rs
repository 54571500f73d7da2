//! What tenants, teams and tags need of the store beyond asking and voting.

use async_trait::async_trait;

use super::{StoreResult, Write};
use crate::event::Epoch;
use crate::id::{QuestionId, TagId, TeamId, TenantId};
use crate::join::JoinCode;
use crate::logo::Logo;
use crate::question::Question;
use crate::settings::NewSettings;
use crate::tag::Tag;
use crate::team::{Team, TeamDetails, TeamSettings, TeamState};
use crate::tenant::{Tenancy, Tenant, TenantLimits, TenantSettings, TenantSummary};
use crate::text::{Color, Name, Slug};
use crate::time::Timestamp;

/// A team to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the field of the same name of `Team`")]
pub struct NewTeam {
    pub id: TeamId,
    pub slug: Slug,
    pub name: Name,
    /// What people type to find it. In the unlikely case that another team has it, the team begins without.
    pub code: JoinCode,
}

/// What a team is to become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamChange {
    /// Which.
    pub id: TeamId,
    /// Its name.
    pub name: Name,
    /// What it decides otherwise than its tenant.
    pub settings: TeamSettings,
}

/// A team that was found by its code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundTeam {
    /// Its tenant's slug.
    pub tenant: Slug,
    /// The team.
    pub team: Team,
}

/// A tenant to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the field of the same name of `Tenant`")]
pub struct NewTenant {
    pub id: TenantId,
    pub slug: Slug,
    pub name: Name,
    pub settings: TenantSettings,
    /// The first life of its log.
    pub epoch: Epoch,
    pub at: Timestamp,
    /// The team that it begins with, so that there is somebody to ask.
    pub first_team: Option<NewTeam>,
}

/// Tenants, their settings and what the operator allows them. What is true of [`Store`](super::Store) is true of it.
#[async_trait]
pub trait TenantStore: Send + Sync {
    /// The tenant of this slug.
    async fn tenant_by_slug(&self, slug: &Slug) -> StoreResult<Option<Tenant>>;
    /// Every tenant, oldest first.
    async fn tenants(&self) -> StoreResult<Vec<Tenant>>;
    /// Makes a tenant; [`Refusal::NameTaken`](crate::error::Refusal::NameTaken) when its slug is in use.
    async fn create_tenant(&self, new: NewTenant) -> StoreResult<Tenant>;
    /// The tenant of this slug with all that holds in it, also when it is archived.
    async fn tenancy(&self, slug: &Slug) -> StoreResult<Option<Tenancy>>;
    /// Every tenant with its numbers, oldest first.
    async fn tenant_summaries(&self) -> StoreResult<Vec<TenantSummary>>;
    /// Sets what the operator allows a tenant; `NotFound(Tenant)` when there is none.
    async fn set_limits(&self, slug: &Slug, limits: TenantLimits) -> StoreResult<()>;
    /// Archives a tenant, or brings it back; `NotFound(Tenant)` when there is none.
    async fn set_archived(&self, slug: &Slug, since: Option<Timestamp>) -> StoreResult<()>;
    /// Changes settings and name, save the logo; [`Refusal::Outdated`](crate::error::Refusal) when they are of another
    /// version than the one that was seen.
    async fn change_settings(&self, write: Write, new: NewSettings) -> StoreResult<Tenant>;
    /// Puts a logo in the place of the one before; `None` takes it away. `word` is what the settings call it.
    async fn set_logo(&self, write: Write, logo: Option<Logo>, word: Option<String>) -> StoreResult<Tenant>;
    /// The logo of a tenant.
    async fn logo(&self, tenant: TenantId) -> StoreResult<Option<Logo>>;
}

/// Teams. What is true of [`Store`](super::Store) is true of it.
#[async_trait]
pub trait TeamStore: Send + Sync {
    /// Adds a team; [`Refusal::NameTaken`](crate::error::Refusal::NameTaken) when its name is in use.
    async fn create_team(&self, write: Write, new: NewTeam) -> StoreResult<Team>;
    /// Every team of a tenant, archived ones as well, by name.
    async fn teams(&self, tenant: TenantId) -> StoreResult<Vec<TeamDetails>>;
    /// Changes a team; `NotFound(Team)` when it is archived.
    async fn change_team(&self, write: Write, change: TeamChange) -> StoreResult<Team>;
    /// Changes what a team takes; no fact when nothing changed.
    async fn set_team_state(&self, write: Write, team: TeamId, state: TeamState) -> StoreResult<Team>;
    /// Puts a team away with its questions, or brings both back; no fact when nothing changed.
    async fn set_team_archived(&self, write: Write, team: TeamId, on: bool) -> StoreResult<Team>;
    /// Gives a team another code; `false` when another team has it already.
    async fn set_join_code(&self, write: Write, team: TeamId, code: &JoinCode) -> StoreResult<bool>;
    /// The team of this code, if neither it nor its tenant is archived.
    async fn team_by_code(&self, code: &JoinCode) -> StoreResult<Option<FoundTeam>>;
}

/// Tags, and which questions have them. What is true of [`Store`](super::Store) is true of it.
#[async_trait]
pub trait TagStore: Send + Sync {
    /// Adds a tag; [`Refusal::NameTaken`](crate::error::Refusal::NameTaken) when its name is in use.
    async fn create_tag(&self, write: Write, id: TagId, name: Name, color: Color) -> StoreResult<Tag>;
    /// Changes a tag everywhere; [`Refusal::NameTaken`](crate::error::Refusal) when its name is in use.
    async fn change_tag(&self, write: Write, id: TagId, name: Name, color: Color) -> StoreResult<Tag>;
    /// Deletes a tag and takes it off every question; one that is gone is gone.
    async fn delete_tag(&self, write: Write, id: TagId) -> StoreResult<()>;
    /// Puts a tag on a question or takes it off; no fact when nothing changed.
    async fn set_tag(&self, write: Write, question: QuestionId, tag: TagId, on: bool) -> StoreResult<Question>;
}
