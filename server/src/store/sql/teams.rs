//! Teams. One that is archived is not there, save for those who bring it back.

statements! {
    /// A team of a tenant.
    TEAM = "select id, slug, name, state from teams where tenant_id = $1 and id = $2 and archived_at is null";

    /// The slugs of a tenant's teams.
    SLUGS = "select slug from teams where tenant_id = $1";

    /// A new team; no row when its name is in use. A code that another team has is left out.
    CREATE_TEAM = "insert into teams (tenant_id, id, slug, name, name_key, created_at, join_code)
        values ($1, $2, $3, $4, $5, $6, case when exists (select 1 from teams where join_code = $7) then null else $7 end)
        on conflict do nothing";

    /// Every team with what those who run it see, in no order.
    TEAMS = "select id, slug, name, state, settings, join_code, archived_at is not null as is_archived
        from teams where tenant_id = $1";

    /// Another name and other settings; no row when the team is not there or another team has the name.
    CHANGE_TEAM = "update teams set name = $3, name_key = $4, settings = $5
        where tenant_id = $1 and id = $2 and archived_at is null
            and not exists (select 1 from teams where tenant_id = $1 and name_key = $4 and id <> $2)
        returning id, slug, name, state";

    /// What a team decided otherwise than its tenant.
    SETTINGS = "select settings from teams where tenant_id = $1 and id = $2";

    /// Another state; no row when it is so already.
    SET_TEAM_STATE = "update teams set state = $3
        where tenant_id = $1 and id = $2 and archived_at is null and state <> $3
        returning id, slug, name, state";

    /// Archives (when) or brings back (null); `$4` is whether it is to be archived. No row when it is so already.
    SET_TEAM_ARCHIVED = "update teams set archived_at = $3
        where tenant_id = $1 and id = $2 and (archived_at is null) = $4
        returning id, slug, name, state";

    /// A team of a tenant, also when it is archived.
    ANY = "select id, slug, name, state from teams where tenant_id = $1 and id = $2";

    /// Another code; no row when another team has it.
    SET_JOIN_CODE = "update teams set join_code = $3
        where tenant_id = $1 and id = $2 and not exists (select 1 from teams where join_code = $3)";

    /// The team of a code, with its tenant's slug.
    TEAM_BY_CODE = "select o.slug as tenant, t.id, t.slug, t.name, t.state
        from teams t join tenants o on o.id = t.tenant_id
        where t.join_code = $1 and t.archived_at is null and o.archived_at is null";
}
