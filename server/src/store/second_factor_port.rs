//! The port of the second factor: each method is a transaction and one way out for its troubles.

use async_trait::async_trait;
use pulsestage::ports::{
    CodeTry, CompletedSignIn, Ending, NewSecondFactor, PendingSignIn, Proof, SecondFactorStore, SecretHash, SignedIn,
    StoreResult,
};
use pulsestage::second_factor::{FactorOwner, SecondFactor};
use pulsestage::time::Timestamp;

use super::SqlStore;
use super::db_error::store_error;

#[async_trait]
impl SecondFactorStore for SqlStore {
    async fn second_factor(&self, owner: FactorOwner) -> StoreResult<Option<SecondFactor>> {
        self.find_second_factor(owner).await.map_err(store_error)
    }

    async fn enable_second_factor(&self, new: NewSecondFactor) -> StoreResult<bool> {
        self.turn_on(new).await.map_err(store_error)
    }

    async fn enable_at_sign_in(&self, new: NewSecondFactor, sign_in: CompletedSignIn) -> StoreResult<Option<SignedIn>> {
        self.turn_on_at_sign_in(new, sign_in).await.map_err(store_error)
    }

    async fn replace_recovery_codes(
        &self,
        owner: FactorOwner,
        proof: Proof,
        recovery: Vec<SecretHash>,
        ending: Ending,
    ) -> StoreResult<bool> {
        self.change_recovery_codes(owner, proof, recovery, ending).await.map_err(store_error)
    }

    async fn disable_second_factor(&self, owner: FactorOwner, proof: Proof, ending: Ending) -> StoreResult<bool> {
        self.turn_off(owner, proof, ending).await.map_err(store_error)
    }

    async fn reset_second_factor(&self, owner: FactorOwner, ending: Ending) -> StoreResult<bool> {
        self.take_away_second_factor(owner, ending).await.map_err(store_error)
    }

    async fn pending_sign_in(&self, pending: SecretHash, now: Timestamp) -> StoreResult<Option<PendingSignIn>> {
        self.find_pending(pending, now).await.map_err(store_error)
    }

    async fn count_code_try(
        &self,
        owner: FactorOwner,
        pending: Option<SecretHash>,
        is_totp: bool,
        now: Timestamp,
    ) -> StoreResult<CodeTry> {
        self.count_try(owner, pending, is_totp, now).await.map_err(store_error)
    }

    async fn complete_sign_in(
        &self,
        owner: FactorOwner,
        proof: Proof,
        sign_in: CompletedSignIn,
    ) -> StoreResult<Option<SignedIn>> {
        self.finish_sign_in(owner, proof, sign_in).await.map_err(store_error)
    }
}
