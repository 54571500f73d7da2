//! The board in one read transaction.

statements! {
    /// A tenant's teams that are not archived, in no order.
    TEAMS = "select id, slug, name, state from teams where tenant_id = $1 and archived_at is null";

    /// A tenant's palette, in no order.
    TAGS = "select id, name, color from tags where tenant_id = $1";

    /// The public questions; those of archived teams are none.
    QUESTIONS = concat!(
        "select ",
        question_columns!(),
        " from questions where tenant_id = $1 and status <> 'UNDER_REVIEW' and removal is null
            and team_id not in (select id from teams where tenant_id = $1 and archived_at is not null)"
    );

    /// How many questions were received, are shown and were declined, by team; those of archived teams are none.
    TEAM_TOTALS = "select team_id, count(*) as received,
            count(*) filter (where status <> 'UNDER_REVIEW' and removal is null) as shown,
            count(*) filter (where removal = 'declined') as declined
        from questions where tenant_id = $1
            and team_id not in (select id from teams where tenant_id = $1 and archived_at is not null)
        group by team_id";

    /// Which question has which tag.
    QUESTION_TAGS = "select question_id, tag_id from question_tags where tenant_id = $1";

    /// What a participant has asked, as far as everybody sees it; in no order: to have them in that of their ids SQLite would
    /// read all questions of the tenant.
    OWN = "select id from questions
        where tenant_id = $1 and author_id = $2 and status <> 'UNDER_REVIEW' and removal is null";

    /// What a participant has voted for.
    VOTED = "select question_id from votes where tenant_id = $1 and voter_id = $2 order by question_id";
}
