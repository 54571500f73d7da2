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
            (select string_agg(r.reason, '\n') from (select reason from reports
                where tenant_id = questions.tenant_id and question_id = questions.id and reason <> ''
                order by at desc, reporter_id limit 20) r) as report_reasons,
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

statements! {
    /// A case.
    CASE = concat!("select ", case_columns!(), " from questions where tenant_id = $1 and id = $2");

    /// So many cases of a tenant.
    CASES = concat!("select ", case_columns!(), " from questions where tenant_id = $1", wanted_first!(), "$2");

    /// So many cases of one of its teams.
    CASES_OF_TEAM = concat!(
        "select ",
        case_columns!(),
        " from questions where tenant_id = $1 and team_id = $2",
        wanted_first!(),
        "$3"
    );

    /// Keeps what a decision has changed.
    KEEP = "update questions set status = $3, body = $4, version = $5, hold_reason = $6, removal = $7, removed_by = $8,
            removed_at = $9, removal_reason = $10, merged_into = $11, original_body = $12, response_text = $13,
            responded_at = $14, responded_by = case when cast($13 as text) is null then null else responded_by end,
            edited_at = case when body = $4 then edited_at else $15 end, erased_at = null,
            claimed_by = $16, claimed_at = $17
        where tenant_id = $1 and id = $2";

    /// Who asked a question.
    AUTHOR = "select author_id from questions where tenant_id = $1 and id = $2";

    /// What a participant has asked, newest first.
    OWN = concat!(
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

    /// Forgets the reports that a moderator has looked at.
    FORGET_REPORTS = "delete from reports where tenant_id = $1 and question_id = $2";

    /// Notes which votes of a question (`$2`) another (`$3`) has not got.
    NOTE_MERGED = "insert into merged_votes (tenant_id, source_id, target_id, voter_id)
        select v.tenant_id, v.question_id, q.id, v.voter_id from votes v
        join questions q on q.tenant_id = v.tenant_id and q.id = $3 and (q.author_id <> v.voter_id or $4)
        where v.tenant_id = $1 and v.question_id = $2 and not exists (
            select 1 from votes t where t.tenant_id = $1 and t.question_id = $3 and t.voter_id = v.voter_id)";

    /// Casts them for the other, at `$3`.
    CAST_MERGED = "insert into votes (tenant_id, question_id, voter_id, at)
        select tenant_id, target_id, voter_id, $3 from merged_votes where tenant_id = $1 and source_id = $2
        on conflict do nothing";

    /// Takes back what a merge at `$4` cast, save what its voters have taken back or cast again themselves.
    UNCAST_MERGED = "delete from votes where tenant_id = $1 and question_id = $3 and at = $4 and voter_id in (
            select voter_id from merged_votes where tenant_id = $1 and source_id = $2)";

    /// Forgets a merge.
    FORGET_MERGED = "delete from merged_votes where tenant_id = $1 and source_id = $2";

    /// Counts votes that came or went together; also says that there is a new count when nothing came.
    RECOUNT = "update questions set upvotes = upvotes + $3,
            voted_at = case when voted_at > $4 then voted_at else $4 end
        where tenant_id = $1 and id = $2";
}
