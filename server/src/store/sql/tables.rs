//! Which tables there are: what a copy of everything goes by. Statements of one engine alone, of no tenant.

/// On SQLite: every table with its columns and their types.
pub const SQLITE_COLUMNS: &str = "select t.name, c.name, lower(c.type) from sqlite_schema t
    join pragma_table_info(t.name) c where t.type = 'table' and t.name not like 'sqlite\\_%' escape '\\' order by 1, 2";

/// On PostgreSQL: the same.
pub const POSTGRES_COLUMNS: &str = "select c.table_name::text, c.column_name::text, c.data_type::text
    from information_schema.columns c
    join information_schema.tables t on t.table_schema = c.table_schema and t.table_name = c.table_name
    where c.table_schema = current_schema() and t.table_type = 'BASE TABLE' order by 1, 2";

/// On SQLite: which table refers to which.
pub const SQLITE_REFERENCES: &str = "select distinct t.name, f.\"table\" from sqlite_schema t
    join pragma_foreign_key_list(t.name) f where t.type = 'table' order by 1, 2";

/// On PostgreSQL: the same.
pub const POSTGRES_REFERENCES: &str = "select distinct c.relname::text, f.relname::text from pg_constraint k
    join pg_class c on c.oid = k.conrelid join pg_class f on f.oid = k.confrelid
    where k.contype = 'f' and k.connamespace = current_schema()::regnamespace order by 1, 2";

/// Which migrations were made, and of what text.
pub const MIGRATIONS: &str = "select version, checksum from _sqlx_migrations where success order by version";

/// On SQLite: whether it has had migrations.
pub const SQLITE_HAS_MIGRATIONS: &str = "select exists (select 1 from sqlite_schema where name = '_sqlx_migrations')";
/// On PostgreSQL: the same.
pub const POSTGRES_HAS_MIGRATIONS: &str = "select to_regclass('_sqlx_migrations') is not null";

/// On PostgreSQL: nobody else writes which migrations were made until the transaction ends.
pub const LOCK_MIGRATIONS: &str = "lock table _sqlx_migrations in share row exclusive mode";

/// Gives a migration another number.
pub const RENUMBER_MIGRATION: &str = "update _sqlx_migrations set version = $2 where version = $1";

/// On PostgreSQL: a transaction that waits for another database is not ended for being idle.
pub const MAY_BE_IDLE: &str = "set local idle_in_transaction_session_timeout = 0";
