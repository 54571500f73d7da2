//! The lives of the database, and how far each instance has written. Of the whole installation.

statements! {
    /// All lives of the database, the present one last.
    LINEAGES = "select number, id, system_identifier, timeline from database_lineages order by number";

    /// A new life; no row where another process was quicker.
    BEGIN_LINEAGE = "insert into database_lineages (number, id, begun_at, reason, system_identifier, timeline)
        values ($1, $2, $3, $4, $5, $6) on conflict do nothing";

    /// Where a life is, when that was not known.
    PLACE_LINEAGE = "update database_lineages set system_identifier = $2, timeline = $3
        where id = $1 and system_identifier is null";

    /// How far each instance has written.
    MARKS = "select instance, session, previous_session, number, at from instance_marks";

    /// A run of an instance's process goes on where the one before ended.
    BEGIN_MARK = "insert into instance_marks (instance, session, previous_session, number, at) values ($1, $2, $3, $4, $5)
        on conflict (instance) do update set session = excluded.session, previous_session = excluded.previous_session,
            number = instance_marks.number + 1, at = excluded.at
        returning number";

    /// This run has written; no row when the mark is not this run's.
    RAISE_MARK = "update instance_marks set number = number + 1 where instance = $1 and session = $2 returning number";

    /// This run is there still.
    TOUCH_MARK = "update instance_marks set at = $3 where instance = $1 and session = $2";

    /// Removes marks of instances that were not there since a moment, and all but the latest so many.
    PRUNE_MARKS = "delete from instance_marks where at < $1
        or instance in (select instance from instance_marks order by at desc, instance limit 1000000 offset $2)";
}

/// On PostgreSQL: which cluster this is and the name of the file of its log that is being written, which begins with the
/// timeline. What `pg_control_checkpoint()` says of the timeline is of the last checkpoint, and so of the time before a
/// promotion until the next one.
pub const POSTGRES_IDENTITY: &str =
    "select (select system_identifier::text from pg_control_system()) as system_identifier,
    substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8) as timeline";
