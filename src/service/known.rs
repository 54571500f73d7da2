//! Tenants that were looked up a moment ago: every request names one, and they seldom change.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::tenant::Tenancy;
use crate::text::Slug;
use crate::time::Timestamp;

/// How long a tenant is taken to be as it was: the longest that a change of its settings takes to be seen everywhere.
const FRESH_MS: i64 = 1_000;
/// With more tenants than these at once they are all looked up again; what is kept stays small.
const KEPT: usize = 1_024;

/// What was looked up, by slug, and when. That a tenant is not there is not kept: it may be there in a moment.
#[derive(Default)]
pub(super) struct KnownTenants(Mutex<HashMap<String, (Timestamp, Tenancy)>>);

impl KnownTenants {
    /// The tenant of this slug, if it was looked up a moment before `now`.
    pub(super) fn get(&self, slug: &Slug, now: Timestamp) -> Option<Tenancy> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, tenant) = kept.get(slug.as_str())?;
        // A clock that was put back makes nothing fresh.
        (0..FRESH_MS).contains(&now.0.saturating_sub(at.0)).then(|| tenant.clone())
    }

    /// Keeps a tenant as it was at `now`.
    pub(super) fn keep(&self, tenant: &Tenancy, now: Timestamp) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT && !kept.contains_key(&tenant.tenant.slug) {
            kept.clear();
        }
        kept.insert(tenant.tenant.slug.clone(), (now, tenant.clone()));
    }

    /// Looks a tenant up again next time: it was changed here.
    pub(super) fn forget(&self, slug: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(slug);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::TenantId;
    use crate::tenant::{Tenant, TenantSettings};
    use std::sync::Arc;
    use uuid::Uuid;

    fn tenant(slug: &str) -> Tenancy {
        let settings = TenantSettings::default();
        let tenant =
            Tenant { id: TenantId(Uuid::from_u128(1)), slug: slug.to_owned(), name: slug.to_owned(), settings };
        Tenancy { tenant, rules: Arc::default() }
    }

    #[test]
    fn a_tenant_is_known_for_a_moment() {
        let (known, slug) = (KnownTenants::default(), Slug::parse("acme").unwrap());
        assert_eq!(known.get(&slug, Timestamp(5_000)), None);
        known.keep(&tenant("acme"), Timestamp(5_000));
        for (now, is_known) in [(5_000, true), (5_999, true), (6_000, false), (4_999, false), (i64::MIN, false)] {
            assert_eq!(known.get(&slug, Timestamp(now)).is_some(), is_known, "{now}");
        }
        assert_eq!(known.get(&Slug::parse("other").unwrap(), Timestamp(5_000)), None);
        known.keep(&tenant("acme"), Timestamp(9_000));
        assert!(known.get(&slug, Timestamp(9_500)).is_some());
        known.forget("acme");
        assert!(known.get(&slug, Timestamp(9_500)).is_none());
    }

    #[test]
    fn what_is_known_stays_small() {
        let known = KnownTenants::default();
        for number in 0..3 * KEPT {
            known.keep(&tenant(&format!("tenant-{number}")), Timestamp(0));
            assert!(known.0.lock().unwrap().len() <= KEPT);
        }
    }
}
