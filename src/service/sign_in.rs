//! Signing in by a one-time link. Secrets are made here and leave at once; only their hashes are kept.

use super::Service;
use crate::error::{Noun, Refusal};
use crate::id::UserId;
use crate::ports::{NewLink, SecretHash, SignedIn};
use crate::session::SessionLabel;
use crate::text::Slug;
use crate::user::Role;

/// How long a sign-in link is worth something, in milliseconds: a day.
pub const LINK_LIFE_MS: i64 = 24 * 60 * 60 * 1_000;

impl Service {
    /// Keeps a one-time link that signs its bearer in to a tenant with a role.
    ///
    /// # Errors
    /// When there is no such tenant.
    pub async fn put_link(&self, slug: &Slug, role: Role, secret: SecretHash) -> Result<(), Refusal> {
        let tenant = self.store.tenant_by_slug(slug).await?.ok_or(Refusal::NotFound { what: Noun::Tenant })?;
        let at = self.clock.now();
        let link = NewLink { hash: secret, tenant: tenant.id, role, at, expires_at: at.plus_millis(LINK_LIFE_MS) };
        Ok(self.store.put_link(link).await?)
    }

    /// Uses a link up and opens a session under a new secret.
    ///
    /// # Errors
    /// [`Refusal::LinkSpent`] when the link was used, has run out or never was: the three look alike on purpose.
    pub async fn redeem_link(
        &self,
        link: SecretHash,
        session: SecretHash,
        label: SessionLabel,
    ) -> Result<SignedIn, Refusal> {
        let session = self.new_session(UserId(self.new_id()), session, label);
        self.store.redeem_link(link, session).await?.ok_or(Refusal::LinkSpent)
    }
}
