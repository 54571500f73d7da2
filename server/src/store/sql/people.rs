//! People and their roles. Who changes what others may do holds the tenant's row, so that what they looked at stays so.

/// What a `PersonRow` is read from. Never the password.
macro_rules! person_columns {
    () => {
        "id, name, email, role, created_at, seen_at, deactivated_at"
    };
}

/// A page of people: those after a name and an id whose name or address is like a pattern.
macro_rules! page {
    () => {
        " from users
        where tenant_id = $1 and (name_key, id) > ($2, $3)
            and (name_key like $4 escape '\\' or email_key like $4 escape '\\')
        order by name_key, id limit $5"
    };
}

statements! {
    /// Takes the tenant's row without changing it: nobody else manages its people until the commit.
    LOCK = "update tenants set seq = seq where id = $1";

    /// A page of people, by name.
    PEOPLE = concat!("select ", person_columns!(), page!());

    /// The roles by team of the people of the same page, in no order: by the teams' SQLite would read those of everybody.
    PEOPLE_MEMBERSHIPS = concat!(
        "select user_id, team_id, role from memberships
        where tenant_id = $1 and user_id in (select id",
        page!(),
        ")"
    );

    /// Where a person stands in the order of names.
    NAME_KEY = "select name_key from users where tenant_id = $1 and id = $2";

    /// What those who moderate, in the tenant or in a team, and those above them are called.
    STAFF_NAMES = "select id, name from users
        where tenant_id = $1 and role in ('moderator', 'admin', 'owner') and deactivated_at is null
        union select u.id, u.name from memberships m join users u on u.tenant_id = m.tenant_id and u.id = m.user_id
        where m.tenant_id = $1 and m.role = 'moderator' and u.deactivated_at is null";

    /// The addresses of all people.
    EMAIL_KEYS = "select email_key from users where tenant_id = $1 and email_key is not null";

    /// The teams that are not archived.
    TEAM_CHOICES = "select id, slug, name, state from teams where tenant_id = $1 and archived_at is null";

    /// Withdraws a person's links for one purpose.
    WITHDRAW_LINKS = "delete from person_links where tenant_id = $1 and user_id = $2 and purpose = $3 and used_at is null";

    /// A link for one person.
    PUT_INVITATION = "insert into person_links (tenant_id, user_id, purpose, token_hash, created_at, expires_at)
        values ($1, $2, $3, $4, $5, $6)";

    /// How many people there are.
    PEOPLE_COUNT = "select count(*) from users where tenant_id = $1";

    /// A person.
    PERSON = concat!("select ", person_columns!(), " from users where tenant_id = $1 and id = $2");

    /// A person by their address in lower case.
    PERSON_BY_EMAIL = concat!("select ", person_columns!(), " from users where tenant_id = $1 and email_key = $2");

    /// A person's roles by team, archived ones included; in no order, as above.
    MEMBERSHIPS = "select team_id, role from memberships where tenant_id = $1 and user_id = $2";

    /// A new person; no row when their address is in use.
    ADD_PERSON = "insert into users (tenant_id, id, role, name, name_key, email, email_key, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (tenant_id, email_key) do nothing";

    /// What a person is called.
    SET_NAME = "update users set name = $3, name_key = $4 where tenant_id = $1 and id = $2";

    /// Where a person gets mail; no row when somebody else does.
    SET_EMAIL = "update users set email = $3, email_key = $4
        where tenant_id = $1 and id = $2 and not exists (
            select 1 from users other where other.tenant_id = $1 and other.email_key = $4 and other.id <> $2
        )";

    /// What a person may do in the whole tenant.
    SET_ROLE = "update users set role = $3 where tenant_id = $1 and id = $2";

    /// Keeps a person out from a moment on, or lets them in again (null).
    SET_ACTIVE = "update users set deactivated_at = $3 where tenant_id = $1 and id = $2";

    /// Takes note of the day on which somebody was here, if that is news.
    TOUCH_PERSON = "update users set seen_at = $2
        where (seen_at is null or seen_at < $2)
            and (tenant_id, id) in (select tenant_id, user_id from sessions where token_hash = $1)";

    /// How many others own the tenant and can come in: by their address, or because they are in.
    OTHER_OWNERS = "select count(*) from users u
        where u.tenant_id = $1 and u.id <> $2 and u.role = 'owner' and u.deactivated_at is null
            and (u.email_key is not null or exists (
                select 1 from sessions s where s.tenant_id = u.tenant_id and s.user_id = u.id and s.expires_at > $3
            ))";

    /// A role in a team, the first or another; no row when the team is not the tenant's.
    SET_MEMBERSHIP = "insert into memberships (tenant_id, team_id, user_id, role, created_at)
        select tenant_id, id, $3, $4, $5 from teams where tenant_id = $1 and id = $2
        on conflict (tenant_id, team_id, user_id) do update set role = excluded.role";

    /// No role in a team.
    UNSET_MEMBERSHIP = "delete from memberships where tenant_id = $1 and team_id = $2 and user_id = $3";
}
