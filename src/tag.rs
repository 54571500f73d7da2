//! A tag: a coloured word of the tenant's palette.

use serde::{Deserialize, Serialize};

use crate::id::TagId;
use crate::tenant::Tenant;
use crate::user::Role;

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

/// The palette with what each tag is used for, as those see it who may change it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagsView {
    /// The tenant.
    pub tenant: Tenant,
    /// What the viewer may do here.
    pub role: Role,
    /// The tags, by name.
    pub tags: Vec<UsedTag>,
}

/// A tag, and on how many questions of the board it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedTag {
    /// The tag.
    pub tag: Tag,
    /// How many questions have it.
    pub questions: u32,
}
