//! Rows of what people come in by.

use pulsestage::door::PersonLink;
use pulsestage::id::UserId;
use pulsestage::password::PasswordHash;
use pulsestage::ports::Credentials;
use sqlx::FromRow;
use uuid::Uuid;

use super::TenantRow;
use crate::store::trouble::{Done, Failure};

/// The part of a row of `users` that opens something.
#[derive(FromRow)]
pub(in crate::store) struct CredentialsRow {
    id: Uuid,
    name: String,
    email: Option<String>,
    password_hash: Option<String>,
}

impl From<CredentialsRow> for Credentials {
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
    pub(in crate::store) fn into_link(self) -> Done<PersonLink> {
        let unknown = |_| Failure::Unreadable("purpose of a link", "unknown word".to_owned());
        Ok(PersonLink {
            tenant: self.tenant.into_tenant()?,
            user: UserId(self.user_id),
            name: self.person_name,
            email: self.email,
            purpose: self.purpose.parse().map_err(unknown)?,
        })
    }
}
