//! Tenants.

use pulsestage::error::{Noun, Refusal};
use pulsestage::ports::NewTenant;
use pulsestage::tenant::Tenant;
use pulsestage::text::Slug;

use super::db_error::{DbError, DbResult};
use super::rows::TenantRow;
use super::{SqlStore, sql};

impl SqlStore {
    pub(super) async fn find_tenant(&self, slug: &Slug) -> DbResult<Option<Tenant>> {
        let row: Option<TenantRow> = on!(&self.read, pool => sqlx::query_as(sql::tenants::BY_SLUG)
            .bind(slug.as_str())
            .fetch_optional(pool)
            .await)?;
        row.map(TenantRow::into_tenant).transpose()
    }

    pub(super) async fn list_tenants(&self) -> DbResult<Vec<Tenant>> {
        let rows: Vec<TenantRow> = on!(&self.read, pool => sqlx::query_as(sql::tenants::LIST).fetch_all(pool).await)?;
        rows.into_iter().map(TenantRow::into_tenant).collect()
    }

    pub(super) async fn insert_tenant(&self, new: NewTenant) -> DbResult<Tenant> {
        let settings = serde_json::to_string(&new.settings).map_err(|e| DbError::json("tenant settings", &e))?;
        let inserted = on!(&self.write, pool => sqlx::query(sql::tenants::INSERT)
            .bind(new.id.0)
            .bind(new.slug.as_str())
            .bind(new.name.as_str())
            .bind(new.epoch.0.cast_signed())
            .bind(settings)
            .bind(new.at.0)
            .execute(pool)
            .await
            .map(|done| done.rows_affected()))?;
        if inserted == 0 {
            return Err(Refusal::NameTaken { what: Noun::Tenant }.into());
        }
        Ok(Tenant { id: new.id, slug: new.slug.into_string(), name: new.name.into_string(), settings: new.settings })
    }
}
