//! The installation's own key: taken out of databases in which older versions kept it, and recognised ever after.

use std::time::Duration;

use pulsestage::ports::StoreResult;
use sqlx::SqlitePool;
use tokio::time::{Instant, sleep};

use super::db_error::{DbError, DbResult, store_error};
use super::{SqlStore, sql};

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
        self.bytes_of(sql::keys::KEPT_KEY).await.map_err(store_error)
    }

    /// By what the key of this database is recognised; `None` as long as no key was used with it.
    ///
    /// # Errors
    /// When the database is in trouble.
    pub async fn key_fingerprint(&self) -> StoreResult<Option<[u8; 32]>> {
        self.bytes_of(sql::keys::FINGERPRINT).await.map_err(store_error)
    }

    /// Takes the key of older versions out of the database, so that no byte of it is left in its files.
    ///
    /// # Errors
    /// When the database is in trouble, or another process is reading a SQLite file all the time.
    pub async fn forget_kept_key(&self) -> StoreResult<()> {
        self.scrub_key().await.map_err(store_error)
    }

    /// Keeps by what the key is recognised; gives what is kept afterwards. Unless it `replaces` the one before, of many who
    /// keep one at once the first is kept.
    ///
    /// # Errors
    /// When the database is in trouble.
    pub async fn keep_key_fingerprint(&self, fingerprint: [u8; 32], replaces: bool) -> StoreResult<[u8; 32]> {
        self.put_fingerprint(fingerprint, replaces).await.map_err(store_error)
    }

    async fn bytes_of(&self, statement: &'static str) -> DbResult<Option<[u8; 32]>> {
        let bytes: Option<Vec<u8>> = on!(&self.write, pool => sqlx::query_scalar(statement)
            .bind(PARTICIPANTS)
            .fetch_optional(pool)
            .await)?;
        let whole =
            |bytes: Vec<u8>| bytes.try_into().map_err(|_| DbError::Unreadable("key", "not 32 bytes".to_owned()));
        bytes.map(whole).transpose()
    }

    async fn put_fingerprint(&self, fingerprint: [u8; 32], replaces: bool) -> DbResult<[u8; 32]> {
        let statement = if replaces { sql::keys::REPLACE_FINGERPRINT } else { sql::keys::PUT_FINGERPRINT };
        on!(&self.write, pool => sqlx::query(statement)
            .bind(PARTICIPANTS)
            .bind(fingerprint.as_slice())
            .execute(pool)
            .await
            .map(drop))?;
        let kept = self.bytes_of(sql::keys::FINGERPRINT).await?;
        kept.ok_or_else(|| DbError::Unreadable("key", "its fingerprint was not kept".to_owned()))
    }

    async fn scrub_key(&self) -> DbResult<()> {
        match &self.write {
            super::Db::Sqlite(pool) => scrub_file(pool).await,
            super::Db::Postgres(pool) => {
                sqlx::query(sql::keys::TRUNCATE_KEYS).execute(pool).await?;
                Ok(())
            }
        }
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
