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
}

impl Doors {
    /// Counts by these settings.
    #[must_use]
    pub fn new(args: &LimitArgs, clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            proxies: args.proxies,
            newcomers: Mutex::new(Keyed::new(args.newcomers_per_network)),
            sign_ins: Mutex::new(Keyed::new(args.sign_ins_per_network)),
        }
    }

    /// The network that a request is from.
    #[must_use]
    pub fn network(&self, headers: &HeaderMap, extensions: &Extensions) -> Network {
        Network::of(headers, extensions, self.proxies)
    }

    /// Somebody without a cookie opens the page at this path and is to become a participant.
    ///
    /// # Errors
    /// [`TooFast`] when too many came from this network to this tenant.
    pub fn newcomer(&self, network: Network, path: &str) -> Result<(), TooFast> {
        take(&self.newcomers, (network, tenant_of(path)), &*self.clock)
    }

    /// Somebody uses a sign-in link.
    ///
    /// # Errors
    /// [`TooFast`] when too many links were tried from this network.
    pub fn sign_in(&self, network: Network) -> Result<(), TooFast> {
        take(&self.sign_ins, network, &*self.clock)
    }
}

fn take<K: Eq + std::hash::Hash>(keyed: &Mutex<Keyed<K>>, key: K, clock: &dyn Clock) -> Result<(), TooFast> {
    let mut keyed = keyed.lock().unwrap_or_else(PoisonError::into_inner);
    keyed.take(key, nanos(clock.now())).map_err(too_fast)
}

/// The tenant whose page this is, by its slug; the default one for every other page.
fn tenant_of(path: &str) -> String {
    let named = path.strip_prefix("/t/").and_then(|rest| rest.split('/').next());
    named.and_then(|slug| Slug::parse(slug).ok()).unwrap_or_else(Slug::default_tenant).into_string()
}

impl fmt::Debug for Doors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Doors").field("proxies", &self.proxies).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_of_the_tenant_in_its_path() {
        for (path, tenant) in [
            ("/", "default"),
            ("/admin", "default"),
            ("/t/acme", "acme"),
            ("/t/acme/", "acme"),
            ("/t/acme/admin", "acme"),
            ("/t//", "default"),
            ("/t/%3Cscript%3E", "default"),
            ("/tx/acme", "default"),
        ] {
            assert_eq!(tenant_of(path), tenant, "{path}");
        }
    }
}
