//! A guest becomes an account. `$1` is the tenant, `$2` the guest and `$3` the account throughout. Nothing here is read to be
//! told: both are who is signed in at that moment.

/// The guest's votes, or the account's.
macro_rules! voted_by {
    ($who:literal) => {
        concat!("id in (select question_id from votes where tenant_id = $1 and voter_id = ", $who, ")")
    };
    ($who:literal, $which:literal) => {
        concat!("id in (select question_id from votes where tenant_id = $1 and voter_id = ", $who, $which, ")")
    };
}

/// Takes a vote from the count, and says that there is a new one at `$4`.
macro_rules! one_less {
    () => {
        "update questions set upvotes = upvotes - 1, voted_at = case when voted_at > $4 then voted_at else $4 end
            where tenant_id = $1 and "
    };
}

statements! {
    /// Whether a participant has done anything: one row or none.
    HAS_TAKEN_PART = "select cast(1 as bigint) where
        exists (select 1 from questions where tenant_id = $1 and author_id = $2)
        or exists (select 1 from votes where tenant_id = $1 and voter_id = $2)
        or exists (select 1 from reports where tenant_id = $1 and reporter_id = $2)
        or exists (select 1 from operations where tenant_id = $1 and writer = $2)
        or exists (select 1 from events where tenant_id = $1 and asker_id = $2)";

    /// Takes the rows of the questions that the guest has asked or voted for, so that no vote is counted on them until this
    /// transaction ends.
    HOLD = "update questions set upvotes = upvotes where tenant_id = $1 and id in (
            select id from questions where tenant_id = $1 and author_id = $2
            union select question_id from votes where tenant_id = $1 and voter_id = $2)";

    /// Uncounts votes of the one for what the other has asked, save those that a merge brought: it counts everybody, so that
    /// the count tells nobody's question. A question has one author, so it loses one vote at most.
    UNCOUNT_OWN = concat!(
        one_less!(),
        "author_id in ($2, $3) and ((author_id = $2 and ",
        voted_by!("$3", " and source_id is null"),
        ") or (author_id = $3 and ",
        voted_by!("$2", " and source_id is null"),
        "))"
    );

    /// Takes those votes back.
    DELETE_OWN = "delete from votes where tenant_id = $1 and voter_id in ($2, $3) and source_id is null and (
        (voter_id = $3 and question_id in (select id from questions where tenant_id = $1 and author_id = $2))
        or (voter_id = $2 and question_id in (select id from questions where tenant_id = $1 and author_id = $3)))";

    /// Uncounts the second vote where both have one.
    UNCOUNT_DOUBLE = concat!(one_less!(), voted_by!("$2"), " and ", voted_by!("$3"));

    /// Where the guest has voted by themselves and a merge brought the account's vote, that is theirs now: a split leaves it.
    KEEP_CAST = "update votes set source_id = null where tenant_id = $1 and voter_id = $3 and source_id is not null
        and question_id in (select question_id from votes
            where tenant_id = $1 and voter_id = $2 and source_id is null)";

    /// Takes those votes back.
    DELETE_DOUBLE = "delete from votes where tenant_id = $1 and voter_id = $2
        and question_id in (select question_id from votes where tenant_id = $1 and voter_id = $3)";

    /// The guest's votes are the account's.
    MOVE_VOTES = "update votes set voter_id = $3 where tenant_id = $1 and voter_id = $2";

    /// One report of a question is enough, and nobody reports their own.
    DELETE_REPORTS = "delete from reports where tenant_id = $1 and reporter_id in ($2, $3) and (
        (reporter_id = $2 and (question_id in (select question_id from reports where tenant_id = $1 and reporter_id = $3)
            or question_id in (select id from questions where tenant_id = $1 and author_id = $3)))
        or (reporter_id = $3 and question_id in (select id from questions where tenant_id = $1 and author_id = $2)))";

    /// The guest's reports are the account's.
    MOVE_REPORTS = "update reports set reporter_id = $3 where tenant_id = $1 and reporter_id = $2";

    /// The guest's questions are the account's.
    MOVE_QUESTIONS = "update questions set author_id = $3 where tenant_id = $1 and author_id = $2";

    /// What was for the guest alone is for the account alone.
    MOVE_FACTS = "update events set asker_id = $3 where tenant_id = $1 and asker_id = $2";

    /// A key that both have used stays the account's.
    DELETE_KEYS_DOUBLE = "delete from operations where tenant_id = $1 and writer = $2
        and operation in (select operation from operations where tenant_id = $1 and writer = $3)";

    /// A write of the guest's that is sent again is known as the account's.
    MOVE_KEYS = "update operations set writer = $3 where tenant_id = $1 and writer = $2";
}
