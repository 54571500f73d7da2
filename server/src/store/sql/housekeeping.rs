//! What housekeeping removes, in batches of a bound size.

/// A batch of rows of a table that match a condition, by their key.
macro_rules! batch_of {
    ($table:literal, $key:literal, $where:literal) => {
        concat!(
            "delete from ",
            $table,
            " where tenant_id = $1 and (",
            $key,
            ") in (select ",
            $key,
            " from ",
            $table,
            " where tenant_id = $1 and ",
            $where,
            " limit $3)"
        )
    };
}

statements! {
    /// Idempotency keys that were used before a moment.
    OPERATIONS = batch_of!("operations", "writer, operation", "at < $2");

    /// One-time links that were used, or ran out, before a moment.
    SIGN_IN_LINKS = batch_of!("sign_in_links", "token_hash", "(used_at < $2 or expires_at < $2)");

    /// The same of those for people who are known.
    PERSON_LINKS = batch_of!("person_links", "token_hash", "(used_at < $2 or expires_at < $2)");

    /// Links to threads of questions that were deleted before a moment: they lead nowhere.
    THREAD_LINKS = batch_of!(
        "thread_links", "token_hash",
        "question_id in (select id from questions where tenant_id = $1 and removal = 'deleted' and removed_at < $2)"
    );

    /// Sessions that ran out before a moment.
    SESSIONS = batch_of!("sessions", "token_hash", "expires_at < $2");

    /// Addresses that were not confirmed before a moment.
    ADDRESS_CHANGES = batch_of!("address_changes", "token_hash", "expires_at < $2");

    /// Sign-ins that waited for a second factor until before a moment.
    PENDING_SIGN_INS = batch_of!("pending_sign_ins", "token_hash", "expires_at < $2");

    /// Background jobs that have been of no use since before a moment.
    JOBS = batch_of!("jobs", "id", "expires_at < $2");

    /// The oldest facts and when they were written, without the newest `$2`.
    OLDEST_FACTS = "select seq, at from events
        where tenant_id = $1 and seq <= (select seq from tenants where id = $1) - $2 order by seq limit $3";

    /// Notes that facts up to a number are gone.
    RAISE_FLOOR = "update tenants set log_floor = $2 where id = $1 and log_floor < $2";

    /// Removes facts up to a number.
    FACTS = "delete from events where tenant_id = $1 and seq <= $2";

    /// Takes a task until `$3`, or goes on with it; no row while another has it at `$4`.
    LEASE = "insert into leases (task, holder, until) values ($1, $2, $3)
        on conflict (task) do update set holder = excluded.holder, until = excluded.until
        where leases.holder = excluded.holder or leases.until < $4
        returning holder";

    /// Lets entries of the audit before a moment be deleted, for this transaction: it ends with `CLOSE_PRUNING`.
    OPEN_PRUNING = "insert into audit_retention (id, until) values (1, $1)
        on conflict (id) do update set until = excluded.until";

    /// Entries of the audit before a moment.
    PRUNE_AUDIT = batch_of!("audit_log", "id", "at < $2");

    /// Lets no entry be deleted any more.
    CLOSE_PRUNING = "delete from audit_retention";

    /// Gives a task back.
    END_LEASE = "delete from leases where task = $1 and holder = $2";
}
