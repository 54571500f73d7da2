//! What a backup asks a database.

statements! {
    /// How many facts a tenant's log should have above its floor, how many it has, and how many beyond its end.
    LOG = "select t.seq - t.log_floor as expected,
            (select count(*) from events where tenant_id = $1 and seq > t.log_floor and seq <= t.seq) as found,
            (select count(*) from events where tenant_id = $1 and seq > t.seq) as beyond
        from tenants t where t.id = $1";

    /// How many votes a tenant has.
    VOTES = "select count(*) from votes where tenant_id = $1";

    /// Every tenant's name in addresses, oldest first.
    SLUGS = "select slug from tenants order by created_at, id";

    /// The latest migration.
    MIGRATION = "select max(version) from _sqlx_migrations";
}

/// On SQLite: references are looked at when the transaction ends.
pub const DEFER_REFERENCES: &str = "pragma defer_foreign_keys = on";
/// On SQLite: rows that refer to what is not there, by table.
pub const MISSING_REFERENCES: &str = "select \"table\", count(*) from pragma_foreign_key_check() group by 1 order by 1";
/// On PostgreSQL: how many of our own programs are at work on this database, this one aside.
pub const POSTGRES_OTHERS: &str = "select count(*) from pg_stat_activity
    where datname = current_database() and application_name = 'pulsestage' and pid <> pg_backend_pid()";
