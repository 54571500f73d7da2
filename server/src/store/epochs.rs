//! Epochs of the tenants' logs. A log gets another one when facts that its readers have seen may not be in it any more:
//! cursors of the one before are answered with `resync`.

use pulsestage::event::Epoch;
use pulsestage::id::TenantId;
use pulsestage::ports::{Rng, StoreResult};
use uuid::Uuid;

use super::db_error::{DbResult, store_error};
use super::{SqlStore, Tx, begin, sql};

impl SqlStore {
    /// Gives the log of every tenant a new, random epoch, in one transaction; says how many there are. Facts keep their
    /// numbers.
    ///
    /// # Errors
    /// When the database is in trouble; every log then has the epoch that it had.
    pub async fn renew_epochs(&self, rng: &dyn Rng) -> StoreResult<usize> {
        let renewed: DbResult<usize> = async { tx!(begin(&self.write), tx => { renew_all(&mut tx,rng).await }) }.await;
        renewed.map_err(store_error)
    }

    /// The same, if this tenant's log has this epoch still; says whether it had.
    pub(super) async fn renew_all_if(&self, tenant: TenantId, seen: Epoch, rng: &dyn Rng) -> DbResult<bool> {
        tx!(begin(&self.write), tx => {
            // The row that all who renew take first: whoever waits for it sees what the one before has done.
            let first: Option<Uuid> =
                on!(&mut tx, t => sqlx::query_scalar(sql::epochs::TENANTS).fetch_optional(&mut **t).await)?;
            on!(&mut tx, t => sqlx::query(sql::epochs::HOLD_ROW).bind(first).execute(&mut **t).await.map(drop))?;
            let now: Option<i64> = on!(&mut tx, t => sqlx::query_scalar(sql::epochs::EPOCH)
                .bind(tenant.0)
                .fetch_optional(&mut **t)
                .await)?;
            let is_same = now == Some(seen.0.cast_signed());
            if is_same {
                renew_all(&mut tx,rng).await?;
            }
            Ok(is_same)
        })
    }
}

/// The same as a part of another transaction.
pub(super) async fn renew_all(tx: &mut Tx, rng: &dyn Rng) -> DbResult<usize> {
    // By id, so that two that do it at once do not wait for each other.
    let tenants: Vec<Uuid> = on!(tx, t => sqlx::query_scalar(sql::epochs::TENANTS).fetch_all(&mut **t).await)?;
    for tenant in &tenants {
        on!(tx, t => sqlx::query(sql::epochs::RENEW)
            .bind(tenant)
            .bind(random_epoch(rng).0.cast_signed())
            .execute(&mut **t)
            .await
            .map(drop))?;
    }
    Ok(tenants.len())
}

fn random_epoch(rng: &dyn Rng) -> Epoch {
    let mut bytes = [0; 8];
    rng.fill(&mut bytes);
    Epoch(u64::from_be_bytes(bytes))
}
