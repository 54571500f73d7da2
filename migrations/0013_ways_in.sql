-- Links that open one door, proofs of who acts, and addresses that wait to be confirmed.

-- Several links of a tenant and role may wait at once: a new one withdraws none.
drop index sign_in_links_waiting;

-- What a link opens: the tenant, or the claim of an installation.
alter table sign_in_links add column door text not null default 'sign_in' check (door in ('sign_in', 'claim'));

create index sign_in_links_of_role on sign_in_links (tenant_id, role);

-- Of the owner's links that wait nobody can tell which were made to claim. The server and its operator make others.
delete from sign_in_links where role = 'owner' and used_at is null;

-- When the person of a session last showed who they are; null for sessions that are older than this column.
alter table sessions add column proved_at bigint;

-- Addresses that count once somebody who reads mail there says so; one for each person.
create table address_changes (
    tenant_id uuid not null,
    user_id uuid not null,
    token_hash bytea not null unique check (length(token_hash) = 32),
    email text not null,
    email_key text not null,
    -- Who asked for it; the person, or somebody who manages them.
    asked_by uuid not null,
    created_at bigint not null,
    expires_at bigint not null,
    primary key (tenant_id, user_id),
    foreign key (tenant_id, user_id) references users (tenant_id, id)
);
