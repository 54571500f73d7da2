//! Whether what is in a database is sound: counts, and the logs of the tenants.

use pulsestage::ports::{ReportStore, StoreResult, TenantStore};
use sqlx::FromRow;

use crate::store::{SqlStore, sql};
use pulsestage::export::Miscount;

/// A log that has not every fact that it should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogGap {
    /// The tenant's slug.
    pub tenant: String,
    /// How many facts there should be.
    pub expected: i64,
    /// How many of them there are.
    pub found: i64,
    /// How many there are beyond its end.
    pub beyond: i64,
}

/// What a database was found to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Soundness {
    /// Questions that were counted.
    pub questions: i64,
    /// Votes that they have.
    pub votes: i64,
    /// Facts in the logs.
    pub facts: i64,
    /// Counts that are not the number of their votes, with the tenant's slug.
    pub miscounts: Vec<(String, Miscount)>,
    /// Logs with gaps.
    pub gaps: Vec<LogGap>,
}

impl Soundness {
    /// Whether nothing was found.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.miscounts.is_empty() && self.gaps.is_empty()
    }
}

#[derive(FromRow)]
struct LogRow {
    expected: i64,
    found: i64,
    beyond: i64,
}

/// Counts everything again.
///
/// # Errors
/// When the database is in trouble.
pub async fn sound(store: &SqlStore) -> StoreResult<Soundness> {
    let mut sound = Soundness::default();
    for tenant in store.tenants().await? {
        let (questions, miscounts) = store.recount(tenant.id).await?;
        sound.questions += questions;
        sound.miscounts.extend(miscounts.into_iter().map(|miscount| (tenant.slug.clone(), miscount)));
        let counted = store.upkeep(async |db| {
            let log: LogRow = fetch_one!(&db.read, sql::backup::LOG, tenant.id.0)?;
            let votes: i64 = fetch_one!(scalar & db.read, sql::backup::VOTES, tenant.id.0)?;
            Ok((log, votes))
        });
        let (LogRow { expected, found, beyond }, votes) = counted.await?;
        sound.votes += votes;
        sound.facts += found;
        if expected != found || beyond != 0 {
            sound.gaps.push(LogGap { tenant: tenant.slug, expected, found, beyond });
        }
    }
    Ok(sound)
}
