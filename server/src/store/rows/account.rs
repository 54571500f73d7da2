//! Rows of what people come in by.

use pulsestage::id::UserId;
use pulsestage::link::{AddressChange, PersonLink, RoleLink, WaitingLink};
use pulsestage::password::PasswordHash;
use pulsestage::ports::PasswordCredentials;
use pulsestage::time::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use crate::store::db_error::{DbError, DbResult};
use crate::store::rows::{TenantRow, role};

/// The part of a row of `users` that opens something.
#[derive(FromRow)]
pub(in crate::store) struct CredentialsRow {
    id: Uuid,
    name: String,
    email: Option<String>,
    password_hash: Option<String>,
}

impl CredentialsRow {
    pub(in crate::store) const fn has_password(&self) -> bool {
        self.password_hash.is_some()
    }
}

impl From<CredentialsRow> for PasswordCredentials {
    fn from(row: CredentialsRow) -> Self {
        Self {
            user: UserId(row.id),
            name: row.name,
            email: row.email,
            password: row.password_hash.map(PasswordHash::new),
        }
    }
}

/// A row of `person_links` with its person and tenant.
#[derive(FromRow)]
pub(in crate::store) struct PersonLinkRow {
    #[sqlx(flatten)]
    tenant: TenantRow,
    user_id: Uuid,
    purpose: String,
    person_name: String,
    email: Option<String>,
}

impl PersonLinkRow {
    pub(in crate::store) fn into_link(self) -> DbResult<PersonLink> {
        let unknown = |_| DbError::Unreadable("purpose of a link", "unknown word".to_owned());
        Ok(PersonLink {
            tenant: self.tenant.into_tenant()?,
            user: UserId(self.user_id),
            name: self.person_name,
            email: self.email,
            purpose: self.purpose.parse().map_err(unknown)?,
        })
    }
}

/// A row of `address_changes` with its person and tenant.
#[derive(FromRow)]
pub(in crate::store) struct AddressChangeRow {
    #[sqlx(flatten)]
    tenant: TenantRow,
    user_id: Uuid,
    person_name: String,
    email: String,
}

impl AddressChangeRow {
    pub(in crate::store) fn into_change(self) -> DbResult<AddressChange> {
        Ok(AddressChange {
            tenant: self.tenant.into_tenant()?,
            user: UserId(self.user_id),
            name: self.person_name,
            email: self.email,
        })
    }
}

/// What is left of a row of `address_changes` that was used up.
#[derive(FromRow)]
pub(in crate::store) struct ConfirmedRow {
    pub(in crate::store) email: String,
    pub(in crate::store) email_key: String,
    pub(in crate::store) asked_by: Uuid,
}

/// A row of `sign_in_links` with its tenant.
#[derive(FromRow)]
pub(in crate::store) struct RoleLinkRow {
    #[sqlx(flatten)]
    tenant: TenantRow,
    role: String,
}

impl RoleLinkRow {
    pub(in crate::store) fn into_link(self) -> DbResult<RoleLink> {
        Ok(RoleLink { tenant: self.tenant.into_tenant()?, role: role(&self.role)? })
    }
}

/// A row of `sign_in_links` that waits, without its secret's hash.
#[derive(FromRow)]
pub(in crate::store) struct WaitingLinkRow {
    role: String,
    door: String,
    created_at: i64,
    expires_at: i64,
}

impl WaitingLinkRow {
    pub(in crate::store) fn into_link(self) -> DbResult<WaitingLink> {
        let unknown = |_| DbError::Unreadable("purpose of a link", "unknown word".to_owned());
        Ok(WaitingLink {
            role: role(&self.role)?,
            purpose: self.door.parse().map_err(unknown)?,
            at: Timestamp(self.created_at),
            expires_at: Timestamp(self.expires_at),
        })
    }
}
