//! Tenants with all that holds in them: settings, limits, logos.

use std::sync::Arc;

use async_trait::async_trait;
use pulsestage::audit::{Act, Entry};
use pulsestage::error::{Noun, Refusal};
use pulsestage::event::Event;
use pulsestage::id::{OperationId, TeamId, TenantId, UserId};
use pulsestage::logo::{Logo, LogoKind};
use pulsestage::ports::{Ending, NewTenant, StoreResult, TenantStore, Write};
use pulsestage::session::GUESTS;
use pulsestage::settings::NewSettings;
use pulsestage::tenant::{Rules, StaffSettings, Tenancy, Tenant, TenantLimits, TenantSettings, TenantSummary};
use pulsestage::text::Slug;
use pulsestage::time::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sqlx::FromRow;
use uuid::Uuid;

use crate::deadline::Work;
use crate::store::account::sessions::revoke;
use crate::store::audit::note;
use crate::store::db_error::{DbError, DbResult};
use crate::store::log::facts::{LogSlot, missing};
use crate::store::operations::{KeyClaim, Operation, claim};
use crate::store::rows::TenantRow;
use crate::store::{Kind, SqlStore, Tx, sql};

pub(in crate::store) mod quota;
pub(in crate::store) mod teams;

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
pub(in crate::store) fn limits_of(text: &str) -> DbResult<TenantLimits> {
    serde_json::from_str(text).map_err(|e| DbError::json("tenant limits", &e))
}

fn settings_of(text: &str) -> DbResult<StoredSettings> {
    serde_json::from_str(text).map_err(|e| DbError::json("tenant settings", &e))
}

#[async_trait]
impl TenantStore for SqlStore {
    async fn tenancy(&self, slug: &Slug) -> StoreResult<Option<Tenancy>> {
        self.run(Kind::Tenant, async move |db| {
            let row: Option<TenancyRow> = fetch_optional!(&db.read, sql::tenancy::TENANCY, slug.as_str())?;
            let Some(row) = row else { return Ok(None) };
            let stored = settings_of(row.tenant.settings())?;
            let limits = limits_of(&row.limits)?;
            let tenant = row.tenant.into_tenant()?;
            let teams: Vec<TeamRulesRow> = fetch_all!(&db.read, sql::tenancy::TEAM_RULES, tenant.id.0)?;
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
        })
        .await
    }

    async fn tenant_summaries(&self) -> StoreResult<Vec<TenantSummary>> {
        self.run_as(Kind::Tenant, Work::Long, async move |db| {
            let rows: Vec<SummaryRow> = fetch_all!(&db.read, sql::tenancy::TENANT_SUMMARIES)?;
            rows.into_iter().map(SummaryRow::into_summary).collect()
        })
        .await
    }

    async fn set_limits(&self, slug: &Slug, limits: TenantLimits) -> StoreResult<()> {
        self.run(Kind::Tenant, async move |db| {
            let text = serde_json::to_string(&limits).map_err(|e| DbError::json("tenant limits", &e))?;
            let changed = execute!(&db.write, sql::tenancy::SET_LIMITS, slug.as_str(), text)?;
            if changed == 0 { Err(missing().into()) } else { Ok(()) }
        })
        .await
    }

    async fn set_archived(&self, slug: &Slug, since: Option<Timestamp>) -> StoreResult<()> {
        self.run(Kind::Tenant, async move |db| {
            let changed = execute!(&db.write, sql::tenancy::SET_ARCHIVED, slug.as_str(), since.map(|at| at.0))?;
            if changed == 0 { Err(missing().into()) } else { Ok(()) }
        })
        .await
    }

    async fn change_settings(&self, write: Write, new: NewSettings) -> StoreResult<Tenant> {
        self.run(Kind::Moderate, async move |db| {
            let asked =
                serde_json::to_string(&(&new.settings, &new.staff)).map_err(|e| DbError::json("settings", &e))?;
            let arguments = [new.name.as_str().as_bytes(), asked.as_bytes(), &new.version.to_be_bytes()];
            let operation = Operation::new("change_settings", write.tenant.0, &arguments);
            let done = written!(db, tx => {
                if let KeyClaim::Repeated(_) = claim(tx, &write, &operation).await? {
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
            db.truncate_log();
            Ok(done)
        })
        .await
    }

    async fn set_logo(&self, write: Write, logo: Option<Logo>, word: Option<String>) -> StoreResult<Tenant> {
        self.run(Kind::Moderate, async move |db| {
            let operation =
                Operation::new("set_logo", write.tenant.0, &[word.as_deref().unwrap_or_default().as_bytes()]);
            written!(db, tx => {
                if let KeyClaim::Repeated(_) = claim(tx, &write, &operation).await? {
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
        })
        .await
    }

    async fn logo(&self, tenant: TenantId) -> StoreResult<Option<Logo>> {
        self.run(Kind::Tenant, async move |db| {
            let row: Option<LogoRow> = fetch_optional!(&db.read, sql::tenancy::LOGO, tenant.0)?;
            let Some(row) = row else { return Ok(None) };
            let kind = LogoKind::of_media_type(&row.media_type)
                .ok_or_else(|| DbError::Unreadable("logo", "unknown type".to_owned()))?;
            Ok(Some(Logo { kind, bytes: row.bytes }))
        })
        .await
    }

    async fn tenant_by_slug(&self, slug: &Slug) -> StoreResult<Option<Tenant>> {
        self.run(Kind::Tenant, async move |db| {
            let row: Option<TenantRow> = fetch_optional!(&db.read, sql::tenants::TENANT_BY_SLUG, slug.as_str())?;
            row.map(TenantRow::into_tenant).transpose()
        })
        .await
    }

    async fn tenants(&self) -> StoreResult<Vec<Tenant>> {
        self.run(Kind::Tenant, async move |db| {
            let rows: Vec<TenantRow> = fetch_all!(&db.read, sql::tenants::TENANTS)?;
            rows.into_iter().map(TenantRow::into_tenant).collect()
        })
        .await
    }

    async fn create_tenant(&self, new: NewTenant) -> StoreResult<Tenant> {
        self.run(Kind::Tenant, async move |db| {
            let settings = serde_json::to_string(&new.settings).map_err(|e| DbError::json("tenant settings", &e))?;
            written!(db, tx => {
                let NewTenant { id, slug, name, at, first_team, .. } = new;
                let inserted = execute!(
                    tx,
                    sql::tenants::CREATE_TENANT,
                    id.0,
                    slug.as_str(),
                    name.as_str(),
                    new.epoch.0.cast_signed(),
                    &settings,
                    at.0,
                )?;
                if inserted == 0 {
                    return Err(Refusal::NameTaken { what: Noun::Tenant }.into());
                }
                if let Some(team) = first_team {
                    // Nobody of the tenant creates it: the write is the team's own.
                    let write = Write { tenant: id, operation: OperationId(team.id.0), writer: team.id.0, at };
                    let place = LogSlot::take(tx, id).await?;
                    teams::add_team(tx, place, &write, team).await?;
                }
                Ok(Tenant { id, slug: slug.into_string(), name: name.into_string(), settings: new.settings })
            })
        })
        .await
    }
}

/// Says that people without an account may see something else from now on: their streams end, and those who still may
/// come back.
pub(in crate::store) async fn guests_change(tx: &mut Tx, write: &Write) -> DbResult<()> {
    let mut hash = Sha256::new();
    for part in [write.tenant.0, write.writer, write.operation.0] {
        hash.update(part.as_bytes());
    }
    let mut id = [0; 16];
    id.copy_from_slice(&hash.finalize()[..16]);
    revoke(tx, write.tenant, GUESTS, None, Ending { id: Uuid::from_bytes(id), at: write.at }).await
}

async fn row_of(tx: &mut Tx, tenant: TenantId) -> DbResult<TenantRow> {
    let row: Option<TenantRow> = fetch_optional!(tx, sql::tenants::BY_ID, tenant.0)?;
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
    execute!(tx, sql::tenancy::SET_SETTINGS, write.tenant.0, &tenant.name, &text)?;
    let tenant = Tenant { settings: stored.public, ..tenant };
    place.write(tx, write, None, &Event::TenantUpdated(tenant.clone())).await?;
    let entry = Entry::of(UserId(write.writer), Act::ChangeSettings).before("settings", &before);
    note(tx, write, entry.after("name", &tenant.name).after("settings", &text)).await?;
    Ok(tenant)
}

async fn replace_logo(tx: &mut Tx, write: &Write, logo: Option<Logo>) -> DbResult<()> {
    let Some(logo) = logo else {
        execute!(tx, sql::tenancy::DELETE_LOGO, write.tenant.0)?;
        return Ok(());
    };
    execute!(tx, sql::tenancy::PUT_LOGO, write.tenant.0, logo.kind.media_type(), logo.bytes.as_slice(), write.at.0)?;
    Ok(())
}
