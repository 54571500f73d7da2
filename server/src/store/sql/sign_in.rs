//! One-time links. A secret's hash is as good as a tenant: nobody can guess one of another tenant.

statements! {
    /// Keeps a link, unless so many of its tenant, role and purpose wait already (`$7`).
    PUT_LINK = "insert into sign_in_links (token_hash, tenant_id, role, door, created_at, expires_at)
        select $1, id, $3, $4, $5, $6 from tenants
        where id = $2 and (
            select count(*) from sign_in_links
            where tenant_id = $2 and role = $3 and door = $4 and used_at is null and expires_at > $5
        ) < $7";

    /// The links of a tenant that wait, the latest first.
    WAITING_LINKS = "select role, door, created_at, expires_at from sign_in_links
        where tenant_id = $1 and used_at is null and expires_at > $2 order by created_at desc, token_hash";

    /// Withdraws the links of a tenant and purpose that wait, of one role or (null) of all.
    WITHDRAW_LINKS = "delete from sign_in_links
        where tenant_id = $1 and door = $2 and role = coalesce($3, role) and used_at is null";

    /// What a link for signing in opens, while it is good.
    ROLE_LINK = "select t.id, t.slug, t.name, t.settings, l.role
        from sign_in_links l join tenants t on t.id = l.tenant_id
        where l.token_hash = $1 and l.door = 'sign_in' and l.used_at is null and l.expires_at > $2
            and t.archived_at is null";

    /// Uses a link for signing in up; no row when it was used, has run out, never was, or is for another purpose. Of many at
    /// once one gets the row.
    REDEEM_LINK = "update sign_in_links set used_at = $2
        where token_hash = $1 and door = 'sign_in' and used_at is null and expires_at > $2
        returning tenant_id, role";

    /// What a person may do in single teams; archived ones count for nothing.
    MEMBERSHIPS = "select m.team_id, m.role
        from memberships m join teams t on t.tenant_id = m.tenant_id and t.id = m.team_id
        where m.tenant_id = $1 and m.user_id = $2 and t.archived_at is null";
}
