-- What is listed of a large tenant, without reading all that it has.

-- The questions that wait for a moderator, those that one has noted something on, and the latest: of the tenant, whose latest
-- have an index since 0004, and of a team.
create index questions_waiting on questions (tenant_id, created_at, id) where removal is null and status = 'UNDER_REVIEW';
create index questions_noted on questions (tenant_id, created_at, id)
    where starred_at is not null or draft_text is not null or claimed_by is not null;
create index questions_of_team on questions (tenant_id, team_id, created_at, id);
-- The reports of a question: by what there was, SQLite reads all reports of its tenant for each question.
create index reports_of_question on reports (tenant_id, question_id);
-- Those who run a tenant or a team: their names are compared with each one that a participant gives.
create index users_of_staff on users (tenant_id) where role in ('moderator', 'admin', 'owner');
create index memberships_of_moderators on memberships (tenant_id, user_id) where role = 'moderator';
