//! Epochs of the tenants' logs. A log gets another one when facts that its readers have seen may not be in it any more:
//! cursors of the one before are answered with `resync`.

use pulsestage::event::Epoch;
use pulsestage::ports::{Rng, StoreResult};
use uuid::Uuid;

use crate::store::db_error::DbResult;
use crate::store::{SqlStore, Tx, sql};

impl SqlStore {
    /// Gives the log of every tenant a new, random epoch, in one transaction; says how many there are. Facts keep their
    /// numbers.
    ///
    /// # Errors
    /// When the database is in trouble; every log then has the epoch that it had.
    pub async fn renew_epochs(&self, rng: &dyn Rng) -> StoreResult<usize> {
        self.upkeep(async move |db| tx!(db.begin(), tx => { renew_all(&mut tx, rng).await })).await
    }
}

/// The same as a part of another transaction.
pub(in crate::store) async fn renew_all(tx: &mut Tx, rng: &dyn Rng) -> DbResult<usize> {
    // By id, so that two that do it at once do not wait for each other.
    let tenants: Vec<Uuid> = fetch_all!(scalar tx, sql::epochs::TENANTS)?;
    for tenant in &tenants {
        execute!(tx, sql::epochs::RENEW, tenant, random_epoch(rng).0.cast_signed())?;
    }
    Ok(tenants.len())
}

fn random_epoch(rng: &dyn Rng) -> Epoch {
    let mut bytes = [0; 8];
    rng.fill(&mut bytes);
    Epoch(u64::from_be_bytes(bytes))
}
