//! Counting again: for the operator.

use super::Service;
use crate::error::{Noun, Refusal};
use crate::export::Miscount;
use crate::ports::Change;
use crate::tenant::Tenant;
use crate::text::Slug;

/// What counting a tenant's votes again came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recounted {
    /// The tenant.
    pub tenant: Tenant,
    /// How many questions it has.
    pub questions: i64,
    /// Those whose count was not the number of their votes; when they were to be put right, those that were.
    pub miscounts: Vec<Miscount>,
}

impl Service {
    /// Counts the votes of one tenant's questions again, or of all tenants', and puts right what differs when that is
    /// asked for.
    ///
    /// # Errors
    /// When there is no such tenant.
    pub async fn recount(&self, slug: Option<&Slug>, repair: bool) -> Result<Vec<Recounted>, Refusal> {
        let tenants = match slug {
            Some(slug) => {
                vec![self.store.tenant_by_slug(slug).await?.ok_or(Refusal::NotFound { what: Noun::Tenant })?]
            }
            None => self.store.tenants().await?,
        };
        let mut all = Vec::with_capacity(tenants.len());
        for tenant in tenants {
            let (questions, mut miscounts) = self.store.recount(tenant.id).await?;
            if repair {
                miscounts = self.put_right(&tenant, miscounts).await?;
            }
            all.push(Recounted { tenant, questions, miscounts });
        }
        Ok(all)
    }

    async fn put_right(&self, tenant: &Tenant, found: Vec<Miscount>) -> Result<Vec<Miscount>, Refusal> {
        let mut repaired = Vec::with_capacity(found.len());
        for miscount in found {
            let done = self.store.repair_count(tenant.id, miscount.question, self.clock.now()).await?;
            repaired.extend(done);
        }
        if !repaired.is_empty() {
            self.notifier.notify(tenant.id, Change::Tallies);
        }
        Ok(repaired)
    }
}
