//! The lives of the database, and how far each instance has written.

use pulsestage::ports::{Rng, StoreResult};
use pulsestage::time::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use crate::store::db_error::DbResult;
use crate::store::log::epochs::renew_all;
use crate::store::{Db, Pool, SqlStore, Tx, sql};

mod keys;
pub(in crate::store) mod marks;

/// Which PostgreSQL cluster a database is in, and on which timeline.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct ServerIdentity {
    /// Drawn when the cluster was made.
    pub system_identifier: String,
    /// Another with each promotion of a standby, and each recovery to an earlier moment.
    pub timeline: String,
}

/// A life of the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseLineage {
    /// The first has 1.
    pub number: i64,
    /// By what it is known.
    pub id: Uuid,
    /// Where it is; `None` on SQLite, and where it is not known.
    pub identity: Option<ServerIdentity>,
}

/// How far an instance has written, as the database has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromRow)]
pub struct InstanceMark {
    /// The instance.
    pub instance: Uuid,
    /// The run of its process.
    pub session: Uuid,
    /// The run before that.
    pub previous_session: Option<Uuid>,
    /// Grows with what it writes.
    pub number: i64,
    /// When it was last there, roughly.
    pub at: i64,
}

/// What a database says of its past.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DatabaseHistory {
    /// Its lives, the present one last.
    pub lineages: Vec<DatabaseLineage>,
    /// How far each instance has written.
    pub marks: Vec<InstanceMark>,
    /// Where it is now, if it tells.
    pub identity: Option<ServerIdentity>,
}

#[derive(FromRow)]
struct LineageRow {
    number: i64,
    id: Uuid,
    system_identifier: Option<String>,
    timeline: Option<String>,
}

impl From<LineageRow> for DatabaseLineage {
    fn from(row: LineageRow) -> Self {
        let identity = row.system_identifier.zip(row.timeline);
        let identity = identity.map(|(system_identifier, timeline)| ServerIdentity { system_identifier, timeline });
        Self { number: row.number, id: row.id, identity }
    }
}

impl SqlStore {
    /// What the database says of its past.
    ///
    /// # Errors
    /// When the database is in trouble.
    pub async fn database_history(&self) -> StoreResult<DatabaseHistory> {
        self.upkeep(async move |db| {
            let lineages: Vec<LineageRow> = fetch_all!(&db.read, sql::lineage::LINEAGES)?;
            let marks = fetch_all!(&db.read, sql::lineage::MARKS)?;
            let identity = db.server_identity().await?;
            Ok(DatabaseHistory { lineages: lineages.into_iter().map(DatabaseLineage::from).collect(), marks, identity })
        })
        .await
    }

    /// Begins the first life of a database; says whether it did, and no other process.
    ///
    /// # Errors
    /// When the database is in trouble.
    pub async fn begin_lineage(&self, id: Uuid, identity: Option<&ServerIdentity>, at: Timestamp) -> StoreResult<bool> {
        self.upkeep(async move |db| {
            tx!(db.begin(), tx => { insert_lineage(&mut tx, (1, id), "the first start", identity, at).await })
        })
        .await
    }

    /// Begins another life of a database after the one that is its present one, and gives every log a new epoch; says how
    /// many logs there are, or nothing when another process has done so.
    ///
    /// # Errors
    /// When the database is in trouble; nothing is changed then.
    pub async fn renew_lineage(
        &self,
        (number, id): (i64, Uuid),
        reason: &str,
        identity: Option<&ServerIdentity>,
        at: Timestamp,
        rng: &dyn Rng,
    ) -> StoreResult<Option<usize>> {
        self.upkeep(async move |db| {
            tx!(db.begin(), tx => {
                // First of all: whoever begins the same one at the same time waits here for the outcome.
                if !insert_lineage(&mut tx, (number, id), reason, identity, at).await? {
                    return Ok(None);
                }
                Ok(Some(renew_all(&mut tx, rng).await?))
            })
        })
        .await
    }

    /// Keeps where the present life is, when it was not known.
    ///
    /// # Errors
    /// When the database is in trouble.
    pub async fn place_lineage(&self, id: Uuid, identity: &ServerIdentity) -> StoreResult<()> {
        self.upkeep(async move |db| {
            tx!(db.begin(), tx => {
                execute!(&mut tx, sql::lineage::PLACE_LINEAGE, id, &identity.system_identifier, &identity.timeline)?;
                Ok(())
            })
        })
        .await
    }
}

impl Db {
    /// Where the database is. A server that does not tell, such as one without these functions, is not asked in vain.
    async fn server_identity(&self) -> DbResult<Option<ServerIdentity>> {
        let Pool::Postgres(pool) = &self.read else { return Ok(None) };
        match sqlx::query_as(sql::lineage::POSTGRES_IDENTITY).fetch_one(pool).await {
            Ok(identity) => Ok(Some(identity)),
            Err(sqlx::Error::Database(error)) if tells_nothing(&error.code().unwrap_or_default()) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// PostgreSQL's codes for a function that is not there, is not ours to call, or is of no use at the moment, as on a
/// standby.
fn tells_nothing(code: &str) -> bool {
    matches!(code, "42883" | "42501" | "0A000" | "55000")
}

async fn insert_lineage(
    tx: &mut Tx,
    (number, id): (i64, Uuid),
    reason: &str,
    identity: Option<&ServerIdentity>,
    at: Timestamp,
) -> DbResult<bool> {
    let inserted = execute!(
        tx,
        sql::lineage::BEGIN_LINEAGE,
        number,
        id,
        at.0,
        reason,
        identity.map(|identity| identity.system_identifier.as_str()),
        identity.map(|identity| identity.timeline.as_str()),
    )?;
    Ok(inserted == 1)
}
