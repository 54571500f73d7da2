-- The audit only grows. The engines word their triggers differently: this text has a twin for PostgreSQL.

create trigger audit_log_stays before update on audit_log
begin
    select raise(abort, 'the audit only grows');
end;

create trigger audit_log_keeps before delete on audit_log
begin
    select raise(abort, 'the audit only grows');
end;
