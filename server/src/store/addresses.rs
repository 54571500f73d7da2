//! Addresses that wait to be confirmed, when somebody showed who they are, and whose a link was.

use pulsestage::audit::{Act, Entry};
use pulsestage::error::Refusal;
use pulsestage::id::{SessionId, TenantId, UserId};
use pulsestage::link::AddressChange;
use pulsestage::person::Person;
use pulsestage::ports::{ADDRESS_LINK_LIFE_MS, Ending, Manager, NewAddressChange, SecretHash};
use pulsestage::time::Timestamp;
use uuid::Uuid;

use super::audit::{note, unkeyed};
use super::db_error::DbResult;
use super::people::managed;
use super::rows::account::{AddressChangeRow, ConfirmedRow, CredentialsRow};
use super::{SqlStore, people, people_reads, sql};
use crate::unicode::email_key;

impl SqlStore {
    pub(super) async fn prove_session(
        &self,
        tenant: TenantId,
        user: UserId,
        session: SessionId,
        at: Timestamp,
    ) -> DbResult<()> {
        on!(&self.write, pool => sqlx::query(sql::sessions::PROVE)
            .bind(tenant.0)
            .bind(user.0)
            .bind(session.0)
            .bind(at.0)
            .execute(pool)
            .await
            .map(drop))?;
        Ok(())
    }

    pub(super) async fn find_whose_link(&self, hash: SecretHash) -> DbResult<Option<(TenantId, Option<UserId>)>> {
        let own: Option<(Uuid, Uuid)> = on!(&self.read, pool => sqlx::query_as(sql::account::WHOSE_PERSON_LINK)
            .bind(hash.0.as_slice())
            .fetch_optional(pool)
            .await)?;
        if let Some((tenant, user)) = own {
            return Ok(Some((TenantId(tenant), Some(UserId(user)))));
        }
        let tenant: Option<Uuid> = on!(&self.read, pool => sqlx::query_scalar(sql::account::WHOSE_ROLE_LINK)
            .bind(hash.0.as_slice())
            .fetch_optional(pool)
            .await)?;
        Ok(tenant.map(|tenant| (TenantId(tenant), None)))
    }

    pub(super) async fn keep_address_change(&self, manager: Manager, change: NewAddressChange) -> DbResult<()> {
        written!(self, tx => {
            let Manager { tenant, user, ending } = manager;
            managed(tx, &manager, change.user).await?;
            let taken: Option<CredentialsRow> = on!(tx, t => sqlx::query_as(sql::account::CREDENTIALS)
                .bind(tenant.0)
                .bind(email_key(&change.email))
                .fetch_optional(&mut **t)
                .await)?;
            if taken.is_some() {
                return Err(Refusal::EmailTaken.into());
            }
            on!(tx, t => sqlx::query(sql::account::PUT_ADDRESS_CHANGE)
                .bind(tenant.0)
                .bind(change.user.0)
                .bind(change.hash.0.as_slice())
                .bind(change.email.as_str())
                .bind(email_key(&change.email))
                .bind(user.0)
                .bind(ending.at.0)
                .bind(ending.at.plus_millis(ADDRESS_LINK_LIFE_MS).0)
                .execute(&mut **t)
                .await
                .map(drop))?;
            let entry = Entry::of(user, Act::AskAddress).subject(change.user).after("email", change.email.as_str());
            note(tx, &unkeyed(tenant, user, ending.id, ending.at), entry).await
        })
    }

    pub(super) async fn find_address_change(
        &self,
        hash: SecretHash,
        now: Timestamp,
    ) -> DbResult<Option<AddressChange>> {
        let row: Option<AddressChangeRow> = on!(&self.read, pool => sqlx::query_as(sql::account::ADDRESS_CHANGE)
            .bind(hash.0.as_slice())
            .bind(now.0)
            .fetch_optional(pool)
            .await)?;
        row.map(AddressChangeRow::into_change).transpose()
    }

    /// Gives the person as they were.
    pub(super) async fn use_address_change(
        &self,
        change: AddressChange,
        hash: SecretHash,
        ending: Ending,
    ) -> DbResult<Option<Person>> {
        written!(self, tx => {
            let (tenant, id) = (change.tenant.id, change.user);
            people::lock(tx, tenant).await?;
            let Some(before) = people_reads::person(tx, tenant, id).await?.filter(Person::is_active) else {
                return Ok(None);
            };
            let used: Option<ConfirmedRow> = on!(tx, t => sqlx::query_as(sql::account::USE_ADDRESS_CHANGE)
                .bind(tenant.0)
                .bind(id.0)
                .bind(hash.0.as_slice())
                .bind(ending.at.0)
                .fetch_optional(&mut **t)
                .await)?;
            let Some(used) = used else { return Ok(None) };
            let written = on!(tx, t => sqlx::query(sql::people::SET_EMAIL)
                .bind(tenant.0)
                .bind(id.0)
                .bind(&used.email)
                .bind(&used.email_key)
                .execute(&mut **t)
                .await
                .map(|done| done.rows_affected()))?;
            if written == 0 {
                return Err(Refusal::EmailTaken.into());
            }
            // They went to the address before.
            on!(tx, t => sqlx::query(sql::account::WITHDRAW_ALL).bind(tenant.0).bind(id.0).execute(&mut **t).await.map(drop))?;
            let by = UserId(used.asked_by);
            let entry = Entry::of(by, Act::EditProfile).subject(id);
            let entry = entry.change("email", before.email.as_ref(), Some(&used.email));
            note(tx, &unkeyed(tenant, by, ending.id, ending.at), entry).await?;
            Ok(Some(before))
        })
    }
}
