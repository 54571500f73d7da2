//! Votes: the database counts. Both statements that change a count take the question's row for the rest of their
//! transaction, after the vote's own row; nothing takes them the other way round.

statements! {
    /// A vote; no row when it is there already or the question is not the tenant's.
    INSERT = "insert into votes (tenant_id, question_id, voter_id, at)
        select tenant_id, id, $3, $4 from questions where tenant_id = $1 and id = $2 on conflict do nothing";

    /// Takes a vote back; no row when there is none.
    DELETE = "delete from votes where tenant_id = $1 and question_id = $2 and voter_id = $3";

    /// Counts a vote that was just written (`$3` is 1) or taken back (-1); no row when the question takes no votes, or
    /// not this voter's (`$5`, null where people may vote for their own questions).
    /// `voted_at` does not go back when two clocks disagree: who asks for changes since then would miss this one.
    COUNT = "update questions set upvotes = upvotes + $3,
            voted_at = case when voted_at > $4 then voted_at else $4 end
        where tenant_id = $1 and id = $2 and status = 'OPEN' and frozen_at is null and removal is null
            and ($3 < 0 or author_id <> coalesce($5, id))
            and exists (select 1 from teams t where t.tenant_id = questions.tenant_id and t.id = questions.team_id
                and t.state <> 'closed' and t.archived_at is null)
        returning upvotes";

    /// How a question stands, and whether this voter's vote is on it.
    STANDING = "select q.upvotes, q.status, q.frozen_at is not null as frozen, q.author_id = $3 as own,
            v.voter_id is not null as up, t.state as team, t.archived_at is not null as archived
        from questions q
        join teams t on t.tenant_id = q.tenant_id and t.id = q.team_id
        left join votes v on v.tenant_id = q.tenant_id and v.question_id = q.id and v.voter_id = $3
        where q.tenant_id = $1 and q.id = $2 and q.removal is null";

    /// The counts that changed at a moment or later.
    TALLIES_SINCE = "select id, team_id, upvotes from questions
        where tenant_id = $1 and voted_at >= $2 and status <> 'UNDER_REVIEW' and removal is null order by voted_at, id";

    /// The counts of all public questions.
    TALLIES = "select id, team_id, upvotes from questions
        where tenant_id = $1 and status <> 'UNDER_REVIEW' and removal is null order by id";
}
