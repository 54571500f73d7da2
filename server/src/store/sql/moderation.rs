//! The moderators' and the askers' side of questions. Whoever changes a case holds its tenant's row, so what was read of
//! it is still so when it is written.

/// What a `CaseRow` is read from.
macro_rules! case_columns {
    () => {
        concat!(
            question_columns!(),
            ", version, hold_reason, removal, removed_by, removed_at, removal_reason, merged_into, original_body,
            starred_at, label, draft_text, draft_by, draft_at, claimed_by, claimed_at,
            (select count(*) from reports r where r.tenant_id = questions.tenant_id and r.question_id = questions.id)
                as reports,
            (select string_agg(told.reason, '\n') from (select reason from reports
                where tenant_id = questions.tenant_id and question_id = questions.id and reason <> ''
                order by at desc, reporter_id limit 20) told) as report_reasons,
            (select count(*) from thread_messages m
                where m.tenant_id = questions.tenant_id and m.question_id = questions.id and m.user_id is null
                    and m.at > coalesce((select max(n.at) from thread_messages n
                        where n.tenant_id = m.tenant_id and n.question_id = m.question_id and n.user_id is not null), 0))
                as unanswered,
            (select count(*) from thread_messages m
                where m.tenant_id = questions.tenant_id and m.question_id = questions.id and m.user_id is not null
                    and m.at > coalesce((select max(n.at) from thread_messages n
                        where n.tenant_id = m.tenant_id and n.question_id = m.question_id and n.user_id is null), 0))
                as replies"
        )
    };
}

/// The questions that were merged into a vote's question and have a vote of the same voter.
macro_rules! bringers {
    () => {
        "select c.id from questions c join votes o on o.tenant_id = c.tenant_id and o.question_id = c.id
            where c.tenant_id = votes.tenant_id and c.merged_into = votes.question_id and c.removal = 'merged'
                and o.voter_id = votes.voter_id"
    };
}

/// What is listed when not everything is: what waits, what somebody reported, noted or wrote about, then the newest.
macro_rules! wanted_first {
    () => {
        " order by case
            when removal is null and status = 'UNDER_REVIEW' then 0
            when starred_at is not null or draft_text is not null or claimed_by is not null then 1
            when exists (select 1 from reports r where r.tenant_id = questions.tenant_id and r.question_id = questions.id)
                then 1
            when exists (select 1 from thread_messages m
                where m.tenant_id = questions.tenant_id and m.question_id = questions.id) then 1
            else 2 end, created_at desc, id desc limit "
    };
}

/// A question's team; no index has it, so that SQLite takes the one of few questions and not that of all of the team's.
macro_rules! of_team {
    () => {
        " and coalesce(team_id, id) = $2"
    };
}

/// The questions among which those are that are wanted first, so many (`$most`) of a tenant or of a team of it: what waits,
/// what was noted, reported or written about, and the newest. Each by an index of its own: however many questions there are,
/// no more are read than may be listed.
macro_rules! candidates {
    ($most:literal) => {
        candidates!("", "", $most)
    };
    ($of_team:expr, $team:literal, $most:literal) => {
        concat!(
            "select id from (select id from questions where tenant_id = $1",
            $of_team,
            " and removal is null and status = 'UNDER_REVIEW' order by created_at desc, id desc limit ",
            $most,
            ") waiting
            union select id from (select id from questions where tenant_id = $1",
            $of_team,
            " and (starred_at is not null or draft_text is not null or claimed_by is not null)
                order by created_at desc, id desc limit ",
            $most,
            ") noted
            union select question_id from reports where tenant_id = $1
            union select question_id from thread_messages where tenant_id = $1
            union select id from (select id from questions where tenant_id = $1",
            $team,
            " order by created_at desc, id desc limit ",
            $most,
            ") latest"
        )
    };
}

statements! {
    /// A case.
    CASE = concat!("select ", case_columns!(), " from questions where tenant_id = $1 and id = $2");

    /// So many cases of a tenant.
    CASES = concat!(
        "select ",
        case_columns!(),
        " from questions where tenant_id = $1 and id in (",
        candidates!("$2"),
        ")",
        wanted_first!(),
        "$2"
    );

    /// So many cases of one of its teams.
    CASES_OF_TEAM = concat!(
        "select ",
        case_columns!(),
        " from questions where tenant_id = $1 and id in (",
        candidates!(of_team!(), " and team_id = $2", "$3"),
        ")",
        of_team!(),
        wanted_first!(),
        "$3"
    );

    /// The tags on those that may be among them.
    TAGS_OF_CASES = concat!(
        "select question_id, tag_id from question_tags where tenant_id = $1 and question_id in (",
        candidates!("$2"),
        ")"
    );

    /// The same of one team's.
    TAGS_OF_TEAM_CASES = concat!(
        "select question_id, tag_id from question_tags where tenant_id = $1 and question_id in (",
        candidates!(of_team!(), " and team_id = $2", "$3"),
        ")"
    );

    /// Keeps what a decision has changed.
    KEEP = "update questions set status = $3, body = $4, version = $5, hold_reason = $6, removal = $7, removed_by = $8,
            removed_at = $9, removal_reason = $10, merged_into = $11, original_body = $12, response_text = $13,
            responded_at = $14, responded_by = case when cast($13 as text) is null then null else responded_by end,
            erased_at = null, claimed_by = $15, claimed_at = $16
        where tenant_id = $1 and id = $2";

    /// Who asked a question.
    AUTHOR = "select author_id from questions where tenant_id = $1 and id = $2";

    /// What a participant has asked, newest first.
    OWN_QUESTIONS = concat!(
        "select ",
        case_columns!(),
        " from questions where tenant_id = $1 and author_id = $2 order by created_at desc, id desc"
    );

    /// Stars or unstars.
    STAR = "update questions set starred_at = $3 where tenant_id = $1 and id = $2";

    /// A moderator's own word, or none.
    LABEL = "update questions set label = $3, erased_at = null where tenant_id = $1 and id = $2";

    /// An answer that is not given yet, or none.
    DRAFT = "update questions set erased_at = null, draft_text = $3, draft_by = $4, draft_at = $5 where tenant_id = $1 and id = $2";

    /// Claims a question or lets it go; no row when another's claim still holds: one that is newer than `$5`.
    CLAIM = "update questions set claimed_by = $3, claimed_at = $4
        where tenant_id = $1 and id = $2 and (claimed_by is null or claimed_by = $6 or claimed_at < $5)";

    /// A report; no row when this participant has reported the question before, or there is no such question of others.
    REPORT = "insert into reports (tenant_id, question_id, reporter_id, reason, at)
        select tenant_id, id, $3, $4, $5 from questions where tenant_id = $1 and id = $2 and author_id <> $3
        on conflict do nothing";

    /// Forgets what was written about a question that its asker took back: its own columns are kept by `KEEP`.
    FORGET_NOTES = "update questions set author_name = null, label = null, draft_text = null, draft_by = null,
            draft_at = null
        where tenant_id = $1 and id = $2";

    /// Forgets the reports that a moderator has looked at.
    FORGET_REPORTS = "delete from reports where tenant_id = $1 and question_id = $2";

    /// Casts a question's votes for another too (`$3`), at `$4`, save those of people who have voted for that one: whoever
    /// asked it is counted as everybody is, so that the count does not tell who that was.
    CAST_MERGED = "insert into votes (tenant_id, question_id, voter_id, at, source_id)
        select tenant_id, $3, voter_id, $4, question_id from votes
        where question_id = (select id from questions where tenant_id = $1 and id = $2)
        on conflict do nothing";

    /// Takes back the votes that a merge of one question (`$3`) brought to another (`$2`) and that nothing brings any more.
    UNCAST_MERGED = concat!(
        "delete from votes where tenant_id = $1 and question_id = $2 and source_id = $3 and not exists (",
        bringers!(),
        ")"
    );

    /// Says of those that are left what brings them now.
    CAST_BY_ANOTHER = concat!(
        "update votes set source_id = (",
        bringers!(),
        " order by c.id limit 1) where tenant_id = $1 and question_id = $2 and source_id = $3"
    );

    /// The question that has the votes of another.
    MERGED_INTO = "select merged_into from questions where tenant_id = $1 and id = $2 and removal = 'merged'";

    /// Counts votes that came or went together; also says that there is a new count when nothing came.
    RECOUNT = "update questions set upvotes = upvotes + $3,
            voted_at = case when voted_at > $4 then voted_at else $4 end
        where tenant_id = $1 and id = $2";
}
