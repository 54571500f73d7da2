//! What people come in by. A secret's hash is as good as a tenant: nobody can guess one of another tenant.

statements! {
    /// What the person with an address in lower case comes in by.
    CREDENTIALS = "select id, name, email, password_hash from users
        where tenant_id = $1 and email_key = $2 and deactivated_at is null";

    /// What a person comes in by.
    CREDENTIALS_OF = "select id, name, email, password_hash from users
        where tenant_id = $1 and id = $2 and deactivated_at is null";

    /// A stronger hash of the same password, unless it was changed meanwhile.
    REHASH = "update users set password_hash = $4 where tenant_id = $1 and id = $2 and password_hash = $3";

    /// Another password.
    SET_PASSWORD = "update users set password_hash = $3 where tenant_id = $1 and id = $2";

    /// Withdraws a person's links for one purpose.
    WITHDRAW = "delete from person_links where tenant_id = $1 and user_id = $2 and purpose = $3";

    /// Withdraws all of a person's links.
    WITHDRAW_ALL = "delete from person_links where tenant_id = $1 and user_id = $2";

    /// A link for one person.
    PUT_PERSON_LINK = "insert into person_links (tenant_id, user_id, token_hash, purpose, created_at, expires_at)
        values ($1, $2, $3, $4, $5, $6)";

    /// What a link is for, while it is good.
    PERSON_LINK = "select t.id, t.slug, t.name, t.settings, l.user_id, l.purpose, u.name as person_name, u.email
        from person_links l
        join users u on u.tenant_id = l.tenant_id and u.id = l.user_id
        join tenants t on t.id = l.tenant_id
        where l.token_hash = $1 and l.used_at is null and l.expires_at > $2 and u.deactivated_at is null
            and t.archived_at is null";

    /// Uses a link up; no row when it is not good. Of many at once one gets the row.
    USE_PERSON_LINK = "update person_links set used_at = $5
        where tenant_id = $1 and user_id = $2 and token_hash = $3 and purpose = $4
            and used_at is null and expires_at > $5";

    /// How many owners can come in: by their address, or because they are in.
    HAS_OWNER = "select count(*) from users u
        where u.tenant_id = $1 and u.role = 'owner' and u.deactivated_at is null
            and (u.email_key is not null or exists (
                select 1 from sessions s where s.tenant_id = u.tenant_id and s.user_id = u.id and s.expires_at > $2
            ))";

    /// The tenant that a link claims.
    CLAIMABLE = "select t.id, t.slug, t.name, t.settings
        from sign_in_links l join tenants t on t.id = l.tenant_id
        where l.token_hash = $1 and l.door = 'claim' and l.used_at is null and l.expires_at > $2
            and t.archived_at is null";

    /// Uses a link that claims a tenant up.
    CLAIM = "update sign_in_links set used_at = $3
        where tenant_id = $1 and token_hash = $2 and door = 'claim' and used_at is null and expires_at > $3";

    /// Whose link this is or was.
    WHOSE_PERSON_LINK = "select tenant_id, user_id from person_links where token_hash = $1";

    /// Which tenant's link this is or was.
    WHOSE_ROLE_LINK = "select tenant_id from sign_in_links where token_hash = $1";

    /// Keeps an address that waits to be confirmed; one before it is forgotten.
    PUT_ADDRESS_CHANGE = "insert into address_changes
            (tenant_id, user_id, token_hash, email, email_key, asked_by, created_at, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        on conflict (tenant_id, user_id) do update
        set token_hash = excluded.token_hash, email = excluded.email, email_key = excluded.email_key,
            asked_by = excluded.asked_by, created_at = excluded.created_at, expires_at = excluded.expires_at";

    /// What address a link confirms, while it is good.
    ADDRESS_CHANGE = "select t.id, t.slug, t.name, t.settings, c.user_id, u.name as person_name, c.email
        from address_changes c
        join users u on u.tenant_id = c.tenant_id and u.id = c.user_id
        join tenants t on t.id = c.tenant_id
        where c.token_hash = $1 and c.expires_at > $2 and u.deactivated_at is null and t.archived_at is null";

    /// Uses the link of an address up; no row when it is not good. Of many at once one gets the row.
    CONFIRM_ADDRESS = "delete from address_changes
        where tenant_id = $1 and user_id = $2 and token_hash = $3 and expires_at > $4
        returning email, email_key, asked_by";

    /// Forgets an address of a person that waits to be confirmed.
    FORGET_ADDRESS_CHANGE = "delete from address_changes where tenant_id = $1 and user_id = $2";

    /// Who somebody is at a provider.
    PERSON_OF = "select user_id from identities where tenant_id = $1 and issuer = $2 and subject = $3";

    /// Takes note of who somebody is at a provider, once.
    LINK_IDENTITY = "insert into identities (tenant_id, issuer, subject, user_id, created_at)
        values ($1, $2, $3, $4, $5) on conflict (tenant_id, issuer, subject) do nothing";
}
