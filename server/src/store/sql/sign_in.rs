//! One-time links. A secret's hash is as good as a tenant: nobody can guess one of another tenant.

statements! {
    /// Keeps a link; one of the same tenant and role that waits to be used is replaced, in one step.
    PUT_LINK = "insert into sign_in_links (token_hash, tenant_id, role, created_at, expires_at)
        values ($1, $2, $3, $4, $5)
        on conflict (tenant_id, role) where used_at is null do update
        set token_hash = excluded.token_hash, created_at = excluded.created_at, expires_at = excluded.expires_at";

    /// Uses a link up; no row when it was used, has run out or never was. Of many at once one gets the row.
    REDEEM = "update sign_in_links set used_at = $2 where token_hash = $1 and used_at is null and expires_at > $2
        returning tenant_id, role";

    /// What a person may do in single teams; archived ones count for nothing.
    MEMBERSHIPS = "select m.team_id, m.role
        from memberships m join teams t on t.tenant_id = m.tenant_id and t.id = m.team_id
        where m.tenant_id = $1 and m.user_id = $2 and t.archived_at is null";
}
