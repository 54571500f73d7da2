//! Places in a tenant's log.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// One life of a tenant's log. A restored or recreated database has another, so that old cursors are recognised.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Epoch(pub u64);

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for Epoch {
    type Err = NotACursor;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let hex = text.len() == 16 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if !hex {
            return Err(NotACursor);
        }
        u64::from_str_radix(text, 16).map(Epoch).map_err(|_| NotACursor)
    }
}

/// How far a reader has come in a tenant's log. Written `<epoch>-<seq>`: the `id:` of the stream.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cursor {
    /// Which life of the log.
    pub epoch: Epoch,
    /// The last fact seen; 0 before the first.
    pub seq: i64,
}

/// Text that is no cursor of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor")]
pub struct NotACursor;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.epoch, self.seq)
    }
}

impl FromStr for Cursor {
    type Err = NotACursor;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (epoch, seq) = text.split_once('-').ok_or(NotACursor)?;
        let plain = !seq.is_empty() && seq.bytes().all(|b| b.is_ascii_digit());
        if !plain {
            return Err(NotACursor);
        }
        Ok(Self { epoch: epoch.parse()?, seq: seq.parse().map_err(|_| NotACursor)? })
    }
}

impl TryFrom<String> for Cursor {
    type Error = NotACursor;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Cursor> for String {
    fn from(cursor: Cursor) -> Self {
        cursor.to_string()
    }
}
