//! What needs a fresh proof of who acts, that proof, and the letters about what was done with it.
//!
//! A session that was left open, or stolen, is not enough to change how somebody comes in, or who runs a tenant.

use super::account::trouble;
use super::{RequestContext, Service};
use crate::email::Email;
use crate::error::Refusal;
use crate::id::{TenantId, UserId};
use crate::password::Password;
use crate::person::Person;
use crate::ports::{FailedSignIn, Notice, NoticeKind, PasswordCheck, SecretHash, SignInMethod};
use crate::tenant::Tenant;
use crate::user::Role;

/// For how long somebody who showed who they are needs no other proof, in milliseconds: ten minutes.
pub const PROOF_LIFE_MS: i64 = 10 * 60 * 1_000;

/// How somebody who is signed in can show who they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WaysToProve {
    /// Whether they have a password.
    pub password: bool,
    /// Where they get mail.
    pub email: Option<String>,
}

impl Service {
    /// Refuses somebody who did not show who they are a moment ago.
    pub(super) fn require_recent_proof(&self, context: &RequestContext) -> Result<(), Refusal> {
        if self.is_proved(context) { Ok(()) } else { Err(Refusal::ProofNeeded) }
    }

    /// Whether somebody showed who they are a moment ago.
    #[must_use]
    pub fn is_proved(&self, context: &RequestContext) -> bool {
        context.proved_at.is_some_and(|at| self.clock.now().0.saturating_sub(at.0) < PROOF_LIFE_MS)
    }

    /// How the caller can show who they are.
    ///
    /// # Errors
    /// When they are not signed in.
    pub async fn ways_to_prove(&self, context: &RequestContext) -> Result<WaysToProve, Refusal> {
        let known = self.store.credentials_of(context.tenant.id, context.user()?).await?.ok_or(Refusal::NotSignedIn)?;
        Ok(WaysToProve { password: known.password.is_some(), email: known.email })
    }

    /// Takes note that the caller knows their password.
    ///
    /// # Errors
    /// [`Refusal::WrongCredentials`] when they do not, or have none.
    pub async fn prove(&self, context: &RequestContext, password: &str) -> Result<(), Refusal> {
        let user = context.user()?;
        let session = context.actor.session.ok_or(Refusal::NotSignedIn)?;
        let tenant = context.tenant.id;
        let known = self.store.credentials_of(tenant, user).await?.ok_or(Refusal::NotSignedIn)?;
        let kept = known.password.ok_or(Refusal::WrongCredentials)?;
        let password = Password::parse(password).map_err(|_| Refusal::WrongCredentials)?;
        if self.passwords.verify(&password, Some(&kept)).await.map_err(trouble)? == PasswordCheck::Wrong {
            self.missed(tenant, Some(user), SignInMethod::Password);
            return Err(Refusal::WrongCredentials);
        }
        Ok(self.store.prove(tenant, user, session, self.clock.now()).await?)
    }

    /// Has it noted that somebody tried to come in and did not.
    pub(super) fn missed(&self, tenant: TenantId, whose: Option<UserId>, way: SignInMethod) {
        self.watched.0.missed(FailedSignIn { tenant: Some(tenant), whose, way });
    }

    /// The answer to a link that is worth nothing. That it was tried is noted, where it is known whose it was.
    pub(super) async fn missed_link(&self, secret: SecretHash) -> Refusal {
        // Trouble is logged already, and the answer is the same.
        let whose = self.store.whose_link(secret).await.unwrap_or_default();
        let (tenant, whose) = whose.map_or((None, None), |(tenant, whose)| (Some(tenant), whose));
        self.watched.0.missed(FailedSignIn { tenant, whose, way: SignInMethod::Link });
        Refusal::LinkSpent
    }

    /// Has somebody told of what was done to how they come in, where they get mail and there is a way to.
    pub(super) async fn tell(&self, context: &RequestContext, person: &Person, news: NoticeKind) {
        self.tell_at(person.email.as_deref(), &person.name, &context.tenant, news).await;
    }

    /// The same for somebody of whom this is known.
    pub(super) async fn tell_at(&self, email: Option<&str>, name: &str, tenant: &Tenant, news: NoticeKind) {
        if let Some(to) = email.and_then(|email| Email::parse(email).ok()) {
            self.notices.tell(Notice { to, name: name.to_owned(), tenant: tenant.clone(), news }).await;
        }
    }
}

/// Whether it is a role of those who run a tenant.
pub(super) fn runs(role: Role) -> bool {
    role >= Role::Admin
}
