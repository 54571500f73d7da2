-- The second factor of people: a code of an authenticator app (TOTP, RFC 6238), or a recovery code.

-- The secret is not here: it is derived from the installation's key, the person and the salt.
create table second_factors (
    tenant_id uuid not null,
    user_id uuid not null,
    salt bytea not null check (length(salt) = 16),
    enabled_at bigint not null,
    -- The last step whose code was used: no code is good twice.
    last_step bigint not null,
    -- Wrong codes since a moment, to hold back whoever guesses.
    wrong_codes bigint not null default 0,
    wrong_since bigint not null default 0,
    primary key (tenant_id, user_id),
    foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);

-- Recovery codes that were not used yet, each as an HMAC under the installation's key.
create table recovery_codes (
    tenant_id uuid not null,
    user_id uuid not null,
    code_hash bytea not null check (length(code_hash) = 32),
    primary key (tenant_id, user_id, code_hash),
    foreign key (tenant_id, user_id) references second_factors (tenant_id, user_id) on delete cascade
);

-- Sign-ins whose password or link was right and that wait for the second factor. They are no sessions.
create table pending_sign_ins (
    token_hash bytea not null primary key check (length(token_hash) = 32),
    tenant_id uuid not null,
    user_id uuid not null,
    tries bigint not null default 0,
    created_at bigint not null,
    expires_at bigint not null,
    foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);

create index pending_sign_ins_of_user on pending_sign_ins (tenant_id, user_id);
