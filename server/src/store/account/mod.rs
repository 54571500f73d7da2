//! What people come in by: passwords, links for one person, the claim of a tenant, identities at a provider.

use async_trait::async_trait;
use pulsestage::audit::{Act, Entry};
use pulsestage::email::Email;
use pulsestage::id::{TenantId, UserId};
use pulsestage::link::{Identity, PersonLink};
use pulsestage::password::PasswordHash;
use pulsestage::person::Person;
use pulsestage::ports::{
    AccountStore, Admission, AwaitedFactor, Ending, InsteadOf, LinkUse, NewPerson, NewPersonLink, NewSession,
    PasswordCredentials, SecretHash, SignedIn, StoreResult,
};
use pulsestage::tenant::Tenant;
use pulsestage::time::Timestamp;

use crate::store::account::sessions::{end_all, open, revoke};
use crate::store::audit::{note, unkeyed};
use crate::store::db_error::DbResult;
use crate::store::rows::account::{CredentialsRow, PersonLinkRow};
use crate::store::rows::people::{EndedRow, OpenSessionRow};
use crate::store::rows::{MembershipRow, TenantRow};
use crate::store::{Kind, SqlStore, Tx, people, sql};
use crate::unicode::email_key;

mod addresses;
mod links;
pub(in crate::store) mod second_factor;
pub(in crate::store) mod sessions;

#[async_trait]
impl AccountStore for SqlStore {
    async fn credentials(&self, tenant: TenantId, email: &Email) -> StoreResult<Option<PasswordCredentials>> {
        self.run(Kind::SignIn, async move |db| {
            let row: Option<CredentialsRow> =
                fetch_optional!(&db.read, sql::account::CREDENTIALS, tenant.0, email_key(email))?;
            Ok(row.map(PasswordCredentials::from))
        })
        .await
    }

    async fn credentials_of(&self, tenant: TenantId, user: UserId) -> StoreResult<Option<PasswordCredentials>> {
        self.run(Kind::SignIn, async move |db| {
            let row: Option<CredentialsRow> =
                fetch_optional!(&db.read, sql::account::CREDENTIALS_OF, tenant.0, user.0)?;
            Ok(row.map(PasswordCredentials::from))
        })
        .await
    }

    async fn rehash(&self, tenant: TenantId, user: UserId, old: &PasswordHash, new: &PasswordHash) -> StoreResult<()> {
        let (old, new) = (old.clone(), new.clone());
        self.run(Kind::SignIn, async move |db| {
            written!(db, tx => {
                execute!(tx, sql::account::REHASH, tenant.0, user.0, old.as_str(), new.as_str())?;
                Ok(())
            })
        })
        .await
    }

    async fn let_in(
        &self,
        tenant: TenantId,
        session: NewSession,
        instead_of: InsteadOf,
    ) -> StoreResult<Option<Admission>> {
        self.run(Kind::SignIn, async move |db| {
            written!(db, tx => {
                if active(tx, tenant, session.user).await?.is_none() {
                    return Ok(None);
                }
                admit(tx, tenant, &session, instead_of).await
            })
        })
        .await
    }

    async fn change_password(
        &self,
        tenant: TenantId,
        password: PasswordHash,
        session: NewSession,
        ending: Ending,
    ) -> StoreResult<Option<SignedIn>> {
        self.run(Kind::SignIn, async move |db| {
            written!(db, tx => {
                if active(tx, tenant, session.user).await?.is_none() {
                    return Ok(None);
                }
                set_password(tx, tenant, session.user, &password, ending).await?;
                open(tx, tenant, &session).await?;
                signed_in(tx, &session).await
            })
        })
        .await
    }

    async fn put_person_link(&self, link: NewPersonLink) -> StoreResult<()> {
        self.run(Kind::SignIn, async move |db| {
            written!(db, tx => {
                execute!(tx, sql::account::WITHDRAW, link.tenant.0, link.user.0, link.purpose.as_str())?;
                execute!(
                    tx,
                    sql::account::PUT_PERSON_LINK,
                    link.tenant.0,
                    link.user.0,
                    link.hash.0.as_slice(),
                    link.purpose.as_str(),
                    link.at.0,
                    link.expires_at.0,
                )?;
                Ok(())
            })
        })
        .await
    }

    async fn person_link(&self, hash: SecretHash, now: Timestamp) -> StoreResult<Option<PersonLink>> {
        self.run(Kind::SignIn, async move |db| {
            let row: Option<PersonLinkRow> =
                fetch_optional!(&db.read, sql::account::PERSON_LINK, hash.0.as_slice(), now.0)?;
            row.map(PersonLinkRow::into_link).transpose()
        })
        .await
    }

    async fn use_person_link(
        &self,
        link: LinkUse,
        session: NewSession,
        instead_of: InsteadOf,
        ending: Ending,
    ) -> StoreResult<Option<Admission>> {
        self.run(Kind::SignIn, async move |db| {
            written!(db, tx => {
                let (tenant, user) = (link.tenant, session.user);
                if active(tx, tenant, user).await?.is_none() || !spend(tx, &link, &session).await? {
                    return Ok(None);
                }
                if let Some(name) = &link.name {
                    people::set_name(tx, tenant, user, name).await?;
                }
                if let Some(password) = &link.password {
                    set_password(tx, tenant, user, password, ending).await?;
                }
                admit(tx, tenant, &session, instead_of).await
            })
        })
        .await
    }

    async fn has_owner(&self, tenant: TenantId, now: Timestamp) -> StoreResult<bool> {
        self.run(Kind::SignIn, async move |db| tx!(db.begin_read(), tx => { owned(&mut tx, tenant, now).await })).await
    }

    async fn claimable(&self, link: SecretHash, now: Timestamp) -> StoreResult<Option<Tenant>> {
        self.run(Kind::SignIn, async move |db| tx!(db.begin_read(), tx => { claimable(&mut tx, link, now).await }))
            .await
    }

    async fn claim(
        &self,
        tenant: TenantId,
        link: SecretHash,
        owner: NewPerson,
        password: PasswordHash,
        session: NewSession,
    ) -> StoreResult<Option<Admission>> {
        self.run(Kind::SignIn, async move |db| {
            written!(db, tx => {
                people::lock(tx, tenant).await?;
                let used = execute!(tx, sql::account::CLAIM, tenant.0, link.0.as_slice(), session.at.0)?;
                // A link that is there beside an owner is worth nothing, and stays used up.
                if used == 0 || owned(tx, tenant, session.at).await? {
                    return Ok(None);
                }
                people::insert(tx, tenant, &owner).await?;
                write_password(tx, tenant, owner.id, &password).await?;
                let entry = Entry::of(owner.id, Act::Claim).subject(owner.id);
                note(tx, &unkeyed(tenant, owner.id, session.id.0, session.at), entry).await?;
                admit(tx, tenant, &session, None).await
            })
        })
        .await
    }

    async fn person_of(&self, tenant: TenantId, identity: &Identity) -> StoreResult<Option<UserId>> {
        self.run(Kind::SignIn, async move |db| {
            let id: Option<uuid::Uuid> = fetch_optional!(
                scalar & db.read,
                sql::account::PERSON_OF,
                tenant.0,
                &identity.issuer,
                &identity.subject
            )?;
            Ok(id.map(UserId))
        })
        .await
    }

    async fn link_identity(
        &self,
        tenant: TenantId,
        user: UserId,
        identity: &Identity,
        at: Timestamp,
    ) -> StoreResult<()> {
        let identity = identity.clone();
        self.run(Kind::SignIn, async move |db| {
            written!(db, tx => {
                execute!(tx, sql::account::LINK_IDENTITY, tenant.0, &identity.issuer, &identity.subject, user.0, at.0)?;
                Ok(())
            })
        })
        .await
    }
}

/// A person who may come in. Whoever keeps people out holds the tenant's row: once that is ours it stays so.
pub(in crate::store) async fn active(tx: &mut Tx, tenant: TenantId, user: UserId) -> DbResult<Option<Person>> {
    people::lock(tx, tenant).await?;
    Ok(people::person(tx, tenant, user).await?.filter(Person::is_active))
}

/// Ends the session that a new one takes the place of.
pub(in crate::store) async fn replace(tx: &mut Tx, instead_of: InsteadOf) -> DbResult<()> {
    let Some((hash, ending)) = instead_of else { return Ok(()) };
    let ended: Option<EndedRow> = fetch_optional!(tx, sql::sessions::END_SESSION, hash.0.as_slice())?;
    match ended {
        Some(ended) => {
            let (tenant, user, session) = ended.into_ids();
            revoke(tx, tenant, user, Some(session), ending).await
        }
        None => Ok(()),
    }
}

/// Opens a session in the place of the one that the browser had, or has it wait for the second factor: then the browser
/// keeps what it had.
pub(in crate::store) async fn admit(
    tx: &mut Tx,
    tenant: TenantId,
    session: &NewSession,
    instead_of: InsteadOf,
) -> DbResult<Option<Admission>> {
    if !open(tx, tenant, session).await? {
        let row: Option<TenantRow> = fetch_optional!(tx, sql::tenants::BY_ID, tenant.0)?;
        let tenant = row.map(TenantRow::into_tenant).transpose()?;
        return Ok(tenant.map(|tenant| Admission::SecondFactor(AwaitedFactor { tenant })));
    }
    replace(tx, instead_of).await?;
    Ok(signed_in(tx, session).await?.map(Admission::SignedIn))
}

/// Uses a link up; says whether it was good.
async fn spend(tx: &mut Tx, link: &LinkUse, session: &NewSession) -> DbResult<bool> {
    let used = execute!(
        tx,
        sql::account::USE_PERSON_LINK,
        link.tenant.0,
        session.user.0,
        link.hash.0.as_slice(),
        link.purpose.as_str(),
        session.at.0,
    )?;
    Ok(used > 0)
}

/// Another password: what was open by the old one, or waits to be opened by a link, is open no more.
async fn set_password(
    tx: &mut Tx,
    tenant: TenantId,
    user: UserId,
    password: &PasswordHash,
    ending: Ending,
) -> DbResult<()> {
    write_password(tx, tenant, user, password).await?;
    execute!(tx, sql::account::WITHDRAW_ALL, tenant.0, user.0)?;
    end_all(tx, tenant, user, ending).await?;
    note(tx, &unkeyed(tenant, user, ending.id, ending.at), Entry::of(user, Act::SetPassword).subject(user)).await
}

async fn write_password(tx: &mut Tx, tenant: TenantId, user: UserId, password: &PasswordHash) -> DbResult<()> {
    execute!(tx, sql::account::SET_PASSWORD, tenant.0, user.0, password.as_str())?;
    Ok(())
}

/// Whose session was just opened.
pub(in crate::store) async fn signed_in(tx: &mut Tx, session: &NewSession) -> DbResult<Option<SignedIn>> {
    let row: Option<OpenSessionRow> =
        fetch_optional!(tx, sql::sessions::SESSION, session.hash.0.as_slice(), session.at.0)?;
    let Some(row) = row else { return Ok(None) };
    let mut person = row.into_signed_in()?;
    let rows: Vec<MembershipRow> = fetch_all!(tx, sql::sign_in::MEMBERSHIPS, person.tenant.id.0, person.user.0)?;
    person.memberships = rows.into_iter().map(MembershipRow::into_membership).collect::<DbResult<_>>()?;
    Ok(Some(person))
}

async fn owned(tx: &mut Tx, tenant: TenantId, now: Timestamp) -> DbResult<bool> {
    let owners: i64 = fetch_one!(scalar tx, sql::account::HAS_OWNER, tenant.0, now.0)?;
    Ok(owners > 0)
}

async fn claimable(tx: &mut Tx, link: SecretHash, now: Timestamp) -> DbResult<Option<Tenant>> {
    let row: Option<TenantRow> = fetch_optional!(tx, sql::account::CLAIMABLE, link.0.as_slice(), now.0)?;
    let Some(tenant) = row.map(TenantRow::into_tenant).transpose()? else { return Ok(None) };
    Ok(if owned(tx, tenant.id, now).await? { None } else { Some(tenant) })
}
