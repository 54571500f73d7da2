//! The installation's own keys: of no tenant.

statements! {
    /// Keeps a key unless there is one of that name already.
    PUT_KEY = "insert into installation_keys (name, key) values ($1, $2) on conflict (name) do nothing";

    /// A key.
    KEY = "select key from installation_keys where name = $1";
}
