//! How people come in: by password, by a link of their own, by a provider, and the very first one by claiming the tenant.
//!
//! Whatever the way, a session is opened under a new secret, and the one that the browser had ends. Whoever is not
//! known learns nothing from an answer, its time included.

mod addresses;
mod claim;
mod links;
mod passwords;
mod provider;

use super::Service;
use crate::error::{Noun, Refusal};
use crate::id::UserId;
use crate::password::{Password, PasswordHash};
use crate::ports::{Admission, InsteadOf, NewSession, PortError, SecretHash, StoreError};
use crate::second_factor::FactorCheck;
use crate::session::SessionLabel;
use crate::tenant::Tenant;
use crate::text::{Slug, TextProblem};
use uuid::Uuid;

pub use links::LinkRecipient;

/// The browser in which somebody comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInBrowser {
    /// The hash of the secret that the browser is given.
    pub session: SecretHash,
    /// What the browser is called where sessions are listed.
    pub label: SessionLabel,
    /// The session that the browser has now; it ends.
    pub instead_of: Option<SecretHash>,
    /// The browser, when it has taken part as a guest: what it did becomes the account's.
    pub device: Option<Uuid>,
}

impl Service {
    /// The tenant whose account page is opened.
    async fn tenant_at(&self, slug: &str) -> Result<Tenant, Refusal> {
        let missing = Refusal::NotFound { what: Noun::Tenant };
        let slug = Slug::parse(slug).map_err(|_| missing.clone())?;
        self.public_tenant(&slug).await?.ok_or(missing)
    }

    /// A session for this person in this browser, and the one that it takes the place of.
    pub(in crate::service) fn session_for(&self, user: UserId, arrival: &SignInBrowser) -> (NewSession, InsteadOf) {
        let session = self.new_session(user, arrival.session, arrival.label.clone());
        (session, arrival.instead_of.map(|hash| (hash, self.ending())))
    }

    /// Lets a person in, once this has been shown.
    async fn let_in(
        &self,
        tenant: &Tenant,
        user: UserId,
        arrival: &SignInBrowser,
        check: FactorCheck,
    ) -> Result<Admission, Refusal> {
        let (session, instead_of) = self.session_for(user, arrival);
        let session = NewSession { check, ..session };
        let admission = self.store.let_in(tenant.id, session, instead_of).await?.ok_or(Refusal::WrongCredentials)?;
        Ok(self.arrived(admission, arrival).await)
    }

    /// Somebody who is in now, with what they did in this browser before. Whoever is asked for the second factor first is
    /// not in yet, and nothing is joined to them.
    pub(in crate::service) async fn arrived(&self, admission: Admission, arrival: &SignInBrowser) -> Admission {
        if let Admission::SignedIn(person) = &admission {
            self.account_joined(person, arrival.device).await;
        }
        admission
    }

    /// What is to be kept of a new password, unless it is too weak for somebody of whom these words are known. What the
    /// tenant and the product are called is known of everybody.
    async fn new_password(&self, raw: &str, known: &[&str], tenant: &Tenant) -> Result<PasswordHash, Refusal> {
        let known = &[known, &[tenant.name.as_str(), tenant.slug.as_str(), "PulseStage"]].concat()[..];
        let refused = |problem| Refusal::field("password", problem);
        let password = Password::parse_new(raw, known).map_err(refused)?;
        if self.passwords.is_easy(&password, known).await.map_err(trouble)? {
            return Err(refused(TextProblem::TooEasy));
        }
        self.passwords.hash(&password).await.map_err(trouble)
    }
}

/// A port's error as a refusal.
pub(super) fn trouble(error: PortError) -> Refusal {
    StoreError::Port(error).into()
}
