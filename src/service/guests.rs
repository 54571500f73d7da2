//! Guests who sign in: from then on they take part as their account, and what they did in that browser before is joined to
//! it.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use uuid::Uuid;

use super::{RequestContext, Service};
use crate::error::Refusal;
use crate::id::{ParticipantId, SessionId};
use crate::ports::{Change, GuestJoin, SignedIn};

/// With more pairs than these all are looked at again; what is kept stays small.
const KEPT: usize = 8_192;

/// Which browsers were joined in which sessions. A browser is a guest again only once its session is over, and the next
/// one has another id: so each pair is looked at once, and not at every request.
#[derive(Default)]
pub(super) struct JoinedGuests(Mutex<HashSet<(SessionId, ParticipantId)>>);

impl JoinedGuests {
    fn has(&self, session: SessionId, guest: ParticipantId) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&(session, guest))
    }

    fn keep(&self, session: SessionId, guest: ParticipantId) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert((session, guest));
    }
}

impl Service {
    /// Whether the board has nothing on it that is this caller's own: a guest who has done nothing yet.
    ///
    /// # Errors
    /// When the store has no answer.
    pub async fn has_nothing_own(&self, context: &RequestContext) -> Result<bool, Refusal> {
        match context.actor.participant {
            _ if context.actor.user.is_some() => Ok(false),
            Some(guest) if !context.origin.is_new => Ok(!self.store.has_taken_part(context.tenant.id, guest).await?),
            Some(_) | None => Ok(true),
        }
    }

    /// As whom a person takes part, with what they did in this browser before joined to it. Where that fails it is tried again
    /// at their next request; the store has logged what was the matter.
    pub(super) async fn account_joined(&self, person: &SignedIn, device: Option<Uuid>) -> ParticipantId {
        let account = self.pseudonyms.account(person.tenant.id, person.user);
        if let Some(device) = device {
            let guest = self.pseudonyms.participant(person.tenant.id, device);
            if !self.joined.has(person.session, guest) && self.join_guest(person, guest, account).await.is_ok() {
                self.joined.keep(person.session, guest);
            }
        }
        account
    }

    async fn join_guest(&self, person: &SignedIn, guest: ParticipantId, account: ParticipantId) -> Result<(), Refusal> {
        let tenant = &person.tenant;
        if !self.store.has_taken_part(tenant.id, guest).await? {
            return Ok(());
        }
        let (own_votes, at) = (tenant.settings.own_votes, self.clock.now());
        self.store.join_guest(GuestJoin { tenant: tenant.id, guest, account, own_votes, at }).await?;
        self.notifier.notify(tenant.id, Change::Tallies);
        Ok(())
    }
}
