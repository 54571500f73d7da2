//! What the operator allows a tenant, held by the transactions that would exceed it.

use pulsestage::error::{Noun, Refusal};
use pulsestage::id::{ParticipantId, TenantId};

use crate::store::db_error::DbResult;
use crate::store::log::facts;
use crate::store::tenancy::limits_of;
use crate::store::{Tx, sql};

/// What is counted.
pub(in crate::store) enum Counted {
    Questions,
    People,
}

/// Refuses when the tenant has as many as it may have. A transaction that holds the tenant's row, with a place in the
/// log, cannot be overtaken by another that counts at the same time; others may exceed a limit by as many as there are at
/// once.
pub(in crate::store) async fn room_for(tx: &mut Tx, tenant: TenantId, counted: Counted) -> DbResult<()> {
    let text: Option<String> = fetch_optional!(scalar tx, sql::tenancy::LIMITS, tenant.0)?;
    let limits = limits_of(&text.ok_or_else(facts::missing)?)?;
    let (most, count, what) = match counted {
        Counted::Questions => (limits.questions, sql::tenancy::COUNT_QUESTIONS, Noun::Question),
        Counted::People => (limits.people, sql::tenancy::COUNT_PEOPLE, Noun::Person),
    };
    // Most tenants have no limit, and nothing is counted for them.
    let Some(most) = most else { return Ok(()) };
    let there: i64 = fetch_one!(scalar tx, count, tenant.0)?;
    if there < i64::from(most) { Ok(()) } else { Err(Refusal::LimitReached { what }.into()) }
}

/// Refuses when an asker has as many open questions as one may have. The transaction has a place in the tenant's log, so
/// that no other counts at the same time.
pub(in crate::store) async fn room_for_asker(
    tx: &mut Tx,
    tenant: TenantId,
    asker: ParticipantId,
    most: Option<u32>,
) -> DbResult<()> {
    let Some(most) = most else { return Ok(()) };
    let there: i64 = fetch_one!(scalar tx, sql::questions::OPEN_OF_ASKER, tenant.0, asker.0)?;
    if there < i64::from(most) { Ok(()) } else { Err(Refusal::LimitReached { what: Noun::Question }.into()) }
}
