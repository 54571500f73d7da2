//! An address that counts once somebody who reads mail there says so.

use super::super::Service;
use crate::email::Email;
use crate::error::Refusal;
use crate::link::AddressChange;
use crate::ports::{NoticeKind, SecretHash};

impl Service {
    /// What address a link confirms. Looking does not use it up.
    ///
    /// # Errors
    /// [`Refusal::LinkSpent`] when it was used, has run out or never was.
    pub async fn address_change(&self, secret: SecretHash) -> Result<AddressChange, Refusal> {
        match self.store.address_change(secret, self.clock.now()).await? {
            Some(found) => Ok(found),
            None => Err(self.missed_link(secret).await),
        }
    }

    /// Makes an address that waits the person's own. Nobody is signed in; the address before is told.
    ///
    /// # Errors
    /// As [`Service::address_change`], and when somebody else has the address by now.
    pub async fn confirm_address(&self, secret: SecretHash) -> Result<AddressChange, Refusal> {
        let change = self.address_change(secret).await?;
        let before = self.store.confirm_address(&change, secret, self.ending()).await?.ok_or(Refusal::LinkSpent)?;
        let news = NoticeKind::Address(Email::parse(&change.email).ok());
        self.tell_at(before.email.as_deref(), &before.name, &change.tenant, news).await;
        Ok(change)
    }
}
