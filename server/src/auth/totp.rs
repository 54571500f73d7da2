//! Codes of authenticator apps: TOTP (RFC 6238) with SHA-1, six digits and steps of thirty seconds, which is what every app
//! takes. SHA-1 is sound as the hash of an HMAC.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use super::secret::{hex, unhex};
use crate::system::InstallationKey;
use pulsestage::ports::{SecondFactorCodes, SecretHash};
use pulsestage::second_factor::{FactorOwner, STEP_S, Salt, WINDOW};
use pulsestage::time::Timestamp;

/// What the secret of an app is derived for.
const SECRET: &str = "totp secret";
/// What recovery codes are hashed for.
const RECOVERY: &str = "recovery code";
/// What the salt of a secret that is shown is signed for.
const SETUP: &str = "second factor setup";

/// Secrets by HMAC under the installation's key: the database has none of them.
impl SecondFactorCodes for InstallationKey {
    fn secret(&self, owner: FactorOwner, salt: Salt) -> [u8; 20] {
        let mac = self.mac(SECRET, &message(owner, &salt.0));
        let mut secret = [0; 20];
        secret.copy_from_slice(&mac[..20]);
        secret
    }

    fn step_of(&self, owner: FactorOwner, salt: Salt, code: u32, now: Timestamp) -> Option<i64> {
        let secret = self.secret(owner, salt);
        let current = now.0.div_euclid(STEP_S * 1_000);
        // All are computed, whichever is right.
        let right = |step: &i64| hotp(&secret, *step) == code;
        (current - WINDOW..=current + WINDOW).rev().filter(right).fold(None, |found, step| found.or(Some(step)))
    }

    fn recovery_hash(&self, owner: FactorOwner, code: &str) -> SecretHash {
        SecretHash(self.mac(RECOVERY, &message(owner, code.as_bytes())))
    }

    fn seal_setup(&self, owner: FactorOwner, salt: Salt, until: Timestamp) -> String {
        let code = self.mac(SETUP, &sealed(owner, salt, until));
        format!("{}.{}.{}", hex(&salt.0), until.0, hex(&code))
    }

    fn open_setup(&self, owner: FactorOwner, text: &str, now: Timestamp) -> Option<Salt> {
        let (salt, rest) = text.split_once('.')?;
        let (until, code) = rest.split_once('.')?;
        let salt = Salt(unhex(salt)?.try_into().ok()?);
        let until = Timestamp(until.parse().ok()?);
        let genuine = self.verifies(SETUP, &sealed(owner, salt, until), &unhex(code)?);
        (genuine && now < until).then_some(salt)
    }
}

/// The code of a step (RFC 4226, section 5.3).
fn hotp(secret: &[u8; 20], step: i64) -> u32 {
    // A key shorter than the hash's block is filled up with zeros (RFC 2104, section 2).
    let mut block = [0; 64];
    block[..20].copy_from_slice(secret);
    let mut mac = <Hmac<Sha1> as KeyInit>::new(&block.into());
    mac.update(&step.to_be_bytes());
    let digest: [u8; 20] = mac.finalize().into_bytes().into();
    let offset = usize::from(digest[19] & 0xf);
    let mut word = [0; 4];
    word.copy_from_slice(&digest[offset..offset + 4]);
    (u32::from_be_bytes(word) & 0x7fff_ffff) % 1_000_000
}

fn message(owner: FactorOwner, rest: &[u8]) -> Vec<u8> {
    [owner.tenant.0.as_bytes(), owner.user.0.as_bytes(), rest].concat()
}

fn sealed(owner: FactorOwner, salt: Salt, until: Timestamp) -> Vec<u8> {
    message(owner, &[salt.0.as_slice(), &until.0.to_be_bytes()].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulsestage::id::{TenantId, UserId};
    use uuid::Uuid;

    fn owner(user: u128) -> FactorOwner {
        FactorOwner { tenant: TenantId(Uuid::from_u128(1)), user: UserId(Uuid::from_u128(user)) }
    }

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B: the last six of its eight digits.
        let secret = b"12345678901234567890";
        for (seconds, code) in [
            (59, 287_082),
            (1_111_111_109, 81_804),
            (1_111_111_111, 50_471),
            (1_234_567_890, 5_924),
            (2_000_000_000, 279_037),
            (20_000_000_000, 353_130),
        ] {
            assert_eq!(hotp(secret, seconds / STEP_S), code, "{seconds}");
        }
        // RFC 4226, appendix D.
        let expected = [755_224, 287_082, 359_152, 969_429, 338_314, 254_676, 287_922, 162_583, 399_871, 520_489];
        for (step, code) in (0..).zip(expected) {
            assert_eq!(hotp(secret, step), code);
        }
    }

    #[test]
    fn a_code_is_good_for_a_step_either_way() {
        let (key, salt, now) = (InstallationKey::new([1; 32]), Salt([2; 16]), Timestamp(1_000 * STEP_S * 1_000));
        let secret = key.secret(owner(1), salt);
        for (step, is_good) in [(998, false), (999, true), (1_000, true), (1_001, true), (1_002, false)] {
            let found = key.step_of(owner(1), salt, hotp(&secret, step), now);
            assert_eq!(found, is_good.then_some(step), "{step}");
        }
        let code = hotp(&secret, 1_000);
        assert_eq!(key.step_of(owner(2), salt, code, now), None, "another person's");
        assert_eq!(key.step_of(owner(1), Salt([3; 16]), code, now), None, "another setup's");
        assert_eq!(InstallationKey::new([2; 32]).step_of(owner(1), salt, code, now), None, "another installation's");
    }

    #[test]
    fn a_setup_comes_back_from_its_person_in_time() {
        let (key, salt, until) = (InstallationKey::new([1; 32]), Salt([2; 16]), Timestamp(5_000));
        let sealed = key.seal_setup(owner(1), salt, until);
        assert_eq!(key.open_setup(owner(1), &sealed, Timestamp(4_999)), Some(salt));
        assert_eq!(key.open_setup(owner(1), &sealed, until), None);
        assert_eq!(key.open_setup(owner(2), &sealed, Timestamp(0)), None);
        let later = sealed.replace(".5000.", ".9999.");
        let other = sealed.replace(&hex(&salt.0), &hex(&[3; 16]));
        for forged in [later.as_str(), other.as_str(), "", ".", "..", "zz.1.zz", &sealed[..sealed.len() - 2]] {
            assert_eq!(key.open_setup(owner(1), forged, Timestamp(0)), None, "{forged}");
        }
    }

    #[test]
    fn a_recovery_code_is_hashed_for_its_person() {
        let key = InstallationKey::new([1; 32]);
        assert_eq!(key.recovery_hash(owner(1), "abc"), key.recovery_hash(owner(1), "abc"));
        assert_ne!(key.recovery_hash(owner(1), "abc"), key.recovery_hash(owner(2), "abc"));
        assert_ne!(key.recovery_hash(owner(1), "abc"), key.recovery_hash(owner(1), "abd"));
    }
}
