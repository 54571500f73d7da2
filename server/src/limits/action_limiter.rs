//! Requests: how fast one person may write and read, and how fast a whole tenant may.
//!
//! A person's limit is for the person's good and the tenant's: one stuck key does not flood a board. A tenant's is for
//! its neighbours: what is refused here has cost one look into a table in memory and never comes near the database.
//! What is taken still comes in bursts; `turns` keeps those from standing before a neighbour.

use async_trait::async_trait;
use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use uuid::Uuid;

use super::args::LimitArgs;
use super::keyed::Keyed;
use super::rate::{Limit, Rate, nanos, too_fast};
use super::turns::Turns;
use pulsestage::id::TenantId;
use pulsestage::permission::Action;
use pulsestage::ports::{Clock, RateLimited, RateLimiter, Turn};

/// What the limits of tenants are for.
const MINUTE: Duration = Duration::from_secs(60);

/// Counts what people and tenants do.
pub struct ActionLimiter {
    clock: Arc<dyn Clock>,
    // One lock for all: held for some hundred nanoseconds, and an action counts for its person and its tenant or for neither.
    books: Mutex<Books>,
    turns: Turns<Lane>,
    refused_people: AtomicU64,
    refused_tenants: AtomicU64,
    refused_unknown: AtomicU64,
}

/// How many requests were held back since the start. The hook for metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeldBack {
    /// Because one person was too fast.
    pub people: u64,
    /// Because a tenant was.
    pub tenants: u64,
    /// Because those whom nobody knows were.
    pub unknown: u64,
}

/// Those who take turns: the audience of a tenant, and its moderators, who are not to wait behind the audience.
type Lane = (TenantId, bool);

struct Books {
    // Ids of participants and users are unique among all tenants.
    votes: Keyed<Uuid>,
    asks: Keyed<Uuid>,
    /// By the tenants' own limits, each of which is another: of people who vote, and who ask.
    own_votes: Keyed<Uuid>,
    own_asks: Keyed<Uuid>,
    changes: Keyed<Uuid>,
    reads: Keyed<Uuid>,
    searches: Keyed<Uuid>,
    tenant_writes: Keyed<TenantId>,
    tenant_asks: Keyed<TenantId>,
    /// Those whom nobody knows, beside the tenant's share.
    unknown_networks: Keyed<(IpAddr, TenantId)>,
    unknown_reads: Keyed<TenantId>,
    tenant_reads: Keyed<TenantId>,
    tenant_searches: Keyed<TenantId>,
}

impl Books {
    /// Where an action counts: for the person, and for the tenant. What moderators do counts for themselves alone, so
    /// that no audience, however noisy, keeps them from freezing what makes it so.
    fn of(&mut self, action: Action) -> (&mut Keyed<Uuid>, Option<&mut Keyed<TenantId>>) {
        match action {
            Action::Vote => (&mut self.votes, Some(&mut self.tenant_writes)),
            Action::Ask => (&mut self.asks, Some(&mut self.tenant_writes)),
            Action::SeeBoard | Action::Moderate => (&mut self.reads, Some(&mut self.tenant_reads)),
            // Beside the reads: whoever types a search can still load the page.
            Action::Search => (&mut self.searches, Some(&mut self.tenant_searches)),
            Action::SeeHealth | Action::SeeAudit | Action::SeeStatistics | Action::Export => (&mut self.reads, None),
            Action::Answer
            | Action::Tag
            | Action::Pin
            | Action::Freeze
            | Action::Review
            | Action::DeleteQuestion
            | Action::CreateTag
            | Action::CreateTeam
            | Action::ManagePeople
            | Action::EditSettings
            | Action::EditTeam
            | Action::EditTag
            | Action::Operate => (&mut self.changes, None),
        }
    }

    /// Where an action counts that the tenant itself limits.
    const fn own(&mut self, action: Action) -> &mut Keyed<Uuid> {
        if matches!(action, Action::Vote) { &mut self.own_votes } else { &mut self.own_asks }
    }
}

/// Whether it is the audience that does this.
const fn is_of_audience(action: Action) -> bool {
    matches!(action, Action::Vote | Action::Ask | Action::SeeBoard | Action::Search)
}

impl ActionLimiter {
    /// Counts by these settings.
    #[must_use]
    pub fn new(args: &LimitArgs, clock: Arc<dyn Clock>) -> Self {
        let books = Books {
            votes: Keyed::new(args.votes_per_participant),
            asks: Keyed::new(args.asks_per_participant),
            own_votes: Keyed::new(Limit::NONE),
            own_asks: Keyed::new(Limit::NONE),
            changes: Keyed::new(args.changes_per_moderator),
            reads: Keyed::new(args.reads_per_participant),
            searches: Keyed::new(args.searches_per_participant),
            tenant_writes: Keyed::new(args.writes_per_tenant),
            tenant_asks: Keyed::new(args.asks_per_tenant),
            unknown_networks: Keyed::new(args.reads_per_unknown_network),
            unknown_reads: Keyed::new(args.unknown_reads_per_tenant),
            tenant_reads: Keyed::new(args.reads_per_tenant),
            tenant_searches: Keyed::new(args.searches_per_tenant),
        };
        let turns = Turns::new(args.writes_at_once.into());
        let none = || AtomicU64::new(0);
        let (refused_people, refused_tenants, refused_unknown) = (none(), none(), none());
        Self { clock, books: Mutex::new(books), turns, refused_people, refused_tenants, refused_unknown }
    }

    /// How many were held back so far.
    #[must_use]
    pub fn held_back(&self) -> HeldBack {
        HeldBack {
            people: self.refused_people.load(Ordering::Relaxed),
            tenants: self.refused_tenants.load(Ordering::Relaxed),
            unknown: self.refused_unknown.load(Ordering::Relaxed),
        }
    }

    /// How many writes wait for their turn. The hook for metrics.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.turns.waiting()
    }
}

#[async_trait]
impl RateLimiter for ActionLimiter {
    fn admit(&self, tenant: TenantId, who: Option<Uuid>, action: Action) -> Result<(), RateLimited> {
        self.admit_within(tenant, who, action, None)
    }

    fn admit_within(
        &self,
        tenant: TenantId,
        who: Option<Uuid>,
        action: Action,
        per_minute: Option<u32>,
    ) -> Result<(), RateLimited> {
        let now = nanos(self.clock.now());
        let mut books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        let limit = per_minute.and_then(|count| Rate::new(count, MINUTE));
        let within = who.zip(limit).map(|(who, rate)| {
            let own = books.own(action);
            own.ask_at(rate, &who, now).map(|leave| (who, leave))
        });
        let within = within.transpose().map_err(|wait| {
            self.refused_people.fetch_add(1, Ordering::Relaxed);
            too_fast(wait)
        })?;
        // New questions are what a board shows: of them there are fewer than of votes.
        let asked = (action == Action::Ask).then(|| books.tenant_asks.ask(&tenant, now)).transpose();
        let (people, tenants) = books.of(action);
        let own = who.map(|who| people.ask(&who, now).map(|leave| (who, leave))).transpose();
        let share = tenants.as_ref().map(|tenants| tenants.ask(&tenant, now)).transpose();
        let shares = match (share, asked) {
            (Ok(share), Ok(asked)) => Ok((share, asked)),
            (share, asked) => Err(share.err().max(asked.err()).unwrap_or_default()),
        };
        match (own, shares) {
            (Ok(own), Ok((share, asked))) => {
                if let Some((who, leave)) = own {
                    people.count(who, leave, now);
                }
                if let Some((tenants, leave)) = tenants.zip(share) {
                    tenants.count(tenant, leave, now);
                }
                if let Some(leave) = asked {
                    books.tenant_asks.count(tenant, leave, now);
                }
                if let Some((who, leave)) = within {
                    books.own(action).count_at(who, leave, now);
                }
                Ok(())
            }
            (Err(wait), shares) => {
                self.refused_people.fetch_add(1, Ordering::Relaxed);
                Err(too_fast(wait.max(shares.err().unwrap_or_default())))
            }
            (Ok(_), Err(wait)) => {
                self.refused_tenants.fetch_add(1, Ordering::Relaxed);
                Err(too_fast(wait))
            }
        }
    }

    fn admit_unknown(&self, tenant: TenantId, network: Option<IpAddr>, _: Action) -> Result<(), RateLimited> {
        let now = nanos(self.clock.now());
        let mut books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        let key = network.map(|network| (network, tenant));
        let own = key.map(|key| books.unknown_networks.ask(&key, now).map(|leave| (key, leave))).transpose();
        match (own, books.unknown_reads.ask(&tenant, now)) {
            (Ok(own), Ok(leave)) => {
                if let Some((key, leave)) = own {
                    books.unknown_networks.count(key, leave, now);
                }
                books.unknown_reads.count(tenant, leave, now);
                Ok(())
            }
            (own, share) => {
                self.refused_unknown.fetch_add(1, Ordering::Relaxed);
                Err(too_fast(own.err().max(share.err()).unwrap_or_default()))
            }
        }
    }

    async fn turn(&self, tenant: TenantId, action: Action) -> Turn {
        Box::new(self.turns.take((tenant, is_of_audience(action))).await)
    }
}

impl fmt::Debug for ActionLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ActionLimiter").field(&self.held_back()).finish()
    }
}

#[cfg(test)]
#[path = "action_limiter_tests.rs"]
mod tests;
