//! Signing in by e-mail and password, and changing the password.

use super::super::{RequestContext, Service};
use super::{SignInBrowser, trouble};
use crate::email::Email;
use crate::error::Refusal;
use crate::id::UserId;
use crate::password::Password;
use crate::ports::{Admission, NewSession, NoticeKind, PasswordCheck, PasswordCredentials, SignInMethod, SignedIn};
use crate::second_factor::FactorCheck;

impl Service {
    /// Who has this address, for what is nobody's to hear.
    ///
    /// # Errors
    /// When there is no such tenant.
    pub async fn account_of(&self, slug: &str, email: &str) -> Result<Option<UserId>, Refusal> {
        let tenant = self.tenant_at(slug).await?;
        let Ok(email) = Email::parse(email) else { return Ok(None) };
        Ok(self.store.credentials(tenant.id, &email).await?.map(|known| known.user))
    }

    /// Signs somebody in who knows the password of their address.
    ///
    /// Exactly one hash is computed, whether there is such a person or not, and both hear the same.
    ///
    /// # Errors
    /// [`Refusal::WrongCredentials`] when the two do not go together, whatever the reason.
    pub async fn sign_in(
        &self,
        slug: &str,
        email: &str,
        password: &str,
        arrival: &SignInBrowser,
    ) -> Result<Admission, Refusal> {
        let tenant = self.tenant_at(slug).await?;
        let password = Password::parse(password).map_err(|problem| Refusal::field("password", problem))?;
        let known = match Email::parse(email) {
            Ok(email) => self.store.credentials(tenant.id, &email).await?,
            Err(_) => None,
        };
        let kept = known.as_ref().and_then(|known| known.password.as_ref());
        let verdict = self.passwords.verify(&password, kept).await.map_err(trouble)?;
        let whose = known.as_ref().map(|known| known.user);
        let Some(known) = known.filter(|_| verdict != PasswordCheck::Wrong) else {
            self.missed(tenant.id, whose, SignInMethod::Password);
            return Err(Refusal::WrongCredentials);
        };
        if let (PasswordCheck::RightButWeak, Some(weak)) = (verdict, &known.password) {
            let stronger = self.passwords.hash(&password).await.map_err(trouble)?;
            self.store.rehash(tenant.id, known.user, weak, &stronger).await?;
        }
        self.let_in(&tenant, known.user, arrival, FactorCheck::Asked(self.requirement)).await
    }

    /// Gives the caller another password. All their sessions end; this browser gets a new one.
    ///
    /// # Errors
    /// [`Refusal::WrongCredentials`] when the old one is not right; [`Refusal::ProofNeeded`] when there is none and nobody
    /// showed a moment ago who they are; when the new one is too weak.
    pub async fn change_password(
        &self,
        context: &RequestContext,
        old: &str,
        new: &str,
        arrival: &SignInBrowser,
    ) -> Result<SignedIn, Refusal> {
        let user = context.user()?;
        let tenant = &context.tenant;
        let known = self.store.credentials_of(tenant.id, user).await?.ok_or(Refusal::NotSignedIn)?;
        // Whoever came by a link and never had a password has none to bring.
        if let Some(kept) = &known.password {
            let old = Password::parse(old).map_err(|_| Refusal::WrongCredentials)?;
            if self.passwords.verify(&old, Some(kept)).await.map_err(trouble)? == PasswordCheck::Wrong {
                self.missed(tenant.id, Some(user), SignInMethod::Password);
                return Err(Refusal::WrongCredentials);
            }
        } else {
            self.require_recent_proof(context)?;
        }
        let password = self.new_password(new, &words_of(&known), tenant).await?;
        // They are in already, so the second factor was shown.
        let (session, _) = self.session_for(user, arrival);
        let session = NewSession { check: FactorCheck::Passed, ..session };
        let changed = self.store.change_password(tenant.id, password, session, self.ending()).await?;
        let changed = changed.ok_or(Refusal::NotSignedIn)?;
        self.tell_at(known.email.as_deref(), &known.name, tenant, NoticeKind::Password).await;
        Ok(changed)
    }
}

/// What everybody knows of somebody.
pub(super) fn words_of(known: &PasswordCredentials) -> Vec<&str> {
    std::iter::once(known.name.as_str()).chain(known.email.as_deref()).collect()
}
