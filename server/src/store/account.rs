//! What people come in by: passwords, links for one person, the claim of a tenant, identities at a provider.

use pulsestage::audit::{Act, Entry};
use pulsestage::email::Email;
use pulsestage::id::{TenantId, UserId};
use pulsestage::link::{Identity, PersonLink};
use pulsestage::password::PasswordHash;
use pulsestage::person::Person;
use pulsestage::ports::{
    Admission, AwaitedFactor, Ending, InsteadOf, LinkUse, NewPerson, NewPersonLink, NewSession, PasswordCredentials,
    SecretHash, SignedIn,
};
use pulsestage::tenant::Tenant;
use pulsestage::text::Name;
use pulsestage::time::Timestamp;

use super::audit::{note, unkeyed};
use super::db_error::DbResult;
use super::rows::account::{CredentialsRow, PersonLinkRow};
use super::rows::people::{EndedRow, OpenSessionRow};
use super::rows::{MembershipRow, TenantRow};
use super::sessions::{end_all, open, revoke};
use super::{SqlStore, Tx, people, people_reads, sql};
use crate::unicode::{email_key, name_key};

impl SqlStore {
    pub(super) async fn find_credentials(
        &self,
        tenant: TenantId,
        email: &Email,
    ) -> DbResult<Option<PasswordCredentials>> {
        let row: Option<CredentialsRow> = on!(&self.read, pool => sqlx::query_as(sql::account::CREDENTIALS)
            .bind(tenant.0)
            .bind(email_key(email))
            .fetch_optional(pool)
            .await)?;
        Ok(row.map(PasswordCredentials::from))
    }

    pub(super) async fn find_credentials_of(
        &self,
        tenant: TenantId,
        user: UserId,
    ) -> DbResult<Option<PasswordCredentials>> {
        let row: Option<CredentialsRow> = on!(&self.read, pool => sqlx::query_as(sql::account::CREDENTIALS_OF)
            .bind(tenant.0)
            .bind(user.0)
            .fetch_optional(pool)
            .await)?;
        Ok(row.map(PasswordCredentials::from))
    }

    pub(super) async fn replace_hash(
        &self,
        tenant: TenantId,
        user: UserId,
        old: PasswordHash,
        new: PasswordHash,
    ) -> DbResult<()> {
        written!(self, tx => {
            on!(tx, t => sqlx::query(sql::account::REHASH)
                .bind(tenant.0)
                .bind(user.0)
                .bind(old.as_str())
                .bind(new.as_str())
                .execute(&mut **t)
                .await
                .map(drop))?;
            Ok(())
        })
    }

    pub(super) async fn admit(
        &self,
        tenant: TenantId,
        session: NewSession,
        instead_of: InsteadOf,
    ) -> DbResult<Option<Admission>> {
        written!(self, tx => {
            if active(tx, tenant, session.user).await?.is_none() {
                return Ok(None);
            }
            admit(tx, tenant, &session, instead_of).await
        })
    }

    pub(super) async fn replace_password(
        &self,
        tenant: TenantId,
        password: PasswordHash,
        session: NewSession,
        ending: Ending,
    ) -> DbResult<Option<SignedIn>> {
        written!(self, tx => {
            if active(tx, tenant, session.user).await?.is_none() {
                return Ok(None);
            }
            set_password(tx, tenant, session.user, &password, ending).await?;
            open(tx, tenant, &session).await?;
            signed_in(tx, &session).await
        })
    }

    pub(super) async fn keep_person_link(&self, link: NewPersonLink) -> DbResult<()> {
        written!(self, tx => {
            on!(tx, t => sqlx::query(sql::account::WITHDRAW)
                .bind(link.tenant.0)
                .bind(link.user.0)
                .bind(link.purpose.as_str())
                .execute(&mut **t)
                .await
                .map(drop))?;
            on!(tx, t => sqlx::query(sql::account::PUT_PERSON_LINK)
                .bind(link.tenant.0)
                .bind(link.user.0)
                .bind(link.hash.0.as_slice())
                .bind(link.purpose.as_str())
                .bind(link.at.0)
                .bind(link.expires_at.0)
                .execute(&mut **t)
                .await
                .map(drop))?;
            Ok(())
        })
    }

    pub(super) async fn find_person_link(&self, hash: SecretHash, now: Timestamp) -> DbResult<Option<PersonLink>> {
        let row: Option<PersonLinkRow> = on!(&self.read, pool => sqlx::query_as(sql::account::PERSON_LINK)
            .bind(hash.0.as_slice())
            .bind(now.0)
            .fetch_optional(pool)
            .await)?;
        row.map(PersonLinkRow::into_link).transpose()
    }

    pub(super) async fn spend_person_link(
        &self,
        link: LinkUse,
        session: NewSession,
        instead_of: InsteadOf,
        ending: Ending,
    ) -> DbResult<Option<Admission>> {
        written!(self, tx => {
            let (tenant, user) = (link.tenant, session.user);
            if active(tx, tenant, user).await?.is_none() || !spend(tx, &link, &session).await? {
                return Ok(None);
            }
            if let Some(name) = &link.name {
                set_name(tx, tenant, user, name).await?;
            }
            if let Some(password) = &link.password {
                set_password(tx, tenant, user, password, ending).await?;
            }
            admit(tx, tenant, &session, instead_of).await
        })
    }

    pub(super) async fn is_owned(&self, tenant: TenantId, now: Timestamp) -> DbResult<bool> {
        let mut tx = self.begin_read().await?;
        let owned = owned(&mut tx, tenant, now).await;
        tx.end(owned).await
    }

    pub(super) async fn find_claimable(&self, link: SecretHash, now: Timestamp) -> DbResult<Option<Tenant>> {
        let mut tx = self.begin_read().await?;
        let found = claimable(&mut tx, link, now).await;
        tx.end(found).await
    }

    pub(super) async fn claim_tenant(
        &self,
        tenant: TenantId,
        link: SecretHash,
        owner: NewPerson,
        password: PasswordHash,
        session: NewSession,
    ) -> DbResult<Option<Admission>> {
        written!(self, tx => {
            people::lock(tx, tenant).await?;
            let used = on!(tx, t => sqlx::query(sql::account::USE_CLAIM)
                .bind(tenant.0)
                .bind(link.0.as_slice())
                .bind(session.at.0)
                .execute(&mut **t)
                .await
                .map(|done| done.rows_affected()))?;
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
    }

    pub(super) async fn find_identity(&self, tenant: TenantId, identity: &Identity) -> DbResult<Option<UserId>> {
        let id: Option<uuid::Uuid> = on!(&self.read, pool => sqlx::query_scalar(sql::account::IDENTITY)
            .bind(tenant.0)
            .bind(&identity.issuer)
            .bind(&identity.subject)
            .fetch_optional(pool)
            .await)?;
        Ok(id.map(UserId))
    }

    pub(super) async fn keep_identity(
        &self,
        tenant: TenantId,
        user: UserId,
        identity: Identity,
        at: Timestamp,
    ) -> DbResult<()> {
        written!(self, tx => {
            on!(tx, t => sqlx::query(sql::account::PUT_IDENTITY)
                .bind(tenant.0)
                .bind(&identity.issuer)
                .bind(&identity.subject)
                .bind(user.0)
                .bind(at.0)
                .execute(&mut **t)
                .await
                .map(drop))?;
            Ok(())
        })
    }
}

/// A person who may come in. Whoever keeps people out holds the tenant's row: once that is ours it stays so.
pub(super) async fn active(tx: &mut Tx, tenant: TenantId, user: UserId) -> DbResult<Option<Person>> {
    people::lock(tx, tenant).await?;
    Ok(people_reads::person(tx, tenant, user).await?.filter(Person::is_active))
}

/// Ends the session that a new one takes the place of.
pub(super) async fn replace(tx: &mut Tx, instead_of: InsteadOf) -> DbResult<()> {
    let Some((hash, ending)) = instead_of else { return Ok(()) };
    let ended: Option<EndedRow> = on!(tx, t => sqlx::query_as(sql::sessions::END)
        .bind(hash.0.as_slice())
        .fetch_optional(&mut **t)
        .await)?;
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
pub(super) async fn admit(
    tx: &mut Tx,
    tenant: TenantId,
    session: &NewSession,
    instead_of: InsteadOf,
) -> DbResult<Option<Admission>> {
    if !open(tx, tenant, session).await? {
        let row: Option<TenantRow> =
            on!(tx, t => sqlx::query_as(sql::tenants::BY_ID).bind(tenant.0).fetch_optional(&mut **t).await)?;
        let tenant = row.map(TenantRow::into_tenant).transpose()?;
        return Ok(tenant.map(|tenant| Admission::SecondFactor(AwaitedFactor { tenant })));
    }
    replace(tx, instead_of).await?;
    Ok(signed_in(tx, session).await?.map(Admission::SignedIn))
}

/// Uses a link up; says whether it was good.
async fn spend(tx: &mut Tx, link: &LinkUse, session: &NewSession) -> DbResult<bool> {
    let used = on!(tx, t => sqlx::query(sql::account::USE_PERSON_LINK)
        .bind(link.tenant.0)
        .bind(session.user.0)
        .bind(link.hash.0.as_slice())
        .bind(link.purpose.as_str())
        .bind(session.at.0)
        .execute(&mut **t)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(used > 0)
}

async fn set_name(tx: &mut Tx, tenant: TenantId, user: UserId, name: &Name) -> DbResult<()> {
    on!(tx, t => sqlx::query(sql::people::SET_NAME)
        .bind(tenant.0)
        .bind(user.0)
        .bind(name.as_str())
        .bind(name_key(name.as_str()))
        .execute(&mut **t)
        .await
        .map(drop))?;
    Ok(())
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
    on!(tx, t => sqlx::query(sql::account::WITHDRAW_ALL)
        .bind(tenant.0)
        .bind(user.0)
        .execute(&mut **t)
        .await
        .map(drop))?;
    end_all(tx, tenant, user, ending).await?;
    note(tx, &unkeyed(tenant, user, ending.id, ending.at), Entry::of(user, Act::SetPassword).subject(user)).await
}

async fn write_password(tx: &mut Tx, tenant: TenantId, user: UserId, password: &PasswordHash) -> DbResult<()> {
    on!(tx, t => sqlx::query(sql::account::SET_PASSWORD)
        .bind(tenant.0)
        .bind(user.0)
        .bind(password.as_str())
        .execute(&mut **t)
        .await
        .map(drop))?;
    Ok(())
}

/// Whose session was just opened.
pub(super) async fn signed_in(tx: &mut Tx, session: &NewSession) -> DbResult<Option<SignedIn>> {
    let row: Option<OpenSessionRow> = on!(tx, t => sqlx::query_as(sql::sessions::BY_SECRET)
        .bind(session.hash.0.as_slice())
        .bind(session.at.0)
        .fetch_optional(&mut **t)
        .await)?;
    let Some(row) = row else { return Ok(None) };
    let mut person = row.into_signed_in()?;
    let rows: Vec<MembershipRow> = on!(tx, t => sqlx::query_as(sql::sign_in::MEMBERSHIPS)
        .bind(person.tenant.id.0)
        .bind(person.user.0)
        .fetch_all(&mut **t)
        .await)?;
    person.memberships = rows.into_iter().map(MembershipRow::into_membership).collect::<DbResult<_>>()?;
    Ok(Some(person))
}

async fn owned(tx: &mut Tx, tenant: TenantId, now: Timestamp) -> DbResult<bool> {
    let owners: i64 = on!(tx, t => sqlx::query_scalar(sql::account::OWNERS)
        .bind(tenant.0)
        .bind(now.0)
        .fetch_one(&mut **t)
        .await)?;
    Ok(owners > 0)
}

async fn claimable(tx: &mut Tx, link: SecretHash, now: Timestamp) -> DbResult<Option<Tenant>> {
    let row: Option<TenantRow> = on!(tx, t => sqlx::query_as(sql::account::CLAIMABLE)
        .bind(link.0.as_slice())
        .bind(now.0)
        .fetch_optional(&mut **t)
        .await)?;
    let Some(tenant) = row.map(TenantRow::into_tenant).transpose()? else { return Ok(None) };
    Ok(if owned(tx, tenant.id, now).await? { None } else { Some(tenant) })
}
