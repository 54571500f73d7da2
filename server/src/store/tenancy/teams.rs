//! Teams.

use std::collections::HashSet;

use async_trait::async_trait;
use pulsestage::audit::{Act, Entry};
use pulsestage::error::{Noun, Refusal};
use pulsestage::event::{Event, Gone};
use pulsestage::id::{TeamId, TenantId, UserId};
use pulsestage::join::JoinCode;
use pulsestage::ports::{FoundTeam, NewTeam, StoreResult, TeamChange, TeamStore, Write};
use pulsestage::team::{Team, TeamDetails, TeamState};
use pulsestage::text::{SLUG_MAX, Slug};
use sqlx::FromRow;

use crate::store::audit::note;
use crate::store::db_error::{DbError, DbResult};
use crate::store::log::facts::LogSlot;
use crate::store::operations::{KeyClaim, Operation, claim};
use crate::store::rows::TeamRow;
use crate::store::tenancy::guests_change;
use crate::store::{Kind, SqlStore, Tx, sql};
use crate::unicode::name_key;

#[async_trait]
impl TeamStore for SqlStore {
    async fn create_team(&self, write: Write, new: NewTeam) -> StoreResult<Team> {
        self.run(Kind::Moderate, async move |db| {
            let id = new.id;
            // The slug is made of the name, or of the id where the name has no letter for it: it is not asked for.
            let operation = Operation::new("create_team", id.0, &[new.name.as_str().as_bytes()]);
            written!(db, tx => {
                if let KeyClaim::Repeated(made) = claim(tx, &write, &operation).await? {
                    return team(tx, write.tenant, TeamId(made)).await;
                }
                let place = LogSlot::take(tx, write.tenant).await?;
                let team = add_team(tx, place, &write, new).await?;
                let entry = Entry::of(UserId(write.writer), Act::CreateTeam).team(id).subject(id);
                note(tx, &write, entry.after("name", &team.name).after("slug", &team.slug)).await?;
                Ok(team)
            })
        })
        .await
    }

    async fn teams(&self, tenant: TenantId) -> StoreResult<Vec<TeamDetails>> {
        self.run(Kind::Tenant, async move |db| {
            let rows: Vec<DetailsRow> = fetch_all!(&db.read, sql::teams::TEAMS, tenant.0)?;
            let mut teams: Vec<TeamDetails> =
                rows.into_iter().map(DetailsRow::into_details).collect::<DbResult<_>>()?;
            teams.sort_by_cached_key(|details| (details.team.name.to_lowercase(), details.team.id));
            Ok(teams)
        })
        .await
    }

    async fn change_team(&self, write: Write, change: TeamChange) -> StoreResult<Team> {
        self.run(Kind::Moderate, async move |db| {
            let TeamChange { id, name, settings } = change;
            let settings = serde_json::to_string(&settings).map_err(|e| DbError::json("team settings", &e))?;
            let operation = Operation::new("change_team", id.0, &[name.as_str().as_bytes(), settings.as_bytes()]);
            let done = written!(db, tx => {
                if let KeyClaim::Repeated(_) = claim(tx, &write, &operation).await? {
                    return team(tx, write.tenant, id).await;
                }
                let place = LogSlot::take(tx, write.tenant).await?;
                let before = team(tx, write.tenant, id).await?;
                let noted = settings.clone();
                let rules: Option<String> = fetch_optional!(scalar tx, sql::teams::SETTINGS, write.tenant.0, id.0)?;
                if rules.is_some_and(|rules| rules != settings) {
                    guests_change(tx, &write).await?;
                }
                let row: Option<TeamRow> = fetch_optional!(
                    tx,
                    sql::teams::CHANGE_TEAM,
                    write.tenant.0,
                    id.0,
                    name.as_str(),
                    name_key(name.as_str()),
                    settings,
                )?;
                let changed = row.map(Team::from).ok_or(Refusal::NameTaken { what: Noun::Team })?;
                place.write(tx, &write, Some(id), &Event::TeamUpdated(changed.clone())).await?;
                let entry = entry(&write, Act::EditTeam, id).before("name", &before.name);
                note(tx, &write, entry.after("name", &changed.name).after("settings", &noted)).await?;
                Ok(changed)
            })?;
            db.truncate_log();
            Ok(done)
        })
        .await
    }

    async fn set_team_state(&self, write: Write, id: TeamId, state: TeamState) -> StoreResult<Team> {
        self.run(Kind::Moderate, async move |db| {
            let operation = Operation::new("set_team_state", id.0, &[id.0.as_bytes(), state.as_str().as_bytes()]);
            written!(db, tx => {
                if let KeyClaim::Repeated(_) = claim(tx, &write, &operation).await? {
                    return team(tx, write.tenant, id).await;
                }
                let place = LogSlot::take(tx, write.tenant).await?;
                let row: Option<TeamRow> = fetch_optional!(
                    tx, sql::teams::SET_TEAM_STATE, write.tenant.0, id.0, state.as_str()
                )?;
                let Some(changed) = row.map(Team::from) else {
                    let as_it_is = team(tx, write.tenant, id).await?;
                    place.give_back(tx).await?;
                    return Ok(as_it_is);
                };
                place.write(tx, &write, Some(id), &Event::TeamUpdated(changed.clone())).await?;
                note(tx, &write, entry(&write, Act::SetTeamState, id).after("state", state.as_str())).await?;
                Ok(changed)
            })
        })
        .await
    }

    async fn set_team_archived(&self, write: Write, id: TeamId, on: bool) -> StoreResult<Team> {
        self.run(Kind::Moderate, async move |db| {
            let kind = if on { "archive_team" } else { "restore_team" };
            let operation = Operation::new(kind, id.0, &[id.0.as_bytes()]);
            let done = written!(db, tx => {
                if let KeyClaim::Repeated(_) = claim(tx, &write, &operation).await? {
                    return any_team(tx, write.tenant, id).await;
                }
                let place = LogSlot::take(tx, write.tenant).await?;
                let row: Option<TeamRow> = fetch_optional!(
                    tx, sql::teams::SET_TEAM_ARCHIVED, write.tenant.0, id.0, on.then_some(write.at.0), on
                )?;
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
            db.truncate_log();
            Ok(done)
        })
        .await
    }

    async fn set_join_code(&self, write: Write, id: TeamId, code: &JoinCode) -> StoreResult<bool> {
        self.run(Kind::Moderate, async move |db| {
            let code = code.as_str().to_owned();
            let tenant = write.tenant;
            written!(db, tx => {
                any_team(tx, tenant, id).await?;
                let put = execute!(tx, sql::teams::SET_JOIN_CODE, tenant.0, id.0, code)?;
                if put == 1 {
                    // The code itself lets people in, so it is not noted.
                    note(tx, &write, entry(&write, Act::ReplaceJoinCode, id)).await?;
                }
                Ok(put == 1)
            })
        })
        .await
    }

    async fn team_by_code(&self, code: &JoinCode) -> StoreResult<Option<FoundTeam>> {
        self.run(Kind::Tenant, async move |db| {
            let row: Option<FoundRow> = fetch_optional!(&db.read, sql::teams::TEAM_BY_CODE, code.as_str())?;
            let Some(FoundRow { tenant, team }) = row else { return Ok(None) };
            let tenant = Slug::parse(&tenant).map_err(|_| DbError::Unreadable("slug", "not a slug".to_owned()))?;
            Ok(Some(FoundTeam { tenant, team: team.into() }))
        })
        .await
    }
}

/// Writes a team and the fact that it is there.
pub(in crate::store) async fn add_team(tx: &mut Tx, place: LogSlot, write: &Write, new: NewTeam) -> DbResult<Team> {
    let NewTeam { id, slug, name, code } = new;
    let taken: Vec<String> = fetch_all!(scalar tx, sql::teams::SLUGS, write.tenant.0)?;
    let slug = free_slug(slug, &taken.into_iter().collect());
    let inserted = execute!(
        tx,
        sql::teams::CREATE_TEAM,
        write.tenant.0,
        id.0,
        &slug,
        name.as_str(),
        name_key(name.as_str()),
        write.at.0,
        code.as_str(),
    )?;
    if inserted == 0 {
        return Err(Refusal::NameTaken { what: Noun::Team }.into());
    }
    let team = Team { id, slug, name: name.into_string(), state: TeamState::Open };
    // Of the team itself, for there may be people who are not to see it.
    place.write(tx, write, Some(id), &Event::TeamCreated(team.clone())).await?;
    Ok(team)
}

/// A team of the tenant.
pub(in crate::store) async fn team(tx: &mut Tx, tenant: TenantId, id: TeamId) -> DbResult<Team> {
    let row: Option<TeamRow> = fetch_optional!(tx, sql::teams::TEAM, tenant.0, id.0)?;
    row.map(Team::from).ok_or_else(|| Refusal::NotFound { what: Noun::Team }.into())
}

/// The slug itself, or with the first of `-2`, `-3`, .. that nobody has; cut so that it is never too long.
fn free_slug(slug: Slug, taken: &HashSet<String>) -> String {
    let slug = slug.into_string();
    if !taken.contains(&slug) {
        return slug;
    }
    let mut number = 2_u64;
    loop {
        let suffix = format!("-{number}");
        // A slug is ASCII, so every index is between characters.
        let stem = slug.get(..slug.len().min(SLUG_MAX - suffix.len())).unwrap_or(&slug).trim_end_matches('-');
        let candidate = format!("{stem}{suffix}");
        if !taken.contains(&candidate) {
            return candidate;
        }
        number += 1;
    }
}

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

/// What is noted of a change of a team.
fn entry(write: &Write, act: Act, team: TeamId) -> Entry {
    Entry::of(UserId(write.writer), act).team(team).subject(team)
}

/// A team of the tenant, also when it is archived.
async fn any_team(tx: &mut Tx, tenant: TenantId, id: TeamId) -> DbResult<Team> {
    let row: Option<TeamRow> = fetch_optional!(tx, sql::teams::ANY, tenant.0, id.0)?;
    row.map(Team::from).ok_or_else(|| Refusal::NotFound { what: Noun::Team }.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_slug_gets_the_first_free_number_and_stays_a_slug() {
        let slug = |raw: &str| Slug::parse(raw).unwrap();
        let taken = |slugs: &[&str]| slugs.iter().map(|s| (*s).to_owned()).collect::<HashSet<_>>();
        assert_eq!(free_slug(slug("ops"), &taken(&[])), "ops");
        assert_eq!(free_slug(slug("ops"), &taken(&["ops", "ops-2"])), "ops-3");
        let long = format!("{}-x", "a".repeat(38));
        let made = free_slug(slug(&long), &taken(&[&long]));
        assert_eq!(made, format!("{}-2", "a".repeat(38)));
        assert_eq!(free_slug(slug(&long), &taken(&[&long, &made])), format!("{}-3", "a".repeat(38)));
        let full = "b".repeat(SLUG_MAX);
        assert!(Slug::parse(&free_slug(slug(&full), &taken(&[&full]))).is_ok());
    }
}
