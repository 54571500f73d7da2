//! The part of a timed store that keeps tenants, teams and tags.

use async_trait::async_trait;
use pulsestage::id::{TagId, TeamId, TenantId};
use pulsestage::join::JoinCode;
use pulsestage::logo::Logo;
use pulsestage::ports::{FoundTeam, Stored, TeamChange, TenancyStore, Write};
use pulsestage::settings::NewSettings;
use pulsestage::tag::Tag;
use pulsestage::team::{Team, TeamDetails, TeamState};
use pulsestage::tenant::{Tenancy, Tenant, TenantLimits, TenantSummary};
use pulsestage::text::{Color, Name, Slug};
use pulsestage::time::Timestamp;

use super::store::{Kind, TimedStore};

#[async_trait]
impl TenancyStore for TimedStore {
    async fn tenancy(&self, slug: &Slug) -> Stored<Option<Tenancy>> {
        self.timed(Kind::Tenant, self.store.tenancy(slug)).await
    }

    async fn tenant_summaries(&self) -> Stored<Vec<TenantSummary>> {
        self.timed_long(Kind::Tenant, self.store.tenant_summaries()).await
    }

    async fn set_limits(&self, slug: &Slug, limits: TenantLimits) -> Stored<()> {
        self.timed(Kind::Tenant, self.store.set_limits(slug, limits)).await
    }

    async fn set_archived(&self, slug: &Slug, since: Option<Timestamp>) -> Stored<()> {
        self.timed(Kind::Tenant, self.store.set_archived(slug, since)).await
    }

    async fn change_settings(&self, write: Write, new: NewSettings) -> Stored<Tenant> {
        self.timed(Kind::Moderate, self.store.change_settings(write, new)).await
    }

    async fn set_logo(&self, write: Write, logo: Option<Logo>, word: Option<String>) -> Stored<Tenant> {
        self.timed(Kind::Moderate, self.store.set_logo(write, logo, word)).await
    }

    async fn logo(&self, tenant: TenantId) -> Stored<Option<Logo>> {
        self.timed(Kind::Tenant, self.store.logo(tenant)).await
    }

    async fn teams(&self, tenant: TenantId) -> Stored<Vec<TeamDetails>> {
        self.timed(Kind::Tenant, self.store.teams(tenant)).await
    }

    async fn change_team(&self, write: Write, change: TeamChange) -> Stored<Team> {
        self.timed(Kind::Moderate, self.store.change_team(write, change)).await
    }

    async fn set_team_state(&self, write: Write, team: TeamId, state: TeamState) -> Stored<Team> {
        self.timed(Kind::Moderate, self.store.set_team_state(write, team, state)).await
    }

    async fn set_team_archived(&self, write: Write, team: TeamId, on: bool) -> Stored<Team> {
        self.timed(Kind::Moderate, self.store.set_team_archived(write, team, on)).await
    }

    async fn set_join_code(&self, write: Write, team: TeamId, code: &JoinCode) -> Stored<bool> {
        self.timed(Kind::Moderate, self.store.set_join_code(write, team, code)).await
    }

    async fn team_by_code(&self, code: &JoinCode) -> Stored<Option<FoundTeam>> {
        self.timed(Kind::Tenant, self.store.team_by_code(code)).await
    }

    async fn change_tag(&self, write: Write, id: TagId, name: Name, color: Color) -> Stored<Tag> {
        self.timed(Kind::Moderate, self.store.change_tag(write, id, name, color)).await
    }

    async fn delete_tag(&self, write: Write, id: TagId) -> Stored<()> {
        self.timed(Kind::Moderate, self.store.delete_tag(write, id)).await
    }
}
