//! One-time links that make the person who brings them.

use async_trait::async_trait;
use pulsestage::error::Refusal;
use pulsestage::id::{TenantId, UserId};
use pulsestage::link::{LinkPurpose, RoleLink, WaitingLink};
use pulsestage::ports::{
    Admission, LinkStore, MOST_WAITING_LINKS, NewLink, NewPerson, NewSession, SecretHash, StoreResult,
};
use pulsestage::text::Name;
use pulsestage::time::Timestamp;
use pulsestage::user::Role;
use uuid::Uuid;

use crate::store::db_error::DbResult;
use crate::store::rows::account::{RoleLinkRow, WaitingLinkRow};
use crate::store::rows::{LinkRow, role};
use crate::store::{Kind, SqlStore, account, people, sql};

#[async_trait]
impl LinkStore for SqlStore {
    // Says whether there was room for it.
    async fn put_link(&self, link: NewLink) -> StoreResult<bool> {
        self.run(Kind::SignIn, async move |db| {
            let kept = execute!(
                &db.write,
                sql::sign_in::PUT_LINK,
                link.hash.0.as_slice(),
                link.tenant.0,
                link.role.as_str(),
                link.purpose.as_str(),
                link.at.0,
                link.expires_at.0,
                MOST_WAITING_LINKS,
            )?;
            Ok(kept > 0)
        })
        .await
    }

    async fn waiting_links(&self, tenant: TenantId, now: Timestamp) -> StoreResult<Vec<WaitingLink>> {
        self.run(Kind::SignIn, async move |db| {
            let rows: Vec<WaitingLinkRow> = fetch_all!(&db.read, sql::sign_in::WAITING_LINKS, tenant.0, now.0)?;
            rows.into_iter().map(WaitingLinkRow::into_link).collect()
        })
        .await
    }

    // Says how many there were.
    async fn withdraw_links(&self, tenant: TenantId, purpose: LinkPurpose, role: Option<Role>) -> StoreResult<u64> {
        self.run(Kind::SignIn, async move |db| {
            let gone =
                execute!(&db.write, sql::sign_in::WITHDRAW_LINKS, tenant.0, purpose.as_str(), role.map(Role::as_str))?;
            Ok(gone)
        })
        .await
    }

    async fn role_link(&self, hash: SecretHash, now: Timestamp) -> StoreResult<Option<RoleLink>> {
        self.run(Kind::SignIn, async move |db| {
            let row: Option<RoleLinkRow> =
                fetch_optional!(&db.read, sql::sign_in::ROLE_LINK, hash.0.as_slice(), now.0)?;
            row.map(RoleLinkRow::into_link).transpose()
        })
        .await
    }

    async fn redeem_link(&self, link: SecretHash, session: NewSession) -> StoreResult<Option<Admission>> {
        self.run(Kind::SignIn, async move |db| {
            written!(db, tx => {
                let used: Option<LinkRow> = fetch_optional!(
                    tx, sql::sign_in::REDEEM_LINK, link.0.as_slice(), session.at.0
                )?;
                let Some(used) = used else { return Ok(None) };
                let (tenant, role) = (TenantId(used.tenant_id), role(&used.role)?);
                people::insert(tx, tenant, &bearer(role, &session)?).await?;
                account::admit(tx, tenant, &session, None).await
            })
        })
        .await
    }

    async fn whose_link(&self, hash: SecretHash) -> StoreResult<Option<(TenantId, Option<UserId>)>> {
        self.run(Kind::SignIn, async move |db| {
            let own: Option<(Uuid, Uuid)> =
                fetch_optional!(&db.read, sql::account::WHOSE_PERSON_LINK, hash.0.as_slice())?;
            if let Some((tenant, user)) = own {
                return Ok(Some((TenantId(tenant), Some(UserId(user)))));
            }
            let tenant: Option<Uuid> =
                fetch_optional!(scalar & db.read, sql::account::WHOSE_ROLE_LINK, hash.0.as_slice())?;
            Ok(tenant.map(|tenant| (TenantId(tenant), None)))
        })
        .await
    }
}

/// The person whom a link makes. A link knows no name, so they are called what they are.
fn bearer(role: Role, session: &NewSession) -> DbResult<NewPerson> {
    let name = Name::parse(title(role)).map_err(|problem| Refusal::field("name", problem))?;
    Ok(NewPerson { id: session.user, name, email: None, role, memberships: Vec::new(), at: session.at })
}

/// A role as the name of somebody who has no other.
const fn title(role: Role) -> &'static str {
    match role {
        Role::Guest => "Guest",
        Role::Viewer => "Viewer",
        Role::Member => "Member",
        Role::Moderator => "Moderator",
        Role::Admin => "Admin",
        Role::Owner => "Owner",
    }
}
