//! What holds one write of a group together on SQLite. PostgreSQL takes one statement at a time and groups nothing.

/// The question is there and open, its team takes votes, and the key was not used.
macro_rules! takes_this_vote {
    () => {
        "tenant_id = $1 and id = $2 and status = 'OPEN' and frozen_at is null and removal is null and exists (
            select 1 from teams t where t.tenant_id = $1 and t.id = questions.team_id
                and t.state <> 'closed' and t.archived_at is null) and not exists (
            select 1 from operations where tenant_id = $1 and writer = $5 and operation = $6)"
    };
}

/// Keeps the key and counts the vote, if the statement before changed it.
macro_rules! counted_by {
    ($step:literal) => {
        concat!(
            "insert into operations (tenant_id, writer, operation, kind, subject, asked, at)
                select $1, $5, $6, $7, $2, $8, $4 where changes() = 1;
            update questions set upvotes = upvotes + ",
            $step,
            ", voted_at = case when voted_at > $4 then voted_at else $4 end
                where tenant_id = $1 and id = $2 and changes() = 1 returning upvotes;"
        )
    };
}

/// Opens the savepoint of a write.
pub const BEGIN: &str = "savepoint one_write";
/// The write went well: it goes with its group.
pub const KEEP: &str = "release one_write";
/// The write did not go well: nothing of it stays.
pub const UNDO: &str = "rollback to one_write; release one_write";

/// A vote that is new, on a question that takes votes, under a key that is: cast, its key kept, and counted, in one go.
/// No row when any of that is not so, and then nothing is changed: each statement goes on from what the one before it
/// changed, and the writer of a group is alone.
///
/// `$1` tenant, `$2` question, `$3` voter, `$4` time, `$5` writer, `$6` key, `$7` kind, `$8` hash of what is asked for, `$9`
/// the voter where people may not vote for their own questions, otherwise null.
pub const VOTE: &str = concat!(
    "savepoint one_write;
    insert into votes (tenant_id, question_id, voter_id, at)
        select tenant_id, id, $3, $4 from questions where ",
    takes_this_vote!(),
    " and author_id <> coalesce($9, id) on conflict do nothing;",
    counted_by!("1"),
    "release one_write"
);

/// The same for a vote that is taken back, and the keys of its older votes are forgotten: of two votes for a question one is
/// taken back, so their number is bounded without work for the first.
pub const WITHDRAW: &str = concat!(
    "savepoint one_write;
    delete from votes where tenant_id = $1 and question_id = $2 and voter_id = $3
        and exists (select 1 from questions where ",
    takes_this_vote!(),
    ");",
    counted_by!("-1"),
    "delete from operations where changes() = 1 and ",
    older_vote_keys!("$5", "$2", "$6"),
    ";
    release one_write"
);
