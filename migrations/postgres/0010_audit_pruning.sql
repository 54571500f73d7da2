-- The audit only grows, save for what the operator prunes by its age. This text has a twin for SQLite.
--
-- An entry may be deleted while `audit_retention` says that those before a moment may, and it is one of them. That row is
-- there only inside the transaction that prunes.

create or replace function audit_log_only_grows() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        if exists (select 1 from audit_retention where old.at < until) then
            return old;
        end if;
    end if;
    raise exception 'the audit only grows';
end
$$;
