//! Requests: how fast one person may write and read, and how fast a whole tenant may.
//!
//! A person's limit is for the person's good and the tenant's: one stuck key does not flood a board. A tenant's is for
//! its neighbours: SQLite has one writer, and whoever fills the queue before it makes everybody wait. What is refused
//! here has cost one look into a table in memory and never comes near that queue.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

use super::args::LimitArgs;
use super::keyed::Keyed;
use super::rate::{nanos, too_fast};
use pulsestage::id::TenantId;
use pulsestage::permission::Action;
use pulsestage::ports::{Clock, Pace, TooFast};

/// Counts what people and tenants do.
pub struct Paces {
    clock: Arc<dyn Clock>,
    // One lock for all: held for some hundred nanoseconds, and a deed counts for its person and its tenant or for neither.
    books: Mutex<Books>,
    refused_people: AtomicU64,
    refused_tenants: AtomicU64,
}

/// How many requests were held back since the start. The hook for metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeldBack {
    /// Because one person was too fast.
    pub people: u64,
    /// Because a tenant was.
    pub tenants: u64,
}

struct Books {
    // Ids of participants and users are unique among all tenants.
    votes: Keyed<Uuid>,
    asks: Keyed<Uuid>,
    changes: Keyed<Uuid>,
    reads: Keyed<Uuid>,
    tenant_writes: Keyed<TenantId>,
    tenant_reads: Keyed<TenantId>,
}

impl Books {
    /// Where an action counts: for the person, and for the tenant. What moderators do counts for themselves alone, so
    /// that no audience, however noisy, keeps them from freezing what makes it so.
    fn of(&mut self, action: Action) -> (&mut Keyed<Uuid>, Option<&mut Keyed<TenantId>>) {
        match action {
            Action::Vote => (&mut self.votes, Some(&mut self.tenant_writes)),
            Action::Ask => (&mut self.asks, Some(&mut self.tenant_writes)),
            Action::SeeBoard | Action::Moderate => (&mut self.reads, Some(&mut self.tenant_reads)),
            Action::Answer | Action::Tag | Action::Pin | Action::Freeze | Action::CreateTag | Action::CreateTeam => {
                (&mut self.changes, None)
            }
        }
    }
}

impl Paces {
    /// Counts by these settings.
    #[must_use]
    pub fn new(args: &LimitArgs, clock: Arc<dyn Clock>) -> Self {
        let books = Books {
            votes: Keyed::new(args.votes_per_participant),
            asks: Keyed::new(args.asks_per_participant),
            changes: Keyed::new(args.changes_per_moderator),
            reads: Keyed::new(args.reads_per_participant),
            tenant_writes: Keyed::new(args.writes_per_tenant),
            tenant_reads: Keyed::new(args.reads_per_tenant),
        };
        Self { clock, books: Mutex::new(books), refused_people: AtomicU64::new(0), refused_tenants: AtomicU64::new(0) }
    }

    /// How many were held back so far.
    #[must_use]
    pub fn held_back(&self) -> HeldBack {
        HeldBack {
            people: self.refused_people.load(Ordering::Relaxed),
            tenants: self.refused_tenants.load(Ordering::Relaxed),
        }
    }
}

impl Pace for Paces {
    fn admit(&self, tenant: TenantId, who: Option<Uuid>, action: Action) -> Result<(), TooFast> {
        let now = nanos(self.clock.now());
        let mut books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        let (people, tenants) = books.of(action);
        let own = who.map(|who| people.ask(&who, now).map(|leave| (who, leave))).transpose();
        let share = tenants.as_ref().map(|tenants| tenants.ask(&tenant, now)).transpose();
        match (own, share) {
            (Ok(own), Ok(share)) => {
                if let Some((who, leave)) = own {
                    people.count(who, leave, now);
                }
                if let Some((tenants, leave)) = tenants.zip(share) {
                    tenants.count(tenant, leave, now);
                }
                Ok(())
            }
            (Err(wait), share) => {
                self.refused_people.fetch_add(1, Ordering::Relaxed);
                Err(too_fast(wait.max(share.err().unwrap_or_default())))
            }
            (Ok(_), Err(wait)) => {
                self.refused_tenants.fetch_add(1, Ordering::Relaxed);
                Err(too_fast(wait))
            }
        }
    }
}

impl fmt::Debug for Paces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Paces").field(&self.held_back()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulsestage::time::Timestamp;
    use std::sync::atomic::AtomicI64;

    const ONE: TenantId = TenantId(Uuid::from_u128(1));
    const OTHER: TenantId = TenantId(Uuid::from_u128(2));

    #[derive(Clone, Default)]
    struct Hand(Arc<AtomicI64>);

    impl Clock for Hand {
        fn now(&self) -> Timestamp {
            Timestamp(self.0.load(Ordering::Relaxed))
        }
    }

    fn who(number: u128) -> Option<Uuid> {
        Some(Uuid::from_u128(number))
    }

    fn paces(change: impl FnOnce(&mut LimitArgs)) -> (Paces, Hand) {
        let mut args = LimitArgs::NONE;
        change(&mut args);
        let hand = Hand::default();
        (Paces::new(&args, Arc::new(hand.clone())), hand)
    }

    fn admitted(paces: &Paces, times: usize, tenant: TenantId, who: Option<Uuid>, action: Action) -> usize {
        (0..times).filter(|_| paces.admit(tenant, who, action).is_ok()).count()
    }

    #[test]
    fn without_limits_everything_is_taken() {
        let (paces, _) = paces(|_| {});
        for action in Action::ALL {
            assert_eq!(admitted(&paces, 1_000, ONE, who(1), action), 1_000);
        }
        assert_eq!(paces.held_back(), HeldBack::default());
    }

    #[test]
    fn one_who_hammers_is_held_back_and_nobody_else() {
        let (paces, hand) = paces(|args| args.asks_per_participant = "3/30s".parse().unwrap());
        assert_eq!(admitted(&paces, 100, ONE, who(1), Action::Ask), 3);
        assert_eq!(paces.admit(ONE, who(1), Action::Ask), Err(TooFast { retry_after_s: 10 }));
        assert_eq!(admitted(&paces, 3, ONE, who(2), Action::Ask), 3, "another has a bucket of their own");
        assert_eq!(admitted(&paces, 100, ONE, who(1), Action::Vote), 100, "votes are another matter");
        hand.0.store(9_999, Ordering::Relaxed);
        assert_eq!(paces.admit(ONE, who(1), Action::Ask), Err(TooFast { retry_after_s: 1 }));
        hand.0.store(10_000, Ordering::Relaxed);
        assert_eq!(admitted(&paces, 100, ONE, who(1), Action::Ask), 1, "as told");
        assert_eq!(paces.held_back(), HeldBack { people: 97 + 1 + 1 + 99, tenants: 0 });
    }

    #[test]
    fn a_noisy_tenant_is_held_back_and_its_neighbour_is_not() {
        let (paces, _) = paces(|args| args.writes_per_tenant = "100/10s".parse().unwrap());
        let noisy = (0..1_000).filter(|n| paces.admit(ONE, who(*n), Action::Vote).is_ok()).count();
        assert_eq!(noisy, 100);
        assert_eq!(paces.admit(ONE, who(5_000), Action::Ask), Err(TooFast { retry_after_s: 1 }), "all writes are one");
        assert_eq!(admitted(&paces, 100, OTHER, who(9_000), Action::Vote), 100);
        assert_eq!(admitted(&paces, 10, ONE, who(1), Action::SeeBoard), 10, "reading is another matter");
        assert_eq!(paces.held_back(), HeldBack { people: 0, tenants: 901 });
    }

    #[test]
    fn moderators_are_not_held_back_by_their_audience() {
        let (paces, _) = paces(|args| {
            args.writes_per_tenant = "1/h".parse().unwrap();
            args.changes_per_moderator = "5/min".parse().unwrap();
        });
        assert_eq!(admitted(&paces, 10, ONE, who(1), Action::Vote), 1);
        assert_eq!(admitted(&paces, 10, ONE, who(2), Action::Freeze), 5);
    }

    #[test]
    fn what_the_tenant_is_refused_costs_the_person_nothing_nor_the_other_way_round() {
        let (paces, hand) = paces(|args| {
            args.votes_per_participant = "2/20s".parse().unwrap();
            args.writes_per_tenant = "3/3s".parse().unwrap();
        });
        assert_eq!(admitted(&paces, 10, ONE, who(1), Action::Vote), 2);
        assert_eq!(admitted(&paces, 10, ONE, who(2), Action::Vote), 1, "what was refused took nothing from the tenant");
        assert_eq!(paces.admit(ONE, who(1), Action::Vote), Err(TooFast { retry_after_s: 10 }), "the longer of both");
        hand.0.store(1_000, Ordering::Relaxed);
        assert_eq!(admitted(&paces, 10, ONE, who(2), Action::Vote), 1, "what was refused took nothing from the person");
    }

    #[test]
    fn a_visitor_without_a_name_counts_for_the_tenant() {
        let (paces, _) = paces(|args| {
            args.reads_per_participant = "1/h".parse().unwrap();
            args.reads_per_tenant = "5/h".parse().unwrap();
        });
        assert_eq!(admitted(&paces, 10, ONE, None, Action::SeeBoard), 5);
    }

    #[test]
    fn of_many_at_once_as_many_are_taken_as_there_is_room_for() {
        let (paces, _) = paces(|args| args.writes_per_tenant = "500/h".parse().unwrap());
        let taken: usize = std::thread::scope(|scope| {
            let paces = &paces;
            let voter = |n| scope.spawn(move || admitted(paces, 200, ONE, who(n), Action::Vote));
            let voters: Vec<_> = (0..8).map(voter).collect();
            voters.into_iter().map(|voter| voter.join().unwrap()).sum()
        });
        assert_eq!(taken, 500);
    }
}
