//! The audit. It only grows: there is no statement here, nor may there be one, that changes or deletes an entry.

/// What a `RecordRow` is read from. The first condition is the tenant, then follows what is asked for.
macro_rules! records {
    ($where:literal) => {
        concat!(
            "select a.id, a.at, a.user_id, u.name as user_name, a.action, a.team_id, t.name as team_name,
                a.subject_id, a.outcome, a.before, a.after
            from audit_log a
            left join users u on u.tenant_id = a.tenant_id and u.id = a.user_id
            left join teams t on t.tenant_id = a.tenant_id and t.id = a.team_id
            where a.tenant_id = $1 and ",
            $where,
            " order by a.at desc, a.id desc limit $10"
        )
    };
}

statements! {
    /// An entry. One that is there already is this very one.
    NOTE = "insert into audit_log (id, tenant_id, at, user_id, action, team_id, subject_id, outcome, before, after)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing";

    /// The entries before a mark (`$2`, `$3`), from `$4` and until before `$5`, by a person `$6`, of a word `$7`, that
    /// ended so `$8`, about `$9`, newest first; what is null does not matter. What is compared comes first, so that
    /// PostgreSQL knows the type of what may be null.
    AUDIT = records!(
        "(a.at, a.id) < ($2, $3) and a.at >= $4 and a.at < $5 and (a.user_id = $6 or $6 is null)
            and (a.action = $7 or $7 is null) and (a.outcome = $8 or $8 is null)
            and (a.subject_id = $9 or $9 is null)"
    );

    /// The same about one thing alone, by its own index.
    AUDIT_ABOUT = records!(
        "a.subject_id = $9 and (a.at, a.id) < ($2, $3) and a.at >= $4 and a.at < $5
            and (a.user_id = $6 or $6 is null) and (a.action = $7 or $7 is null) and (a.outcome = $8 or $8 is null)"
    );
}
