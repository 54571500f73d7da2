//! One-time links that make the person who brings them.

use pulsestage::error::Refusal;
use pulsestage::id::TenantId;
use pulsestage::link::{LinkPurpose, RoleLink, WaitingLink};
use pulsestage::ports::{Admission, MOST_WAITING_LINKS, NewLink, NewPerson, NewSession, SecretHash};
use pulsestage::text::Name;
use pulsestage::time::Timestamp;
use pulsestage::user::Role;

use super::db_error::DbResult;
use super::rows::account::{RoleLinkRow, WaitingLinkRow};
use super::rows::{LinkRow, role};
use super::{SqlStore, account, people, sql};

impl SqlStore {
    /// Says whether there was room for it.
    pub(super) async fn keep_link(&self, link: NewLink) -> DbResult<bool> {
        let kept = on!(&self.write, pool => sqlx::query(sql::sign_in::PUT_LINK)
            .bind(link.hash.0.as_slice())
            .bind(link.tenant.0)
            .bind(link.role.as_str())
            .bind(link.door.as_str())
            .bind(link.at.0)
            .bind(link.expires_at.0)
            .bind(MOST_WAITING_LINKS)
            .execute(pool)
            .await
            .map(|done| done.rows_affected()))?;
        Ok(kept > 0)
    }

    pub(super) async fn list_waiting_links(&self, tenant: TenantId, now: Timestamp) -> DbResult<Vec<WaitingLink>> {
        let rows: Vec<WaitingLinkRow> = on!(&self.read, pool => sqlx::query_as(sql::sign_in::WAITING_LINKS)
            .bind(tenant.0)
            .bind(now.0)
            .fetch_all(pool)
            .await)?;
        rows.into_iter().map(WaitingLinkRow::into_link).collect()
    }

    /// Says how many there were.
    pub(super) async fn drop_links(&self, tenant: TenantId, door: LinkPurpose, role: Option<Role>) -> DbResult<u64> {
        let gone = on!(&self.write, pool => sqlx::query(sql::sign_in::WITHDRAW_LINKS)
            .bind(tenant.0)
            .bind(door.as_str())
            .bind(role.map(Role::as_str))
            .execute(pool)
            .await
            .map(|done| done.rows_affected()))?;
        Ok(gone)
    }

    pub(super) async fn find_role_link(&self, hash: SecretHash, now: Timestamp) -> DbResult<Option<RoleLink>> {
        let row: Option<RoleLinkRow> = on!(&self.read, pool => sqlx::query_as(sql::sign_in::ROLE_LINK)
            .bind(hash.0.as_slice())
            .bind(now.0)
            .fetch_optional(pool)
            .await)?;
        row.map(RoleLinkRow::into_link).transpose()
    }

    pub(super) async fn use_link(&self, link: SecretHash, session: NewSession) -> DbResult<Option<Admission>> {
        written!(self, tx => {
            let used: Option<LinkRow> = on!(tx, t => sqlx::query_as(sql::sign_in::REDEEM)
                .bind(link.0.as_slice())
                .bind(session.at.0)
                .fetch_optional(&mut **t)
                .await)?;
            let Some(used) = used else { return Ok(None) };
            let (tenant, role) = (TenantId(used.tenant_id), role(&used.role)?);
            people::insert(tx, tenant, &bearer(role, &session)?).await?;
            account::admit(tx, tenant, &session, None).await
        })
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
