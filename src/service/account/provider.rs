//! People whom a provider introduces.

use super::super::Service;
use super::SignInBrowser;
use crate::email::Email;
use crate::error::Refusal;
use crate::id::{TenantId, UserId};
use crate::link::ProviderIdentity;
use crate::ports::{Admission, NewPerson, SignInMethod};
use crate::second_factor::FactorCheck;
use crate::tenant::Tenant;
use crate::text::{NAME_MAX, Name};
use crate::user::Role;

impl Service {
    /// Signs in somebody whom a provider introduced: as the person they were before, else as whoever has their verified
    /// address, else, where their domain is one of `domains`, as somebody new with the first role.
    ///
    /// # Errors
    /// [`Refusal::ForeignAccount`] when they are none of these.
    pub async fn sign_in_introduced(
        &self,
        slug: &str,
        introduction: &ProviderIdentity,
        domains: &[String],
        first_role: Role,
        arrival: &SignInBrowser,
    ) -> Result<Admission, Refusal> {
        let tenant = self.tenant_at(slug).await?;
        let came = self.introduced(&tenant, introduction, domains, first_role, arrival).await;
        if came == Err(Refusal::ForeignAccount) {
            self.missed(tenant.id, None, SignInMethod::Provider);
        }
        came
    }

    async fn introduced(
        &self,
        tenant: &Tenant,
        introduction: &ProviderIdentity,
        domains: &[String],
        first_role: Role,
        arrival: &SignInBrowser,
    ) -> Result<Admission, Refusal> {
        let user = match self.store.person_of(tenant.id, &introduction.identity).await? {
            Some(user) => user,
            None => {
                let email = introduction.verified_email.as_ref().ok_or(Refusal::ForeignAccount)?;
                let user = self.person_with(tenant.id, introduction, email, domains, first_role).await?;
                let at = self.clock.now();
                self.store.link_identity(tenant.id, user, &introduction.identity, at).await?;
                user
            }
        };
        // Second factors are the provider's matter.
        self.let_in(tenant, user, arrival, FactorCheck::Passed).await.map_err(|refusal| match refusal {
            Refusal::WrongCredentials => Refusal::ForeignAccount,
            refusal => refusal,
        })
    }

    /// Whoever has this address already, or somebody new.
    async fn person_with(
        &self,
        tenant: TenantId,
        introduction: &ProviderIdentity,
        email: &Email,
        domains: &[String],
        first_role: Role,
    ) -> Result<UserId, Refusal> {
        if let Some(known) = self.store.person_by_email(tenant, email).await? {
            return if known.is_active() { Ok(known.id) } else { Err(Refusal::ForeignAccount) };
        }
        if !domains.contains(&email.domain()) {
            return Err(Refusal::ForeignAccount);
        }
        let new = NewPerson {
            id: UserId(self.new_id()),
            name: name_of(introduction, email)?,
            email: Some(email.clone()),
            // Whatever was configured: more than member is given by a person.
            role: first_role.min(Role::Member),
            memberships: Vec::new(),
            at: self.clock.now(),
        };
        match self.store.add_person(tenant, new).await {
            Ok(person) => Ok(person.id),
            Err(error) => match Refusal::from(error) {
                // The same person, a moment ago in another tab.
                Refusal::EmailTaken => {
                    let known = self.store.person_by_email(tenant, email).await?;
                    known.filter(|known| known.is_active()).map(|known| known.id).ok_or(Refusal::ForeignAccount)
                }
                refusal => Err(refusal),
            },
        }
    }
}

/// What somebody is called: as the provider says, or as their address begins, which is never too long for a name.
fn name_of(introduction: &ProviderIdentity, email: &Email) -> Result<Name, Refusal> {
    let said = introduction.name.as_deref().unwrap_or_default();
    let local: String = email.as_str().split('@').next().unwrap_or_default().chars().take(NAME_MAX as usize).collect();
    Name::parse(said).or_else(|_| Name::parse(&local)).map_err(|problem| Refusal::field("name", problem))
}
