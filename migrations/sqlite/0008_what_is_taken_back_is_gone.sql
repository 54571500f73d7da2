-- What was taken back is gone. The engines word this differently: this text has a twin for PostgreSQL.

-- The log names what its facts speak of and holds no text: whoever reads it is told how that is now.
alter table events add column subject_id uuid;
-- The question that has the votes of one that was merged.
alter table events add column into_id uuid;
update events set
    subject_id = unhex(replace(coalesce(json_extract(data, '$.id'), json_extract(data, '$.questionId')), '-', '')),
    into_id = unhex(replace(json_extract(data, '$.into'), '-', ''));
alter table events drop column data;

-- A vote that a merge brought names the question that it was cast for; null for one that was cast for its question. It
-- takes the place of the list of such votes, which could not tell two merges apart.
alter table votes add column source_id uuid;
update votes set source_id = (
    select m.source_id from merged_votes m
    join questions s on s.tenant_id = m.tenant_id and s.id = m.source_id and s.removed_at = votes.at
    where m.tenant_id = votes.tenant_id and m.target_id = votes.question_id and m.voter_id = votes.voter_id
    limit 1)
    where question_id in (select target_id from merged_votes);
create index votes_by_merge on votes (tenant_id, source_id) where source_id is not null;
-- Nothing is written there any more.
delete from merged_votes;

-- A question that its asker took back has no text any more, nor has what others said of it.
update questions set body = '', original_body = null, draft_text = null, draft_by = null, draft_at = null,
    author_name = null, label = null, hold_reason = null, response_text = null, responded_at = null, responded_by = null
    where removal = 'withdrawn';
delete from reports where question_id in (select id from questions where removal = 'withdrawn');

-- The audit has said how texts were before and after; from now on it says how long they were.
drop trigger audit_log_stays;
update audit_log set before = json_remove(json_set(before, '$.bodyLength', length(json_extract(before, '$.body'))), '$.body')
    where json_type(before, '$.body') is not null;
update audit_log set after = json_remove(json_set(after, '$.bodyLength', length(json_extract(after, '$.body'))), '$.body')
    where json_type(after, '$.body') is not null;
update audit_log set before = json_remove(json_set(before, '$.answerLength', length(json_extract(before, '$.answer'))), '$.answer')
    where json_type(before, '$.answer') is not null;
update audit_log set after = json_remove(json_set(after, '$.answerLength', length(json_extract(after, '$.answer'))), '$.answer')
    where json_type(after, '$.answer') is not null;
update audit_log set before = json_remove(json_set(before, '$.reasonLength', length(json_extract(before, '$.reason'))), '$.reason')
    where json_type(before, '$.reason') is not null;
update audit_log set after = json_remove(json_set(after, '$.reasonLength', length(json_extract(after, '$.reason'))), '$.reason')
    where json_type(after, '$.reason') is not null;
update audit_log set before = json_remove(json_set(before, '$.labelLength', length(json_extract(before, '$.label'))), '$.label')
    where json_type(before, '$.label') is not null;
update audit_log set after = json_remove(json_set(after, '$.labelLength', length(json_extract(after, '$.label'))), '$.label')
    where json_type(after, '$.label') is not null;
create trigger audit_log_stays before update on audit_log
begin
    select raise(abort, 'the audit only grows');
end;
