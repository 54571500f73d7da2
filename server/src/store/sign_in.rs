//! One-time links that make the person who brings them.

use pulsestage::error::Refusal;
use pulsestage::id::TenantId;
use pulsestage::ports::{NewLink, NewPerson, NewSession, SecretHash, SignedIn};
use pulsestage::text::Name;
use pulsestage::user::Role;

use super::facts::missing;
use super::rows::{LinkRow, TenantRow, role};
use super::trouble::Done;
use super::{SqlStore, people, sessions, sql};

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
            people::insert(tx, tenant, &bearer(role, &session)?).await?;
            sessions::open(tx, tenant, &session).await?;
            let row: Option<TenantRow> =
                on!(tx, t => sqlx::query_as(sql::tenants::BY_ID).bind(tenant.0).fetch_optional(&mut **t).await)?;
            let tenant = row.ok_or_else(missing)?.into_tenant()?;
            Ok(Some(SignedIn {
                tenant,
                user: session.user,
                role,
                memberships: Vec::new(),
                session: session.id,
                seen_at: Some(session.at.day()),
                expires_at: session.expires_at,
            }))
        })
    }
}

/// The person whom a link makes. A link knows no name, so they are called what they are.
fn bearer(role: Role, session: &NewSession) -> Done<NewPerson> {
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
