-- The audit only grows. The engines word their triggers differently: this text has a twin for SQLite.

create function audit_log_only_grows() returns trigger language plpgsql as $$
begin
    raise exception 'the audit only grows';
end
$$;

create trigger audit_log_stays before update or delete on audit_log
    for each row execute function audit_log_only_grows();

create trigger audit_log_keeps before truncate on audit_log
    for each statement execute function audit_log_only_grows();
