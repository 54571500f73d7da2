//! The doors that are open to people nobody knows yet: where browsers become participants, and where links are used.
//! Only the network can be counted there, so the limits are a hall's, not a person's.

use axum::http::{Extensions, HeaderMap};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::args::LimitArgs;
use super::keyed::Keyed;
use super::network::Network;
use super::rate::{nanos, too_fast};
use pulsestage::ports::{Clock, TooFast};
use pulsestage::text::Slug;

/// Counts those whom nobody knows yet.
pub struct Doors {
    clock: Arc<dyn Clock>,
    proxies: u8,
    newcomers: Mutex<Keyed<(Network, String)>>,
    sign_ins: Mutex<Keyed<Network>>,
    missed_codes: Mutex<Keyed<Network>>,
    passwords: Mutex<Keyed<Account>>,
    letters: Mutex<Keyed<Account>>,
}

/// An account as somebody names it, whether there is one or not: the tenant's slug, and what they say it is called.
type Account = (String, String);

impl Doors {
    /// Counts by these settings.
    #[must_use]
    pub fn new(args: &LimitArgs, clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            proxies: args.proxies,
            newcomers: Mutex::new(Keyed::new(args.newcomers_per_network)),
            sign_ins: Mutex::new(Keyed::new(args.sign_ins_per_network)),
            missed_codes: Mutex::new(Keyed::new(args.missed_codes_per_network)),
            passwords: Mutex::new(Keyed::new(args.passwords_per_account)),
            letters: Mutex::new(Keyed::new(args.letters_per_account)),
        }
    }

    /// The network that a request is from.
    #[must_use]
    pub fn network(&self, headers: &HeaderMap, extensions: &Extensions) -> Network {
        Network::of(headers, extensions, self.proxies)
    }

    /// Somebody without a cookie opens a page of this tenant and is to become a participant.
    ///
    /// # Errors
    /// [`TooFast`] when too many came from this network to this tenant.
    pub fn newcomer(&self, network: Network, tenant: Slug) -> Result<(), TooFast> {
        take(&self.newcomers, (network, tenant.into_string()), &*self.clock)
    }

    /// Somebody tries to come in by a password, a link or a provider.
    ///
    /// # Errors
    /// [`TooFast`] when too many tried from this network.
    pub fn sign_in(&self, network: Network) -> Result<(), TooFast> {
        take(&self.sign_ins, network, &*self.clock)
    }

    /// Somebody tries a join code. It counts once it is known to be none: see [`Doors::missed_code`].
    ///
    /// # Errors
    /// [`TooFast`] when too many codes that are none were tried from this network.
    pub fn may_try_code(&self, network: Network) -> Result<(), TooFast> {
        let missed = self.missed_codes.lock().unwrap_or_else(PoisonError::into_inner);
        missed.ask(&network, nanos(self.clock.now())).map(drop).map_err(too_fast)
    }

    /// A code that somebody tried is none.
    pub fn missed_code(&self, network: Network) {
        // Many at once may miss together; those that are too many are not counted and the next one is refused.
        let _counted = take(&self.missed_codes, network, &*self.clock);
    }

    /// Somebody tries a password of this account, from wherever.
    ///
    /// # Errors
    /// [`TooFast`] when too many were tried.
    pub fn password(&self, slug: &str, account: &str) -> Result<(), TooFast> {
        take(&self.passwords, named(slug, account), &*self.clock)
    }

    /// Somebody wants a letter to be sent to this account.
    ///
    /// # Errors
    /// [`TooFast`] when too many were.
    pub fn letter(&self, slug: &str, account: &str) -> Result<(), TooFast> {
        take(&self.letters, named(slug, account), &*self.clock)
    }
}

/// One account for all ways to write its name; cut, for anybody may send anything.
fn named(slug: &str, account: &str) -> Account {
    const KEPT: usize = 254;
    (slug.chars().take(KEPT).collect(), account.trim().to_lowercase().chars().take(KEPT).collect())
}

fn take<K: Eq + std::hash::Hash>(keyed: &Mutex<Keyed<K>>, key: K, clock: &dyn Clock) -> Result<(), TooFast> {
    let mut keyed = keyed.lock().unwrap_or_else(PoisonError::into_inner);
    keyed.take(key, nanos(clock.now())).map_err(too_fast)
}

impl fmt::Debug for Doors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Doors").field("proxies", &self.proxies).finish_non_exhaustive()
    }
}
