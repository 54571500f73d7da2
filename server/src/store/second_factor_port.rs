//! The port of the second factor: each method is a transaction and one way out for its troubles.

use async_trait::async_trait;
use pulsestage::ports::{
    CodeTry, CompletedSignIn, Ending, NewSecondFactor, PendingSignIn, Proof, SecondFactorStore, SecretHash, SignedIn,
    Stored,
};
use pulsestage::second_factor::{FactorOwner, SecondFactor};
use pulsestage::time::Timestamp;

use super::SqlStore;
use super::trouble::trouble;

#[async_trait]
impl SecondFactorStore for SqlStore {
    async fn second_factor(&self, owner: FactorOwner) -> Stored<Option<SecondFactor>> {
        self.find_second_factor(owner).await.map_err(trouble)
    }

    async fn enable_second_factor(&self, new: NewSecondFactor) -> Stored<bool> {
        self.turn_on(new).await.map_err(trouble)
    }

    async fn enable_at_sign_in(&self, new: NewSecondFactor, sign_in: CompletedSignIn) -> Stored<Option<SignedIn>> {
        self.turn_on_at_sign_in(new, sign_in).await.map_err(trouble)
    }

    async fn replace_recovery_codes(
        &self,
        owner: FactorOwner,
        proof: Proof,
        recovery: Vec<SecretHash>,
        ending: Ending,
    ) -> Stored<bool> {
        self.change_recovery_codes(owner, proof, recovery, ending).await.map_err(trouble)
    }

    async fn disable_second_factor(&self, owner: FactorOwner, proof: Proof, ending: Ending) -> Stored<bool> {
        self.turn_off(owner, proof, ending).await.map_err(trouble)
    }

    async fn reset_second_factor(&self, owner: FactorOwner, ending: Ending) -> Stored<bool> {
        self.take_away_second_factor(owner, ending).await.map_err(trouble)
    }

    async fn pending_sign_in(&self, pending: SecretHash, now: Timestamp) -> Stored<Option<PendingSignIn>> {
        self.find_pending(pending, now).await.map_err(trouble)
    }

    async fn count_code_try(
        &self,
        owner: FactorOwner,
        pending: Option<SecretHash>,
        is_totp: bool,
        now: Timestamp,
    ) -> Stored<CodeTry> {
        self.count_try(owner, pending, is_totp, now).await.map_err(trouble)
    }

    async fn complete_sign_in(
        &self,
        owner: FactorOwner,
        proof: Proof,
        sign_in: CompletedSignIn,
    ) -> Stored<Option<SignedIn>> {
        self.finish_sign_in(owner, proof, sign_in).await.map_err(trouble)
    }
}
