//! Tenants.

use super::Service;
use crate::error::Refusal;
use crate::event::Epoch;
use crate::id::TenantId;
use crate::ports::{NewTeam, NewTenant};
use crate::tenant::{Tenancy, Tenant, TenantSettings};
use crate::text::{Name, Slug};

impl Service {
    /// The tenant of this slug with all that holds in it, as it is or was a moment ago.
    pub(super) async fn tenancy(&self, slug: &Slug) -> Result<Option<Tenancy>, Refusal> {
        let now = self.clock.now();
        if let Some(found) = self.known.get(slug, now) {
            return Ok(Some(found));
        }
        let found = self.store.tenancy(slug).await?;
        if let Some(found) = &found {
            self.known.keep(found, now);
        }
        Ok(found)
    }

    /// The tenant of this slug as everybody may know it, unless it is archived.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn public_tenant(&self, slug: &Slug) -> Result<Option<Tenant>, Refusal> {
        let found = self.tenancy(slug).await?.filter(|found| found.rules.archived_at.is_none());
        Ok(found.map(|found| found.tenant))
    }

    /// Every tenant of the installation, oldest first: for the operator, not for visitors.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn tenants(&self) -> Result<Vec<Tenant>, Refusal> {
        Ok(self.store.tenants().await?)
    }

    /// Makes a tenant without a team: for what furnishes it, not for visitors.
    ///
    /// # Errors
    /// When the slug is in use.
    pub async fn create_tenant(&self, slug: Slug, name: Name) -> Result<Tenant, Refusal> {
        self.create_tenant_with(slug, name, None).await
    }

    /// Makes a tenant with its first team, both or neither: for the operator, not for visitors.
    pub(super) async fn create_tenant_with(
        &self,
        slug: Slug,
        name: Name,
        first_team: Option<NewTeam>,
    ) -> Result<Tenant, Refusal> {
        let mut epoch = [0; 8];
        self.rng.fill(&mut epoch);
        let new = NewTenant {
            id: TenantId(self.new_id()),
            slug,
            name,
            settings: TenantSettings::default(),
            epoch: Epoch(u64::from_be_bytes(epoch)),
            at: self.clock.now(),
            first_team,
        };
        Ok(self.store.create_tenant(new).await?)
    }
}
