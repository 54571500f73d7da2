//! What an entry keeps: what it was done to, and values before and after.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use uuid::Uuid;

use crate::id::{QuestionId, SessionId, TagId, TeamId, TenantId, UserId};
use crate::time::Timestamp;
use crate::user::Role;

/// The most characters of a text that an entry keeps.
pub(super) const TEXT_MAX: usize = 2_000;

/// What something was done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject(Uuid);

impl Subject {
    /// Its id, of whichever noun.
    #[must_use]
    pub const fn id(self) -> Uuid {
        self.0
    }
}

macro_rules! subjects {
    ($($id:ident),*) => {$(
        impl From<$id> for Subject {
            fn from(id: $id) -> Self {
                Self(id.0)
            }
        }
    )*};
}

subjects![QuestionId, SessionId, TagId, TeamId, TenantId, UserId];

/// A value that an entry keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Detail {
    /// There was none.
    Nothing,
    /// On or off.
    Flag(bool),
    /// A number.
    Number(i64),
    /// A word or a text.
    Text(String),
}

macro_rules! ids {
    ($($id:ident),*) => {$(
        impl From<$id> for Detail {
            fn from(id: $id) -> Self {
                Self::Text(id.to_string())
            }
        }
    )*};
}

ids![QuestionId, SessionId, TagId, TeamId, UserId];

impl From<bool> for Detail {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<i64> for Detail {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<Timestamp> for Detail {
    fn from(at: Timestamp) -> Self {
        Self::Text(at.whole_second().to_rfc3339())
    }
}

impl From<Role> for Detail {
    fn from(role: Role) -> Self {
        Self::Text(role.as_str().to_owned())
    }
}

impl From<&str> for Detail {
    fn from(text: &str) -> Self {
        match text.char_indices().nth(TEXT_MAX) {
            Some((end, _)) => Self::Text(format!("{}…", &text[..end])),
            None => Self::Text(text.to_owned()),
        }
    }
}

impl From<String> for Detail {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl From<&String> for Detail {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl<T: Into<Self>> From<Option<T>> for Detail {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Nothing, Into::into)
    }
}

/// Named values, in the order in which they were given; written as a JSON object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details(Vec<(&'static str, Detail)>);

impl Details {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a value at the end.
    pub(super) fn push(&mut self, name: &'static str, value: Detail) {
        self.0.push((name, value));
    }
}

impl Serialize for Details {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}
