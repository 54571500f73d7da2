//! The log.

/// What the facts after `$2` and up to `$3` speak of.
macro_rules! subjects {
    () => {
        "select subject_id from events where tenant_id = $1 and seq > $2 and seq <= $3"
    };
}

statements! {
    /// Where the log ends.
    HEAD = "select epoch, seq from tenants where id = $1";

    /// Takes the next number, and with it the tenant's row until the transaction ends: facts become visible in the
    /// order of their numbers, and no two transactions that write facts of one tenant run at once.
    TAKE_SEQ = "update tenants set seq = seq + 1 where id = $1 returning seq";

    /// Gives back a number that was just taken and is not needed. Nobody has seen it: the row is still ours.
    RETURN_SEQ = "update tenants set seq = seq - 1 where id = $1";

    /// A fact: what happened to what. It has no text of it: that is read where it lives, as it is when somebody asks.
    INSERT = "insert into events (tenant_id, seq, type, team_id, audience, asker_id, subject_id, into_id, at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

    /// The number of the next fact after one; none where none are wanted.
    NEXT = "select seq from events where tenant_id = $1 and seq > $2 and cast($3 as bigint) > 0 order by seq limit 1";

    /// The fact of a number, and the next ones after it.
    LOG_PAGE = "select seq, type, team_id, audience, asker_id, subject_id, into_id, at from events
        where tenant_id = $1 and seq >= $2 order by seq limit $3";

    /// The number up to which facts were removed.
    LOG_FLOOR = "select log_floor from tenants where id = $1";

    /// The questions that the facts after `$2` and up to `$3` speak of, and whether their teams are archived.
    QUESTIONS = concat!(
        "select ",
        question_columns!(),
        ", removal, team_id in (select id from teams where tenant_id = $1 and archived_at is not null) as is_archived
        from questions where tenant_id = $1 and id in (",
        subjects!(),
        ")"
    );

    /// The tags that are on those questions now.
    QUESTION_TAGS = concat!(
        "select q.question_id, t.id, t.name, t.color
        from question_tags q join tags t on t.tenant_id = q.tenant_id and t.id = q.tag_id
        where q.tenant_id = $1 and q.question_id in (",
        subjects!(),
        ")"
    );

    /// The teams that those facts speak of, save those that are archived.
    TEAMS = concat!(
        "select id, slug, name, state from teams where tenant_id = $1 and archived_at is null and id in (",
        subjects!(),
        ")"
    );

    /// The tags that those facts speak of.
    TAGS = concat!("select id, name, color from tags where tenant_id = $1 and id in (", subjects!(), ")");

    /// When a fact was written.
    FACT_TIME = "select at from events where tenant_id = $1 and seq = $2";
}
