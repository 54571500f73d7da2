//! The write-ahead log of SQLite, which PostgreSQL has no words for.

/// Whether the log of facts still has their texts, as versions before this one wrote it.
pub const LOG_HAS_TEXTS: &str = "select count(*) > 0 from pragma_table_info('events') where name = 'data'";
/// Writes the file anew, without what is deleted.
pub const VACUUM: &str = "vacuum";
/// Copies what it can into the database file and waits for nobody.
pub const COPY: &str = "pragma wal_checkpoint(passive)";
/// Copies all of it and leaves an empty file; the first column is not 0 when somebody was in the way.
pub const EMPTY: &str = "pragma wal_checkpoint(truncate)";
