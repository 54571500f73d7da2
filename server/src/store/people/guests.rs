//! Guests who sign in: what they did in that browser becomes their account's, and is counted once.
//!
//! The order of locks is this: the tenant's row, so that joins of a tenant go one after another; then the rows of the
//! questions that it may be about, so that no vote is counted on them meanwhile; then votes of the two alone. The same person
//! who votes in another tab at that very moment takes a vote before its question, and PostgreSQL may have to refuse one
//! of the two, which tries again.

use async_trait::async_trait;
use pulsestage::id::{ParticipantId, TenantId};
use pulsestage::ports::{GuestJoin, GuestStore, StoreResult};

use crate::store::db_error::DbResult;
use crate::store::log::facts::LogSlot;
use crate::store::{Kind, SqlStore, Tx, sql};

#[async_trait]
impl GuestStore for SqlStore {
    async fn has_taken_part(&self, tenant: TenantId, participant: ParticipantId) -> StoreResult<bool> {
        self.run(Kind::SignIn, async move |db| {
            let found: Option<i64> =
                fetch_optional!(scalar & db.read, sql::guests::HAS_TAKEN_PART, tenant.0, participant.0)?;
            Ok(found.is_some())
        })
        .await
    }

    async fn join_guest(&self, join: GuestJoin) -> StoreResult<()> {
        self.run(Kind::SignIn, async move |db| {
            written!(db, tx => {
                let place = LogSlot::take(tx, join.tenant).await?;
                hold(tx, &join).await?;
                if !join.own_votes {
                    uncount(tx, sql::guests::UNCOUNT_OWN, &join).await?;
                    step(tx, sql::guests::DELETE_OWN, &join).await?;
                }
                uncount(tx, sql::guests::UNCOUNT_DOUBLE, &join).await?;
                for statement in [
                    sql::guests::KEEP_CAST,
                    sql::guests::DELETE_DOUBLE,
                    sql::guests::MOVE_VOTES,
                    sql::guests::DELETE_REPORTS,
                    sql::guests::MOVE_REPORTS,
                    sql::guests::MOVE_QUESTIONS,
                    sql::guests::MOVE_FACTS,
                    sql::guests::DELETE_KEYS_DOUBLE,
                    sql::guests::MOVE_KEYS,
                ] {
                    step(tx, statement, &join).await?;
                }
                // Nobody else sees any of it: the counts that changed are tallies.
                place.give_back(tx).await
            })
        })
        .await
    }
}

async fn hold(tx: &mut Tx, join: &GuestJoin) -> DbResult<()> {
    execute!(tx, sql::guests::HOLD, join.tenant.0, join.guest.0)?;
    Ok(())
}

async fn uncount(tx: &mut Tx, statement: &'static str, join: &GuestJoin) -> DbResult<()> {
    execute!(tx, statement, join.tenant.0, join.guest.0, join.account.0, join.at.0)?;
    Ok(())
}

async fn step(tx: &mut Tx, statement: &'static str, join: &GuestJoin) -> DbResult<()> {
    execute!(tx, statement, join.tenant.0, join.guest.0, join.account.0)?;
    Ok(())
}
