//! What exports, statistics and recounts read. Authors and voters are counted, and voters are read for the one export
//! that gives them pseudonyms; nothing else here tells them apart.

/// Whether a team is within reach: of everybody when `$who` is null, else of who moderates it now.
macro_rules! within {
    ($row:literal, $who:literal) => {
        concat!(
            "(exists (select 1 from memberships m join teams mt on mt.tenant_id = m.tenant_id and mt.id = m.team_id
                where m.tenant_id = ",
            $row,
            ".tenant_id and m.team_id = ",
            $row,
            ".team_id and m.user_id = ",
            $who,
            " and m.role = 'moderator' and mt.archived_at is null) or ",
            $who,
            " is null)"
        )
    };
}

/// Rows of a stretch of time (`$2` until before `$3`), of a team `$5` or any, within the reach of `$6`.
macro_rules! during {
    ($row:literal, $at:literal) => {
        concat!(
            $row,
            ".tenant_id = $1 and ",
            $at,
            " >= $2 and ",
            $at,
            " < $3 and (",
            $row,
            ".team_id = $5 or $5 is null) and ",
            within!($row, "$6")
        )
    };
}

/// Which bucket of the width `$4` a moment is in.
macro_rules! bucket {
    ($at:literal) => {
        concat!("(", $at, " - $2) / $4")
    };
}

/// Whoever asked or voted, once for each time.
macro_rules! present {
    () => {
        concat!(
            "(select q.team_id, ",
            bucket!("v.at"),
            " as bucket, v.voter_id as who
                from votes v join questions q on q.tenant_id = v.tenant_id and q.id = v.question_id
                where ",
            during!("q", "v.at"),
            " union all select q.team_id, ",
            bucket!("q.created_at"),
            ", q.author_id
                from questions q where ",
            during!("q", "q.created_at"),
            ") present"
        )
    };
}

statements! {
    /// Questions asked after a mark (`$2`, `$3`), from `$4` and until before `$5`, of a team `$6`, in a state `$7`, with a
    /// tag `$8`, within the reach of `$9`; at most `$10`, their tags parted by `$11`.
    EXPORTED_QUESTIONS = concat!(
        "select q.id, q.upvotes, t.name as team, coalesce(q.removal, lower(q.status)) as state, q.created_at, q.body,
            q.original_body, q.response_text, q.responded_at, u.name as responded_by_name,
            q.pinned_at is not null as pinned, q.frozen_at is not null as frozen, q.starred_at is not null as starred,
            q.label, q.removal_reason, q.merged_into,
            (select string_agg(g.name, $11) from question_tags qt
                join tags g on g.tenant_id = qt.tenant_id and g.id = qt.tag_id
                where qt.tenant_id = q.tenant_id and qt.question_id = q.id) as tags
        from questions q
        join teams t on t.tenant_id = q.tenant_id and t.id = q.team_id
        left join users u on u.tenant_id = q.tenant_id and u.id = q.responded_by
        where q.tenant_id = $1 and (q.created_at, q.id) > ($2, $3) and q.created_at >= $4 and q.created_at < $5
            and (q.team_id = $6 or $6 is null)
            and (q.removal is null or q.removal in ('declined', 'merged'))
            and (coalesce(q.removal, lower(q.status)) = $7 or $7 is null)
            and (exists (select 1 from question_tags qt where qt.tenant_id = q.tenant_id and qt.question_id = q.id
                and qt.tag_id = $8) or $8 is null)
            and ",
        within!("q", "$9"),
        " order by q.created_at, q.id limit $10"
    );

    /// A question's count with everybody who voted for it; one row without a voter when nobody did.
    VOTERS = concat!(
        "select q.upvotes, v.voter_id
        from questions q left join votes v on v.tenant_id = q.tenant_id and v.question_id = q.id
        where q.tenant_id = $1 and q.id = $2 and (q.removal is null or q.removal in ('declined', 'merged')) and ",
        within!("q", "$3")
    );

    /// Questions asked and how many of them are on the board, by team and bucket.
    ASKED = concat!(
        "select q.team_id, ", bucket!("q.created_at"), " as bucket, count(*) as many,
            count(*) filter (where q.status <> 'UNDER_REVIEW' and coalesce(q.removal, 'merged') = 'merged') as shown
        from questions q where ", during!("q", "q.created_at"), " group by 1, 2"
    );

    /// Questions declined, by team and bucket.
    DECLINED = concat!(
        "select q.team_id, ", bucket!("q.removed_at"), " as bucket, count(*) as many
        from questions q where ", during!("q", "q.removed_at"), " and q.removal = 'declined' group by 1, 2"
    );

    /// Votes that are there, by team and the bucket in which they were cast.
    VOTES = concat!(
        "select q.team_id, ", bucket!("v.at"), " as bucket, count(*) as many
        from votes v join questions q on q.tenant_id = v.tenant_id and q.id = v.question_id
        where ", during!("q", "v.at"), " group by 1, 2"
    );

    /// Different people who asked or voted, in each bucket.
    PEOPLE_BY_BUCKET =
        concat!("select bucket, count(distinct who) as many from ", present!(), " group by bucket");

    /// Different people who asked or voted, in each team.
    PEOPLE_BY_TEAM =
        concat!("select team_id, count(distinct who) as many from ", present!(), " group by team_id");

    /// Different people who asked or voted.
    PEOPLE = concat!("select count(distinct who) from ", present!());

    /// Answered questions: how long they waited, and whose answer it is. The latest first, at most `$7`.
    WAITS = concat!(
        "select q.team_id, ", bucket!("q.responded_at"), " as bucket, q.responded_by,
            q.responded_at - q.created_at as wait
        from questions q where ", during!("q", "q.responded_at"),
        " and q.status = 'ANSWERED' order by q.responded_at desc limit $7"
    );

    /// What each moderator did in teams, by its word. `$4` is not asked for, and is there so that the numbers are the
    /// others'.
    ACTS = concat!(
        "select a.user_id, u.name, a.action, count(*) as many
        from audit_log a join users u on u.tenant_id = a.tenant_id and u.id = a.user_id
        where ", during!("a", "a.at"), " and a.outcome = 'done' and $4 > 0 group by 1, 2, 3"
    );

    /// A tenant's teams within the reach of `$3`; one alone when `$2` names it.
    TEAMS_WITHIN = concat!(
        "select x.id, x.name from (select tenant_id, id, id as team_id, name from teams where tenant_id = $1) x
        where (x.id = $2 or $2 is null) and ",
        within!("x", "$3")
    );

    /// How many questions a tenant has.
    COUNT = "select count(*) from questions where tenant_id = $1";

    /// Those whose count is not the number of their votes.
    RECOUNT = "select q.id, q.upvotes, count(v.voter_id) as votes
        from questions q left join votes v on v.tenant_id = q.tenant_id and v.question_id = q.id
        where q.tenant_id = $1 group by q.id, q.upvotes having q.upvotes <> count(v.voter_id) order by q.id";

    /// Takes a question's row, so that no vote is counted until this transaction ends.
    HOLD = "update questions set upvotes = upvotes where tenant_id = $1 and id = $2 returning team_id, upvotes";

    /// The votes that are there. A statement of its own: PostgreSQL gives each a fresh look, and this one must have it
    /// after the row was taken.
    COUNT_VOTES = "select count(*) from votes
        where question_id = (select id from questions where tenant_id = $1 and id = $2)";

    /// Makes a question's count another, as a tally that open screens see.
    REPAIR_COUNT = "update questions set upvotes = $3, voted_at = case when voted_at > $4 then voted_at else $4 end
        where tenant_id = $1 and id = $2";
}
