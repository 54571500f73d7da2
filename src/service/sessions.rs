//! Sessions: who one is of, a new one, and the end of one.

use super::{RequestContext, Service};
use crate::audience::StaffOf;
use crate::error::{Noun, Refusal};
use crate::id::{SessionId, UserId};
use crate::permission::Action;
use crate::person::{Person, SessionsView};
use crate::ports::{Change, NewSession, NoticeKind, SecretHash, SignedIn};
use crate::second_factor::FactorCheck;
use crate::session::SessionLabel;
use crate::time::Timestamp;
use crate::user::Role;

/// How long a session lasts, in milliseconds: two weeks.
pub const SESSION_LIFE_MS: i64 = 14 * 24 * 60 * 60 * 1_000;
/// After how many days without a request a session of staff is over, unless the operator says otherwise.
pub const SESSION_IDLE_DAYS: u32 = 3;

impl Service {
    /// Whose session this is, if it is open; takes note of the day if it is to be touched.
    pub(super) async fn signed_in(&self, session: SecretHash, touch: bool) -> Result<Option<SignedIn>, Refusal> {
        let now = self.clock.now();
        let person = self.store.session(session, now).await?.filter(|person| !self.is_idle(person, now));
        let is_news = |person: &SignedIn| person.seen_at.is_none_or(|seen| now.days_since(seen) > 0);
        if touch && person.as_ref().is_some_and(is_news) {
            // Not worth refusing anybody for; the store has logged what was the matter.
            let _noted_next_time = self.store.touch_session(session, now).await;
        }
        Ok(person)
    }

    /// Whether a session of staff was not used for too long. The day alone is known, so it is days that count.
    fn is_idle(&self, person: &SignedIn, now: Timestamp) -> bool {
        let (Some(most), Some(seen)) = (self.idle_days, person.seen_at) else { return false };
        let roles = person.memberships.iter().map(|membership| membership.role).chain([person.role]);
        roles.max() >= Some(Role::Moderator) && now.days_since(seen) > i64::from(most)
    }

    /// A session for somebody, opened now with this browser, or after the second factor.
    pub(super) fn new_session(&self, user: UserId, secret: SecretHash, label: SessionLabel) -> NewSession {
        let at = self.clock.now();
        let expires_at = at.plus_millis(SESSION_LIFE_MS);
        let check = FactorCheck::Asked(self.requirement);
        NewSession { id: SessionId(self.new_id()), hash: secret, user, label, at, expires_at, check }
    }

    /// Ends a session.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn sign_out(&self, session: SecretHash) -> Result<(), Refusal> {
        let ended = self.store.end_session(session, self.ending()).await?;
        if let Some(tenant) = ended {
            self.notifier.notify(tenant, Change::Access);
        }
        Ok(())
    }

    /// The visitor's own sessions, or those of somebody whom they manage.
    ///
    /// # Errors
    /// When the visitor is not signed in, or may not manage that person.
    pub async fn sessions(&self, context: &RequestContext, of: Option<UserId>) -> Result<SessionsView, Refusal> {
        let me = context.user()?;
        let tenant = context.tenant.id;
        self.rate_limiter.admit(tenant, Some(me.0), Action::SeeHealth)?;
        let person = match of.filter(|id| *id != me) {
            Some(id) => self.managed(context, id).await?,
            None => self.store.person(tenant, me).await?.ok_or(Refusal::NotFound { what: Noun::Person })?,
        };
        Ok(SessionsView {
            tenant: context.tenant.clone(),
            role: context.actor.role,
            moderates: context.actor.staff_of() != StaffOf::Nobody,
            own: person.id == me,
            sessions: self.store.sessions_of(tenant, person.id, self.clock.now()).await?,
            current: context.actor.session,
            person,
        })
    }

    /// Ends one session of the visitor, or of somebody whom they manage.
    ///
    /// # Errors
    /// As [`Service::sessions`], and when there is no such session.
    pub async fn revoke_session(
        &self,
        context: &RequestContext,
        of: Option<UserId>,
        id: SessionId,
    ) -> Result<(), Refusal> {
        let (user, told) = self.revocable(context, of).await?;
        if !self.store.revoke_session(context.tenant.id, user, id, self.ending()).await? {
            return Err(Refusal::NotFound { what: Noun::Session });
        }
        self.look_at_revocations(context);
        if let Some(person) = told {
            self.tell(context, &person, NoticeKind::SessionsEnded).await;
        }
        Ok(())
    }

    /// Ends all sessions of the visitor, this one included, or of somebody whom they manage.
    ///
    /// # Errors
    /// As [`Service::sessions`].
    pub async fn revoke_sessions(&self, context: &RequestContext, of: Option<UserId>) -> Result<(), Refusal> {
        let (user, told) = self.revocable(context, of).await?;
        self.store.revoke_sessions(context.tenant.id, user, self.ending()).await?;
        self.look_at_revocations(context);
        if let Some(person) = told {
            self.tell(context, &person, NoticeKind::SessionsEnded).await;
        }
        Ok(())
    }

    /// Whose sessions the visitor is about to end, and who is to be told of it.
    async fn revocable(
        &self,
        context: &RequestContext,
        of: Option<UserId>,
    ) -> Result<(UserId, Option<Person>), Refusal> {
        let me = context.user()?;
        self.rate_limiter.admit(context.tenant.id, Some(me.0), Action::ManagePeople)?;
        match of.filter(|id| *id != me) {
            Some(id) => Ok((id, Some(self.managed(context, id).await?))),
            None => Ok((me, None)),
        }
    }

    /// Has every instance look whose access has ended.
    pub(super) fn look_at_revocations(&self, context: &RequestContext) {
        self.notifier.notify(context.tenant.id, Change::Access);
    }
}
