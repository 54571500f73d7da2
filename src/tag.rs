//! A tag: a coloured word of the tenant's palette.

use serde::{Deserialize, Serialize};

use crate::id::TagId;

/// A tag as it stands in the palette and on questions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Tag {
    /// Never changes.
    pub id: TagId,
    /// Its name; unique in the tenant whatever the case of its letters.
    pub name: String,
    /// Its colour as `#RRGGBB`.
    pub color: String,
}
