//! The log.

statements! {
    /// Where the log ends.
    HEAD = "select epoch, seq from tenants where id = $1";

    /// Takes the next number, and with it the tenant's row until the transaction ends: facts become visible in the
    /// order of their numbers, and no two transactions that write facts of one tenant run at once.
    TAKE_SEQ = "update tenants set seq = seq + 1 where id = $1 returning seq";

    /// Gives back a number that was just taken and is not needed. Nobody has seen it: the row is still ours.
    RETURN_SEQ = "update tenants set seq = seq - 1 where id = $1";

    /// A fact.
    INSERT = "insert into events (tenant_id, seq, type, team_id, audience, asker_id, data, at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)";

    /// The next facts after a number.
    AFTER = "select seq, type, team_id, audience, asker_id, data, at from events
        where tenant_id = $1 and seq > $2 order by seq limit $3";

    /// The number up to which facts were removed.
    FLOOR = "select log_floor from tenants where id = $1";

    /// When a fact was written.
    TIME = "select at from events where tenant_id = $1 and seq = $2";
}
