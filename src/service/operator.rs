//! What the operator does: an owner of the default tenant, or whoever has the command line of the server.

use super::{Service, Visit};
use crate::command::Key;
use crate::error::{Noun, Refusal};
use crate::permission::Action;
use crate::tenant::{Made, OperatorView, TenantLimits, TenantSummary};
use crate::text::{Name, Slug};
use crate::user::Role;

impl Visit {
    /// Refuses whoever is no operator. Another tenant's owner is none.
    ///
    /// # Errors
    /// As [`Visit::must`].
    fn must_operate(&self) -> Result<(), Refusal> {
        self.must(Action::Operate)?;
        if self.tenant.slug == Slug::default_tenant().as_str() { Ok(()) } else { Err(Refusal::NotAllowed) }
    }
}

impl Service {
    /// Every tenant with its numbers, for the operator's page.
    ///
    /// # Errors
    /// When the visitor is no operator, or asks too often.
    pub async fn operator_view(&self, visit: &Visit) -> Result<OperatorView, Refusal> {
        visit.must_operate()?;
        self.pace.admit(visit.tenant.id, visit.actor.user.map(|user| user.0), Action::SeeHealth)?;
        Ok(OperatorView {
            tenant: visit.tenant.clone(),
            role: visit.actor.role,
            tenants: self.store.tenant_summaries().await?,
            fresh: None,
        })
    }

    /// Makes a tenant at the operator's wish, and the one-time link of its first owner.
    ///
    /// # Errors
    /// When the visitor is no operator, the slug is none or in use, or the name is none.
    pub async fn operate_create(&self, visit: &Visit, slug: &str, name: &str) -> Result<Made, Refusal> {
        visit.must_operate()?;
        let slug = Slug::parse(slug).map_err(|problem| Refusal::field("slug", problem))?;
        let name = Name::parse(name).map_err(|problem| Refusal::field("name", problem))?;
        let _turn = self.operate(visit).await?;
        let tenant = self.create_tenant(slug.clone(), name).await?;
        let link = self.invitations.bearer_link(&tenant);
        self.put_link(&slug, Role::Owner, link.hash).await?;
        Ok(Made { tenant, link: link.address })
    }

    /// Sets what a tenant is allowed at the operator's wish.
    ///
    /// # Errors
    /// When the visitor is no operator, or there is no such tenant.
    pub async fn operate_limits(&self, visit: &Visit, slug: &str, limits: TenantLimits) -> Result<(), Refusal> {
        visit.must_operate()?;
        let _turn = self.operate(visit).await?;
        self.limit_tenant(&known_form(slug)?, limits).await
    }

    /// Archives a tenant or brings it back at the operator's wish.
    ///
    /// # Errors
    /// When the visitor is no operator, or there is no such tenant, or it is the default one.
    pub async fn operate_archived(&self, visit: &Visit, slug: &str, on: bool) -> Result<(), Refusal> {
        visit.must_operate()?;
        let _turn = self.operate(visit).await?;
        self.archive_tenant(&known_form(slug)?, on).await
    }

    /// Every tenant with its numbers: for the command line, not for visitors.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn tenant_summaries(&self) -> Result<Vec<TenantSummary>, Refusal> {
        Ok(self.store.tenant_summaries().await?)
    }

    /// Sets what a tenant is allowed: for the command line, not for visitors.
    ///
    /// # Errors
    /// When there is no such tenant.
    pub async fn limit_tenant(&self, slug: &Slug, limits: TenantLimits) -> Result<(), Refusal> {
        self.store.set_limits(slug, limits).await?;
        self.known.forget(slug.as_str());
        Ok(())
    }

    /// Archives a tenant, or brings it back: for the command line, not for visitors.
    ///
    /// # Errors
    /// When there is no such tenant; and the default one stays, for the operator is one of its people.
    pub async fn archive_tenant(&self, slug: &Slug, on: bool) -> Result<(), Refusal> {
        if *slug == Slug::default_tenant() {
            return Err(Refusal::NotAllowed);
        }
        let since = on.then(|| self.clock.now());
        self.store.set_archived(slug, since).await?;
        self.known.forget(slug.as_str());
        Ok(())
    }

    /// Waits for the operator's turn to write.
    async fn operate(&self, visit: &Visit) -> Result<crate::ports::Turn, Refusal> {
        let by = visit.user()?;
        let (_, turn) = self.write(visit, Action::Operate, Key::None, by.0).await?;
        Ok(turn)
    }
}

fn known_form(slug: &str) -> Result<Slug, Refusal> {
    Slug::parse(slug).map_err(|_| Refusal::NotFound { what: Noun::Tenant })
}
