//! Epochs of the tenants' logs.

statements! {
    /// Every tenant, always in the same order.
    TENANTS = "select id from tenants order by id";

    /// Takes a tenant's row for the rest of the transaction.
    HOLD_ROW = "update tenants set epoch = epoch where id = $1";

    /// The epoch of a tenant's log.
    EPOCH = "select epoch from tenants where id = $1";

    /// Another epoch of a tenant's log.
    RENEW = "update tenants set epoch = $2 where id = $1";
}
