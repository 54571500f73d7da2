//! Tenants with all that holds in them: settings, limits, logos.

use std::sync::Arc;

use pulsestage::audit::{Act, Entry};
use pulsestage::error::Refusal;
use pulsestage::event::Event;
use pulsestage::id::{TeamId, TenantId, UserId};
use pulsestage::logo::{Logo, LogoKind};
use pulsestage::ports::{Ending, Write};
use pulsestage::session::GUESTS;
use pulsestage::settings::NewSettings;
use pulsestage::tenant::{Rules, StaffSettings, Tenancy, Tenant, TenantLimits, TenantSettings, TenantSummary};
use pulsestage::text::Slug;
use pulsestage::time::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sqlx::FromRow;
use uuid::Uuid;

use super::audit::note;
use super::db_error::{DbError, DbResult};
use super::facts::{LogSlot, missing};
use super::operations::{Claim, Operation, claim};
use super::rows::TenantRow;
use super::sessions::revoke;
use super::{SqlStore, Tx, sql};

/// The column `tenants.settings`: what everybody may know, beside what only staff may.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct StoredSettings {
    #[serde(flatten)]
    public: TenantSettings,
    staff: StaffSettings,
    version: i64,
}

/// A row of `tenants` with all that holds there.
#[derive(FromRow)]
struct TenancyRow {
    #[sqlx(flatten)]
    tenant: TenantRow,
    limits: String,
    archived_at: Option<i64>,
}

/// What a team decided for itself.
#[derive(FromRow)]
struct TeamRulesRow {
    id: Uuid,
    settings: String,
}

/// A row for the operator.
#[derive(FromRow)]
struct SummaryRow {
    slug: String,
    name: String,
    limits: String,
    is_archived: bool,
    teams: i64,
    questions: i64,
    people: i64,
}

#[derive(FromRow)]
struct LogoRow {
    media_type: String,
    bytes: Vec<u8>,
}

impl SummaryRow {
    fn into_summary(self) -> DbResult<TenantSummary> {
        let Self { slug, name, limits, is_archived, teams, questions, people } = self;
        Ok(TenantSummary { slug, name, limits: limits_of(&limits)?, is_archived, teams, questions, people })
    }
}

/// Reads the column `tenants.limits`.
pub(super) fn limits_of(text: &str) -> DbResult<TenantLimits> {
    serde_json::from_str(text).map_err(|e| DbError::json("tenant limits", &e))
}

fn settings_of(text: &str) -> DbResult<StoredSettings> {
    serde_json::from_str(text).map_err(|e| DbError::json("tenant settings", &e))
}

impl SqlStore {
    pub(super) async fn find_tenancy(&self, slug: &Slug) -> DbResult<Option<Tenancy>> {
        let row: Option<TenancyRow> = on!(&self.read, pool => sqlx::query_as(sql::tenancy::TENANCY)
            .bind(slug.as_str())
            .fetch_optional(pool)
            .await)?;
        let Some(row) = row else { return Ok(None) };
        let stored = settings_of(row.tenant.settings())?;
        let limits = limits_of(&row.limits)?;
        let tenant = row.tenant.into_tenant()?;
        let teams: Vec<TeamRulesRow> = on!(&self.read, pool => sqlx::query_as(sql::tenancy::TEAM_RULES)
            .bind(tenant.id.0)
            .fetch_all(pool)
            .await)?;
        let read = |row: TeamRulesRow| match serde_json::from_str(&row.settings) {
            Ok(settings) => Ok((TeamId(row.id), settings)),
            Err(error) => Err(DbError::json("team settings", &error)),
        };
        let rules = Rules {
            staff: stored.staff,
            version: stored.version,
            limits,
            archived_at: row.archived_at.map(Timestamp),
            teams: teams.into_iter().map(read).collect::<DbResult<_>>()?,
        };
        Ok(Some(Tenancy { tenant, rules: Arc::new(rules) }))
    }

    pub(super) async fn summarise_tenants(&self) -> DbResult<Vec<TenantSummary>> {
        let rows: Vec<SummaryRow> =
            on!(&self.read, pool => sqlx::query_as(sql::tenancy::SUMMARIES).fetch_all(pool).await)?;
        rows.into_iter().map(SummaryRow::into_summary).collect()
    }

    pub(super) async fn limit_tenant(&self, slug: &Slug, limits: TenantLimits) -> DbResult<()> {
        let text = serde_json::to_string(&limits).map_err(|e| DbError::json("tenant limits", &e))?;
        let changed = on!(&self.write, pool => sqlx::query(sql::tenancy::SET_LIMITS)
            .bind(slug.as_str())
            .bind(text)
            .execute(pool)
            .await
            .map(|done| done.rows_affected()))?;
        if changed == 0 { Err(missing().into()) } else { Ok(()) }
    }

    pub(super) async fn archive_tenant(&self, slug: &Slug, since: Option<Timestamp>) -> DbResult<()> {
        let changed = on!(&self.write, pool => sqlx::query(sql::tenancy::SET_ARCHIVED)
            .bind(slug.as_str())
            .bind(since.map(|at| at.0))
            .execute(pool)
            .await
            .map(|done| done.rows_affected()))?;
        if changed == 0 { Err(missing().into()) } else { Ok(()) }
    }

    pub(super) async fn update_settings(&self, write: Write, new: NewSettings) -> DbResult<Tenant> {
        let asked = serde_json::to_string(&(&new.settings, &new.staff)).map_err(|e| DbError::json("settings", &e))?;
        let arguments = [new.name.as_str().as_bytes(), asked.as_bytes(), &new.version.to_be_bytes()];
        let operation = Operation::new("change_settings", write.tenant.0, &arguments);
        let done = written!(self, tx => {
            if let Claim::DbResult(_) = claim(tx, &write, &operation).await? {
                return row_of(tx, write.tenant).await?.into_tenant();
            }
            let place = LogSlot::take(tx, write.tenant).await?;
            let row = row_of(tx, write.tenant).await?;
            let before = settings_of(row.settings())?;
            if before.version != new.version {
                return Err(Refusal::Outdated.into());
            }
            let public = TenantSettings { logo: before.public.logo, ..new.settings };
            let version = before.version + 1;
            if before.public.guests_allowed != public.guests_allowed {
                guests_change(tx, &write).await?;
            }
            let before = row.settings().to_owned();
            let tenant = Tenant { name: new.name.into_string(), ..row.into_tenant()? };
            let stored = StoredSettings { public, staff: new.staff, version };
            keep_settings(tx, &write, (tenant, stored), (before, place)).await
        })?;
        self.truncate_log();
        Ok(done)
    }

    pub(super) async fn put_logo(&self, write: Write, logo: Option<Logo>, word: Option<String>) -> DbResult<Tenant> {
        let operation = Operation::new("set_logo", write.tenant.0, &[word.as_deref().unwrap_or_default().as_bytes()]);
        written!(self, tx => {
            if let Claim::DbResult(_) = claim(tx, &write, &operation).await? {
                return row_of(tx, write.tenant).await?.into_tenant();
            }
            let place = LogSlot::take(tx, write.tenant).await?;
            let row = row_of(tx, write.tenant).await?;
            let before = settings_of(row.settings())?;
            replace_logo(tx, &write, logo).await?;
            let public = TenantSettings { logo: word, ..before.public };
            let stored = StoredSettings { public, staff: before.staff, version: before.version + 1 };
            let as_stored = row.settings().to_owned();
            keep_settings(tx, &write, (row.into_tenant()?, stored), (as_stored, place)).await
        })
    }

    pub(super) async fn read_logo(&self, tenant: TenantId) -> DbResult<Option<Logo>> {
        let row: Option<LogoRow> = on!(&self.read, pool => sqlx::query_as(sql::tenancy::LOGO)
            .bind(tenant.0)
            .fetch_optional(pool)
            .await)?;
        let Some(row) = row else { return Ok(None) };
        let kind = LogoKind::of_media_type(&row.media_type)
            .ok_or_else(|| DbError::Unreadable("logo", "unknown type".to_owned()))?;
        Ok(Some(Logo { kind, bytes: row.bytes }))
    }
}

/// Says that people without an account may see something else from now on: their streams end, and those who still may
/// come back.
pub(super) async fn guests_change(tx: &mut Tx, write: &Write) -> DbResult<()> {
    let mut hash = Sha256::new();
    for part in [write.tenant.0, write.writer, write.operation.0] {
        hash.update(part.as_bytes());
    }
    let mut id = [0; 16];
    id.copy_from_slice(&hash.finalize()[..16]);
    revoke(tx, write.tenant, GUESTS, None, Ending { id: Uuid::from_bytes(id), at: write.at }).await
}

async fn row_of(tx: &mut Tx, tenant: TenantId) -> DbResult<TenantRow> {
    let row: Option<TenantRow> =
        on!(tx, t => sqlx::query_as(sql::tenants::BY_ID).bind(tenant.0).fetch_optional(&mut **t).await)?;
    row.ok_or_else(|| missing().into())
}

/// Writes settings and name, and the fact of it, which has what everybody may know and nothing else.
async fn keep_settings(
    tx: &mut Tx,
    write: &Write,
    (tenant, stored): (Tenant, StoredSettings),
    (before, place): (String, LogSlot),
) -> DbResult<Tenant> {
    let text = serde_json::to_string(&stored).map_err(|e| DbError::json("tenant settings", &e))?;
    on!(tx, t => sqlx::query(sql::tenancy::SET_SETTINGS)
        .bind(write.tenant.0)
        .bind(&tenant.name)
        .bind(&text)
        .execute(&mut **t)
        .await
        .map(drop))?;
    let tenant = Tenant { settings: stored.public, ..tenant };
    place.write(tx, write, None, &Event::TenantUpdated(tenant.clone())).await?;
    let entry = Entry::of(UserId(write.writer), Act::ChangeSettings).before("settings", &before);
    note(tx, write, entry.after("name", &tenant.name).after("settings", &text)).await?;
    Ok(tenant)
}

async fn replace_logo(tx: &mut Tx, write: &Write, logo: Option<Logo>) -> DbResult<()> {
    let Some(logo) = logo else {
        on!(tx, t => sqlx::query(sql::tenancy::DELETE_LOGO).bind(write.tenant.0).execute(&mut **t).await.map(drop))?;
        return Ok(());
    };
    on!(tx, t => sqlx::query(sql::tenancy::PUT_LOGO)
        .bind(write.tenant.0)
        .bind(logo.kind.media_type())
        .bind(logo.bytes.as_slice())
        .bind(write.at.0)
        .execute(&mut **t)
        .await
        .map(drop))?;
    Ok(())
}
