-- What is kept for how long. One text for SQLite and PostgreSQL.

-- When somebody was here last is kept as the day, at midnight UTC: a moment told who had just asked or voted.
update sessions set seen_at = seen_at - seen_at % 86400000 where seen_at is not null;
update users set seen_at = seen_at - seen_at % 86400000 where seen_at is not null;

-- For the removal of idempotency keys by their age.
create index operations_at on operations (tenant_id, at);

-- Facts up to this number were removed: a cursor before it cannot be resumed from.
alter table tenants add column log_floor bigint not null default 0 check (log_floor >= 0);

-- After how many days the texts of a question go; null for never.
alter table tenants add column retention_days bigint check (retention_days > 0);
-- Set while texts stay whatever their age.
alter table tenants add column hold_since bigint;

-- When the texts of a question were removed, by its asker or by the retention. Its numbers stay.
alter table questions add column erased_at bigint;
-- For the questions whose texts are there still, oldest first.
create index questions_not_erased on questions (tenant_id, created_at) where erased_at is null;

-- Which instance does a task that one is to do at a time, and until when it may without asking again.
create table leases (
    task text not null primary key,
    holder uuid not null,
    until bigint not null
);

-- Entries of the audit before this moment may be deleted. No row, or one of the past: none may. The operator's alone.
create table audit_retention (
    id bigint not null primary key check (id = 1),
    until bigint not null
);
