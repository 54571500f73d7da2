//! Identifiers: one newtype per noun, so that a team's id is never taken for a question's.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::{Builder, Uuid};

use crate::time::Timestamp;

/// Makes a version 7 UUID (RFC 9562, section 5.7) from a time and ten random bytes.
///
/// Time and chance are arguments: both come in through ports.
#[must_use]
pub fn uuid_v7(at: Timestamp, random: [u8; 10]) -> Uuid {
    Builder::from_unix_timestamp_millis(at.millis_unsigned(), &random).into_uuid()
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map($name)
            }
        }
    )*};
}

ids! {
    /// One customer's space; nothing crosses from one to another.
    TenantId;
    /// A group inside a tenant that has its own questions.
    TeamId;
    /// A question.
    QuestionId;
    /// A message of the private thread of a question.
    MessageId;
    /// A tag of the tenant's palette.
    TagId;
    /// A person with an account or a sign-in link.
    UserId;
    /// A session: somebody signed in with one browser.
    SessionId;
    /// A browser without an account, as one tenant knows it.
    ParticipantId;
    /// A client-made key of one write: the same key twice is the same write once.
    OperationId;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_v7_id_sorts_by_its_time() {
        let early = uuid_v7(Timestamp(1_000), [255; 10]);
        let late = uuid_v7(Timestamp(1_001), [0; 10]);
        assert!(early < late);
        assert_eq!(early.get_version_num(), 7);
    }

    #[test]
    fn an_id_reads_back_what_it_wrote() {
        let id = QuestionId(uuid_v7(Timestamp(7), [9; 10]));
        assert_eq!(id.to_string().parse::<QuestionId>(), Ok(id));
        assert!("not-an-id".parse::<QuestionId>().is_err());
    }
}
