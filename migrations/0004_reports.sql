-- For exports, which read questions in the order in which they were asked, page by page.
create index questions_asked on questions (tenant_id, created_at, id);
