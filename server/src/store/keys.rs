//! The installation's own keys.

use pulsestage::ports::{Chance, Stored};

use super::trouble::{Done, Failure, trouble};
use super::{SqlStore, sql};

/// The key that signs participants' cookies and makes their pseudonyms.
const PARTICIPANTS: &str = "participants";

impl SqlStore {
    /// The key of this installation, made the first time it is asked for. Instances that ask at once get the same.
    ///
    /// # Errors
    /// When the database is in trouble.
    pub async fn installation_key(&self, chance: &dyn Chance) -> Stored<[u8; 32]> {
        self.kept_key(chance).await.map_err(trouble)
    }

    async fn kept_key(&self, chance: &dyn Chance) -> Done<[u8; 32]> {
        let mut candidate = [0; 32];
        chance.fill(&mut candidate);
        on!(&self.write, pool => sqlx::query(sql::keys::PUT_KEY)
            .bind(PARTICIPANTS)
            .bind(candidate.as_slice())
            .execute(pool)
            .await
            .map(drop))?;
        let key: Vec<u8> =
            on!(&self.write, pool => sqlx::query_scalar(sql::keys::KEY).bind(PARTICIPANTS).fetch_one(pool).await)?;
        key.try_into().map_err(|_| Failure::Unreadable("key", "not 32 bytes".to_owned()))
    }
}
