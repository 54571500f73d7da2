//! Addresses that wait to be confirmed, when somebody showed who they are, and whose a link was.

use async_trait::async_trait;
use pulsestage::audit::{Act, Entry};
use pulsestage::error::Refusal;
use pulsestage::id::{SessionId, TenantId, UserId};
use pulsestage::link::AddressChange;
use pulsestage::person::Person;
use pulsestage::ports::{
    ADDRESS_LINK_LIFE_MS, AddressStore, Ending, Manager, NewAddressChange, SecretHash, StoreResult,
};
use pulsestage::time::Timestamp;

use crate::store::audit::{note, unkeyed};
use crate::store::people::{self, managed};
use crate::store::rows::account::{AddressChangeRow, ConfirmedRow, CredentialsRow};
use crate::store::{Kind, SqlStore, sql};
use crate::unicode::email_key;

#[async_trait]
impl AddressStore for SqlStore {
    async fn prove(&self, tenant: TenantId, user: UserId, session: SessionId, at: Timestamp) -> StoreResult<()> {
        self.run(Kind::SignIn, async move |db| {
            execute!(&db.write, sql::sessions::PROVE, tenant.0, user.0, session.0, at.0)?;
            Ok(())
        })
        .await
    }

    async fn put_address_change(&self, manager: Manager, change: NewAddressChange) -> StoreResult<()> {
        self.run(Kind::SignIn, async move |db| {
            written!(db, tx => {
                let Manager { tenant, user, ending } = manager;
                managed(tx, &manager, change.user).await?;
                let taken: Option<CredentialsRow> = fetch_optional!(
                    tx, sql::account::CREDENTIALS, tenant.0, email_key(&change.email)
                )?;
                if taken.is_some() {
                    return Err(Refusal::EmailTaken.into());
                }
                execute!(
                    tx,
                    sql::account::PUT_ADDRESS_CHANGE,
                    tenant.0,
                    change.user.0,
                    change.hash.0.as_slice(),
                    change.email.as_str(),
                    email_key(&change.email),
                    user.0,
                    ending.at.0,
                    ending.at.plus_millis(ADDRESS_LINK_LIFE_MS).0,
                )?;
                let entry = Entry::of(user, Act::AskAddress).subject(change.user).after("email", change.email.as_str());
                note(tx, &unkeyed(tenant, user, ending.id, ending.at), entry).await
            })
        })
        .await
    }

    async fn address_change(&self, hash: SecretHash, now: Timestamp) -> StoreResult<Option<AddressChange>> {
        self.run(Kind::SignIn, async move |db| {
            let row: Option<AddressChangeRow> =
                fetch_optional!(&db.read, sql::account::ADDRESS_CHANGE, hash.0.as_slice(), now.0)?;
            row.map(AddressChangeRow::into_change).transpose()
        })
        .await
    }

    // Gives the person as they were.
    async fn confirm_address(
        &self,
        change: &AddressChange,
        hash: SecretHash,
        ending: Ending,
    ) -> StoreResult<Option<Person>> {
        let change = change.clone();
        self.run(Kind::SignIn, async move |db| {
            written!(db, tx => {
                let (tenant, id) = (change.tenant.id, change.user);
                people::lock(tx, tenant).await?;
                let Some(before) = people::person(tx, tenant, id).await?.filter(Person::is_active) else {
                    return Ok(None);
                };
                let used: Option<ConfirmedRow> = fetch_optional!(
                    tx, sql::account::CONFIRM_ADDRESS, tenant.0, id.0, hash.0.as_slice(), ending.at.0
                )?;
                let Some(used) = used else { return Ok(None) };
                let written = execute!(tx, sql::people::SET_EMAIL, tenant.0, id.0, &used.email, &used.email_key)?;
                if written == 0 {
                    return Err(Refusal::EmailTaken.into());
                }
                // They went to the address before.
                execute!(tx, sql::account::WITHDRAW_ALL, tenant.0, id.0)?;
                let by = UserId(used.asked_by);
                let entry = Entry::of(by, Act::EditProfile).subject(id);
                let entry = entry.change("email", before.email.as_ref(), Some(&used.email));
                note(tx, &unkeyed(tenant, by, ending.id, ending.at), entry).await?;
                Ok(Some(before))
            })
        })
        .await
    }
}
