//! Tenants and what is theirs: teams and the tag palette.

use super::{Service, Visit};
use crate::command::{CreateTag, Key};
use crate::error::{FieldProblem, Refusal};
use crate::event::Epoch;
use crate::id::{TagId, TeamId, TenantId};
use crate::permission::Action;
use crate::ports::{Look, NewTenant};
use crate::tag::Tag;
use crate::team::Team;
use crate::tenant::{Tenant, TenantSettings};
use crate::text::{Color, Name, Slug};

impl Service {
    /// The tenant of this slug, as it is or was a moment ago.
    pub(super) async fn tenant(&self, slug: &Slug) -> Result<Option<Tenant>, Refusal> {
        let now = self.clock.now();
        if let Some(tenant) = self.known.get(slug, now) {
            return Ok(Some(tenant));
        }
        let tenant = self.store.tenant_by_slug(slug).await?;
        if let Some(tenant) = &tenant {
            self.known.keep(tenant, now);
        }
        Ok(tenant)
    }

    /// Every tenant of the installation, oldest first: for the operator, not for visitors.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn tenants(&self) -> Result<Vec<Tenant>, Refusal> {
        Ok(self.store.tenants().await?)
    }

    /// Makes a tenant: for the operator, not for visitors.
    ///
    /// # Errors
    /// When the slug is in use.
    pub async fn create_tenant(&self, slug: Slug, name: Name) -> Result<Tenant, Refusal> {
        let mut epoch = [0; 8];
        self.chance.fill(&mut epoch);
        let new = NewTenant {
            id: TenantId(self.new_id()),
            slug,
            name,
            settings: TenantSettings::default(),
            epoch: Epoch(u64::from_be_bytes(epoch)),
            at: self.clock.now(),
        };
        Ok(self.store.create_tenant(new).await?)
    }

    /// Adds a team.
    ///
    /// # Errors
    /// When the visitor may not, or the name is empty, too long or taken.
    pub async fn create_team(&self, visit: &Visit, key: Key, name: &str) -> Result<Team, Refusal> {
        visit.must(Action::CreateTeam)?;
        let by = visit.user()?;
        let name = Name::parse(name).map_err(|problem| Refusal::field("name", problem))?;
        let id = TeamId(self.new_id());
        let slug = Slug::of_name(&name, &format!("team-{}", &id.0.simple().to_string()[24..]));
        let (write, _turn) = self.write(visit, Action::CreateTeam, key, by.0).await?;
        let team = self.store.create_team(write, id, slug, name).await?;
        self.notifier.ring(visit.tenant.id, Look::Facts);
        Ok(team)
    }

    /// Adds a tag to the palette.
    ///
    /// # Errors
    /// When the visitor may not, the name is empty, too long or taken, or the colour is not `#RRGGBB`.
    pub async fn create_tag(&self, visit: &Visit, key: Key, tag: CreateTag) -> Result<Tag, Refusal> {
        visit.must_somewhere(Action::CreateTag)?;
        let by = visit.user()?;
        let (name, color) = match (Name::parse(&tag.name), Color::parse(&tag.color)) {
            (Ok(name), Ok(color)) => (name, color),
            (name, color) => return Err(Refusal::Invalid { fields: problems(name.err(), color.err()) }),
        };
        let id = TagId(self.new_id());
        let (write, _turn) = self.write(visit, Action::CreateTag, key, by.0).await?;
        let tag = self.store.create_tag(write, id, name, color).await?;
        self.notifier.ring(visit.tenant.id, Look::Facts);
        Ok(tag)
    }
}

fn problems(name: Option<crate::text::TextProblem>, color: Option<crate::text::TextProblem>) -> Vec<FieldProblem> {
    [("name", name), ("color", color)]
        .into_iter()
        .filter_map(|(field, problem)| problem.map(|problem| FieldProblem { field: field.to_owned(), problem }))
        .collect()
}
