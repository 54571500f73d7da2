//! What becomes of teams after they were made.

use pulsestage::audit::{Act, Entry};
use pulsestage::error::{Noun, Refusal};
use pulsestage::event::{Event, Gone};
use pulsestage::id::{TeamId, TenantId, UserId};
use pulsestage::join::JoinCode;
use pulsestage::ports::{FoundTeam, TeamChange, Write};
use pulsestage::team::{Team, TeamDetails, TeamState};
use pulsestage::text::Slug;
use sqlx::FromRow;

use super::audit::note;
use super::db_error::{DbError, DbResult};
use super::facts::LogSlot;
use super::operations::{Claim, Operation, claim};
use super::rows::TeamRow;
use super::teams::team;
use super::tenancy::guests_change;
use super::{SqlStore, Tx, sql};
use crate::unicode::name_key;

/// A row of `teams` as those who run the tenant see it.
#[derive(FromRow)]
struct DetailsRow {
    #[sqlx(flatten)]
    team: TeamRow,
    settings: String,
    join_code: Option<String>,
    is_archived: bool,
}

/// A team that was found by its code.
#[derive(FromRow)]
struct FoundRow {
    tenant: String,
    #[sqlx(flatten)]
    team: TeamRow,
}

impl DetailsRow {
    fn into_details(self) -> DbResult<TeamDetails> {
        let settings = serde_json::from_str(&self.settings).map_err(|e| DbError::json("team settings", &e))?;
        let Self { join_code, is_archived, .. } = self;
        Ok(TeamDetails { team: self.team.into(), settings, join_code, is_archived })
    }
}

impl SqlStore {
    pub(super) async fn list_teams(&self, tenant: TenantId) -> DbResult<Vec<TeamDetails>> {
        let rows: Vec<DetailsRow> =
            on!(&self.read, pool => sqlx::query_as(sql::teams::DETAILS).bind(tenant.0).fetch_all(pool).await)?;
        let mut teams: Vec<TeamDetails> = rows.into_iter().map(DetailsRow::into_details).collect::<DbResult<_>>()?;
        teams.sort_by_cached_key(|details| (details.team.name.to_lowercase(), details.team.id));
        Ok(teams)
    }

    pub(super) async fn update_team(&self, write: Write, change: TeamChange) -> DbResult<Team> {
        let TeamChange { id, name, settings } = change;
        let settings = serde_json::to_string(&settings).map_err(|e| DbError::json("team settings", &e))?;
        let operation = Operation::new("change_team", id.0, &[name.as_str().as_bytes(), settings.as_bytes()]);
        let done = written!(self, tx => {
            if let Claim::DbResult(_) = claim(tx, &write, &operation).await? {
                return team(tx, write.tenant, id).await;
            }
            let place = LogSlot::take(tx, write.tenant).await?;
            let before = team(tx, write.tenant, id).await?;
            let noted = settings.clone();
            let rules: Option<String> = on!(tx, t => sqlx::query_scalar(sql::teams::SETTINGS)
                .bind(write.tenant.0)
                .bind(id.0)
                .fetch_optional(&mut **t)
                .await)?;
            if rules.is_some_and(|rules| rules != settings) {
                guests_change(tx, &write).await?;
            }
            let row: Option<TeamRow> = on!(tx, t => sqlx::query_as(sql::teams::CHANGE)
                .bind(write.tenant.0)
                .bind(id.0)
                .bind(name.as_str())
                .bind(name_key(name.as_str()))
                .bind(settings)
                .fetch_optional(&mut **t)
                .await)?;
            let changed = row.map(Team::from).ok_or(Refusal::NameTaken { what: Noun::Team })?;
            place.write(tx, &write, Some(id), &Event::TeamUpdated(changed.clone())).await?;
            let entry = entry(&write, Act::EditTeam, id).before("name", &before.name);
            note(tx, &write, entry.after("name", &changed.name).after("settings", &noted)).await?;
            Ok(changed)
        })?;
        self.truncate_log();
        Ok(done)
    }

    pub(super) async fn change_team_state(&self, write: Write, id: TeamId, state: TeamState) -> DbResult<Team> {
        let operation = Operation::new("set_team_state", id.0, &[id.0.as_bytes(), state.as_str().as_bytes()]);
        written!(self, tx => {
            if let Claim::DbResult(_) = claim(tx, &write, &operation).await? {
                return team(tx, write.tenant, id).await;
            }
            let place = LogSlot::take(tx, write.tenant).await?;
            let row: Option<TeamRow> = on!(tx, t => sqlx::query_as(sql::teams::SET_STATE)
                .bind(write.tenant.0)
                .bind(id.0)
                .bind(state.as_str())
                .fetch_optional(&mut **t)
                .await)?;
            let Some(changed) = row.map(Team::from) else {
                let as_it_is = team(tx, write.tenant, id).await?;
                place.give_back(tx).await?;
                return Ok(as_it_is);
            };
            place.write(tx, &write, Some(id), &Event::TeamUpdated(changed.clone())).await?;
            note(tx, &write, entry(&write, Act::SetTeamState, id).after("state", state.as_str())).await?;
            Ok(changed)
        })
    }

    pub(super) async fn archive_team(&self, write: Write, id: TeamId, on: bool) -> DbResult<Team> {
        let kind = if on { "archive_team" } else { "restore_team" };
        let operation = Operation::new(kind, id.0, &[id.0.as_bytes()]);
        let done = written!(self, tx => {
            if let Claim::DbResult(_) = claim(tx, &write, &operation).await? {
                return any_team(tx, write.tenant, id).await;
            }
            let place = LogSlot::take(tx, write.tenant).await?;
            let row: Option<TeamRow> = on!(tx, t => sqlx::query_as(sql::teams::SET_ARCHIVED)
                .bind(write.tenant.0)
                .bind(id.0)
                .bind(on.then_some(write.at.0))
                .bind(on)
                .fetch_optional(&mut **t)
                .await)?;
            let Some(changed) = row.map(Team::from) else {
                let as_it_is = any_team(tx, write.tenant, id).await?;
                place.give_back(tx).await?;
                return Ok(as_it_is);
            };
            let gone = Gone { id: id.0 };
            let event = if on { Event::TeamArchived(gone) } else { Event::TeamRestored(changed.clone()) };
            place.write(tx, &write, Some(id), &event).await?;
            let act = if on { Act::ArchiveTeam } else { Act::RestoreTeam };
            note(tx, &write, entry(&write, act, id).after("name", &changed.name)).await?;
            Ok(changed)
        })?;
        self.truncate_log();
        Ok(done)
    }

    pub(super) async fn put_join_code(&self, write: Write, id: TeamId, code: &JoinCode) -> DbResult<bool> {
        let code = code.as_str().to_owned();
        let tenant = write.tenant;
        written!(self, tx => {
            any_team(tx, tenant, id).await?;
            let put = on!(tx, t => sqlx::query(sql::teams::SET_CODE)
                .bind(tenant.0)
                .bind(id.0)
                .bind(code)
                .execute(&mut **t)
                .await
                .map(|done| done.rows_affected()))?;
            if put == 1 {
                // The code itself lets people in, so it is not noted.
                note(tx, &write, entry(&write, Act::ReplaceJoinCode, id)).await?;
            }
            Ok(put == 1)
        })
    }

    pub(super) async fn find_code(&self, code: &JoinCode) -> DbResult<Option<FoundTeam>> {
        let row: Option<FoundRow> = on!(&self.read, pool => sqlx::query_as(sql::teams::BY_CODE)
            .bind(code.as_str())
            .fetch_optional(pool)
            .await)?;
        let Some(FoundRow { tenant, team }) = row else { return Ok(None) };
        let tenant = Slug::parse(&tenant).map_err(|_| DbError::Unreadable("slug", "not a slug".to_owned()))?;
        Ok(Some(FoundTeam { tenant, team: team.into() }))
    }
}

/// What is noted of a change of a team.
fn entry(write: &Write, act: Act, team: TeamId) -> Entry {
    Entry::of(UserId(write.writer), act).team(team).subject(team)
}

/// A team of the tenant, also when it is archived.
async fn any_team(tx: &mut Tx, tenant: TenantId, id: TeamId) -> DbResult<Team> {
    let row: Option<TeamRow> =
        on!(tx, t => sqlx::query_as(sql::teams::ANY).bind(tenant.0).bind(id.0).fetch_optional(&mut **t).await)?;
    row.map(Team::from).ok_or_else(|| Refusal::NotFound { what: Noun::Team }.into())
}
