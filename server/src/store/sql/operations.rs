//! Idempotency keys.

statements! {
    /// Claims a key; no row when it was used before. Of two at once the second waits for the first one's end.
    CLAIM = "insert into operations (tenant_id, writer, operation, kind, subject, asked, at)
        values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing";

    /// Forgets the keys of a voter's votes for a question (`$3`) save the latest ones and `$4`, which was just used.
    FORGET_VOTE_KEYS = concat!("delete from operations where ", older_vote_keys!("$2", "$3", "$4"));

    /// Forgets what a writer asked for under other keys than `$4` when they wrote a question's text: a hash of a short text
    /// can be guessed. A repetition is then refused, as one that asks for something else.
    FORGET = "update operations set asked = $5
        where tenant_id = $1 and writer = $2 and subject = $3 and operation <> $4 and kind in ('ask', 'edit_own')";

    /// What a key was used for.
    USED_FOR = "select kind, subject, asked from operations where tenant_id = $1 and writer = $2 and operation = $3";
}
