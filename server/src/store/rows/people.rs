//! Rows of people and of their sessions.

use pulsestage::id::{SessionId, TeamId, TenantId, UserId};
use pulsestage::person::Person;
use pulsestage::ports::SignedIn;
use pulsestage::session::{Revocation, Session};
use pulsestage::time::Timestamp;
use pulsestage::user::Membership;
use sqlx::FromRow;
use uuid::Uuid;

use crate::store::db_error::DbResult;
use crate::store::rows::{TenantRow, role};

/// A row of `users`, without the password.
#[derive(FromRow)]
pub(in crate::store) struct PersonRow {
    id: Uuid,
    name: String,
    email: Option<String>,
    role: String,
    created_at: i64,
    seen_at: Option<i64>,
    deactivated_at: Option<i64>,
}

impl PersonRow {
    pub(in crate::store) const fn id(&self) -> Uuid {
        self.id
    }

    pub(in crate::store) fn into_person(self, memberships: Vec<Membership>) -> DbResult<Person> {
        Ok(Person {
            id: UserId(self.id),
            name: self.name,
            email: self.email,
            role: role(&self.role)?,
            memberships,
            created_at: Timestamp(self.created_at),
            seen_at: self.seen_at.map(Timestamp),
            deactivated_at: self.deactivated_at.map(Timestamp),
        })
    }
}

/// A row of `memberships` with its person.
#[derive(FromRow)]
pub(in crate::store) struct MemberRow {
    user_id: Uuid,
    team_id: Uuid,
    role: String,
}

impl MemberRow {
    pub(in crate::store) fn into_member(self) -> DbResult<(UserId, Membership)> {
        Ok((UserId(self.user_id), Membership { team: TeamId(self.team_id), role: role(&self.role)? }))
    }
}

/// An open session with its person and tenant.
#[derive(FromRow)]
pub(in crate::store) struct OpenSessionRow {
    #[sqlx(flatten)]
    tenant: TenantRow,
    user_id: Uuid,
    role: String,
    session_id: Uuid,
    seen_at: Option<i64>,
    proved_at: Option<i64>,
    expires_at: i64,
}

impl OpenSessionRow {
    pub(in crate::store) fn into_signed_in(self) -> DbResult<SignedIn> {
        Ok(SignedIn {
            role: role(&self.role)?,
            memberships: Vec::new(),
            user: UserId(self.user_id),
            session: SessionId(self.session_id),
            seen_at: self.seen_at.map(Timestamp),
            proved_at: self.proved_at.map(Timestamp),
            expires_at: Timestamp(self.expires_at),
            tenant: self.tenant.into_tenant()?,
        })
    }
}

/// A row of `sessions`, without its secret.
#[derive(FromRow)]
pub(in crate::store) struct SessionRow {
    id: Uuid,
    label: String,
    created_at: i64,
    seen_at: Option<i64>,
    expires_at: i64,
}

impl From<SessionRow> for Session {
    fn from(row: SessionRow) -> Self {
        Self {
            id: SessionId(row.id),
            label: row.label,
            created_at: Timestamp(row.created_at),
            seen_at: row.seen_at.map(Timestamp),
            expires_at: Timestamp(row.expires_at),
        }
    }
}

/// A session that was just ended.
#[derive(FromRow)]
pub(in crate::store) struct EndedRow {
    tenant_id: Uuid,
    user_id: Uuid,
    id: Uuid,
}

impl EndedRow {
    pub(in crate::store) const fn into_ids(self) -> (TenantId, UserId, SessionId) {
        (TenantId(self.tenant_id), UserId(self.user_id), SessionId(self.id))
    }
}

/// A row of `revocations`.
#[derive(FromRow)]
pub(in crate::store) struct RevocationRow {
    id: Uuid,
    tenant_id: Uuid,
    user_id: Uuid,
    session_id: Option<Uuid>,
}

impl RevocationRow {
    pub(in crate::store) fn into_revocation(self) -> (Uuid, Revocation) {
        let revocation = Revocation {
            tenant: TenantId(self.tenant_id),
            user: UserId(self.user_id),
            session: self.session_id.map(SessionId),
        };
        (self.id, revocation)
    }
}
