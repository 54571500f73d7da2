//! The first owner. Until there is one, whoever holds the link from the terminal may become it; afterwards nobody may.

use super::super::Service;
use super::SignInBrowser;
use crate::email::Email;
use crate::error::{FieldProblem, Refusal};
use crate::id::UserId;
use crate::link::LinkPurpose;
use crate::ports::{Admission, NewPerson, SecretHash};
use crate::tenant::Tenant;
use crate::text::{Name, Slug};
use crate::user::Role;

impl Service {
    /// Keeps a link that claims a tenant, unless somebody owns it: says whether it did.
    ///
    /// # Errors
    /// When there is no such tenant.
    pub async fn offer_claim(&self, slug: &Slug, secret: SecretHash) -> Result<bool, Refusal> {
        let tenant = self.tenant_at(slug.as_str()).await?;
        if self.store.has_owner(tenant.id, self.clock.now()).await? {
            return Ok(false);
        }
        // Of the links that terminals have shown only the last one claims it.
        self.store.withdraw_links(tenant.id, LinkPurpose::Claim, None).await?;
        self.put_link_to(slug, Role::Owner, LinkPurpose::Claim, secret).await?;
        Ok(true)
    }

    /// The tenant that a link claims. Looking does not use it up.
    ///
    /// # Errors
    /// [`Refusal::LinkSpent`] when it was used, has run out or never was, or the tenant has an owner.
    pub async fn claimable(&self, secret: SecretHash) -> Result<Tenant, Refusal> {
        match self.store.claimable(secret, self.clock.now()).await? {
            Some(found) => Ok(found),
            None => Err(self.missed_link(secret).await),
        }
    }

    /// Makes the first owner of a tenant and signs them in. Of many at once one does.
    ///
    /// # Errors
    /// As [`Service::claimable`]; when a field is not right, and then the link is still good.
    pub async fn claim(
        &self,
        secret: SecretHash,
        name: &str,
        email: &str,
        password: &str,
        arrival: &SignInBrowser,
    ) -> Result<Admission, Refusal> {
        let tenant = self.claimable(secret).await?;
        let (name, email) = match (Name::parse(name), Email::parse(email)) {
            (Ok(name), Ok(email)) => (name, email),
            (name, email) => {
                let problems = [("name", name.err()), ("email", email.err())];
                let fields = problems.into_iter().filter_map(|(field, problem)| {
                    problem.map(|problem| FieldProblem { field: field.to_owned(), problem })
                });
                return Err(Refusal::Invalid { fields: fields.collect() });
            }
        };
        let password = self.new_password(password, &[name.as_str(), email.as_str()], &tenant).await?;
        let id = UserId(self.new_id());
        let (session, _) = self.session_for(id, arrival);
        let at = session.at;
        let owner = NewPerson { id, name, email: Some(email), role: Role::Owner, memberships: Vec::new(), at };
        let claimed = self.store.claim(tenant.id, secret, owner, password, session).await?;
        Ok(self.arrived(claimed.ok_or(Refusal::LinkSpent)?, arrival).await)
    }
}
