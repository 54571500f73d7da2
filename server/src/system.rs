//! The small ports over the system: time, randomness, pseudonyms.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::time::{SystemTime, UNIX_EPOCH};
use uuid::Uuid;

use pulsestage::id::{ParticipantId, TenantId, UserId};
use pulsestage::ports::{Clock, Pseudonyms, Rng};
use pulsestage::time::Timestamp;

/// The operating system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the port through which time comes in")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// The operating system's randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRng;

impl Rng for SystemRng {
    fn fill(&self, buffer: &mut [u8]) {
        rand::fill(buffer);
    }
}

/// A key that one installation keeps for one purpose.
#[derive(Clone, Copy)]
pub struct InstallationKey([u8; 32]);

impl InstallationKey {
    /// Takes the bytes of a key.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A key that nobody has, for what is over before anything is to be known again: commands that neither sign nor name
    /// anybody.
    #[must_use]
    pub fn throwaway(rng: &dyn Rng) -> Self {
        let mut bytes = [0; 32];
        rng.fill(&mut bytes);
        Self(bytes)
    }

    /// The HMAC-SHA-256 (RFC 2104) of a message under this key and a label that keeps its uses apart.
    #[must_use]
    pub fn mac(&self, label: &str, message: &[u8]) -> [u8; 32] {
        self.started(label, message).finalize().into_bytes().into()
    }

    /// Whether a code is the one that [`InstallationKey::mac`] gives; takes the same time whether it is or not.
    #[must_use]
    pub fn verifies(&self, label: &str, message: &[u8], code: &[u8]) -> bool {
        self.started(label, message).verify_slice(code).is_ok()
    }

    fn started(&self, label: &str, message: &[u8]) -> Hmac<Sha256> {
        // A key shorter than the hash's block is filled up with zeros (RFC 2104, section 2).
        let mut block = [0; 64];
        block[..32].copy_from_slice(&self.0);
        let mut mac = <Hmac<Sha256> as KeyInit>::new(&block.into());
        mac.update(label.as_bytes());
        mac.update(&[0]);
        mac.update(message);
        mac
    }
}

impl std::fmt::Debug for InstallationKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InstallationKey(..)")
    }
}

impl InstallationKey {
    /// The pseudonym of somebody in a tenant.
    fn pseudonym(&self, label: &str, tenant: TenantId, who: Uuid) -> ParticipantId {
        let mut message = [0; 32];
        message[..16].copy_from_slice(tenant.0.as_bytes());
        message[16..].copy_from_slice(who.as_bytes());
        let mac = self.mac(label, &message);
        let mut short = [0; 16];
        short.copy_from_slice(&mac[..16]);
        // Version 8 is the one for ids of our own making (RFC 9562, section 5.8).
        ParticipantId(uuid::Builder::from_custom_bytes(short).into_uuid())
    }
}

/// Pseudonyms by HMAC: nobody without the key can tell that two tenants' participants are one browser, nor which account
/// asked.
impl Pseudonyms for InstallationKey {
    fn participant(&self, tenant: TenantId, device: Uuid) -> ParticipantId {
        self.pseudonym("participant", tenant, device)
    }

    fn account(&self, tenant: TenantId, user: UserId) -> ParticipantId {
        self.pseudonym("account", tenant, user.0)
    }

    fn reader(&self, tenant: TenantId, participant: ParticipantId) -> Uuid {
        self.pseudonym("reader", tenant, participant.0).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_one_participant_in_a_tenant_and_another_in_the_next() {
        let key = InstallationKey::new([7; 32]);
        let (a, b) = (TenantId(Uuid::from_u128(1)), TenantId(Uuid::from_u128(2)));
        let device = Uuid::from_u128(3);
        assert_eq!(key.participant(a, device), key.participant(a, device));
        assert_ne!(key.participant(a, device), key.participant(b, device));
        assert_ne!(key.participant(a, device), InstallationKey::new([8; 32]).participant(a, device));
        assert_eq!(key.participant(a, device).0.get_version_num(), 8);
    }

    #[test]
    fn a_person_is_one_participant_and_no_device_is_them() {
        let key = InstallationKey::new([7; 32]);
        let (tenant, user) = (TenantId(Uuid::from_u128(1)), UserId(Uuid::from_u128(3)));
        assert_eq!(key.account(tenant, user), key.account(tenant, user));
        assert_ne!(key.account(tenant, user), key.account(TenantId(Uuid::from_u128(2)), user));
        assert_ne!(key.account(tenant, user), InstallationKey::new([8; 32]).account(tenant, user));
        assert_ne!(key.account(tenant, user), key.participant(tenant, user.0));
    }

    #[test]
    fn a_code_is_good_for_its_label_alone() {
        let key = InstallationKey::new([1; 32]);
        let code = key.mac("cookie", b"x");
        assert!(key.verifies("cookie", b"x", &code));
        assert!(!key.verifies("other", b"x", &code));
        assert!(!key.verifies("cookie", b"y", &code));
        assert!(!key.verifies("cookie", b"x", &code[..31]));
    }
}
