-- What nothing reads or writes any more. What a merge brought is said by votes.source_id since 0008.
drop table merged_votes;
-- When a text was edited is noted in the audit.
alter table questions drop column edited_at;
