//! Teams: made, changed, opened and closed, put away and brought back.

use super::{Service, Visit};
use crate::command::Key;
use crate::error::Refusal;
use crate::id::TeamId;
use crate::join::JoinCode;
use crate::permission::Action;
use crate::ports::{Look, NewTeam, TeamChange};
use crate::team::{Team, TeamSettings, TeamState, TeamsView};
use crate::text::{Name, Slug, TextProblem};

impl Service {
    /// Every team of the tenant, for those who run it.
    ///
    /// # Errors
    /// When the visitor may not see them, or asks too often.
    pub async fn teams(&self, visit: &Visit) -> Result<TeamsView, Refusal> {
        visit.must(Action::EditTeam)?;
        self.pace.admit(visit.tenant.id, visit.actor.user.map(|user| user.0), Action::SeeBoard)?;
        let teams = self.store.teams(visit.tenant.id).await?;
        Ok(TeamsView { tenant: visit.tenant.clone(), role: visit.actor.role, teams })
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
        let new = NewTeam { id, slug, name, code: self.draw_code() };
        let (write, _turn) = self.write(visit, Action::CreateTeam, key, by.0).await?;
        let team = self.store.create_team(write, new).await?;
        self.notifier.ring(visit.tenant.id, Look::Facts);
        Ok(team)
    }

    /// Changes a team's name and what it decides otherwise than its tenant.
    ///
    /// # Errors
    /// When the visitor may not, the name is empty, too long or taken, or the team is not the tenant's or archived.
    pub async fn change_team(
        &self,
        visit: &Visit,
        key: Key,
        team: TeamId,
        (name, settings): (&str, TeamSettings),
    ) -> Result<Team, Refusal> {
        visit.must(Action::EditTeam)?;
        let by = visit.user()?;
        let name = Name::parse(name).map_err(|problem| Refusal::field("name", problem))?;
        let (write, _turn) = self.write(visit, Action::EditTeam, key, by.0).await?;
        let team = self.store.change_team(write, TeamChange { id: team, name, settings }).await?;
        self.changed(visit);
        Ok(team)
    }

    /// Changes what a team takes.
    ///
    /// # Errors
    /// When the visitor may not, the state is none, or the team is not the tenant's or archived.
    pub async fn set_team_state(&self, visit: &Visit, key: Key, team: TeamId, state: &str) -> Result<Team, Refusal> {
        visit.must(Action::EditTeam)?;
        let by = visit.user()?;
        let state: TeamState = state.parse().map_err(|_| Refusal::field("state", TextProblem::BadForm))?;
        let (write, _turn) = self.write(visit, Action::EditTeam, key, by.0).await?;
        let team = self.store.set_team_state(write, team, state).await?;
        self.notifier.ring(visit.tenant.id, Look::TakenBack);
        Ok(team)
    }

    /// Puts a team away with its questions, or brings both back.
    ///
    /// # Errors
    /// When the visitor may not, or the team is not the tenant's.
    pub async fn set_team_archived(&self, visit: &Visit, key: Key, team: TeamId, on: bool) -> Result<Team, Refusal> {
        visit.must(Action::EditTeam)?;
        let by = visit.user()?;
        let (write, _turn) = self.write(visit, Action::EditTeam, key, by.0).await?;
        let team = self.store.set_team_archived(write, team, on).await?;
        self.changed(visit);
        Ok(team)
    }

    /// Gives a team another code: the one before leads nowhere from now on.
    ///
    /// # Errors
    /// When the visitor may not, or the team is not the tenant's.
    pub async fn renew_code(&self, visit: &Visit, team: TeamId) -> Result<JoinCode, Refusal> {
        /// Two codes that are taken in a row are as good as impossible.
        const TRIES: u32 = 8;
        visit.must(Action::EditTeam)?;
        let by = visit.user()?;
        let (write, _turn) = self.write(visit, Action::EditTeam, None, by.0).await?;
        for _ in 0..TRIES {
            let code = self.draw_code();
            if self.store.set_join_code(write, team, &code).await? {
                return Ok(code);
            }
        }
        Err(Refusal::Unavailable { retry_after_s: 1 })
    }

    fn draw_code(&self) -> JoinCode {
        JoinCode::draw(|bytes| self.chance.fill(bytes))
    }

    /// The tenant's rules are others now: everybody is told, and here they hold at once.
    pub(super) fn changed(&self, visit: &Visit) {
        self.known.forget(&visit.tenant.slug);
        self.notifier.ring(visit.tenant.id, Look::TakenBack);
        self.notifier.ring(visit.tenant.id, Look::Access);
    }
}
