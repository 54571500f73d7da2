//! Teams: made, changed, opened and closed, put away and brought back.

use super::{RequestContext, Service};
use crate::command::IdempotencyKey;
use crate::error::Refusal;
use crate::id::TeamId;
use crate::join::JoinCode;
use crate::permission::Action;
use crate::ports::{Change, NewTeam, TeamChange};
use crate::team::{Team, TeamSettings, TeamState, TeamsView};
use crate::text::{Name, Slug, TextProblem};

impl Service {
    /// Every team of the tenant, for those who run it.
    ///
    /// # Errors
    /// When the visitor may not see them, or asks too often.
    pub async fn teams(&self, context: &RequestContext) -> Result<TeamsView, Refusal> {
        context.require(Action::EditTeam)?;
        self.rate_limiter.admit(context.tenant.id, context.actor.user.map(|user| user.0), Action::SeeBoard)?;
        let teams = self.store.teams(context.tenant.id).await?;
        Ok(TeamsView { tenant: context.tenant.clone(), role: context.actor.role, teams })
    }

    /// Adds a team.
    ///
    /// # Errors
    /// When the visitor may not, or the name is empty, too long or taken.
    pub async fn create_team(
        &self,
        context: &RequestContext,
        key: IdempotencyKey,
        name: &str,
    ) -> Result<Team, Refusal> {
        context.require(Action::CreateTeam)?;
        let by = context.user()?;
        let name = Name::parse(name).map_err(|problem| Refusal::field("name", problem))?;
        let new = self.new_team(name);
        let (write, _turn) = self.write(context, Action::CreateTeam, key, by.0).await?;
        let team = self.store.create_team(write, new).await?;
        self.notifier.notify(context.tenant.id, Change::Facts);
        Ok(team)
    }

    /// A team of this name that nobody has made yet.
    pub(super) fn new_team(&self, name: Name) -> NewTeam {
        let id = TeamId(self.new_id());
        let slug = Slug::of_name(&name, &format!("team-{}", &id.0.simple().to_string()[24..]));
        NewTeam { id, slug, name, code: self.draw_code() }
    }

    /// Changes a team's name and what it decides otherwise than its tenant.
    ///
    /// # Errors
    /// When the visitor may not, the name is empty, too long or taken, or the team is not the tenant's or archived.
    pub async fn change_team(
        &self,
        context: &RequestContext,
        key: IdempotencyKey,
        team: TeamId,
        (name, settings): (&str, TeamSettings),
    ) -> Result<Team, Refusal> {
        context.require(Action::EditTeam)?;
        let by = context.user()?;
        let name = Name::parse(name).map_err(|problem| Refusal::field("name", problem))?;
        let (write, _turn) = self.write(context, Action::EditTeam, key, by.0).await?;
        let team = self.store.change_team(write, TeamChange { id: team, name, settings }).await?;
        self.changed(context);
        Ok(team)
    }

    /// Changes what a team takes.
    ///
    /// # Errors
    /// When the visitor may not, the state is none, or the team is not the tenant's or archived.
    pub async fn set_team_state(
        &self,
        context: &RequestContext,
        key: IdempotencyKey,
        team: TeamId,
        state: &str,
    ) -> Result<Team, Refusal> {
        context.require(Action::EditTeam)?;
        let by = context.user()?;
        let state: TeamState = state.parse().map_err(|_| Refusal::field("state", TextProblem::BadForm))?;
        let (write, _turn) = self.write(context, Action::EditTeam, key, by.0).await?;
        let team = self.store.set_team_state(write, team, state).await?;
        self.notifier.notify(context.tenant.id, Change::TakenBack);
        Ok(team)
    }

    /// Puts a team away with its questions, or brings both back.
    ///
    /// # Errors
    /// When the visitor may not, or the team is not the tenant's.
    pub async fn set_team_archived(
        &self,
        context: &RequestContext,
        key: IdempotencyKey,
        team: TeamId,
        on: bool,
    ) -> Result<Team, Refusal> {
        context.require(Action::EditTeam)?;
        let by = context.user()?;
        let (write, _turn) = self.write(context, Action::EditTeam, key, by.0).await?;
        let team = self.store.set_team_archived(write, team, on).await?;
        self.changed(context);
        Ok(team)
    }

    /// Gives a team another code: the one before leads nowhere from now on.
    ///
    /// # Errors
    /// When the visitor may not, or the team is not the tenant's.
    pub async fn renew_code(&self, context: &RequestContext, team: TeamId) -> Result<JoinCode, Refusal> {
        /// Two codes that are taken in a row are as good as impossible.
        const TRIES: u32 = 8;
        context.require(Action::EditTeam)?;
        let by = context.user()?;
        let (write, _turn) = self.write(context, Action::EditTeam, None, by.0).await?;
        for _ in 0..TRIES {
            let code = self.draw_code();
            if self.store.set_join_code(write, team, &code).await? {
                return Ok(code);
            }
        }
        Err(Refusal::Unavailable { retry_after_s: 1 })
    }

    fn draw_code(&self) -> JoinCode {
        JoinCode::draw(|bytes| self.rng.fill(bytes))
    }

    /// The tenant's rules are others now: everybody is told, and here they hold at once.
    pub(super) fn changed(&self, context: &RequestContext) {
        self.known.forget(&context.tenant.slug);
        self.notifier.notify(context.tenant.id, Change::TakenBack);
        self.notifier.notify(context.tenant.id, Change::Access);
    }
}
