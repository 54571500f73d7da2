//! Limits of requests from unknown clients: browsers that become participants, and links that are used. Only the network
//! can be counted there, so the limits are those of an audience, not of a person.

use axum::http::{Extensions, HeaderMap};
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::timeout;
use uuid::Uuid;

use super::args::LimitArgs;
use super::keyed::Keyed;
use super::network::{Network, address_of};
use super::rate::{nanos, too_fast};
use super::turns::Turns;
use crate::unicode::email_key;
use pulsestage::email::Email;
use pulsestage::error::Refusal;
use pulsestage::ports::{Clock, RateLimited};
use pulsestage::text::Slug;

/// Counts those whom nobody knows yet.
pub struct SignInLimits {
    clock: Arc<dyn Clock>,
    proxies: u8,
    newcomers: Mutex<Keyed<(Network, String)>>,
    sign_ins: Mutex<Keyed<Network>>,
    missed_codes: Mutex<Keyed<Network>>,
    guessing: Turns<Network>,
    wrong: Mutex<WrongPasswords>,
    letters: Mutex<Keyed<Account>>,
}

/// Passwords that are compared at once, with what is read and written for them: more than are hashed at once, so that those
/// who hash are never without work.
const GUESSES_AT_ONCE: usize = 4;
/// So many may wait for their turn; one more is told at once that we are busy.
const MOST_WAITING: usize = 1_024;
/// Seconds that anybody waits for their turn.
const TURN_PATIENCE_S: u32 = 5;

/// Passwords that were wrong.
struct WrongPasswords {
    /// By account, from browsers that were not the account's before, wherever they are.
    all: Keyed<Account>,
    /// By account and network, half as many, so that no one network uses up what is there for all; and by account and
    /// browser, for those that were the account's before.
    apart: Keyed<(Account, Apart)>,
}

/// What of one account is counted apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Apart {
    Network(Network),
    Browser(Uuid),
}

impl WrongPasswords {
    /// Whether one more may be tried; otherwise how long to wait.
    fn ask(&self, guess: &PasswordAttempt, now: i64) -> Result<(), i64> {
        self.apart.ask(&guess.apart(), now)?;
        // What a browser of the account's own gets wrong is nobody else's matter, nor the other way round.
        if guess.browser.is_none() { self.all.ask(&guess.account, now).map(drop) } else { Ok(()) }
    }

    /// Counts one that was wrong. A few may be compared at once: those that are too many are not counted, and the next one
    /// is refused.
    fn count(&mut self, guess: &PasswordAttempt, now: i64) {
        let _counted = self.apart.take(guess.apart(), now);
        if guess.browser.is_none() {
            let _counted = self.all.take(guess.account.clone(), now);
        }
    }
}

/// A password that somebody tries.
#[derive(Clone, Debug)]
pub struct PasswordAttempt {
    account: Account,
    network: Network,
    /// A browser in which somebody came in as this account before.
    browser: Option<Uuid>,
}

impl PasswordAttempt {
    /// A try at this account of a tenant, from this network; `browser` is the one's that was the account's before.
    #[must_use]
    pub fn new(slug: &str, account: &str, network: Network, browser: Option<Uuid>) -> Self {
        Self { account: named(slug, account), network, browser }
    }

    fn apart(&self) -> (Account, Apart) {
        (self.account.clone(), self.browser.map_or(Apart::Network(self.network), Apart::Browser))
    }
}

/// An account as somebody names it, whether there is one or not: the tenant's slug, and what they say it is called.
type Account = (String, String);

impl SignInLimits {
    /// Counts by these settings.
    #[must_use]
    pub fn new(args: &LimitArgs, clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            proxies: args.proxies,
            newcomers: Mutex::new(Keyed::new(args.newcomers_per_network)),
            sign_ins: Mutex::new(Keyed::new(args.sign_ins_per_network)),
            missed_codes: Mutex::new(Keyed::new(args.missed_codes_per_network)),
            guessing: Turns::new(GUESSES_AT_ONCE),
            wrong: Mutex::new(WrongPasswords {
                all: Keyed::new(args.passwords_per_account),
                apart: Keyed::new(args.passwords_per_account.half()),
            }),
            letters: Mutex::new(Keyed::new(args.letters_per_account)),
        }
    }

    /// The network that a request is from.
    #[must_use]
    pub fn network(&self, headers: &HeaderMap, extensions: &Extensions) -> Network {
        Network::of(headers, extensions, self.proxies)
    }

    /// The address that a request is from.
    #[must_use]
    pub fn address(&self, headers: &HeaderMap, extensions: &Extensions) -> Option<IpAddr> {
        address_of(headers, extensions, self.proxies)
    }

    /// Whether every request comes through a proxy of ours.
    #[must_use]
    pub const fn is_behind_proxy(&self) -> bool {
        self.proxies > 0
    }

    /// Somebody without a cookie opens a page of this tenant and is to become a participant.
    ///
    /// # Errors
    /// [`RateLimited`] when too many came from this network to this tenant.
    pub fn newcomer(&self, network: Network, tenant: Slug) -> Result<(), RateLimited> {
        take(&self.newcomers, (network, tenant.into_string()), &*self.clock)
    }

    /// Something was tried in vain: a password, a link or a return from a provider.
    ///
    /// # Errors
    /// [`RateLimited`] when too much was from this network.
    pub fn failed(&self, network: Network) -> Result<(), RateLimited> {
        take(&self.sign_ins, network, &*self.clock)
    }

    /// A join code that somebody tried is none.
    ///
    /// # Errors
    /// [`RateLimited`] when too many were from this network.
    pub fn missed_code(&self, network: Network) -> Result<(), RateLimited> {
        take(&self.missed_codes, network, &*self.clock)
    }

    /// Waits until a password from this network may be compared. The networks take turns, so that one that sends many
    /// holds up itself. The turn is to be held until it is known whether the password was right.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] for who would wait longer than five seconds.
    pub async fn turn_to_guess(&self, network: Network) -> Result<impl Send + use<>, Refusal> {
        let busy = Refusal::Unavailable { retry_after_s: TURN_PATIENCE_S };
        if self.guessing.waiting() >= MOST_WAITING {
            return Err(busy);
        }
        timeout(Duration::from_secs(TURN_PATIENCE_S.into()), self.guessing.take(network)).await.map_err(|_| busy)
    }

    /// Whether a password of this account may be compared.
    ///
    /// # Errors
    /// [`RateLimited`] when too many were wrong: from this browser, if it was the account's before; otherwise from this network
    /// or from all networks.
    pub fn may_guess(&self, guess: &PasswordAttempt) -> Result<(), RateLimited> {
        let now = nanos(self.clock.now());
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner).ask(guess, now).map_err(too_fast)
    }

    /// A password of this account was wrong.
    pub fn wrong_guess(&self, guess: &PasswordAttempt) {
        let now = nanos(self.clock.now());
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner).count(guess, now);
    }

    /// Somebody wants a letter to be sent to this account.
    ///
    /// # Errors
    /// [`RateLimited`] when too many were.
    pub fn letter(&self, slug: &str, account: &str) -> Result<(), RateLimited> {
        take(&self.letters, named(slug, account), &*self.clock)
    }
}

/// One account for all ways to write its name; cut, for anybody may send anything.
fn named(slug: &str, account: &str) -> Account {
    const KEPT: usize = 254;
    let account = Email::parse(account).map_or_else(|_| account.trim().to_lowercase(), |email| email_key(&email));
    (slug.chars().take(KEPT).collect(), account.chars().take(KEPT).collect())
}

fn take<K: Eq + std::hash::Hash>(keyed: &Mutex<Keyed<K>>, key: K, clock: &dyn Clock) -> Result<(), RateLimited> {
    let mut keyed = keyed.lock().unwrap_or_else(PoisonError::into_inner);
    keyed.take(key, nanos(clock.now())).map_err(too_fast)
}

impl fmt::Debug for SignInLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignInLimits").field("proxies", &self.proxies).finish_non_exhaustive()
    }
}
