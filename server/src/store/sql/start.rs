//! The lock of the first steps, on PostgreSQL: of no tenant.

/// Whether this session has the lock now.
pub const TRY_LOCK: &str = "select pg_try_advisory_lock($1)";

/// What its session needs: the server misses a client whose machine is gone within a minute, and does not end a session
/// that is silent.
pub const SESSION: [&str; 4] = [
    "set tcp_keepalives_idle = 10",
    "set tcp_keepalives_interval = 5",
    "set tcp_keepalives_count = 4",
    "set idle_session_timeout = 0",
];

/// What every other session has the server end by itself: transactions of an instance that was frozen or is gone, which
/// hold rows that others wait for, and waiting for those. Each of these a server knows, or does without.
pub const POOLED: [&str; 2] = [
    "set lock_timeout = '5s'; set idle_in_transaction_session_timeout = '30s'; set tcp_keepalives_idle = 10;
        set tcp_keepalives_interval = 5; set tcp_keepalives_count = 4",
    "set client_connection_check_interval = '5s'",
];

/// Ends a transaction, if there is one.
pub const ROLLBACK: &str = "rollback";
