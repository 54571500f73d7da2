//! Sessions and what ended them. A secret's hash is as good as a tenant: nobody can guess one of another tenant.

statements! {
    /// A session.
    OPEN_SESSION = "insert into sessions (tenant_id, user_id, token_hash, id, label, created_at, proved_at, seen_at, expires_at)
        values ($1, $2, $3, $4, $5, $6, $6, $7, $8)";

    /// Clears away a person's sessions that have run out.
    SWEEP = "delete from sessions where tenant_id = $1 and user_id = $2 and expires_at <= $3";

    /// Whose session it is, while it is open.
    SESSION = "select t.id, t.slug, t.name, t.settings, u.id as user_id, u.role,
            s.id as session_id, s.seen_at, s.proved_at, s.expires_at
        from sessions s
        join users u on u.tenant_id = s.tenant_id and u.id = s.user_id
        join tenants t on t.id = s.tenant_id
        where s.token_hash = $1 and s.expires_at > $2 and u.deactivated_at is null";

    /// A person's open sessions, the latest first.
    SESSIONS_OF = "select id, label, created_at, seen_at, expires_at from sessions
        where tenant_id = $1 and user_id = $2 and expires_at > $3 order by created_at desc, id desc";

    /// Takes note of the day on which a session was used, if that is news.
    TOUCH_SESSION = "update sessions set seen_at = $2 where token_hash = $1 and (seen_at is null or seen_at < $2)";

    /// Takes note that the person of a session showed who they are.
    PROVE = "update sessions set proved_at = $4 where tenant_id = $1 and user_id = $2 and id = $3";

    /// Ends a session by its secret; says whose it was.
    END_SESSION = "delete from sessions where token_hash = $1 returning tenant_id, user_id, id";

    /// Ends one session of a person.
    REVOKE_SESSION = "delete from sessions where tenant_id = $1 and user_id = $2 and id = $3";

    /// Ends all sessions of a person.
    REVOKE_SESSIONS = "delete from sessions where tenant_id = $1 and user_id = $2";

    /// Says that an access has ended; of all sessions of a person when none is named.
    INSERT_REVOCATION = "insert into revocations (id, tenant_id, user_id, session_id, at) values ($1, $2, $3, $4, $5)";

    /// What was revoked of late, in all tenants.
    REVOCATIONS_SINCE = "select id, tenant_id, user_id, session_id from revocations where at >= $1";

    /// Forgets what was revoked long ago.
    FORGET_REVOCATIONS = "delete from revocations where at < $1";
}
