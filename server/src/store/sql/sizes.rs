//! How large the tables are: of the whole installation, in each engine's own words.

/// A table of SQLite: rows come at the end and mostly go at the beginning, so their number is near the span of their ids.
macro_rules! span {
    ($table:literal) => {
        concat!(
            "select '",
            $table,
            "' as name, coalesce((select max(rowid) from ",
            $table,
            ") - (select min(rowid) from ",
            $table,
            ") + 1, 0) as row_count, cast(null as integer) as bytes"
        )
    };
}

/// The large tables of SQLite.
pub const SQLITE_TABLES: &str = concat!(
    span!("audit_log"),
    " union all ",
    span!("events"),
    " union all ",
    span!("operations"),
    " union all ",
    span!("questions"),
    " union all ",
    span!("reports"),
    " union all ",
    span!("sessions"),
    " union all ",
    span!("thread_messages"),
    " union all ",
    span!("users"),
    " union all ",
    span!("votes")
);

/// The file of SQLite.
pub const SQLITE_FILE: &str = "select page_count * page_size as bytes, freelist_count * page_size as free_bytes
    from pragma_page_count(), pragma_page_size(), pragma_freelist_count()";

/// The large tables of PostgreSQL, with what its own statistics say of them.
pub const POSTGRES_TABLES: &str = "select s.relname::text as name, s.n_live_tup as row_count,
        pg_total_relation_size(s.relid) as bytes
    from pg_stat_user_tables s
    where s.schemaname = current_schema() and s.relname in ('audit_log', 'events', 'operations', 'questions', 'reports',
        'sessions', 'thread_messages', 'users', 'votes')
    order by s.relname";

/// The database of PostgreSQL.
pub const POSTGRES_DATABASE: &str = "select pg_database_size(current_database())";
