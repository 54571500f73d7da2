//! Somebody inside a tenant, and what they may do there.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use uuid::Uuid;

use super::RequestOrigin;
use crate::board::Board;
use crate::error::Refusal;
use crate::id::{ParticipantId, TeamId, UserId};
use crate::permission::{Action, may};
use crate::ports::{AuditSink, DeniedAction};
use crate::tenant::{Rules, Tenant, TenantSettings};
use crate::time::Timestamp;
use crate::user::{Actor, Role};

/// Somebody inside a tenant: what every use case is called with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestContext {
    /// The tenant.
    pub tenant: Tenant,
    /// What holds in it beyond what everybody may know.
    pub rules: Arc<Rules>,
    /// Who they are there.
    pub actor: Actor,
    /// When their session runs out, if they have one.
    pub until: Option<Timestamp>,
    /// Where they came from.
    pub(super) origin: RequestOrigin,
    /// When they last showed who they are: by signing in, or by a password since.
    pub proved_at: Option<Timestamp>,
    /// Who is told what they are refused.
    pub(super) watched: SinkHandle,
}

impl RequestContext {
    /// Whether this caller may do something in the whole tenant. To ask is no attempt: the audit has nothing of it.
    #[must_use]
    pub fn allows(&self, action: Action) -> bool {
        may(self.actor.role, action, &self.tenant.settings)
    }

    /// By what somebody is known who was here before or is signed in; nothing for everybody else.
    #[must_use]
    pub fn known_by(&self) -> Option<Uuid> {
        let participant = self.actor.participant.filter(|_| !self.origin.is_new).map(|participant| participant.0);
        participant.or(self.actor.user.map(|user| user.0))
    }

    /// Refuses what this caller may not do.
    ///
    /// # Errors
    /// [`Refusal::NotSignedIn`] for a guest, [`Refusal::NotAllowed`] for anybody else.
    pub fn require(&self, action: Action) -> Result<(), Refusal> {
        match self.allows(action) {
            true => Ok(()),
            false => Err(self.refuse(action, None)),
        }
    }

    /// Refuses what this caller may do neither in the whole tenant nor in this team.
    ///
    /// # Errors
    /// As [`RequestContext::require`].
    pub fn require_in(&self, action: Action, team: TeamId) -> Result<(), Refusal> {
        match self.allows_in(action, team) {
            true => Ok(()),
            false => Err(self.refuse(action, Some(team))),
        }
    }

    pub(super) fn allows_in(&self, action: Action, team: TeamId) -> bool {
        may(self.actor.role_in(team), action, &self.settings_in(team))
    }

    /// Refuses somebody who may see no team at all.
    ///
    /// # Errors
    /// As [`RequestContext::require`].
    pub fn require_any_team(&self) -> Result<(), Refusal> {
        let is_let_in = self.rules.teams.keys().any(|team| self.sees(*team));
        if is_let_in { Ok(()) } else { self.require(Action::SeeBoard) }
    }

    /// Whether this caller may see this team and its questions.
    #[must_use]
    pub fn sees(&self, team: TeamId) -> bool {
        self.allows_in(Action::SeeBoard, team)
    }

    /// Which teams this caller sees; `None` when it is all of them.
    #[must_use]
    pub fn team_filter(&self) -> Option<TeamFilter> {
        if self.actor.role >= Role::Viewer || !self.rules.tell_guests_apart() {
            return None;
        }
        let others = may(self.actor.role, Action::SeeBoard, &self.tenant.settings);
        let apart = self.rules.teams.keys().chain(self.actor.memberships.iter().map(|membership| &membership.team));
        Some(TeamFilter { others, except: ordered_set(apart.copied().filter(|team| self.sees(*team) != others)) })
    }

    /// The settings as they are in this team.
    #[must_use]
    pub fn settings_in(&self, team: TeamId) -> TenantSettings {
        self.rules.teams.get(&team).copied().unwrap_or_default().over(&self.tenant.settings)
    }

    /// Refuses what this caller may do neither in the whole tenant nor in any team.
    ///
    /// # Errors
    /// As [`RequestContext::require`].
    pub fn require_somewhere(&self, action: Action) -> Result<(), Refusal> {
        let settings = &self.tenant.settings;
        match self.actor.memberships.iter().any(|membership| may(membership.role, action, settings)) {
            true => Ok(()),
            false => self.require(action),
        }
    }

    /// The one place where the permission table's no is said. Whoever is signed in leaves a trace of it in the audit.
    pub(super) fn refuse(&self, action: Action, team: Option<TeamId>) -> Refusal {
        if let Some(by) = self.actor.user {
            self.watched.0.refused(DeniedAction { tenant: self.tenant.id, by, action, team });
        }
        if self.actor.role == Role::Guest { Refusal::NotSignedIn } else { Refusal::NotAllowed }
    }

    /// Who asks and votes here.
    ///
    /// # Errors
    /// [`Refusal::NoParticipant`] when the browser has no identity yet.
    pub(super) fn participant(&self) -> Result<ParticipantId, Refusal> {
        self.actor.participant.ok_or(Refusal::NoParticipant)
    }

    /// Who is signed in.
    ///
    /// # Errors
    /// [`Refusal::NotSignedIn`] when nobody is.
    pub(super) fn user(&self) -> Result<UserId, Refusal> {
        self.actor.user.ok_or(Refusal::NotSignedIn)
    }
}

/// Each of these teams once and in order, so that two filters that have the same teams are equal.
fn ordered_set(teams: impl Iterator<Item = TeamId>) -> Vec<TeamId> {
    teams.collect::<BTreeSet<_>>().into_iter().collect()
}

/// The witness, which makes no difference to who somebody is.
#[derive(Clone)]
pub(super) struct SinkHandle(pub(super) Arc<dyn AuditSink>);

impl fmt::Debug for SinkHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SinkHandle")
    }
}

impl PartialEq for SinkHandle {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for SinkHandle {}

/// Which teams somebody sees, where it is not all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TeamFilter {
    /// Whether they see those that are not in the list.
    others: bool,
    except: Vec<TeamId>,
}

impl TeamFilter {
    /// Whether this team is seen.
    #[must_use]
    pub fn has(&self, team: TeamId) -> bool {
        self.others != self.except.contains(&team)
    }

    /// Whether the teams that are not named are seen, and the others, in the order of their ids.
    #[must_use]
    pub fn sorted(&self) -> (bool, Vec<TeamId>) {
        let mut except = self.except.clone();
        except.sort_unstable();
        except.dedup();
        (self.others, except)
    }

    /// The same board with these teams alone.
    #[must_use]
    pub fn cut(&self, board: &Board) -> Board {
        let teams = board.teams.iter().filter(|team| self.has(team.id)).cloned().collect();
        let questions = board.questions.iter().filter(|(_, question)| self.has(question.team_id));
        let questions = questions.map(|(id, question)| (*id, question.clone())).collect();
        let totals = board.totals.iter().filter(|totals| self.has(totals.id)).copied().collect();
        Board { teams, tags: board.tags.clone(), totals, questions, ..*board }
    }
}
