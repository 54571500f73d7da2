//! The ports of the second factor: secrets are derived and codes compared there, and kept what is to be kept.

use async_trait::async_trait;

use super::{Ending, InsteadOf, NewSession, SecretHash, SignedIn, StoreResult};
use crate::id::UserId;
use crate::second_factor::{FactorOwner, Salt, SecondFactor};
use crate::tenant::Tenant;
use crate::time::Timestamp;

/// What comes of showing a password or a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    /// The session is open.
    SignedIn(SignedIn),
    /// It is not: the second factor is asked for first.
    SecondFactor(AwaitedFactor),
}

impl Admission {
    /// Whoever is signed in now.
    #[must_use]
    pub fn signed_in(self) -> Option<SignedIn> {
        match self {
            Self::SignedIn(person) => Some(person),
            Self::SecondFactor(_) => None,
        }
    }
}

/// Where the second factor is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwaitedFactor {
    /// The tenant that is signed in to.
    pub tenant: Tenant,
}

/// A sign-in that waits for the second factor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingSignIn {
    /// The tenant.
    pub tenant: Tenant,
    /// The person.
    pub user: UserId,
    /// What they are called.
    pub name: String,
    /// Where they get mail.
    pub email: Option<String>,
    /// Their second factor; none when they must set one up first.
    pub factor: Option<SecondFactor>,
}

/// What is shown of a second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The code of the app for this step, which must be later than every one that was used.
    Step(i64),
    /// The recovery code of this hash, which is used up.
    Recovery(SecretHash),
}

/// Whether another code may be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeTry {
    /// It may.
    Allowed,
    /// Not in this sign-in any more, or it is over.
    Ended,
    /// Not before then: too many were wrong.
    After(Timestamp),
}

/// A second factor to be turned on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSecondFactor {
    /// Whose it is.
    pub owner: FactorOwner,
    /// What its secret is derived from.
    pub salt: Salt,
    /// The step whose code confirmed it.
    pub step: i64,
    /// The hashes of its recovery codes.
    pub recovery: Vec<SecretHash>,
    /// What must be shown of the one before; nothing while there is none.
    pub instead_of: Option<Proof>,
    /// When, and under which id it is noted.
    pub ending: Ending,
}

/// A sign-in that a code completes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompletedSignIn {
    /// The hash of the secret that the browser was given after the password.
    pub pending: SecretHash,
    /// The session to be opened.
    pub session: NewSession,
    /// The one that it takes the place of.
    pub instead_of: InsteadOf,
}

/// Derives secrets from the installation's key, and compares codes with them.
pub trait SecondFactorCodes: Send + Sync {
    /// The secret that is shared with the app: twenty bytes, as RFC 4226 (section 4) recommends.
    fn secret(&self, owner: FactorOwner, salt: Salt) -> [u8; 20];
    /// The step within the window at `now` that this code is of, the latest if several are.
    fn step_of(&self, owner: FactorOwner, salt: Salt, code: u32, now: Timestamp) -> Option<i64>;
    /// What is kept of a recovery code.
    fn recovery_hash(&self, owner: FactorOwner, code: &str) -> SecretHash;
    /// A salt on its way through a form: whoever brings it back was shown it.
    fn seal_setup(&self, owner: FactorOwner, salt: Salt, until: Timestamp) -> String;
    /// The salt that comes back; `None` when it is another person's, was made up, or is too old.
    fn open_setup(&self, owner: FactorOwner, sealed: &str, now: Timestamp) -> Option<Salt>;
}

/// Keeps second factors, and sign-ins that wait for them.
#[async_trait]
pub trait SecondFactorStore: Send + Sync {
    /// The second factor of a person.
    async fn second_factor(&self, owner: FactorOwner) -> StoreResult<Option<SecondFactor>>;
    /// Turns one on in the place of whatever there was; says whether it did: not when the proof is no good, and not
    /// without one when there is a second factor already.
    async fn enable_second_factor(&self, new: NewSecondFactor) -> StoreResult<bool>;
    /// Turns one on and completes the sign-in that waited for it; `None` when that is over.
    async fn enable_at_sign_in(&self, new: NewSecondFactor, sign_in: CompletedSignIn) -> StoreResult<Option<SignedIn>>;
    /// Gives a person other recovery codes; says whether the proof was good.
    async fn replace_recovery_codes(
        &self,
        owner: FactorOwner,
        proof: Proof,
        recovery: Vec<SecretHash>,
        ending: Ending,
    ) -> StoreResult<bool>;
    /// Turns it off; says whether the proof was good.
    async fn disable_second_factor(&self, owner: FactorOwner, proof: Proof, ending: Ending) -> StoreResult<bool>;
    /// Takes it away on the operator's word, and ends the person's sessions; says whether there was one.
    async fn reset_second_factor(&self, owner: FactorOwner, ending: Ending) -> StoreResult<bool>;

    /// The sign-in that waits under this secret.
    async fn pending_sign_in(&self, pending: SecretHash, now: Timestamp) -> StoreResult<Option<PendingSignIn>>;
    /// Counts a try, before the code is looked at: of a sign-in, when there is one, and of a person. Codes of the app
    /// are counted against a person's hour as well, recovery codes are not: there are too many to guess.
    async fn count_code_try(
        &self,
        owner: FactorOwner,
        pending: Option<SecretHash>,
        is_totp: bool,
        now: Timestamp,
    ) -> StoreResult<CodeTry>;
    /// Opens the session; `None` when the proof is no good, or the sign-in is over.
    async fn complete_sign_in(
        &self,
        owner: FactorOwner,
        proof: Proof,
        sign_in: CompletedSignIn,
    ) -> StoreResult<Option<SignedIn>>;
}

/// Compares nothing: for commands, in which nobody signs in.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSecondFactorCodes;

impl SecondFactorCodes for NoSecondFactorCodes {
    fn secret(&self, _: FactorOwner, _: Salt) -> [u8; 20] {
        [0; 20]
    }

    fn step_of(&self, _: FactorOwner, _: Salt, _: u32, _: Timestamp) -> Option<i64> {
        None
    }

    fn recovery_hash(&self, _: FactorOwner, _: &str) -> SecretHash {
        SecretHash([0; 32])
    }

    fn seal_setup(&self, _: FactorOwner, _: Salt, _: Timestamp) -> String {
        String::new()
    }

    fn open_setup(&self, _: FactorOwner, _: &str, _: Timestamp) -> Option<Salt> {
        None
    }
}
