//! Links for people who are invited.

use async_trait::async_trait;
use std::sync::Arc;

use pulsestage::email::Email;
use pulsestage::ports::{FreshLink, Invitations, PortError, Rng};
use pulsestage::tenant::Tenant;

use super::Secret;

/// Makes links to the page on which whoever brings one sets a name and a password.
pub struct Invites {
    origin: String,
    rng: Arc<dyn Rng>,
}

impl Invites {
    /// Links to this origin, such as `https://ask.example.com`.
    #[must_use]
    pub fn new(origin: String, rng: Arc<dyn Rng>) -> Self {
        Self { origin, rng }
    }

    fn fresh(&self, path: &str) -> FreshLink {
        let secret = Secret::new(&*self.rng);
        FreshLink { address: format!("{}/{path}/{}", self.origin, secret.reveal()), hash: secret.hash() }
    }
}

#[async_trait]
impl Invitations for Invites {
    fn link(&self, _: &Tenant) -> FreshLink {
        self.fresh("open")
    }

    fn bearer_link(&self, _: &Tenant) -> FreshLink {
        self.fresh("sign-in")
    }

    fn address_link(&self, _: &Tenant) -> FreshLink {
        self.fresh("address")
    }

    async fn send(&self, _: &Email, _: &str, _: &Tenant, _: &FreshLink) -> Result<bool, PortError> {
        // Whoever invites hands the link over.
        Ok(false)
    }
}
