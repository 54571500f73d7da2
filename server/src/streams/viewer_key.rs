//! What tells streams apart that do not carry the same: tabs of one browser share a stream only under one key.

use bytes::Bytes;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::filter::StreamFilter;
use crate::auth::secret::hex;
use pulsestage::audience::{StaffOf, Viewer};
use pulsestage::id::{ParticipantId, TeamId, TenantId};

/// Stands for all that a stream may carry: whose it is, what they may see, and what they chose. The same on every
/// instance. It is made of the reader's pseudonym, which nobody can guess, so it tells nothing to whoever has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ViewerKey([u8; 8]);

impl ViewerKey {
    /// The key of a stream of this tenant for this viewer, as far as it passes this filter.
    pub(crate) fn new(TenantId(tenant): TenantId, viewer: &Viewer, filter: &StreamFilter) -> Self {
        let mut bytes = tenant.as_bytes().to_vec();
        // The nil id is nobody's.
        let participant = viewer.participant.map_or(Uuid::nil(), |ParticipantId(participant)| participant);
        bytes.extend_from_slice(participant.as_bytes());
        match &viewer.staff {
            StaffOf::Nobody => bytes.push(0),
            StaffOf::Everything => bytes.push(1),
            StaffOf::Teams(teams) => {
                bytes.push(2);
                let mut teams = teams.clone();
                teams.sort_unstable();
                teams.iter().for_each(|TeamId(team)| bytes.extend_from_slice(team.as_bytes()));
            }
        }
        bytes.push(u8::MAX);
        filter.write_into(&mut bytes);
        let mut short = [0; 8];
        short.copy_from_slice(&Sha256::digest(&bytes)[..8]);
        Self(short)
    }

    /// The message that tells it: a named one, which no client hears that does not listen for it.
    pub(crate) fn message(self) -> Bytes {
        let Self(key) = self;
        Bytes::from(format!("event: viewer\ndata: {}\n\n", hex(&key)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn team(n: u128) -> TeamId {
        TeamId(Uuid::from_u128(n))
    }

    #[test]
    fn whoever_may_be_sent_something_else_has_another_key() {
        let tenant = TenantId(Uuid::from_u128(1));
        let guest = |n| Viewer { participant: Some(ParticipantId(Uuid::from_u128(n))), staff: StaffOf::Nobody };
        let staff = |staff| Viewer { staff, ..guest(5) };
        let open = StreamFilter::default();
        let one_team = StreamFilter::parse(None, Some(&Uuid::from_u128(9).to_string())).unwrap();
        let votes = StreamFilter::parse(Some("question:upvoted"), None).unwrap();
        let keys = [
            ViewerKey::new(tenant, &Viewer::ANYBODY, &open),
            ViewerKey::new(tenant, &guest(5), &open),
            ViewerKey::new(tenant, &guest(6), &open),
            ViewerKey::new(TenantId(Uuid::from_u128(2)), &guest(5), &open),
            ViewerKey::new(tenant, &staff(StaffOf::Everything), &open),
            ViewerKey::new(tenant, &staff(StaffOf::Teams(vec![team(7)])), &open),
            ViewerKey::new(tenant, &staff(StaffOf::Teams(vec![team(7), team(8)])), &open),
            ViewerKey::new(tenant, &guest(5), &one_team),
            ViewerKey::new(tenant, &guest(5), &votes),
        ];
        for (n, key) in keys.iter().enumerate() {
            assert!(keys[n + 1..].iter().all(|other| other != key), "{n}");
        }
        let swapped = staff(StaffOf::Teams(vec![team(8), team(7)]));
        assert_eq!(ViewerKey::new(tenant, &swapped, &open), keys[6], "the order of teams means nothing");
        assert!(keys[0].message().starts_with(b"event: viewer\ndata: "));
    }
}
