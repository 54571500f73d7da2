//! Nobody has a second factor in a store in memory.

use async_trait::async_trait;
use pulsestage::ports::{
    CodeTry, CompletedSignIn, Ending, NewSecondFactor, PendingSignIn, Proof, SecondFactorStore, SecretHash, SignedIn,
    StoreResult,
};
use pulsestage::second_factor::{FactorOwner, SecondFactor};
use pulsestage::time::Timestamp;

use super::{MemoryStore, broken};

#[async_trait]
impl SecondFactorStore for MemoryStore {
    async fn second_factor(&self, _: FactorOwner) -> StoreResult<Option<SecondFactor>> {
        broken()
    }

    async fn enable_second_factor(&self, _: NewSecondFactor) -> StoreResult<bool> {
        broken()
    }

    async fn enable_at_sign_in(&self, _: NewSecondFactor, _: CompletedSignIn) -> StoreResult<Option<SignedIn>> {
        broken()
    }

    async fn replace_recovery_codes(
        &self,
        _: FactorOwner,
        _: Proof,
        _: Vec<SecretHash>,
        _: Ending,
    ) -> StoreResult<bool> {
        broken()
    }

    async fn disable_second_factor(&self, _: FactorOwner, _: Proof, _: Ending) -> StoreResult<bool> {
        broken()
    }

    async fn reset_second_factor(&self, _: FactorOwner, _: Ending) -> StoreResult<bool> {
        broken()
    }

    async fn pending_sign_in(&self, _: SecretHash, _: Timestamp) -> StoreResult<Option<PendingSignIn>> {
        broken()
    }

    async fn count_code_try(
        &self,
        _: FactorOwner,
        _: Option<SecretHash>,
        _: bool,
        _: Timestamp,
    ) -> StoreResult<CodeTry> {
        broken()
    }

    async fn complete_sign_in(&self, _: FactorOwner, _: Proof, _: CompletedSignIn) -> StoreResult<Option<SignedIn>> {
        broken()
    }
}
