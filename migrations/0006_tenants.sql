-- What tenants look like. One text for SQLite and PostgreSQL.

-- The picture in a tenant's header. Which one it is stands in tenants.settings, under a word that changes with it.
create table tenant_logos (
    tenant_id uuid not null primary key references tenants (id),
    media_type text not null check (media_type in ('image/png', 'image/jpeg', 'image/webp')),
    bytes bytea not null check (length(bytes) <= 65536),
    at bigint not null
);
