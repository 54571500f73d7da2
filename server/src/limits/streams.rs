//! Streams: how many there may be, in all, of one tenant, of one participant.
//!
//! Whoever is let in holds a [`Permit`] and gives its place back by dropping it, on whatever thread that happens.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::network::Network;
use pulsestage::id::{ParticipantId, TenantId};
use pulsestage::ports::Rng;

/// Whoever is turned away comes back no sooner than this, in milliseconds.
const EARLIEST_MS: u64 = 5_000;
/// Even a few are spread over this time, in milliseconds.
const LEAST_SPREAD_MS: u64 = 1_000;
/// As many outside as there are seats are spread over so much more, in milliseconds.
const MORE_SPREAD_MS: u64 = 9_000;

/// How many streams there may be; 0 is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StreamLimits {
    /// In all.
    pub total: usize,
    /// Of one tenant.
    pub per_tenant: usize,
    /// Of one participant: one browser in one tenant.
    pub per_participant: usize,
    /// Of one network, by clients whom nobody knows.
    pub per_unknown_network: usize,
}

/// Whose stream it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamHolder {
    /// A browser that brought the cookie that it was given, or somebody who is signed in.
    Known(Option<ParticipantId>),
    /// A client whom nobody knows: of all such, a tenant and the server let in half as many as there may be.
    Unknown(Network),
}

/// Which limit was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FullOf {
    /// There are as many streams as there may be.
    Streams,
    /// This tenant has its share.
    Tenant,
    /// This participant has theirs.
    Participant,
    /// Those whom nobody knows have theirs, from this network or in all.
    Unknown,
}

/// A stream that was not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TurnedAway {
    /// Which limit was reached.
    pub full: FullOf,
    /// Over how many milliseconds those outside are to be spread.
    spread_ms: u64,
}

impl TurnedAway {
    /// When this one is to come back, in milliseconds: drawn for each, and the later the more there are outside.
    #[must_use]
    pub fn retry_millis(&self, rng: &dyn Rng) -> u64 {
        let mut random = [0; 8];
        rng.fill(&mut random);
        EARLIEST_MS + u64::from_le_bytes(random) % self.spread_ms
    }
}

/// How many streams were turned away since the start, by the limit that was reached. The hook for metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field counts the reason of the same name in `FullOf`")]
pub struct RefusedStreams {
    pub streams: u64,
    pub tenant: u64,
    pub participant: u64,
    pub unknown: u64,
}

/// Lets streams in while there is room. Cheap to clone; all clones count together.
#[derive(Clone)]
pub struct StreamAdmission(Arc<Counters>);

struct Counters {
    limits: StreamLimits,
    // One lock for all three counts, so that no race lets one too many in. Held for some hundred nanoseconds.
    seats: Mutex<Seats>,
    refused: [AtomicU64; 4],
}

#[derive(Default)]
struct Seats {
    instance: Occupancy,
    tenants: HashMap<TenantId, Occupancy>,
    // A participant is of one tenant: their ids are pseudonyms that no two tenants share.
    people: HashMap<ParticipantId, usize>,
    /// Those whom nobody knows, by network.
    networks: HashMap<Network, usize>,
}

#[derive(Clone, Copy, Default)]
struct Occupancy {
    taken: usize,
    /// Of these, by clients whom nobody knows.
    unknown: usize,
    /// How many were turned away and not let in since: about as many as wait outside.
    outside: usize,
}

impl Occupancy {
    fn let_in(&mut self, who: StreamHolder) {
        self.taken += 1;
        self.unknown += usize::from(who.is_unknown());
        self.outside = self.outside.saturating_sub(1);
    }

    /// Turns one away; says over which time those outside are to be spread.
    fn turn_away(&mut self, limit: usize) -> u64 {
        // Whoever comes back in vain is counted again, so this only says "many" from some number on.
        self.outside = (self.outside + 1).min(limit);
        LEAST_SPREAD_MS + MORE_SPREAD_MS * self.outside as u64 / limit as u64
    }
}

impl StreamHolder {
    const fn is_unknown(self) -> bool {
        matches!(self, Self::Unknown(_))
    }

    const fn participant(self) -> Option<ParticipantId> {
        match self {
            Self::Known(who) => who,
            Self::Unknown(_) => None,
        }
    }
}

/// How many of so many places are for those whom nobody knows; the others are kept for who is known.
const fn for_unknown(limit: usize) -> usize {
    limit.div_ceil(2)
}

fn is_reached(limit: usize, taken: usize) -> bool {
    limit > 0 && taken >= limit
}

/// A stream's place among all. Dropping it gives the place back.
#[derive(Debug)]
#[must_use = "a permit that is dropped lets the next one in"]
pub struct Permit {
    admission: StreamAdmission,
    tenant: TenantId,
    who: StreamHolder,
}

impl StreamAdmission {
    /// Lets in as many as these limits say.
    #[must_use]
    pub fn new(limits: StreamLimits) -> Self {
        Self(Arc::new(Counters { limits, seats: Mutex::default(), refused: [const { AtomicU64::new(0) }; 4] }))
    }

    /// Lets a stream in, or says which limit is reached.
    ///
    /// # Errors
    /// [`TurnedAway`] when a limit is reached.
    pub fn admit(&self, tenant: TenantId, who: StreamHolder) -> Result<Permit, TurnedAway> {
        self.admit_within(tenant, who, None)
    }

    /// The same where the operator allows this one tenant fewer streams than others.
    ///
    /// # Errors
    /// As [`StreamAdmission::admit`].
    pub fn admit_within(
        &self,
        tenant: TenantId,
        who: StreamHolder,
        allowed: Option<usize>,
    ) -> Result<Permit, TurnedAway> {
        let limits = self.0.limits;
        // 0 is no limit to the settings of the server, and none at all to those of a tenant.
        let per_tenant = match (limits.per_tenant, allowed) {
            (0, Some(allowed)) => allowed,
            (all, Some(allowed)) => allowed.min(all),
            (0, None) => usize::MAX,
            (all, None) => all,
        };
        let mut seats = self.seats();
        let Seats { instance, tenants, people, networks } = &mut *seats;
        let of_person = who.participant().and_then(|who| people.get(&who)).copied().unwrap_or_default();
        let room = tenants.get(&tenant).copied().unwrap_or_default();
        let of_tenant = room.taken;
        let is_full_for_unknown = match who {
            StreamHolder::Known(_) => false,
            StreamHolder::Unknown(network) => {
                let of_network = networks.get(&network).copied().unwrap_or_default();
                is_reached(limits.per_unknown_network, of_network)
                    || room.unknown >= for_unknown(per_tenant)
                    || is_reached(for_unknown(limits.total), instance.unknown)
            }
        };
        let turned_away = if is_reached(limits.per_participant, of_person) {
            // Their other streams will not end soon.
            Some((FullOf::Participant, LEAST_SPREAD_MS + MORE_SPREAD_MS))
        } else if of_tenant >= per_tenant {
            Some((FullOf::Tenant, tenants.entry(tenant).or_default().turn_away(per_tenant.max(1))))
        } else if is_reached(limits.total, instance.taken) {
            Some((FullOf::Streams, instance.turn_away(limits.total)))
        } else if is_full_for_unknown {
            Some((FullOf::Unknown, LEAST_SPREAD_MS + MORE_SPREAD_MS))
        } else {
            None
        };
        if let Some((full, spread_ms)) = turned_away {
            self.0.refused[full as usize].fetch_add(1, Ordering::Relaxed);
            return Err(TurnedAway { full, spread_ms });
        }
        instance.let_in(who);
        tenants.entry(tenant).or_default().let_in(who);
        match who {
            StreamHolder::Known(Some(who)) => *people.entry(who).or_default() += 1,
            StreamHolder::Known(None) => {}
            StreamHolder::Unknown(network) => *networks.entry(network).or_default() += 1,
        }
        Ok(Permit { admission: self.clone(), tenant, who })
    }

    /// How many streams there are.
    #[must_use]
    pub fn taken(&self) -> usize {
        self.seats().instance.taken
    }

    /// How many were turned away so far.
    #[must_use]
    pub fn refused(&self) -> RefusedStreams {
        let count = |full: FullOf| self.0.refused[full as usize].load(Ordering::Relaxed);
        RefusedStreams {
            streams: count(FullOf::Streams),
            tenant: count(FullOf::Tenant),
            participant: count(FullOf::Participant),
            unknown: count(FullOf::Unknown),
        }
    }

    fn seats(&self) -> MutexGuard<'_, Seats> {
        // Nothing in here panics half-way, so poisoned seats are whole ones.
        self.0.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut seats = self.admission.seats();
        let of_unknown = usize::from(self.who.is_unknown());
        seats.instance.taken -= 1;
        seats.instance.unknown -= of_unknown;
        if let Some(room) = seats.tenants.get_mut(&self.tenant) {
            room.taken -= 1;
            room.unknown -= of_unknown;
            if room.taken == 0 {
                seats.tenants.remove(&self.tenant);
            }
        }
        match self.who {
            StreamHolder::Known(Some(who)) => give_back(&mut seats.people, who),
            StreamHolder::Known(None) => {}
            StreamHolder::Unknown(network) => give_back(&mut seats.networks, network),
        }
    }
}

fn give_back<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: K) {
    if let Entry::Occupied(mut taken) = counts.entry(key) {
        *taken.get_mut() -= 1;
        if *taken.get() == 0 {
            taken.remove();
        }
    }
}

impl fmt::Debug for StreamAdmission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admission").field("taken", &self.taken()).field("limits", &self.0.limits).finish()
    }
}

#[cfg(test)]
#[path = "streams_tests.rs"]
mod tests;
