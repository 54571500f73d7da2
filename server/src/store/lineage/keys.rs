//! The installation's own key: taken out of databases in which older versions kept it, and recognised ever after.

use std::time::Duration;

use pulsestage::ports::StoreResult;
use sqlx::SqlitePool;
use tokio::time::{Instant, sleep};

use crate::store::db_error::{DbError, DbResult};
use crate::store::{Db, Pool, SqlStore, sql};

/// The key that signs participants' cookies and makes their pseudonyms.
const PARTICIPANTS: &str = "participants";
/// How long the log of a SQLite file is waited for while others read it, and the time between tries.
const LOG_PATIENCE: Duration = Duration::from_secs(5);
const LOG_PAUSE: Duration = Duration::from_millis(20);

impl SqlStore {
    /// The key that an older version kept in the database, until [`SqlStore::forget_kept_key`].
    ///
    /// # Errors
    /// When the database is in trouble.
    pub async fn kept_key(&self) -> StoreResult<Option<[u8; 32]>> {
        self.upkeep(async move |db| db.bytes_of(sql::keys::KEPT_KEY).await).await
    }

    /// By what the key of this database is recognised; `None` as long as no key was used with it.
    ///
    /// # Errors
    /// When the database is in trouble.
    pub async fn key_fingerprint(&self) -> StoreResult<Option<[u8; 32]>> {
        self.upkeep(async move |db| db.bytes_of(sql::keys::FINGERPRINT).await).await
    }

    /// Takes the key of older versions out of the database, so that no byte of it is left in its files.
    ///
    /// # Errors
    /// When the database is in trouble, or another process is reading a SQLite file all the time.
    pub async fn forget_kept_key(&self) -> StoreResult<()> {
        self.upkeep(async move |db| match &db.write {
            Pool::Sqlite(pool) => scrub_file(pool).await,
            Pool::Postgres(pool) => {
                sqlx::query(sql::keys::TRUNCATE_KEYS).execute(pool).await?;
                Ok(())
            }
        })
        .await
    }

    /// Keeps by what the key is recognised; gives what is kept afterwards. Unless it `replaces` the one before, of many who
    /// keep one at once the first is kept.
    ///
    /// # Errors
    /// When the database is in trouble.
    pub async fn keep_key_fingerprint(&self, fingerprint: [u8; 32], replaces: bool) -> StoreResult<[u8; 32]> {
        self.upkeep(async move |db| {
            let statement = if replaces { sql::keys::REPLACE_FINGERPRINT } else { sql::keys::PUT_FINGERPRINT };
            execute!(&db.write, statement, PARTICIPANTS, fingerprint.as_slice())?;
            let kept = db.bytes_of(sql::keys::FINGERPRINT).await?;
            kept.ok_or_else(|| DbError::Unreadable("key", "its fingerprint was not kept".to_owned()))
        })
        .await
    }
}

impl Db {
    async fn bytes_of(&self, statement: &'static str) -> DbResult<Option<[u8; 32]>> {
        let bytes: Option<Vec<u8>> = fetch_optional!(scalar & self.write, statement, PARTICIPANTS)?;
        let whole =
            |bytes: Vec<u8>| bytes.try_into().map_err(|_| DbError::Unreadable("key", "not 32 bytes".to_owned()));
        bytes.map(whole).transpose()
    }
}

/// Takes the key out of a SQLite file and its log.
async fn scrub_file(pool: &SqlitePool) -> DbResult<()> {
    let mut one = pool.acquire().await?;
    // The row goes last: where this breaks off before, it is there for the next start to take.
    for statement in [sql::keys::SECURE_DELETE, sql::keys::VACUUM, sql::keys::FORGET_KEY] {
        sqlx::query(statement).execute(&mut *one).await?;
    }
    let give_up = Instant::now() + LOG_PATIENCE;
    loop {
        let (busy, _, _): (i64, i64, i64) = sqlx::query_as(sql::keys::TRUNCATE_LOG).fetch_one(&mut *one).await?;
        match busy {
            0 => return Ok(()),
            _ if Instant::now() < give_up => sleep(LOG_PAUSE).await,
            _ => return Err(DbError::Unreadable("log", "another process reads the file all the time".to_owned())),
        }
    }
}
