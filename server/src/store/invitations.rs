//! Invitations: a link for a person who was added, that lets them in for the first time.

use pulsestage::error::{Noun, Refusal};
use pulsestage::id::UserId;
use pulsestage::person::Person;
use pulsestage::ports::{Manager, SecretHash};
use pulsestage::time::Timestamp;

use super::people::managed;
use super::trouble::Done;
use super::{SqlStore, sql};

/// What an invitation is for, as the database calls it.
const INVITATION: &str = "invitation";

impl SqlStore {
    pub(super) async fn keep_invitation(
        &self,
        manager: Manager,
        id: UserId,
        link: SecretHash,
        until: Timestamp,
    ) -> Done<Person> {
        written!(self, tx => {
            let (_, person) = managed(tx, &manager, id).await?;
            if !person.is_active() {
                return Err(Refusal::NotFound { what: Noun::Person }.into());
            }
            on!(tx, t => sqlx::query(sql::people::WITHDRAW_LINKS)
                .bind(manager.tenant.0)
                .bind(id.0)
                .bind(INVITATION)
                .execute(&mut **t)
                .await
                .map(drop))?;
            on!(tx, t => sqlx::query(sql::people::PUT_LINK)
                .bind(manager.tenant.0)
                .bind(id.0)
                .bind(INVITATION)
                .bind(link.0.as_slice())
                .bind(manager.ending.at.0)
                .bind(until.0)
                .execute(&mut **t)
                .await
                .map(drop))?;
            Ok(person)
        })
    }
}
