//! The part of a timed store that keeps tenants, teams and tags.

use async_trait::async_trait;
use pulsestage::id::{TagId, TeamId, TenantId};
use pulsestage::join::JoinCode;
use pulsestage::logo::Logo;
use pulsestage::ports::{FoundTeam, StoreResult, TeamChange, TenancyStore, Write};
use pulsestage::settings::NewSettings;
use pulsestage::tag::Tag;
use pulsestage::team::{Team, TeamDetails, TeamState};
use pulsestage::tenant::{Tenancy, Tenant, TenantLimits, TenantSummary};
use pulsestage::text::{Color, Name, Slug};
use pulsestage::time::Timestamp;

use super::store::{Kind, TimedStore};

#[async_trait]
impl TenancyStore for TimedStore {
    async fn tenancy(&self, slug: &Slug) -> StoreResult<Option<Tenancy>> {
        self.timed(Kind::Tenant, self.store.tenancy(slug)).await
    }

    async fn tenant_summaries(&self) -> StoreResult<Vec<TenantSummary>> {
        self.timed_long(Kind::Tenant, self.store.tenant_summaries()).await
    }

    async fn set_limits(&self, slug: &Slug, limits: TenantLimits) -> StoreResult<()> {
        self.timed(Kind::Tenant, self.store.set_limits(slug, limits)).await
    }

    async fn set_archived(&self, slug: &Slug, since: Option<Timestamp>) -> StoreResult<()> {
        self.timed(Kind::Tenant, self.store.set_archived(slug, since)).await
    }

    async fn change_settings(&self, write: Write, new: NewSettings) -> StoreResult<Tenant> {
        self.timed(Kind::Moderate, self.store.change_settings(write, new)).await
    }

    async fn set_logo(&self, write: Write, logo: Option<Logo>, word: Option<String>) -> StoreResult<Tenant> {
        self.timed(Kind::Moderate, self.store.set_logo(write, logo, word)).await
    }

    async fn logo(&self, tenant: TenantId) -> StoreResult<Option<Logo>> {
        self.timed(Kind::Tenant, self.store.logo(tenant)).await
    }

    async fn teams(&self, tenant: TenantId) -> StoreResult<Vec<TeamDetails>> {
        self.timed(Kind::Tenant, self.store.teams(tenant)).await
    }

    async fn change_team(&self, write: Write, change: TeamChange) -> StoreResult<Team> {
        self.timed(Kind::Moderate, self.store.change_team(write, change)).await
    }

    async fn set_team_state(&self, write: Write, team: TeamId, state: TeamState) -> StoreResult<Team> {
        self.timed(Kind::Moderate, self.store.set_team_state(write, team, state)).await
    }

    async fn set_team_archived(&self, write: Write, team: TeamId, on: bool) -> StoreResult<Team> {
        self.timed(Kind::Moderate, self.store.set_team_archived(write, team, on)).await
    }

    async fn set_join_code(&self, write: Write, team: TeamId, code: &JoinCode) -> StoreResult<bool> {
        self.timed(Kind::Moderate, self.store.set_join_code(write, team, code)).await
    }

    async fn team_by_code(&self, code: &JoinCode) -> StoreResult<Option<FoundTeam>> {
        self.timed(Kind::Tenant, self.store.team_by_code(code)).await
    }

    async fn change_tag(&self, write: Write, id: TagId, name: Name, color: Color) -> StoreResult<Tag> {
        self.timed(Kind::Moderate, self.store.change_tag(write, id, name, color)).await
    }

    async fn delete_tag(&self, write: Write, id: TagId) -> StoreResult<()> {
        self.timed(Kind::Moderate, self.store.delete_tag(write, id)).await
    }
}
