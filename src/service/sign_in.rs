//! Signing in by a one-time link. Secrets are made here and leave at once; only their hashes are kept.

use super::Service;
use super::account::SignInBrowser;
use crate::audit::{Act, Entry};
use crate::error::{Noun, Refusal};
use crate::id::{TenantId, UserId};
use crate::link::{LinkPurpose, RoleLink, WaitingLink};
use crate::ports::{Admission, NewLink, SecretHash};
use crate::session::SessionLabel;
use crate::text::Slug;
use crate::user::Role;

/// How long a sign-in link is worth something, in milliseconds: a day.
pub const LINK_LIFE_MS: i64 = 24 * 60 * 60 * 1_000;

impl Service {
    /// Keeps a one-time link that signs its bearer in to a tenant with a role. Those that were made before stay good.
    ///
    /// # Errors
    /// When there is no such tenant; [`Refusal::TooManyRequests`] when as many as may be wait to be used.
    pub async fn put_link(&self, slug: &Slug, role: Role, secret: SecretHash) -> Result<(), Refusal> {
        self.put_link_to(slug, role, LinkPurpose::SignIn, secret).await
    }

    /// Keeps a one-time link for this purpose.
    pub(super) async fn put_link_to(
        &self,
        slug: &Slug,
        role: Role,
        purpose: LinkPurpose,
        secret: SecretHash,
    ) -> Result<(), Refusal> {
        /// In seconds: the oldest of those that wait is worth nothing by then.
        const RETRY_AFTER_S: u32 = 24 * 60 * 60;
        let tenant = self.tenant_of(slug).await?;
        let at = self.clock.now();
        let link = NewLink { hash: secret, tenant, role, purpose, at, expires_at: at.plus_millis(LINK_LIFE_MS) };
        match self.store.put_link(link).await? {
            true => Ok(()),
            false => Err(Refusal::TooManyRequests { retry_after_s: RETRY_AFTER_S }),
        }
    }

    /// The links of a tenant that wait to be used: for the command line only.
    ///
    /// # Errors
    /// When there is no such tenant.
    pub async fn waiting_links(&self, slug: &Slug) -> Result<Vec<WaitingLink>, Refusal> {
        Ok(self.store.waiting_links(self.tenant_of(slug).await?, self.clock.now()).await?)
    }

    /// Withdraws the links for signing in to a tenant that wait, of one role or of all; says how many there were. For the
    /// command line only.
    ///
    /// # Errors
    /// When there is no such tenant.
    pub async fn withdraw_links(&self, slug: &Slug, role: Option<Role>) -> Result<u64, Refusal> {
        let count = self.store.withdraw_links(self.tenant_of(slug).await?, LinkPurpose::SignIn, role).await?;
        if count > 0 {
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            let entry = |by| Entry::of(by, Act::WithdrawLinks).before("role", role).before("count", count);
            self.note_operation(None, slug, entry).await?;
        }
        Ok(count)
    }

    async fn tenant_of(&self, slug: &Slug) -> Result<TenantId, Refusal> {
        let found = self.store.tenant_by_slug(slug).await?;
        Ok(found.ok_or(Refusal::NotFound { what: Noun::Tenant })?.id)
    }

    /// What a link for signing in opens. Looking does not use it up.
    ///
    /// # Errors
    /// [`Refusal::LinkSpent`] when the link was used, has run out, never was, or is for another purpose: they look alike on
    /// purpose.
    pub async fn role_link(&self, link: SecretHash) -> Result<RoleLink, Refusal> {
        match self.store.role_link(link, self.clock.now()).await? {
            Some(found) => Ok(found),
            None => Err(self.missed_link(link).await),
        }
    }

    /// Uses a link up and opens a session under a new secret. The session that the browser had ends.
    ///
    /// # Errors
    /// As [`Service::role_link`].
    pub async fn sign_in_with_role(&self, link: SecretHash, arrival: &SignInBrowser) -> Result<Admission, Refusal> {
        let admission = self.redeem_link(link, arrival.session, arrival.label.clone()).await?;
        if let (Admission::SignedIn(_), Some(former)) = (&admission, arrival.instead_of) {
            self.sign_out(former).await?;
        }
        Ok(self.arrived(admission, arrival).await)
    }

    /// Uses a link up and opens a session under a new secret.
    ///
    /// # Errors
    /// As [`Service::role_link`].
    pub async fn redeem_link(
        &self,
        link: SecretHash,
        session: SecretHash,
        label: SessionLabel,
    ) -> Result<Admission, Refusal> {
        let session = self.new_session(UserId(self.new_id()), session, label);
        self.store.redeem_link(link, session).await?.ok_or(Refusal::LinkSpent)
    }
}
