//! Identifiers: one newtype per noun, so that a team's id is never taken for a question's.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use uuid::{Builder, Uuid};

use crate::time::Timestamp;

/// Makes a version 7 UUID (RFC 9562, section 5.7) from a time and ten random bytes.
///
/// Time and randomness are arguments: both come in through ports.
#[must_use]
pub fn uuid_v7(at: Timestamp, random: [u8; 10]) -> Uuid {
    Builder::from_unix_timestamp_millis(at.millis_unsigned(), &random).into_uuid()
}

/// When a UUID of version 7 was made, by the clock of whoever made it.
#[must_use]
pub fn time_of_v7(id: Uuid) -> Timestamp {
    // The first 48 bits (RFC 9562, section 5.7).
    Timestamp((id.as_u128() >> 80) as i64)
}

/// Makes ids of questions. Everybody sees them, so they tell the second in which a question was asked and no less. Those
/// of one second sort as they were made, as far as one server made them; by how much they differ says nothing.
#[derive(Debug, Default)]
pub struct QuestionIds(Mutex<(i64, u16)>);

impl QuestionIds {
    /// The most that the place for the order within a second holds (the bits `rand_a` of RFC 9562): beyond it the order
    /// is chance.
    const LAST: u16 = 0x0fff;

    /// An id that was not there before.
    pub fn next(&self, at: Timestamp, mut random: [u8; 10]) -> QuestionId {
        let second = at.whole_second();
        let rng = u16::from_be_bytes([random[0], random[1]]);
        let place = {
            let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let place = if last.0 == second.0 { last.1 + 1 + rng % 4 } else { rng % 1_024 };
            *last = (second.0, place.min(Self::LAST));
            last.1
        };
        random[..2].copy_from_slice(&place.to_be_bytes());
        QuestionId(uuid_v7(second, random))
    }
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
    use std::collections::HashSet;

    #[test]
    fn a_v7_id_sorts_by_its_time() {
        let early = uuid_v7(Timestamp(1_000), [255; 10]);
        let late = uuid_v7(Timestamp(1_001), [0; 10]);
        assert!(early < late);
        assert_eq!(early.get_version_num(), 7);
        assert_eq!([early, late].map(time_of_v7), [Timestamp(1_000), Timestamp(1_001)]);
    }

    #[test]
    fn ids_of_questions_tell_the_second_and_sort_as_they_were_made() {
        let (ids, mut made) = (QuestionIds::default(), Vec::new());
        for (number, at) in [5_001, 5_001, 5_400, 5_999, 6_000, 6_001].into_iter().enumerate() {
            made.push(ids.next(Timestamp(at), [200 - u8::try_from(number).unwrap(); 10]));
        }
        assert!(made.is_sorted(), "{made:?}");
        let times = made.iter().map(|id| id.0.get_timestamp().unwrap().to_unix());
        assert_eq!(times.collect::<Vec<_>>(), [(5, 0), (5, 0), (5, 0), (5, 0), (6, 0), (6, 0)]);
        // More in a second than there are places still differ.
        let many: HashSet<_> = (0..10_000_u32)
            .map(|number| {
                let mut random = [7; 10];
                random[6..].copy_from_slice(&number.to_be_bytes());
                ids.next(Timestamp(7_000), random)
            })
            .collect();
        assert_eq!(many.len(), 10_000);
    }

    #[test]
    fn an_id_reads_back_what_it_wrote() {
        let id = QuestionId(uuid_v7(Timestamp(7), [9; 10]));
        assert_eq!(id.to_string().parse::<QuestionId>(), Ok(id));
        assert!("not-an-id".parse::<QuestionId>().is_err());
    }
}
