//! Trying whether anything can be written, while a disk was full a moment ago.

use pulsestage::time::Timestamp;

use super::db_error::DbResult;
use super::{SqlStore, sql};

/// More than what any one write of ours takes, so that there is room for some when it is written.
const FILLER: usize = 64 << 10;

impl SqlStore {
    pub(super) async fn probe_write(&self, at: Timestamp) -> DbResult<()> {
        // Another text each time: what is the same as before is not written.
        let letter = if at.0 % 2 == 0 { "a" } else { "b" };
        let filler = letter.repeat(FILLER);
        written!(self, tx => {
            on!(tx, t => sqlx::query(sql::probe::PROBE).bind(at.0).bind(&filler).execute(&mut **t).await.map(drop))?;
            Ok(())
        })
    }
}
