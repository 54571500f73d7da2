//! Questions. A question that is under review or off the board is not there for anybody who answers, tags, pins or freezes.

statements! {
    /// A question.
    BY_ID = concat!("select ", question_columns!(), " from questions where tenant_id = $1 and id = $2");

    /// How many questions of this asker (`$2`) are neither answered nor off the board.
    OPEN_OF_ASKER = "select count(*) from questions
        where tenant_id = $1 and author_id = $2 and status <> 'ANSWERED' and removal is null";

    /// The latest texts of this asker (`$2`) that have not left the board.
    TEXTS_OF_ASKER = "select body from questions where tenant_id = $1 and author_id = $2 and removal is null
        order by created_at desc limit 500";

    /// The team of a question.
    TEAM_OF = "select team_id from questions where tenant_id = $1 and id = $2";

    /// The tags on a question, in no order.
    TAGS_OF = "select t.id, t.name, t.color
        from question_tags q join tags t on t.tenant_id = q.tenant_id and t.id = q.tag_id
        where q.tenant_id = $1 and q.question_id = $2";

    /// A new question; no row when the team is not the tenant's or takes none.
    ASK = "insert into questions (tenant_id, id, team_id, author_id, body, status, created_at, hold_reason,
            author_name)
        select tenant_id, $3, id, $4, $5, $6, $7, $8, $9 from teams
        where tenant_id = $1 and id = $2 and state = 'open' and archived_at is null";

    /// A question that everybody sees.
    PUBLIC = concat!(
        "select ",
        question_columns!(),
        " from questions where tenant_id = $1 and id = $2 and status <> 'UNDER_REVIEW' and removal is null"
    );

    /// An answer, the first or another, to the version that was seen (`$6`; any when null); no row when the question
    /// takes none.
    ANSWER = concat!(
        "update questions set status = 'ANSWERED', response_text = $3, responded_at = $4, responded_by = $5,
            version = version + 1, erased_at = null, draft_text = null, draft_by = null, draft_at = null, claimed_by = null, claimed_at = null
        where tenant_id = $1 and id = $2 and status <> 'UNDER_REVIEW' and removal is null and frozen_at is null
            and version = coalesce($6, version)
        returning ",
        question_columns!()
    );

    /// Pins (by whom and when) or unpins (two nulls); `$5` is whether it is on. No row when it is so already.
    SET_PINNED = concat!(
        "update questions set pinned_by = $3, pinned_at = $4
        where tenant_id = $1 and id = $2 and status <> 'UNDER_REVIEW' and removal is null and (pinned_at is null) = $5
        returning ",
        question_columns!()
    );

    /// Freezes or unfreezes, in the same way.
    SET_FROZEN = concat!(
        "update questions set frozen_by = $3, frozen_at = $4
        where tenant_id = $1 and id = $2 and status <> 'UNDER_REVIEW' and removal is null and (frozen_at is null) = $5
        returning ",
        question_columns!()
    );

    /// Puts a tag on a question; no row when it is on it already.
    SET_TAG = "insert into question_tags (tenant_id, question_id, tag_id, at) values ($1, $2, $3, $4)
        on conflict do nothing";

    /// Takes a tag off a question; no row when it is not on it.
    UNSET_TAG = "delete from question_tags where tenant_id = $1 and question_id = $2 and tag_id = $3";
}
