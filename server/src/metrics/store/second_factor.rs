//! How long the database takes for the second factor.

use async_trait::async_trait;
use pulsestage::ports::{
    CodeTry, CompletedSignIn, Ending, NewSecondFactor, PendingSignIn, Proof, SecondFactorStore, SecretHash, SignedIn,
    StoreResult,
};
use pulsestage::second_factor::{FactorOwner, SecondFactor};
use pulsestage::time::Timestamp;

use super::{Kind, TimedStore};

#[async_trait]
impl SecondFactorStore for TimedStore {
    async fn second_factor(&self, owner: FactorOwner) -> StoreResult<Option<SecondFactor>> {
        self.timed(Kind::SignIn, self.store.second_factor(owner)).await
    }

    async fn enable_second_factor(&self, new: NewSecondFactor) -> StoreResult<bool> {
        self.timed(Kind::SignIn, self.store.enable_second_factor(new)).await
    }

    async fn enable_at_sign_in(&self, new: NewSecondFactor, sign_in: CompletedSignIn) -> StoreResult<Option<SignedIn>> {
        self.timed(Kind::SignIn, self.store.enable_at_sign_in(new, sign_in)).await
    }

    async fn replace_recovery_codes(
        &self,
        owner: FactorOwner,
        proof: Proof,
        recovery: Vec<SecretHash>,
        ending: Ending,
    ) -> StoreResult<bool> {
        self.timed(Kind::SignIn, self.store.replace_recovery_codes(owner, proof, recovery, ending)).await
    }

    async fn disable_second_factor(&self, owner: FactorOwner, proof: Proof, ending: Ending) -> StoreResult<bool> {
        self.timed(Kind::SignIn, self.store.disable_second_factor(owner, proof, ending)).await
    }

    async fn reset_second_factor(&self, owner: FactorOwner, ending: Ending) -> StoreResult<bool> {
        self.timed(Kind::SignIn, self.store.reset_second_factor(owner, ending)).await
    }

    async fn pending_sign_in(&self, pending: SecretHash, now: Timestamp) -> StoreResult<Option<PendingSignIn>> {
        self.timed(Kind::SignIn, self.store.pending_sign_in(pending, now)).await
    }

    async fn count_code_try(
        &self,
        owner: FactorOwner,
        pending: Option<SecretHash>,
        is_totp: bool,
        now: Timestamp,
    ) -> StoreResult<CodeTry> {
        self.timed(Kind::SignIn, self.store.count_code_try(owner, pending, is_totp, now)).await
    }

    async fn complete_sign_in(
        &self,
        owner: FactorOwner,
        proof: Proof,
        sign_in: CompletedSignIn,
    ) -> StoreResult<Option<SignedIn>> {
        self.timed(Kind::SignIn, self.store.complete_sign_in(owner, proof, sign_in)).await
    }
}
