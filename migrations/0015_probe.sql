-- A row that is written to see whether anything can be written, while the disk was full a moment ago.
create table write_probe (
    id integer primary key,
    at bigint not null,
    filler text not null
);

insert into write_probe (id, at, filler) values (1, 0, '');
