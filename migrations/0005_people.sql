-- People are listed by name and found by a part of it, and are seen when their sessions come and go.

-- The name in lower case, made by the server, as in teams. Those who are there already came by links and are called
-- what they are, in ASCII.
alter table users add column name_key text not null default '';
update users set name_key = lower(name);
create index users_by_name on users (tenant_id, name_key, id);

-- When they were here last, to the minute.
alter table users add column seen_at bigint;

-- A session without an id can be neither listed nor revoked: whoever has one signs in again.
delete from sessions where id is null;
