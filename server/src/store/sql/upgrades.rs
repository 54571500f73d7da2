//! Changes of what is stored that SQL alone cannot make, each made once.

statements! {
    /// Says that it is made; no row when it is made already.
    MARK = "insert into upgrades (name) values ($1) on conflict (name) do nothing";

    /// Every tenant.
    TENANTS = "select id from tenants";

    /// Names of teams and the keys that keep them apart, those first that were there first.
    TEAM_NAMES = "select id, name, name_key from teams where tenant_id = $1 order by created_at, id";

    /// A name of a team and its key.
    SET_TEAM_NAME = "update teams set name = $3, name_key = $4 where tenant_id = $1 and id = $2";

    /// As for teams.
    TAG_NAMES = "select id, name, name_key from tags where tenant_id = $1 order by id";

    /// As for teams.
    SET_TAG_NAME = "update tags set name = $3, name_key = $4 where tenant_id = $1 and id = $2";

    /// Names of people; there may be several of one name.
    USER_NAMES = "select id, name, name_key from users where tenant_id = $1 order by created_at, id";

    /// As for teams.
    SET_USER_NAME = "update users set name = $3, name_key = $4 where tenant_id = $1 and id = $2";

    /// Addresses of people and the keys that keep them apart.
    ADDRESSES = "select id, email, email_key from users
        where tenant_id = $1 and email is not null and email_key is not null order by created_at, id";

    /// An address of a person and its key.
    SET_ADDRESS = "update users set email = $3, email_key = $4 where tenant_id = $1 and id = $2";
}
