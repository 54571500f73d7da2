//! What the operator does: an owner of the default tenant, or whoever has the command line of the server.

use super::{RequestContext, Service};
use crate::audit::{Act, Entry};
use crate::command::IdempotencyKey;
use crate::error::{Noun, Refusal};
use crate::id::{OperationId, UserId};
use crate::permission::Action;
use crate::ports::{SecretHash, Write};
use crate::team::FIRST_TEAM;
use crate::tenant::{Made, OperatorView, Tenant, TenantLimits, TenantSummary};
use crate::text::{Name, Slug};
use crate::user::Role;
use uuid::Uuid;

impl RequestContext {
    /// Refuses whoever is no operator. Another tenant's owner is none.
    ///
    /// # Errors
    /// As [`RequestContext::require`].
    fn require_operator(&self) -> Result<(), Refusal> {
        self.require(Action::Operate)?;
        if self.tenant.slug == Slug::default_tenant().as_str() { Ok(()) } else { Err(Refusal::NotAllowed) }
    }
}

impl Service {
    /// Every tenant with its numbers, for the operator's page.
    ///
    /// # Errors
    /// When the visitor is no operator, or asks too often.
    pub async fn operator_view(&self, context: &RequestContext) -> Result<OperatorView, Refusal> {
        context.require_operator()?;
        self.rate_limiter.admit(context.tenant.id, context.actor.user.map(|user| user.0), Action::SeeHealth)?;
        Ok(OperatorView {
            tenant: context.tenant.clone(),
            role: context.actor.role,
            tenants: self.store.tenant_summaries().await?,
            fresh: None,
        })
    }

    /// Makes a tenant at the operator's wish, and the one-time link of its first owner.
    ///
    /// # Errors
    /// When the visitor is no operator, the slug is none or in use, or the name is none.
    pub async fn operate_create(&self, context: &RequestContext, slug: &str, name: &str) -> Result<Made, Refusal> {
        context.require_operator()?;
        let slug = Slug::parse(slug).map_err(|problem| Refusal::field("slug", problem))?;
        let name = Name::parse(name).map_err(|problem| Refusal::field("name", problem))?;
        self.require_recent_proof(context)?;
        let _turn = self.operate(context).await?;
        let tenant = self.make_tenant(context.actor.user, slug.clone(), name).await?;
        let link = self.invitations.bearer_link(&tenant);
        self.make_link(context.actor.user, &slug, Role::Owner, link.hash).await?;
        Ok(Made { tenant, link: link.address })
    }

    /// Sets what a tenant is allowed at the operator's wish.
    ///
    /// # Errors
    /// When the visitor is no operator, or there is no such tenant.
    pub async fn operate_limits(
        &self,
        context: &RequestContext,
        slug: &str,
        limits: TenantLimits,
    ) -> Result<(), Refusal> {
        context.require_operator()?;
        let _turn = self.operate(context).await?;
        self.limit_tenant(context.actor.user, &known_form(slug)?, limits).await
    }

    /// Archives a tenant or brings it back at the operator's wish.
    ///
    /// # Errors
    /// When the visitor is no operator, or there is no such tenant, or it is the default one.
    pub async fn operate_archived(&self, context: &RequestContext, slug: &str, on: bool) -> Result<(), Refusal> {
        context.require_operator()?;
        let _turn = self.operate(context).await?;
        self.archive_tenant(context.actor.user, &known_form(slug)?, on).await
    }

    /// Every tenant with its numbers: for the command line, not for visitors.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn tenant_summaries(&self) -> Result<Vec<TenantSummary>, Refusal> {
        Ok(self.store.tenant_summaries().await?)
    }

    /// Makes a tenant with its first team, which is noted: for the operator, who is nobody on the command line.
    ///
    /// # Errors
    /// When the slug is in use.
    pub async fn make_tenant(&self, by: Option<UserId>, slug: Slug, name: Name) -> Result<Tenant, Refusal> {
        let first_team =
            Some(self.new_team(Name::parse(FIRST_TEAM).map_err(|problem| Refusal::field("name", problem))?));
        let tenant = self.create_tenant_with(slug.clone(), name, first_team).await?;
        self.note_operation(by, &slug, |by| Entry::of(by, Act::CreateTenant).after("name", &tenant.name)).await?;
        Ok(tenant)
    }

    /// Makes a link for signing in with a role, which is noted: as [`Service::make_tenant`].
    ///
    /// # Errors
    /// As [`Service::put_link`].
    pub async fn make_link(
        &self,
        by: Option<UserId>,
        slug: &Slug,
        role: Role,
        secret: SecretHash,
    ) -> Result<(), Refusal> {
        self.put_link(slug, role, secret).await?;
        self.note_operation(by, slug, |by| Entry::of(by, Act::MakeLink).after("role", role)).await
    }

    /// Sets what a tenant is allowed, which is noted: as [`Service::make_tenant`].
    ///
    /// # Errors
    /// When there is no such tenant.
    pub async fn limit_tenant(&self, by: Option<UserId>, slug: &Slug, limits: TenantLimits) -> Result<(), Refusal> {
        self.store.set_limits(slug, limits).await?;
        self.known.forget(slug.as_str());
        let number = |most: Option<u32>| most.map(i64::from);
        let entry = |by| {
            let entry = Entry::of(by, Act::LimitTenant).after("streams", number(limits.streams));
            entry.after("questions", number(limits.questions)).after("people", number(limits.people))
        };
        self.note_operation(by, slug, entry).await
    }

    /// Archives a tenant, or brings it back, which is noted: as [`Service::make_tenant`].
    ///
    /// # Errors
    /// When there is no such tenant; and the default one stays, for the operator is one of its people.
    pub async fn archive_tenant(&self, by: Option<UserId>, slug: &Slug, on: bool) -> Result<(), Refusal> {
        if *slug == Slug::default_tenant() {
            return Err(Refusal::NotAllowed);
        }
        let since = on.then(|| self.clock.now());
        self.store.set_archived(slug, since).await?;
        self.known.forget(slug.as_str());
        let act = if on { Act::ArchiveTenant } else { Act::RestoreTenant };
        self.note_operation(by, slug, |by| Entry::of(by, act)).await
    }

    /// Notes what the operator did in the audit of the tenant concerned and in the operator's own. A person of the one is
    /// nobody in the other.
    pub(super) async fn note_operation(
        &self,
        by: Option<UserId>,
        slug: &Slug,
        entry: impl Fn(Option<UserId>) -> Entry,
    ) -> Result<(), Refusal> {
        let home = Slug::default_tenant();
        let places: &[&Slug] = if *slug == home { &[slug] } else { &[slug, &home] };
        for place in places {
            let Some(tenant) = self.store.tenant_by_slug(place).await? else { continue };
            let by = by.filter(|_| **place == home);
            let (operation, writer) = (OperationId(self.new_id()), by.map_or_else(Uuid::nil, |by| by.0));
            let write = Write { tenant: tenant.id, operation, writer, at: self.clock.now() };
            self.store.note(write, entry(by).after("tenant", slug.as_str())).await?;
        }
        Ok(())
    }

    /// Waits for the operator's turn to write.
    async fn operate(&self, context: &RequestContext) -> Result<crate::ports::Turn, Refusal> {
        let by = context.user()?;
        let (_, turn) = self.write(context, Action::Operate, IdempotencyKey::None, by.0).await?;
        Ok(turn)
    }
}

fn known_form(slug: &str) -> Result<Slug, Refusal> {
    Slug::parse(slug).map_err(|_| Refusal::NotFound { what: Noun::Tenant })
}
