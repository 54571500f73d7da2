//! Texts: how long they are kept, what their writer takes away, and how they are removed.

statements! {
    /// How long a tenant keeps texts.
    RETENTION = "select retention_days, hold_since from tenants where id = $1";

    /// Changes that.
    SET_RETENTION = "update tenants set retention_days = $2, hold_since = $3 where id = $1";

    /// Questions that were asked before a moment and have texts still, oldest first.
    EXPIRED = "select id from questions
        where tenant_id = $1 and erased_at is null and created_at < $2 order by created_at limit $3";

    /// Removes messages of private threads that were written before a moment.
    EXPIRED_MESSAGES = "delete from thread_messages where tenant_id = $1 and id in (
            select id from thread_messages where tenant_id = $1 and at < $2 limit $3)";

    /// Removes the reasons of reports that were made before a moment.
    EXPIRED_REASONS = "update reports set reason = ''
        where tenant_id = $1 and (question_id, reporter_id) in (
            select question_id, reporter_id from reports where tenant_id = $1 and at < $2 and reason <> '' limit $3)";

    /// What a participant has asked and not erased.
    OWN_TEXTS = "select id from questions
        where tenant_id = $1 and author_id = $2 and (erased_at is null or removal is null or removal <> 'withdrawn')";

    /// Removes what moderators and the asker have written beside a question's text and answer.
    FORGET_TEXTS = "update questions set author_name = null, original_body = null, removal_reason = null, label = null,
            draft_text = null, draft_by = null, draft_at = null, erased_at = $3
        where tenant_id = $1 and id = $2";

    /// Removes the reasons for which a question was reported.
    FORGET_REASONS = "update reports set reason = '' where tenant_id = $1 and question_id = $2 and reason <> ''";

    /// Removes the private thread of a question.
    FORGET_THREAD = "delete from thread_messages where tenant_id = $1 and question_id = $2";

    /// Makes the keys under which a participant's texts were written, and those of others about their questions, match
    /// nothing any more: each keeps a hash of the text, and a short text can be found by its hash. The keys stay used. `$3`
    /// is the hash of nothing.
    FORGET_HASHES = "update operations set asked = $3
        where tenant_id = $1 and kind not in ('vote', 'withdraw') and (
            writer = $2
            or subject in (select id from questions where tenant_id = $1 and author_id = $2)
            or subject in (select m.id from thread_messages m
                join questions q on q.tenant_id = m.tenant_id and q.id = m.question_id
                where m.tenant_id = $1 and q.author_id = $2))";

    /// The questions that a participant reported with a reason.
    OWN_REASONS = "select question_id from reports
        where tenant_id = $1 and reporter_id = $2 and reason <> ''";

    /// Removes a participant's reason for a report.
    FORGET_REASON = "update reports set reason = ''
        where tenant_id = $1 and question_id = $2 and reporter_id = $3 and reason <> ''";

    /// What a participant reported, oldest first.
    OWN_REPORTS = "select question_id, reason, at from reports
        where tenant_id = $1 and reporter_id = $2 order by at, question_id";

    /// What a participant voted for, oldest first.
    OWN_VOTES = "select question_id, at from votes where tenant_id = $1 and voter_id = $2 order by at, question_id";
}
