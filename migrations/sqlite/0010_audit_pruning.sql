-- The audit only grows, save for what the operator prunes by its age. This text has a twin for PostgreSQL.
--
-- An entry may be deleted while `audit_retention` says that those before a moment may, and it is one of them. That row is
-- there only inside the transaction that prunes.

drop trigger audit_log_keeps;

create trigger audit_log_keeps before delete on audit_log
when not exists (select 1 from audit_retention where old.at < until)
begin
    select raise(abort, 'the audit only grows');
end;
