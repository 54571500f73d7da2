//! The port: each method of [`TenancyStore`] is a transaction of this crate and one way out for its troubles.

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

use super::SqlStore;
use super::db_error::store_error;

#[async_trait]
impl TenancyStore for SqlStore {
    async fn tenancy(&self, slug: &Slug) -> StoreResult<Option<Tenancy>> {
        self.find_tenancy(slug).await.map_err(store_error)
    }

    async fn tenant_summaries(&self) -> StoreResult<Vec<TenantSummary>> {
        self.summarise_tenants().await.map_err(store_error)
    }

    async fn set_limits(&self, slug: &Slug, limits: TenantLimits) -> StoreResult<()> {
        self.limit_tenant(slug, limits).await.map_err(store_error)
    }

    async fn set_archived(&self, slug: &Slug, since: Option<Timestamp>) -> StoreResult<()> {
        self.archive_tenant(slug, since).await.map_err(store_error)
    }

    async fn change_settings(&self, write: Write, new: NewSettings) -> StoreResult<Tenant> {
        self.update_settings(write, new).await.map_err(store_error)
    }

    async fn set_logo(&self, write: Write, logo: Option<Logo>, word: Option<String>) -> StoreResult<Tenant> {
        self.put_logo(write, logo, word).await.map_err(store_error)
    }

    async fn logo(&self, tenant: TenantId) -> StoreResult<Option<Logo>> {
        self.read_logo(tenant).await.map_err(store_error)
    }

    async fn teams(&self, tenant: TenantId) -> StoreResult<Vec<TeamDetails>> {
        self.list_teams(tenant).await.map_err(store_error)
    }

    async fn change_team(&self, write: Write, change: TeamChange) -> StoreResult<Team> {
        self.update_team(write, change).await.map_err(store_error)
    }

    async fn set_team_state(&self, write: Write, team: TeamId, state: TeamState) -> StoreResult<Team> {
        self.change_team_state(write, team, state).await.map_err(store_error)
    }

    async fn set_team_archived(&self, write: Write, team: TeamId, on: bool) -> StoreResult<Team> {
        self.archive_team(write, team, on).await.map_err(store_error)
    }

    async fn set_join_code(&self, write: Write, team: TeamId, code: &JoinCode) -> StoreResult<bool> {
        self.put_join_code(write, team, code).await.map_err(store_error)
    }

    async fn team_by_code(&self, code: &JoinCode) -> StoreResult<Option<FoundTeam>> {
        self.find_code(code).await.map_err(store_error)
    }

    async fn change_tag(&self, write: Write, id: TagId, name: Name, color: Color) -> StoreResult<Tag> {
        self.update_tag(write, id, name, color).await.map_err(store_error)
    }

    async fn delete_tag(&self, write: Write, id: TagId) -> StoreResult<()> {
        self.remove_tag(write, id).await.map_err(store_error)
    }
}
