//! The second factor: set up, asked for after a password or a link, and changed.

use super::account::SignInBrowser;
use super::{RequestContext, Service};
use crate::email::Email;
use crate::error::{Noun, Refusal};
use crate::id::UserId;
use crate::permission::Action;
use crate::ports::{
    CodeTry, CompletedSignIn, NewSecondFactor, NewSession, NoticeKind, PendingSignIn, Proof, SecondFactorCodes,
    SecretHash, SignInMethod, SignedIn,
};
use crate::second_factor::{
    Code, FactorCheck, FactorOwner, RECOVERY_CODES, SETUP_LIFE_MS, Salt, SecondFactor, base32, recovery_code,
};
use crate::text::Slug;

/// A second factor that is being set up: what the app is told, and what comes back with its first code.
#[derive(Clone, PartialEq, Eq)]
pub struct FactorSetup {
    /// The secret, in base 32.
    pub secret: String,
    /// The salt of it, sealed.
    pub sealed: String,
}

/// Somebody's second factor, on the page about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactorView {
    /// What they are called.
    pub name: String,
    /// Where they get mail.
    pub email: Option<String>,
    /// Their second factor.
    pub factor: Option<SecondFactor>,
    /// Whether they must have one.
    pub is_required: bool,
}

/// Recovery codes on their way to the person: shown once.
#[derive(Clone, PartialEq, Eq)]
pub struct NewCodes(pub Vec<String>);

impl Service {
    /// The sign-in that waits for the second factor in this browser.
    ///
    /// # Errors
    /// [`Refusal::LinkSpent`] when none does, or not any more.
    pub async fn pending_sign_in(&self, pending: SecretHash) -> Result<PendingSignIn, Refusal> {
        self.store.pending_sign_in(pending, self.clock.now()).await?.ok_or(Refusal::LinkSpent)
    }

    /// Opens the session that waited for a code, or for a recovery code.
    ///
    /// # Errors
    /// As [`Service::pending_sign_in`]; [`Refusal::WrongCredentials`] when the code is none, was used before or is too
    /// old: these look alike on purpose; [`Refusal::TooManyRequests`] when too many were wrong.
    pub async fn complete_sign_in(
        &self,
        pending: SecretHash,
        code: &str,
        arrival: &SignInBrowser,
    ) -> Result<SignedIn, Refusal> {
        let waiting = self.pending_sign_in(pending).await?;
        let owner = owner_of(&waiting);
        let factor = waiting.factor.ok_or(Refusal::LinkSpent)?;
        let proof = self.proof(owner, factor.salt, code, Some(pending)).await?;
        let sign_in = self.completed(owner.user, pending, arrival);
        let Some(signed_in) = self.store.complete_sign_in(owner, proof, sign_in).await? else {
            return Err(self.missed_code(owner));
        };
        self.account_joined(&signed_in, arrival.device).await;
        Ok(signed_in)
    }

    /// Turns on the second factor of somebody who must have one, and opens the session that waited for it.
    ///
    /// # Errors
    /// As [`Service::complete_sign_in`].
    pub async fn set_up_at_sign_in(
        &self,
        pending: SecretHash,
        sealed: &str,
        code: &str,
        arrival: &SignInBrowser,
    ) -> Result<(SignedIn, NewCodes), Refusal> {
        let waiting = self.pending_sign_in(pending).await?;
        let owner = owner_of(&waiting);
        if waiting.factor.is_some() {
            return Err(Refusal::LinkSpent);
        }
        let (new, codes) = self.new_factor(owner, sealed, code, Some(pending)).await?;
        let sign_in = self.completed(owner.user, pending, arrival);
        let signed_in = self.store.enable_at_sign_in(new, sign_in).await?.ok_or(Refusal::LinkSpent)?;
        self.account_joined(&signed_in, arrival.device).await;
        let news = NoticeKind::SecondFactor { on: true };
        self.tell_at(waiting.email.as_deref(), &waiting.name, &waiting.tenant, news).await;
        Ok((signed_in, codes))
    }

    /// A new secret for somebody who sets their second factor up. Nothing is kept of it: what is sealed comes back.
    #[must_use]
    pub fn factor_setup(&self, owner: FactorOwner) -> FactorSetup {
        let mut salt = Salt([0; 16]);
        self.rng.fill(&mut salt.0);
        let until = self.clock.now().plus_millis(SETUP_LIFE_MS);
        FactorSetup {
            secret: base32(&self.factor_codes.secret(owner, salt)),
            sealed: self.factor_codes.seal_setup(owner, salt, until),
        }
    }

    /// The same secret once more: its first code was not right.
    #[must_use]
    pub fn factor_setup_again(&self, owner: FactorOwner, sealed: &str) -> Option<FactorSetup> {
        let salt = self.factor_codes.open_setup(owner, sealed, self.clock.now())?;
        let secret = base32(&self.factor_codes.secret(owner, salt));
        Some(FactorSetup { secret, sealed: sealed.to_owned() })
    }

    /// The caller's second factor.
    ///
    /// # Errors
    /// [`Refusal::NotSignedIn`] for nobody.
    pub async fn own_second_factor(&self, context: &RequestContext) -> Result<FactorView, Refusal> {
        let owner = context.factor_owner()?;
        let person = self.store.person(owner.tenant, owner.user).await?.ok_or(Refusal::NotSignedIn)?;
        let factor = self.store.second_factor(owner).await?;
        let is_required = self.requirement.demands(person.role, &person.memberships);
        Ok(FactorView { name: person.name, email: person.email, factor, is_required })
    }

    /// Turns the caller's second factor on. Who has one already shows it with `current`, and gets another.
    ///
    /// # Errors
    /// [`Refusal::ProofNeeded`] when there is none yet and nobody showed a moment ago who they are;
    /// [`Refusal::WrongCredentials`] when a code is not right, [`Refusal::LinkSpent`] when the secret was shown too long
    /// ago, [`Refusal::TooManyRequests`] when too many codes were wrong.
    pub async fn enable_second_factor(
        &self,
        context: &RequestContext,
        sealed: &str,
        code: &str,
        current: &str,
    ) -> Result<NewCodes, Refusal> {
        let owner = self.factor_change(context)?;
        let had = self.store.second_factor(owner).await?;
        // Whoever has one shows it; otherwise somebody at an open browser could shut its owner out with one of theirs.
        if had.is_none() {
            self.require_recent_proof(context)?;
        }
        let (new, codes) = self.new_factor(owner, sealed, code, None).await?;
        let instead_of = match had {
            Some(factor) => Some(self.proof(owner, factor.salt, current, None).await?),
            None => None,
        };
        if !self.store.enable_second_factor(NewSecondFactor { instead_of, ..new }).await? {
            return Err(self.missed_code(owner));
        }
        self.tell_owner(context, owner, true).await?;
        Ok(codes)
    }

    /// Gives the caller other recovery codes.
    ///
    /// # Errors
    /// [`Refusal::WrongCredentials`] when the code is not right, or there is no second factor.
    pub async fn replace_recovery_codes(&self, context: &RequestContext, code: &str) -> Result<NewCodes, Refusal> {
        let owner = self.factor_change(context)?;
        let factor = self.store.second_factor(owner).await?.ok_or(Refusal::WrongCredentials)?;
        let proof = self.proof(owner, factor.salt, code, None).await?;
        let (codes, hashes) = self.recovery_codes(owner);
        let replaced = self.store.replace_recovery_codes(owner, proof, hashes, self.ending()).await?;
        if replaced { Ok(codes) } else { Err(self.missed_code(owner)) }
    }

    /// Turns the caller's second factor off.
    ///
    /// # Errors
    /// As [`Service::replace_recovery_codes`]; [`Refusal::NotAllowed`] when they must have one.
    pub async fn disable_second_factor(&self, context: &RequestContext, code: &str) -> Result<(), Refusal> {
        let owner = self.factor_change(context)?;
        if self.requirement.demands(context.actor.role, &context.actor.memberships) {
            return Err(Refusal::NotAllowed);
        }
        let factor = self.store.second_factor(owner).await?.ok_or(Refusal::WrongCredentials)?;
        let proof = self.proof(owner, factor.salt, code, None).await?;
        let disabled = self.store.disable_second_factor(owner, proof, self.ending()).await?;
        if !disabled {
            return Err(self.missed_code(owner));
        }
        self.tell_owner(context, owner, false).await
    }

    /// Takes somebody's second factor away, who has lost it, and ends their sessions: for the command line
    /// only. Says what they are called; `None` when they had none.
    ///
    /// # Errors
    /// When there is no such tenant, or nobody has this address.
    pub async fn reset_second_factor(&self, slug: &Slug, email: &Email) -> Result<Option<String>, Refusal> {
        let tenant = self.store.tenant_by_slug(slug).await?.ok_or(Refusal::NotFound { what: Noun::Tenant })?;
        let person = self.store.person_by_email(tenant.id, email).await?;
        let person = person.ok_or(Refusal::NotFound { what: Noun::Person })?;
        let owner = FactorOwner { tenant: tenant.id, user: person.id };
        let was_on = self.store.reset_second_factor(owner, self.ending()).await?;
        Ok(was_on.then_some(person.name))
    }

    /// The answer to a code that is not right, which is noted as every try to come in is that fails.
    fn missed_code(&self, owner: FactorOwner) -> Refusal {
        self.missed(owner.tenant, Some(owner.user), SignInMethod::SecondFactor);
        Refusal::WrongCredentials
    }

    /// Has the caller told that their second factor is on or off.
    async fn tell_owner(&self, context: &RequestContext, owner: FactorOwner, on: bool) -> Result<(), Refusal> {
        if let Some(person) = self.store.person(owner.tenant, owner.user).await? {
            self.tell(context, &person, NoticeKind::SecondFactor { on }).await;
        }
        Ok(())
    }

    /// Whose second factor the caller is about to change.
    fn factor_change(&self, context: &RequestContext) -> Result<FactorOwner, Refusal> {
        let owner = context.factor_owner()?;
        self.rate_limiter.admit(owner.tenant, Some(owner.user.0), Action::ManagePeople)?;
        Ok(owner)
    }

    /// What a code proves. The try is counted before the code is looked at, so that of many at once none is for nothing.
    async fn proof(
        &self,
        owner: FactorOwner,
        salt: Salt,
        typed: &str,
        pending: Option<SecretHash>,
    ) -> Result<Proof, Refusal> {
        let (code, now) = (Code::parse(typed), self.clock.now());
        let is_totp = matches!(code, Some(Code::Totp(_)));
        self.count_code(owner, pending, is_totp).await?;
        let proof = match code {
            Some(Code::Totp(code)) => self.factor_codes.step_of(owner, salt, code, now).map(Proof::Step),
            Some(Code::Recovery(code)) => Some(Proof::Recovery(self.factor_codes.recovery_hash(owner, &code))),
            None => None,
        };
        proof.ok_or_else(|| self.missed_code(owner))
    }

    async fn count_code(&self, owner: FactorOwner, pending: Option<SecretHash>, is_totp: bool) -> Result<(), Refusal> {
        let now = self.clock.now();
        match self.store.count_code_try(owner, pending, is_totp, now).await? {
            CodeTry::Allowed => Ok(()),
            CodeTry::Ended => Err(Refusal::LinkSpent),
            CodeTry::After(then) => {
                let seconds = then.0.saturating_sub(now.0).saturating_add(999).div_euclid(1_000).max(1);
                Err(Refusal::TooManyRequests { retry_after_s: u32::try_from(seconds).unwrap_or(u32::MAX) })
            }
        }
    }

    /// A second factor whose app shows the right code, and its recovery codes.
    async fn new_factor(
        &self,
        owner: FactorOwner,
        sealed: &str,
        typed: &str,
        pending: Option<SecretHash>,
    ) -> Result<(NewSecondFactor, NewCodes), Refusal> {
        let now = self.clock.now();
        let salt = self.factor_codes.open_setup(owner, sealed, now).ok_or(Refusal::LinkSpent)?;
        if pending.is_some() {
            self.count_code(owner, pending, false).await?;
        }
        let Some(Code::Totp(code)) = Code::parse(typed) else { return Err(Refusal::WrongCredentials) };
        let step = self.factor_codes.step_of(owner, salt, code, now).ok_or(Refusal::WrongCredentials)?;
        let (codes, recovery) = self.recovery_codes(owner);
        let new = NewSecondFactor { owner, salt, step, recovery, instead_of: None, ending: self.ending() };
        Ok((new, codes))
    }

    /// New recovery codes, and what is to be kept of them.
    fn recovery_codes(&self, owner: FactorOwner) -> (NewCodes, Vec<SecretHash>) {
        let codes: Vec<String> = (0..RECOVERY_CODES)
            .map(|_| {
                let mut random = [0; 10];
                self.rng.fill(&mut random);
                recovery_code(random)
            })
            .collect();
        let hashes = codes.iter().map(|code| recovery_hash(&*self.factor_codes, owner, code)).collect();
        (NewCodes(codes), hashes)
    }

    /// The session of a sign-in that a code completes.
    fn completed(&self, user: UserId, pending: SecretHash, arrival: &SignInBrowser) -> CompletedSignIn {
        let (session, instead_of) = self.session_for(user, arrival);
        let session = NewSession { check: FactorCheck::Passed, ..session };
        CompletedSignIn { pending, session, instead_of }
    }
}

impl RequestContext {
    /// Whose second factor the caller's is.
    ///
    /// # Errors
    /// [`Refusal::NotSignedIn`] when nobody is.
    pub fn factor_owner(&self) -> Result<FactorOwner, Refusal> {
        Ok(FactorOwner { tenant: self.tenant.id, user: self.user()? })
    }
}

/// Whose second factor a sign-in waits for.
#[must_use]
pub fn owner_of(waiting: &PendingSignIn) -> FactorOwner {
    FactorOwner { tenant: waiting.tenant.id, user: waiting.user }
}

/// What is kept of a recovery code as it is shown: what is read when it is typed.
fn recovery_hash(codes: &dyn SecondFactorCodes, owner: FactorOwner, shown: &str) -> SecretHash {
    codes.recovery_hash(owner, &shown.replace('-', ""))
}
