//! What the database has to do with the installation's own key: of no tenant. The key itself is elsewhere.

statements! {
    /// The key, where an older version kept it in the database.
    KEPT_KEY = "select key from installation_keys where name = $1";

    /// Takes it out of the database.
    FORGET_KEY = "delete from installation_keys";

    /// By what the key is recognised.
    FINGERPRINT = "select fingerprint from key_fingerprints where name = $1";

    /// Keeps that, unless there is one already.
    PUT_FINGERPRINT = "insert into key_fingerprints (name, fingerprint) values ($1, $2) on conflict (name) do nothing";

    /// Keeps that in place of the one before.
    REPLACE_FINGERPRINT = "insert into key_fingerprints (name, fingerprint) values ($1, $2)
        on conflict (name) do update set fingerprint = excluded.fingerprint";
}

/// On SQLite: overwrite what is deleted.
pub const SECURE_DELETE: &str = "pragma secure_delete = on";
/// On SQLite: leave out pages that are free, and what was in them.
pub const VACUUM: &str = "vacuum";
/// On SQLite: have the log end where it begins.
pub const TRUNCATE_LOG: &str = "pragma wal_checkpoint(truncate)";
/// On PostgreSQL: give the table a new, empty file.
pub const TRUNCATE_KEYS: &str = "truncate installation_keys";
