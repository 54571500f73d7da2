//! One-time links, people and sessions.

use pulsestage::id::{TenantId, UserId};
use pulsestage::ports::{NewLink, NewSession, SecretHash, SignedIn};
use pulsestage::time::Timestamp;
use pulsestage::user::Role;

use super::facts::missing;
use super::rows::{LinkRow, MembershipRow, SessionRow, TenantRow, role};
use super::trouble::Done;
use super::{SqlStore, Tx, sql};

impl SqlStore {
    pub(super) async fn keep_link(&self, link: NewLink) -> Done<()> {
        on!(&self.write, pool => sqlx::query(sql::sign_in::PUT_LINK)
            .bind(link.hash.0.as_slice())
            .bind(link.tenant.0)
            .bind(link.role.as_str())
            .bind(link.at.0)
            .bind(link.expires_at.0)
            .execute(pool)
            .await
            .map(drop))?;
        Ok(())
    }

    pub(super) async fn use_link(&self, link: SecretHash, session: NewSession) -> Done<Option<SignedIn>> {
        written!(self, tx => {
            let used: Option<LinkRow> = on!(tx, t => sqlx::query_as(sql::sign_in::REDEEM)
                .bind(link.0.as_slice())
                .bind(session.at.0)
                .fetch_optional(&mut **t)
                .await)?;
            let Some(used) = used else { return Ok(None) };
            let (tenant, role) = (TenantId(used.tenant_id), role(&used.role)?);
            insert_user(tx, tenant, role, &session).await?;
            insert_session(tx, tenant, &session).await?;
            let row: Option<TenantRow> =
                on!(tx, t => sqlx::query_as(sql::tenants::BY_ID).bind(tenant.0).fetch_optional(&mut **t).await)?;
            let tenant = row.ok_or_else(missing)?.into_tenant()?;
            Ok(Some(SignedIn { tenant, user: session.user, role, memberships: Vec::new() }))
        })
    }

    pub(super) async fn find_session(&self, hash: SecretHash, now: Timestamp) -> Done<Option<SignedIn>> {
        let row: Option<SessionRow> = on!(&self.read, pool => sqlx::query_as(sql::sign_in::SESSION)
            .bind(hash.0.as_slice())
            .bind(now.0)
            .fetch_optional(pool)
            .await)?;
        let Some(row) = row else { return Ok(None) };
        let mut person = row.into_signed_in()?;
        // Whoever may do everything needs no more; it is also what most staff are.
        if person.role < Role::Moderator {
            let rows: Vec<MembershipRow> = on!(&self.read, pool => sqlx::query_as(sql::sign_in::MEMBERSHIPS)
                .bind(person.tenant.id.0)
                .bind(person.user.0)
                .fetch_all(pool)
                .await)?;
            person.memberships = rows.into_iter().map(MembershipRow::into_membership).collect::<Done<_>>()?;
        }
        Ok(Some(person))
    }

    pub(super) async fn drop_session(&self, hash: SecretHash) -> Done<()> {
        on!(&self.write, pool => sqlx::query(sql::sign_in::DELETE_SESSION)
            .bind(hash.0.as_slice())
            .execute(pool)
            .await
            .map(drop))?;
        Ok(())
    }
}

/// The person whom a link makes. A link knows no name, so they are called what they are.
async fn insert_user(tx: &mut Tx, tenant: TenantId, role: Role, session: &NewSession) -> Done<()> {
    let UserId(id) = session.user;
    on!(tx, t => sqlx::query(sql::sign_in::INSERT_USER)
        .bind(id)
        .bind(tenant.0)
        .bind(role.as_str())
        .bind(title(role))
        .bind(session.at.0)
        .execute(&mut **t)
        .await
        .map(drop))?;
    Ok(())
}

async fn insert_session(tx: &mut Tx, tenant: TenantId, session: &NewSession) -> Done<()> {
    on!(tx, t => sqlx::query(sql::sign_in::INSERT_SESSION)
        .bind(session.hash.0.as_slice())
        .bind(tenant.0)
        .bind(session.user.0)
        .bind(session.at.0)
        .bind(session.expires_at.0)
        .execute(&mut **t)
        .await
        .map(drop))?;
    Ok(())
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
