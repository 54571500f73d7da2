//! What the two engines need: opening, migrations, pools, writes in groups on SQLite, and what is known of their files.

pub(in crate::store) mod checkpoints;
pub(in crate::store) mod group;
pub(in crate::store) mod migrations;
pub(in crate::store) mod open;
pub(in crate::store) mod pool;
mod probe;
pub(in crate::store) mod queued_write;
pub(in crate::store) mod sizes;
pub(in crate::store) mod start_lock;
mod upgrades;
