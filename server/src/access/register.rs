//! The passes on which streams of signed-in people are open.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pulsestage::id::{SessionId, TenantId, UserId};
use pulsestage::session::{GUESTS, Revocation};
use tokio_util::sync::CancellationToken;

type AccessHolder = (TenantId, UserId);

/// All passes that are in use. Cheap to clone; all clones are one.
#[derive(Clone, Default)]
pub struct AccessRegister(Arc<Register>);

#[derive(Default)]
struct Register {
    holders: Mutex<HashMap<AccessHolder, Vec<Issued>>>,
    /// One pass for all of a tenant's streams of people without an account: there may be very many.
    guests: Mutex<HashMap<TenantId, CancellationToken>>,
}

/// A pass as the register keeps it.
struct Issued {
    session: SessionId,
    over: CancellationToken,
}

/// Somebody's leave to read a stream; it is over when their session or all of their access is.
pub(crate) struct StreamAccess {
    holder: AccessHolder,
    over: CancellationToken,
    register: AccessRegister,
}

impl AccessRegister {
    /// A pass for this session. From here on nothing that ends it is missed; what came before has to be looked for.
    pub(crate) fn issue(&self, tenant: TenantId, user: UserId, session: SessionId) -> StreamAccess {
        let (holder, over) = ((tenant, user), CancellationToken::new());
        self.lock().entry(holder).or_default().push(Issued { session, over: over.clone() });
        StreamAccess { holder, over, register: self.clone() }
    }

    /// The pass of everybody without an account in this tenant.
    pub(crate) fn of_guests(&self, tenant: TenantId) -> CancellationToken {
        self.guests().entry(tenant).or_default().clone()
    }

    /// Ends the passes that this revocation names; says whether there were any.
    pub(super) fn end(&self, revocation: &Revocation) -> bool {
        if revocation.user == GUESTS {
            let pass = self.guests().remove(&revocation.tenant);
            return pass.inspect(CancellationToken::cancel).is_some();
        }
        let passes = self.lock();
        let held = passes.get(&(revocation.tenant, revocation.user)).map(Vec::as_slice).unwrap_or_default();
        let mut any = false;
        for pass in held.iter().filter(|pass| revocation.session.is_none_or(|session| session == pass.session)) {
            any |= !pass.over.is_cancelled();
            pass.over.cancel();
        }
        any
    }

    /// Whether no stream is open on a pass.
    #[must_use]
    pub fn is_unused(&self) -> bool {
        self.lock().is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<AccessHolder, Vec<Issued>>> {
        self.0.holders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn guests(&self) -> MutexGuard<'_, HashMap<TenantId, CancellationToken>> {
        self.0.guests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.lock().values().map(Vec::len).sum()
    }
}

impl StreamAccess {
    /// Whether it is over.
    pub(crate) fn is_over(&self) -> bool {
        self.over.is_cancelled()
    }

    /// Waits until it is over.
    pub(crate) async fn over(&self) {
        self.over.cancelled().await;
    }
}

impl Drop for StreamAccess {
    fn drop(&mut self) {
        // Cancelled, it can be told from those that are in use.
        self.over.cancel();
        let mut passes = self.register.lock();
        if let Some(held) = passes.get_mut(&self.holder) {
            held.retain(|pass| !pass.over.is_cancelled());
            if held.is_empty() {
                passes.remove(&self.holder);
            }
        }
    }
}

impl fmt::Debug for StreamAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamAccess").field("over", &self.is_over()).finish_non_exhaustive()
    }
}

impl fmt::Debug for AccessRegister {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessRegister").field("holders", &self.lock().len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const TENANT: TenantId = TenantId(Uuid::from_u128(1));

    fn user(number: u128) -> UserId {
        UserId(Uuid::from_u128(number))
    }

    fn session(number: u128) -> SessionId {
        SessionId(Uuid::from_u128(number))
    }

    #[test]
    fn a_revocation_ends_what_it_names_and_nothing_else() {
        let passes = AccessRegister::default();
        let (one, other) = (passes.issue(TENANT, user(1), session(1)), passes.issue(TENANT, user(1), session(2)));
        let (twin, neighbour) = (
            passes.issue(TENANT, user(1), session(1)),
            passes.issue(TenantId(Uuid::from_u128(2)), user(1), session(1)),
        );
        let revoke = |user, session| passes.end(&Revocation { tenant: TENANT, user, session });
        assert!(!revoke(user(2), None) && !revoke(user(1), Some(session(9))));
        assert!(revoke(user(1), Some(session(1))));
        assert!(!revoke(user(1), Some(session(1))), "it is over already");
        assert_eq!([&one, &twin, &other, &neighbour].map(StreamAccess::is_over), [true, true, false, false]);
        assert!(revoke(user(1), None));
        assert!(other.is_over() && !neighbour.is_over());
    }

    #[test]
    fn guests_of_a_tenant_are_sent_away_together_and_may_come_back() {
        let passes = AccessRegister::default();
        let (one, other) = (passes.of_guests(TENANT), passes.of_guests(TENANT));
        let neighbour = passes.of_guests(TenantId(Uuid::from_u128(2)));
        let person = passes.issue(TENANT, user(1), session(1));
        let guests = Revocation { tenant: TENANT, user: GUESTS, session: None };
        assert!(passes.end(&guests) && !passes.end(&guests));
        assert!(one.is_cancelled() && other.is_cancelled() && !neighbour.is_cancelled() && !person.is_over());
        assert!(!passes.of_guests(TENANT).is_cancelled());
    }

    #[test]
    fn a_pass_that_is_given_back_leaves_nothing_behind() {
        let passes = AccessRegister::default();
        let (one, other) = (passes.issue(TENANT, user(1), session(1)), passes.issue(TENANT, user(1), session(1)));
        assert_eq!(passes.len(), 2);
        drop(one);
        assert_eq!(passes.len(), 1);
        assert!(!other.is_over());
        drop(other);
        assert!(passes.is_unused());
    }
}
