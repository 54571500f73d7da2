//! Tenants and their palette.

statements! {
    /// The tenant of a slug.
    TENANT_BY_SLUG = "select id, slug, name, settings from tenants where slug = $1";

    /// A tenant.
    BY_ID = "select id, slug, name, settings from tenants where id = $1";

    /// All tenants, oldest first.
    TENANTS = "select id, slug, name, settings from tenants order by created_at, id";

    /// A new tenant; no row when its slug is in use.
    CREATE_TENANT = "insert into tenants (id, slug, name, epoch, settings, created_at) values ($1, $2, $3, $4, $5, $6)
        on conflict do nothing";

    /// A tag of a tenant.
    TAG = "select id, name, color from tags where tenant_id = $1 and id = $2";

    /// A new tag; no row when its name is in use.
    CREATE_TAG = "insert into tags (tenant_id, id, name, name_key, color, created_at) values ($1, $2, $3, $4, $5, $6)
        on conflict do nothing";

    /// Another name and colour; no row when the tag is not there or another tag has the name.
    CHANGE_TAG = "update tags set name = $3, name_key = $4, color = $5
        where tenant_id = $1 and id = $2
            and not exists (select 1 from tags where tenant_id = $1 and name_key = $4 and id <> $2)
        returning id, name, color";

    /// Takes a tag off every question.
    CLEAR_TAG = "delete from question_tags where tenant_id = $1 and tag_id = $2";

    /// Deletes a tag that is on no question; no row when it is gone.
    DELETE_TAG = "delete from tags where tenant_id = $1 and id = $2";
}
