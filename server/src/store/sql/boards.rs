//! The board in one read transaction.

statements! {
    /// A tenant's teams, in no order.
    TEAMS = "select id, slug, name from teams where tenant_id = $1";

    /// A tenant's palette, in no order.
    TAGS = "select id, name, color from tags where tenant_id = $1";

    /// The public questions.
    QUESTIONS = concat!(
        "select ",
        question_columns!(),
        " from questions where tenant_id = $1 and status <> 'UNDER_REVIEW'"
    );

    /// Which question has which tag.
    QUESTION_TAGS = "select question_id, tag_id from question_tags where tenant_id = $1";

    /// What a participant has voted for.
    VOTED = "select question_id from votes where tenant_id = $1 and voter_id = $2 order by question_id";
}
