//! Background jobs.

statements! {
    /// Adds a job, unless its tenant is archived or has `$8` of its kind already. Adding it again changes nothing.
    PUT_JOB = "insert into jobs (id, tenant_id, kind, payload, due_at, created_at, expires_at)
        select $1, id, $3, $4, $5, $6, $7 from tenants
        where id = $2 and archived_at is null
            and (select count(*) from jobs where tenant_id = $2 and kind = $3) < $8
        on conflict (id) do nothing";

    /// When the next job of a kind is due. Those of archived tenants wait, and are due when they have expired.
    NEXT_JOB_DUE = "select min(case when t.archived_at is null then j.due_at else j.expires_at end)
        from jobs j join tenants t on t.id = j.tenant_id where j.kind = $1";

    /// Leases at most `$5` jobs of a kind that are due at `$4` to `$2`, until `$3`.
    TAKE_JOBS = "update jobs set holder = $2, due_at = $3, attempts = attempts + 1
        where due_at <= $4 and id in (
            select j.id from jobs j join tenants t on t.id = j.tenant_id
            where j.kind = $1 and j.due_at <= $4 and (t.archived_at is null or j.expires_at <= $4)
            order by j.due_at, j.id limit $5
        )
        returning id, tenant_id, payload, attempts, expires_at";

    /// Removes a job that its holder is done with.
    END_JOB = "delete from jobs where tenant_id = $1 and id = $2 and holder = $3";

    /// Puts a job off until `$4`.
    PUT_JOB_OFF = "update jobs set holder = null, due_at = $4 where tenant_id = $1 and id = $2 and holder = $3";

    /// Extends the leases of a holder until `$3`.
    RENEW_JOBS = "update jobs set due_at = $3 where kind = $1 and holder = $2";

    /// Ends the leases of a holder: what it has not done is due at `$3`, as if it had not been begun.
    RELEASE_JOBS = "update jobs set holder = null, due_at = $3, attempts = attempts - 1
        where kind = $1 and holder = $2";
}
