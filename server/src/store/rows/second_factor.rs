//! Rows of second factors and of sign-ins that wait for them.

use pulsestage::id::UserId;
use pulsestage::ports::PendingSignIn;
use pulsestage::second_factor::{Salt, SecondFactor};
use pulsestage::time::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use crate::store::db_error::{DbError, DbResult};
use crate::store::rows::TenantRow;

/// A row of `second_factors`, with the number of recovery codes.
#[derive(FromRow)]
pub(in crate::store) struct FactorRow {
    salt: Vec<u8>,
    enabled_at: i64,
    recovery_codes: i64,
}

impl FactorRow {
    pub(in crate::store) fn into_factor(self) -> DbResult<SecondFactor> {
        factor(self.salt, self.enabled_at, self.recovery_codes)
    }
}

/// A row of `pending_sign_ins` with its person, tenant and second factor.
#[derive(FromRow)]
pub(in crate::store) struct PendingRow {
    #[sqlx(flatten)]
    tenant: TenantRow,
    user_id: Uuid,
    person_name: String,
    email: Option<String>,
    salt: Option<Vec<u8>>,
    enabled_at: Option<i64>,
    recovery_codes: i64,
}

impl PendingRow {
    pub(in crate::store) fn into_pending(self) -> DbResult<PendingSignIn> {
        let kept = self.salt.zip(self.enabled_at);
        Ok(PendingSignIn {
            tenant: self.tenant.into_tenant()?,
            user: UserId(self.user_id),
            name: self.person_name,
            email: self.email,
            factor: kept.map(|(salt, enabled_at)| factor(salt, enabled_at, self.recovery_codes)).transpose()?,
        })
    }
}

fn factor(salt: Vec<u8>, enabled_at: i64, recovery_codes: i64) -> DbResult<SecondFactor> {
    let unknown = |_| DbError::Unreadable("salt of a second factor", "not 16 bytes".to_owned());
    Ok(SecondFactor {
        salt: Salt(salt.try_into().map_err(unknown)?),
        enabled_at: Timestamp(enabled_at),
        recovery_codes,
    })
}
