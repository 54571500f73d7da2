-- How a database is recognised that was put back to an earlier state, or in the place of another. One text for SQLite and
-- PostgreSQL.

-- The lives of this database: the one with the highest number is the present one. Another begins when the database is
-- restored or found to be replaced, together with a new epoch of every log.
create table database_lineages (
    number bigint not null primary key check (number > 0),
    id uuid not null unique,
    begun_at bigint not null,
    -- Why it began, for people.
    reason text not null,
    -- Which PostgreSQL cluster it is in, and on which timeline; null on SQLite, and where the server does not tell.
    system_identifier text,
    timeline text
);

-- How far each instance has written. It keeps the same in a file outside the database.
create table instance_marks (
    instance uuid not null primary key,
    -- One run of the instance's process.
    session uuid not null,
    -- The run whose mark this one took over: its file may not say yet that there is another.
    previous_session uuid,
    -- Grows with what the instance writes.
    number bigint not null check (number > 0),
    at bigint not null
);
