-- What was taken back is gone. The engines word this differently: this text has a twin for SQLite.

-- The log names what its facts speak of and holds no text: whoever reads it is told how that is now.
alter table events add column subject_id uuid;
-- The question that has the votes of one that was merged.
alter table events add column into_id uuid;
update events set
    subject_id = coalesce(data::jsonb ->> 'id', data::jsonb ->> 'questionId')::uuid,
    into_id = (data::jsonb ->> 'into')::uuid;
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
alter table audit_log disable trigger audit_log_stays;
do $$
declare
    field text;
begin
    foreach field in array array['body', 'answer', 'reason', 'label'] loop
        update audit_log set before = ((before::jsonb - field)
                || jsonb_build_object(field || 'Length', length(before::jsonb ->> field)))::text
            where jsonb_exists(before::jsonb, field);
        update audit_log set after = ((after::jsonb - field)
                || jsonb_build_object(field || 'Length', length(after::jsonb ->> field)))::text
            where jsonb_exists(after::jsonb, field);
    end loop;
end
$$;
alter table audit_log enable trigger audit_log_stays;
