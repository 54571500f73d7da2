-- The link by which an asker reaches the private thread of a question from elsewhere. A question has one: another takes
-- its place.
create table thread_links (
    token_hash bytea not null primary key check (length(token_hash) = 32),
    tenant_id uuid not null,
    question_id uuid not null,
    created_at bigint not null,
    unique (tenant_id, question_id),
    foreign key (tenant_id, question_id) references questions (tenant_id, id)
);
