//! What a browser keeps between leaving for the provider and coming back: in a cookie, signed by us, for some minutes.
//! Whoever comes back without it did not leave from here.

use serde::{Deserialize, Serialize};
use std::fmt;

use super::secret::{Secret, hex, unhex};
use crate::system::InstallationKey;
use pulsestage::ports::Rng;
use pulsestage::time::Timestamp;

/// How long signing in at the provider may take, in milliseconds: ten minutes.
const LIFE_MS: i64 = 10 * 60 * 1_000;
/// What the signature is for.
const LABEL: &str = "oidc attempt";

/// One try to sign in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Comes back with the browser: it is this browser that left.
    pub state: String,
    /// Comes back in the signed token: it was made for this try.
    pub nonce: String,
    /// Proves to the provider that whoever brings the code has begun (RFC 7636).
    pub verifier: String,
    /// The tenant to be signed in to.
    pub tenant: String,
    /// The page to go to then.
    pub to: String,
    /// Worth nothing from then on.
    expires_at: i64,
}

impl Attempt {
    /// Begins a try.
    #[must_use]
    pub fn begin(rng: &dyn Rng, now: Timestamp, tenant: String, to: String) -> Self {
        let secret = || Secret::new(rng).reveal().to_owned();
        let expires_at = now.plus_millis(LIFE_MS).0;
        Self { state: secret(), nonce: secret(), verifier: secret(), tenant, to, expires_at }
    }

    /// The value of its cookie.
    #[must_use]
    pub fn seal(&self, key: &InstallationKey) -> String {
        let text = serde_json::to_vec(self).unwrap_or_default();
        format!("{}.{}", hex(&text), hex(&key.mac(LABEL, &text)))
    }

    /// Reads a cookie's value; nothing when it is not ours or too old.
    #[must_use]
    pub fn open(sealed: &str, key: &InstallationKey, now: Timestamp) -> Option<Self> {
        let (text, code) = sealed.split_once('.')?;
        let text = unhex(text)?;
        let attempt: Self =
            key.verifies(LABEL, &text, &unhex(code)?).then(|| serde_json::from_slice(&text).ok()).flatten()?;
        (now.0 < attempt.expires_at).then_some(attempt)
    }

    /// How long its cookie lives, in seconds.
    #[must_use]
    pub const fn life_s() -> i64 {
        LIFE_MS / 1_000
    }
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt").field("tenant", &self.tenant).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::SystemRng;

    #[test]
    fn an_attempt_is_known_by_our_signature_and_for_some_minutes() {
        let (key, now) = (InstallationKey::new([1; 32]), Timestamp(1_000_000));
        let attempt = Attempt::begin(&SystemRng, now, "acme".to_owned(), "/t/acme/".to_owned());
        let sealed = attempt.seal(&key);
        let at = |later| Attempt::open(&sealed, &key, now.plus_millis(later));
        assert_eq!(at(0), Some(attempt.clone()));
        assert_eq!(at(LIFE_MS - 1), Some(attempt.clone()));
        assert_eq!(at(LIFE_MS), None);
        assert_eq!(Attempt::open(&sealed, &InstallationKey::new([2; 32]), now), None);
        let (text, code) = sealed.split_once('.').unwrap();
        let other = Attempt { tenant: "other".to_owned(), ..attempt };
        let swapped = format!("{}.{code}", other.seal(&key).split_once('.').unwrap().0);
        for forged in [swapped.as_str(), text, code, "", ".", "zz.zz", &format!("{text}.")] {
            assert_eq!(Attempt::open(forged, &key, now), None, "{forged}");
        }
    }

    #[test]
    fn two_attempts_have_nothing_in_common() {
        let begin = || Attempt::begin(&SystemRng, Timestamp(0), String::new(), String::new());
        let (a, b) = (begin(), begin());
        let all = [&a.state, &a.nonce, &a.verifier, &b.state, &b.nonce, &b.verifier];
        assert_eq!(std::collections::HashSet::from(all).len(), 6);
        assert!((43..=128).contains(&a.verifier.len()), "as RFC 7636, section 4.1 wants it");
    }
}
