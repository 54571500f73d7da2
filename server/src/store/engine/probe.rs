//! Trying whether anything can be written, while a disk was full a moment ago.

use async_trait::async_trait;
use pulsestage::ports::{Store, StoreResult};
use pulsestage::time::Timestamp;

use crate::store::{Kind, SqlStore, sql};

/// More than what any one write of ours takes, so that there is room for some when it is written.
const FILLER: usize = 64 << 10;

#[async_trait]
impl Store for SqlStore {
    async fn probe(&self, at: Timestamp) -> StoreResult<()> {
        let probed = self.run(Kind::Tenant, async move |db| {
            // Another text each time: what is the same as before is not written.
            let letter = if at.0 % 2 == 0 { "a" } else { "b" };
            let filler = letter.repeat(FILLER);
            written!(db, tx => {
                execute!(tx, sql::probe::PROBE, at.0, &filler)?;
                Ok(())
            })
        });
        probed.await?;
        if let Some(times) = self.times() {
            times.has_room();
        }
        Ok(())
    }
}
