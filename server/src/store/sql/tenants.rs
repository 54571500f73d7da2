//! Tenants, their teams and their palette.

statements! {
    /// The tenant of a slug.
    BY_SLUG = "select id, slug, name, settings from tenants where slug = $1";

    /// A tenant.
    BY_ID = "select id, slug, name, settings from tenants where id = $1";

    /// All tenants, oldest first.
    LIST = "select id, slug, name, settings from tenants order by created_at, id";

    /// A new tenant; no row when its slug is in use.
    INSERT = "insert into tenants (id, slug, name, epoch, settings, created_at) values ($1, $2, $3, $4, $5, $6)
        on conflict do nothing";

    /// A team of a tenant.
    TEAM = "select id, slug, name from teams where tenant_id = $1 and id = $2";

    /// The slugs of a tenant's teams.
    TEAM_SLUGS = "select slug from teams where tenant_id = $1";

    /// A new team; no row when its name is in use.
    INSERT_TEAM = "insert into teams (tenant_id, id, slug, name, name_key, created_at) values ($1, $2, $3, $4, $5, $6)
        on conflict do nothing";

    /// A tag of a tenant.
    TAG = "select id, name, color from tags where tenant_id = $1 and id = $2";

    /// A new tag; no row when its name is in use.
    INSERT_TAG = "insert into tags (tenant_id, id, name, name_key, color, created_at) values ($1, $2, $3, $4, $5, $6)
        on conflict do nothing";
}
