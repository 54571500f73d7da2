//! Tenants with all that holds in them, their settings, limits and logos.

statements! {
    /// A tenant of a slug with all that holds in it, also when it is archived.
    TENANCY = "select id, slug, name, settings, limits, archived_at from tenants where slug = $1";

    /// What teams decided otherwise than their tenant.
    TEAM_RULES = "select id, settings from teams
        where tenant_id = $1 and settings <> '{}' and archived_at is null";

    /// Every tenant with its numbers, oldest first.
    TENANT_SUMMARIES = "select t.slug, t.name, t.limits, t.archived_at is not null as is_archived,
            (select count(*) from teams x where x.tenant_id = t.id and x.archived_at is null) as teams,
            (select count(*) from questions x where x.tenant_id = t.id) as questions,
            (select count(*) from users x where x.tenant_id = t.id and x.deactivated_at is null) as people
        from tenants t order by t.created_at, t.id";

    /// Sets what the operator allows; no row when there is no such tenant.
    SET_LIMITS = "update tenants set limits = $2 where slug = $1";

    /// Archives or brings back; no row when there is no such tenant.
    SET_ARCHIVED = "update tenants set archived_at = $2 where slug = $1";

    /// Changes name and settings.
    SET_SETTINGS = "update tenants set name = $2, settings = $3 where id = $1";

    /// What the operator allows.
    LIMITS = "select limits from tenants where id = $1";

    /// The questions ever asked.
    COUNT_QUESTIONS = "select count(*) from questions where tenant_id = $1";

    /// The people with an account that is not deactivated.
    COUNT_PEOPLE = "select count(*) from users where tenant_id = $1 and deactivated_at is null";

    /// Keeps a logo in the place of the one before.
    PUT_LOGO = "insert into tenant_logos (tenant_id, media_type, bytes, at) values ($1, $2, $3, $4)
        on conflict (tenant_id) do update
        set media_type = excluded.media_type, bytes = excluded.bytes, at = excluded.at";

    /// Takes a logo away.
    DELETE_LOGO = "delete from tenant_logos where tenant_id = $1";

    /// A logo.
    LOGO = "select media_type, bytes from tenant_logos where tenant_id = $1";
}
