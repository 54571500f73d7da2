-- One text for SQLite and PostgreSQL.
--
-- Column types are PostgreSQL's; SQLite takes any word for a type and keeps uuid and bytea as they come (blobs).
-- Every moment is a bigint: milliseconds since 1970, from the server's clock, never from the database's.
-- Every table carries its tenant, and references carry it too: a row that points into another tenant cannot be written.

create table tenants (
    id uuid not null primary key,
    slug text not null unique,
    name text not null,
    -- One life of the log; a restored database gets another, so that old cursors are recognised. The 64 bits, signed.
    epoch bigint not null,
    -- The sequence number of the latest fact. Whoever takes the next one holds this row until they commit, so that
    -- facts become visible in the order of their numbers.
    seq bigint not null default 0 check (seq >= 0),
    -- JSON; a setting that is absent has its default, so that a new setting needs no migration.
    settings text not null,
    created_at bigint not null
);

create table teams (
    id uuid not null primary key,
    tenant_id uuid not null references tenants (id),
    slug text not null,
    name text not null,
    -- The name in lower case, made by the server: the engines disagree about lower() beyond ASCII.
    name_key text not null,
    created_at bigint not null,
    unique (tenant_id, id), -- what composite references point at
    unique (tenant_id, slug),
    unique (tenant_id, name_key)
);

create table tags (
    id uuid not null primary key,
    tenant_id uuid not null references tenants (id),
    name text not null,
    name_key text not null, -- as in teams
    color text not null,
    created_at bigint not null,
    unique (tenant_id, id),
    unique (tenant_id, name_key)
);

create table users (
    id uuid not null primary key,
    tenant_id uuid not null references tenants (id),
    role text not null check (role in ('guest', 'viewer', 'member', 'moderator', 'admin', 'owner')),
    name text not null,
    created_at bigint not null,
    unique (tenant_id, id)
);

-- Only hashes of secrets are kept: who reads this table can sign in as nobody.
create table sessions (
    token_hash bytea not null primary key check (length(token_hash) = 32),
    tenant_id uuid not null,
    user_id uuid not null,
    created_at bigint not null,
    expires_at bigint not null,
    foreign key (tenant_id, user_id) references users (tenant_id, id)
);

create table sign_in_links (
    token_hash bytea not null primary key check (length(token_hash) = 32),
    tenant_id uuid not null references tenants (id),
    role text not null check (role in ('guest', 'viewer', 'member', 'moderator', 'admin', 'owner')),
    created_at bigint not null,
    expires_at bigint not null,
    used_at bigint
);

-- At most one link of a tenant and role waits to be used: a new one takes the place of the old one.
create unique index sign_in_links_waiting on sign_in_links (tenant_id, role) where used_at is null;

create table questions (
    id uuid not null primary key,
    tenant_id uuid not null references tenants (id),
    team_id uuid not null,
    -- The browser that asked. Read by nothing that is shown.
    author_id uuid not null,
    body text not null,
    status text not null check (status in ('OPEN', 'ANSWERED', 'UNDER_REVIEW')),
    -- The number of its rows in votes, kept by the same transactions that write them.
    upvotes bigint not null default 0 check (upvotes >= 0),
    -- When upvotes last changed; null before the first vote. Never goes back.
    voted_at bigint,
    created_at bigint not null,
    response_text text,
    responded_at bigint,
    responded_by uuid,
    pinned_by uuid,
    pinned_at bigint,
    frozen_by uuid,
    frozen_at bigint,
    unique (tenant_id, id),
    foreign key (tenant_id, team_id) references teams (tenant_id, id),
    foreign key (tenant_id, responded_by) references users (tenant_id, id),
    foreign key (tenant_id, pinned_by) references users (tenant_id, id),
    foreign key (tenant_id, frozen_by) references users (tenant_id, id),
    check (status <> 'ANSWERED' or response_text is not null),
    check ((response_text is null) = (responded_at is null) and (response_text is null) = (responded_by is null)),
    check ((pinned_by is null) = (pinned_at is null)),
    check ((frozen_by is null) = (frozen_at is null))
);

-- For the counts that changed since a moment.
create index questions_voted on questions (tenant_id, voted_at);

create table votes (
    tenant_id uuid not null,
    question_id uuid not null,
    -- A participant; no table knows them, a signed cookie does.
    voter_id uuid not null,
    at bigint not null,
    primary key (question_id, voter_id), -- one person, one vote
    foreign key (tenant_id, question_id) references questions (tenant_id, id)
);

-- For "what have I voted for" on every page load.
create index votes_of_voter on votes (tenant_id, voter_id, question_id);

create table question_tags (
    tenant_id uuid not null,
    question_id uuid not null,
    tag_id uuid not null,
    at bigint not null,
    primary key (tenant_id, question_id, tag_id),
    foreign key (tenant_id, question_id) references questions (tenant_id, id),
    foreign key (tenant_id, tag_id) references tags (tenant_id, id)
);

-- The log. Rows are written once and never changed.
create table events (
    tenant_id uuid not null references tenants (id),
    seq bigint not null check (seq > 0),
    -- No check of the words: later versions add some, and SQLite cannot change a check.
    type text not null,
    -- The team whose question it speaks of; null when it concerns the whole tenant.
    team_id uuid,
    -- The event's data as JSON, exactly as on the wire.
    data text not null,
    at bigint not null,
    primary key (tenant_id, seq),
    foreign key (tenant_id, team_id) references teams (tenant_id, id)
);

-- The idempotency keys that were used. No reference to tenants: on PostgreSQL it would lock the tenant's row for every vote.
create table operations (
    tenant_id uuid not null,
    -- Keys of two writers never meet.
    writer uuid not null,
    operation uuid not null,
    -- No check of the words, as in events.
    kind text not null,
    -- What it made or changed: what a repetition returns.
    subject uuid not null,
    -- SHA-256 of what was asked for: a repetition asks for the same.
    asked bytea not null check (length(asked) = 32),
    at bigint not null,
    primary key (tenant_id, writer, operation)
);

-- Keys of this installation, shared by its instances: they sign participants' cookies and make their pseudonyms.
-- Made at the first start; without them every browser would be a stranger again.
create table installation_keys (
    name text not null primary key,
    key bytea not null check (length(key) = 32)
);
