//! Private threads. Whoever wrote for the moderators leaves the store as one of them, and as nobody.

statements! {
    /// Whether a participant asked a question: one row or none.
    IS_ASKER = "select count(*) from questions where tenant_id = $1 and id = $2 and author_id = $3";

    /// The messages, oldest first.
    MESSAGES = "select id, body, at, cast(case when user_id is null then 1 else 0 end as bigint) as by_asker
        from thread_messages where tenant_id = $1 and question_id = $2 order by at, id";

    /// One more message.
    SAY = "insert into thread_messages (tenant_id, question_id, id, user_id, body, at) values ($1, $2, $3, $4, $5, $6)";

    /// Whether a question has a link.
    LINKS = "select count(*) from thread_links where tenant_id = $1 and question_id = $2";

    /// The link of a question, in place of the one before.
    PUT_THREAD_LINK = "insert into thread_links (tenant_id, question_id, token_hash, created_at) values ($1, $2, $3, $4)
        on conflict (tenant_id, question_id) do update set token_hash = excluded.token_hash,
            created_at = excluded.created_at";

    /// Takes the link of a question back.
    END_THREAD_LINK = "delete from thread_links where tenant_id = $1 and question_id = $2";

    /// Where a link leads.
    THREAD_LINK = "select t.id, t.slug, t.name, t.settings, l.question_id
        from thread_links l
        join questions q on q.tenant_id = l.tenant_id and q.id = l.question_id
        join tenants t on t.id = l.tenant_id
        where l.token_hash = $1 and (q.removal is null or q.removal <> 'deleted') and t.archived_at is null";
}
