-- Background work that outlives the process that was asked for it, such as mail. One text for SQLite and PostgreSQL.

create table jobs (
    id uuid not null primary key,
    tenant_id uuid not null references tenants (id),
    -- Which worker does it.
    kind text not null,
    -- What is to be done. Sealed under a key that is derived from the installation's and the id of the job: a letter has a
    -- secret in it.
    payload bytea not null,
    -- Not before this moment; while an instance works on it, when its lease ends.
    due_at bigint not null,
    -- The instance that works on it.
    holder uuid,
    -- How often it was begun.
    attempts bigint not null default 0,
    created_at bigint not null,
    -- From then on it is of no use.
    expires_at bigint not null
);

create index jobs_due on jobs (kind, due_at);
create index jobs_of_tenant on jobs (tenant_id, kind);
