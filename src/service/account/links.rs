//! Links for one person: an invitation, a new password, signing in.

use super::super::Service;
use super::SignInBrowser;
use crate::email::Email;
use crate::error::Refusal;
use crate::id::{TenantId, UserId};
use crate::link::{PersonLink, PersonLinkPurpose};
use crate::ports::{Admission, LinkUse, NewPersonLink, NoticeKind, SecretHash};
use crate::text::Name;

/// To whom a link is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkRecipient {
    /// Their address.
    pub email: Email,
    /// What they are called.
    pub name: String,
    /// Their tenant's name.
    pub tenant: String,
}

impl Service {
    /// Keeps a link for whoever has this address, if anybody has: for the mail, never for whoever asked.
    ///
    /// # Errors
    /// When there is no such tenant, or the store is in trouble. That nobody has the address is no error.
    pub async fn link_by_email(
        &self,
        slug: &str,
        email: &str,
        purpose: PersonLinkPurpose,
        secret: SecretHash,
    ) -> Result<Option<LinkRecipient>, Refusal> {
        let tenant = self.tenant_at(slug).await?;
        let Ok(email) = Email::parse(email) else { return Ok(None) };
        let Some(known) = self.store.credentials(tenant.id, &email).await? else { return Ok(None) };
        self.keep_link(tenant.id, known.user, purpose, secret).await?;
        // To the address as it is kept, not as it was typed.
        let email = known.email.as_deref().and_then(|kept| Email::parse(kept).ok()).unwrap_or(email);
        Ok(Some(LinkRecipient { email, name: known.name, tenant: tenant.name }))
    }

    /// Keeps a link for a person. Whoever calls this has seen to it that it may be.
    pub(in crate::service) async fn keep_link(
        &self,
        tenant: TenantId,
        user: UserId,
        purpose: PersonLinkPurpose,
        secret: SecretHash,
    ) -> Result<(), Refusal> {
        let at = self.clock.now();
        let expires_at = at.plus_millis(purpose.life_ms());
        let link = NewPersonLink { hash: secret, tenant, user, purpose, at, expires_at };
        Ok(self.store.put_person_link(link).await?)
    }

    /// What a link is for. Looking does not use it up.
    ///
    /// # Errors
    /// [`Refusal::LinkSpent`] when it was used, has run out or never was: the three look alike on purpose.
    pub async fn person_link(&self, secret: SecretHash) -> Result<PersonLink, Refusal> {
        match self.store.person_link(secret, self.clock.now()).await? {
            Some(found) => Ok(found),
            None => Err(self.missed_link(secret).await),
        }
    }

    /// Uses a link for signing in up.
    ///
    /// # Errors
    /// As [`Service::person_link`].
    pub async fn sign_in_by_link(&self, secret: SecretHash, arrival: &SignInBrowser) -> Result<Admission, Refusal> {
        let link = self.person_link(secret).await?;
        let using = LinkUse {
            tenant: link.tenant.id,
            hash: secret,
            purpose: PersonLinkPurpose::SignIn,
            name: None,
            password: None,
        };
        self.use_link(&link, using, arrival).await
    }

    /// Uses a link for a new password up: all sessions of its person end, and this browser gets one.
    ///
    /// # Errors
    /// As [`Service::person_link`]; when the password is too weak, and then the link is still good.
    pub async fn set_password_by_link(
        &self,
        secret: SecretHash,
        password: &str,
        arrival: &SignInBrowser,
    ) -> Result<Admission, Refusal> {
        let link = self.person_link(secret).await?;
        let known: Vec<&str> = std::iter::once(link.name.as_str()).chain(link.email.as_deref()).collect();
        let password = Some(self.new_password(password, &known, &link.tenant).await?);
        let using = LinkUse {
            tenant: link.tenant.id,
            hash: secret,
            purpose: PersonLinkPurpose::Password,
            name: None,
            password,
        };
        let person = self.use_link(&link, using, arrival).await?;
        self.tell_at(link.email.as_deref(), &link.name, &link.tenant, NoticeKind::Password).await;
        Ok(person)
    }

    /// Uses an invitation up: the person says what they are called and sets a password.
    ///
    /// # Errors
    /// As [`Service::set_password_by_link`], and when the name is none.
    pub async fn accept_invitation(
        &self,
        secret: SecretHash,
        name: &str,
        password: &str,
        arrival: &SignInBrowser,
    ) -> Result<Admission, Refusal> {
        let link = self.person_link(secret).await?;
        let name = Name::parse(name).map_err(|problem| Refusal::field("name", problem))?;
        let known: Vec<&str> = std::iter::once(name.as_str()).chain(link.email.as_deref()).collect();
        let password = Some(self.new_password(password, &known, &link.tenant).await?);
        let using = LinkUse {
            tenant: link.tenant.id,
            hash: secret,
            purpose: PersonLinkPurpose::Invitation,
            name: Some(name),
            password,
        };
        self.use_link(&link, using, arrival).await
    }

    async fn use_link(&self, link: &PersonLink, using: LinkUse, arrival: &SignInBrowser) -> Result<Admission, Refusal> {
        let (session, instead_of) = self.session_for(link.user, arrival);
        let used = self.store.use_person_link(using, session, instead_of, self.ending()).await?;
        Ok(self.arrived(used.ok_or(Refusal::LinkSpent)?, arrival).await)
    }
}
