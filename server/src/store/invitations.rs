//! Invitations: a link for a person who was added, that lets them in for the first time.

use pulsestage::error::{Noun, Refusal};
use pulsestage::id::UserId;
use pulsestage::permission::may_grant;
use pulsestage::person::Person;
use pulsestage::ports::{Manager, SecretHash};
use pulsestage::time::Timestamp;

use super::db_error::DbResult;
use super::people::{authority, managed};
use super::rows::account::CredentialsRow;
use super::{SqlStore, Tx, people_reads, sql};

/// What an invitation is for, as the database calls it.
const INVITATION: &str = "invitation";

impl SqlStore {
    pub(super) async fn keep_invitation(
        &self,
        manager: Manager,
        id: UserId,
        link: SecretHash,
        until: Timestamp,
    ) -> DbResult<Person> {
        written!(self, tx => {
            let person = invitable(tx, &manager, id).await?;
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

/// Whom a manager may send a link: those whom they manage, and somebody with a role that they may give who was never here,
/// so that there is nobody to be taken for.
async fn invitable(tx: &mut Tx, manager: &Manager, id: UserId) -> DbResult<Person> {
    let held = authority(tx, manager).await?;
    let person = people_reads::there(tx, manager.tenant, id).await?;
    let known: Option<CredentialsRow> = on!(tx, t => sqlx::query_as(sql::account::CREDENTIALS_OF)
        .bind(manager.tenant.0)
        .bind(id.0)
        .fetch_optional(&mut **t)
        .await)?;
    let was_here = person.seen_at.is_some() || known.is_some_and(|known| known.has_password());
    if !was_here && may_grant(held, person.role) {
        return Ok(person);
    }
    Ok(managed(tx, manager, id).await?.1)
}
