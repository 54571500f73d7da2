-- Changes of what is stored that SQL alone cannot make. One text for SQLite and PostgreSQL.

-- Each is made once, by the first server of a version that has it, in the transaction that writes its name here.
create table upgrades (
    name text not null primary key
);
