//! Epochs of the tenants' logs.

statements! {
    /// Every tenant, always in the same order.
    TENANTS = "select id from tenants order by id";

    /// Another epoch of a tenant's log.
    RENEW = "update tenants set epoch = $2 where id = $1";
}
