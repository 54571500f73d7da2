//! Payloads are sealed (ChaCha20-Poly1305, RFC 8439): who reads the database or a copy of it reads no letter and no link.

use pulsestage::id::TenantId;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use uuid::Uuid;

use crate::system::InstallationKey;

/// The key of one job. It seals one text and never another, so that its nonce can be a constant.
fn key_of(key: &InstallationKey, job: Uuid) -> Option<LessSafeKey> {
    UnboundKey::new(&CHACHA20_POLY1305, &key.mac("job", job.as_bytes())).ok().map(LessSafeKey::new)
}

fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; 12])
}

/// Seals what a job is to do. Nothing when it is too long to be sealed.
pub(super) fn seal(key: &InstallationKey, job: Uuid, tenant: TenantId, payload: &[u8]) -> Option<Vec<u8>> {
    let mut text = payload.to_vec();
    key_of(key, job)?.seal_in_place_append_tag(nonce(), Aad::from(tenant.0.as_bytes()), &mut text).ok()?;
    Some(text)
}

/// Opens it. Nothing when it was sealed under another key, or for another job or tenant.
pub(super) fn open(key: &InstallationKey, job: Uuid, tenant: TenantId, sealed: &[u8]) -> Option<Vec<u8>> {
    let mut text = sealed.to_vec();
    let length = key_of(key, job)?.open_in_place(nonce(), Aad::from(tenant.0.as_bytes()), &mut text).ok()?.len();
    text.truncate(length);
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_opens_for_its_key_job_and_tenant_alone() {
        let (key, other) = (InstallationKey::new([7; 32]), InstallationKey::new([8; 32]));
        let (job, tenant) = (Uuid::from_u128(1), TenantId(Uuid::from_u128(2)));
        let secret = b"https://ask.example/open/5f0c";
        let sealed = seal(&key, job, tenant, secret).unwrap();
        assert!(!sealed.windows(4).any(|part| part == b"open"));
        assert_eq!(open(&key, job, tenant, &sealed).unwrap(), secret);
        assert_eq!(open(&other, job, tenant, &sealed), None);
        assert_eq!(open(&key, Uuid::from_u128(3), tenant, &sealed), None);
        assert_eq!(open(&key, job, TenantId(job), &sealed), None);
        assert_eq!(open(&key, job, tenant, &sealed[1..]), None);
        assert_eq!(open(&key, job, tenant, &[]), None);
        assert_ne!(seal(&key, Uuid::from_u128(3), tenant, secret).unwrap(), sealed);
    }
}
