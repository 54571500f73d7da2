//! Second factors, and sign-ins that wait for them. A secret's hash is as good as a tenant: nobody can guess one of
//! another tenant.

statements! {
    /// A person's second factor.
    SECOND_FACTOR = "select f.salt, f.enabled_at, (
            select count(*) from recovery_codes c where c.tenant_id = f.tenant_id and c.user_id = f.user_id
        ) as recovery_codes
        from second_factors f where f.tenant_id = $1 and f.user_id = $2";

    /// Turns one on.
    ENABLE_SECOND_FACTOR = "insert into second_factors (tenant_id, user_id, salt, enabled_at, last_step)
        values ($1, $2, $3, $4, $5)";

    /// Turns it off.
    DISABLE_SECOND_FACTOR = "delete from second_factors where tenant_id = $1 and user_id = $2";

    /// Uses up the code of a step; no row when it, or a later one, was used before.
    USE_STEP = "update second_factors set last_step = $3, wrong_codes = 0
        where tenant_id = $1 and user_id = $2 and last_step < $3";

    /// A recovery code.
    PUT_RECOVERY_CODE = "insert into recovery_codes (tenant_id, user_id, code_hash) values ($1, $2, $3)";

    /// Uses a recovery code up; no row when it is none.
    USE_RECOVERY_CODE = "delete from recovery_codes where tenant_id = $1 and user_id = $2 and code_hash = $3";

    /// Takes away all recovery codes of a person.
    DROP_RECOVERY_CODES = "delete from recovery_codes where tenant_id = $1 and user_id = $2";

    /// Counts a wrong code ($3 is now, $4 an hour ago); no row when there were $5 in that time.
    COUNT_WRONG = "update second_factors
        set wrong_codes = case when wrong_since <= $4 then 1 else wrong_codes + 1 end,
            wrong_since = case when wrong_since <= $4 then $3 else wrong_since end
        where tenant_id = $1 and user_id = $2 and (wrong_codes < $5 or wrong_since <= $4)";

    /// Since when wrong codes of a person are counted.
    WRONG_SINCE = "select wrong_since from second_factors where tenant_id = $1 and user_id = $2";

    /// A sign-in that waits.
    PUT_PENDING = "insert into pending_sign_ins (tenant_id, user_id, token_hash, created_at, expires_at)
        values ($1, $2, $3, $4, $5)";

    /// Clears away a person's sign-ins that waited too long.
    SWEEP_PENDING = "delete from pending_sign_ins where tenant_id = $1 and user_id = $2 and expires_at <= $3";

    /// Ends every sign-in of a person that waits.
    DROP_PENDING = "delete from pending_sign_ins where tenant_id = $1 and user_id = $2";

    /// Whether a sign-in waits still.
    IS_PENDING = "select count(*) from pending_sign_ins
        where tenant_id = $1 and user_id = $2 and token_hash = $3 and expires_at > $4";

    /// Counts a try of a sign-in; no row when it is over or there were $5.
    COUNT_CODE_TRY = "update pending_sign_ins set tries = tries + 1
        where tenant_id = $1 and user_id = $2 and token_hash = $3 and expires_at > $4 and tries < $5";

    /// Whose sign-in waits under a secret, with the second factor that it waits for.
    PENDING_SIGN_IN = "select t.id, t.slug, t.name, t.settings, p.user_id, u.name as person_name, u.email,
            f.salt, f.enabled_at, (
                select count(*) from recovery_codes c where c.tenant_id = p.tenant_id and c.user_id = p.user_id
            ) as recovery_codes
        from pending_sign_ins p
        join users u on u.tenant_id = p.tenant_id and u.id = p.user_id
        join tenants t on t.id = p.tenant_id
        left join second_factors f on f.tenant_id = p.tenant_id and f.user_id = p.user_id
        where p.token_hash = $1 and p.expires_at > $2 and p.tries < $3 and u.deactivated_at is null
            and t.archived_at is null";
}
