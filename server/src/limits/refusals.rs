//! Refusals and failed sign-ins on their way into the audit: noted after they were said, by a task of its own, and only so
//! many of each person's, so that whoever asks for what they may not have, again and again, fills neither the disk nor the
//! queue. Failed sign-ins are in the log as well, which never tells whether there is such an account.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::{self, error::TrySendError};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{Instrument, Span};
use uuid::Uuid;

use super::keyed::Keyed;
use super::rate::{Limit, Rate, nanos};
use crate::telemetry;
use pulsestage::audit::{Act, Entry};
use pulsestage::id::{OperationId, TenantId, UserId};
use pulsestage::ports::{AuditSink, Clock, DeniedAction, FailedSignIn, Rng, SignInMethod, Store, Write};
use pulsestage::tenant::Tenant;
use pulsestage::time::Timestamp;

/// Refusals of one person that are noted at once, and again in each minute.
pub const NOTED_A_MINUTE: u32 = 30;
/// Failed sign-ins of one tenant that are noted at once, and again in each minute, whatever accounts they are of.
pub const MISSED_A_MINUTE: u32 = 120;
/// Failed sign-ins that have a line in the log in a minute.
const LOGGED_A_MINUTE: u32 = 60;
/// Refusals that may wait to be noted.
const WAITING: usize = 256;

/// Has refusals noted in the audit.
pub struct AuditedRefusals {
    clock: Arc<dyn Clock>,
    people: Mutex<Keyed<(TenantId, UserId)>>,
    accounts: Mutex<Keyed<(TenantId, Option<UserId>)>>,
    tenants: Mutex<Keyed<TenantId>>,
    log: Mutex<LineBudget>,
    queue: mpsc::Sender<PendingRefusal>,
}

/// A refusal that waits, with the span of the request in which it was said.
type PendingRefusal = (TenantId, Entry, Timestamp, Span);

impl AuditedRefusals {
    /// Begins to note them in this store, until it is stopped; then it notes what waits still.
    #[must_use]
    pub fn start(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
        stop: CancellationToken,
        tasks: &TaskTracker,
    ) -> Self {
        let (queue, waiting) = mpsc::channel(WAITING);
        tasks.spawn(serve(store, rng, waiting, stop));
        let limit = Limit(Rate::new(NOTED_A_MINUTE, Duration::from_secs(60)));
        let of_tenant = Limit(Rate::new(MISSED_A_MINUTE, Duration::from_secs(60)));
        Self {
            clock,
            people: Mutex::new(Keyed::new(limit)),
            accounts: Mutex::new(Keyed::new(limit)),
            tenants: Mutex::new(Keyed::new(of_tenant)),
            log: Mutex::default(),
            queue,
        }
    }

    fn note(&self, tenant: TenantId, entry: Entry, now: Timestamp) {
        if let Err(TrySendError::Full(_)) = self.queue.try_send((tenant, entry, now, Span::current())) {
            tracing::warn!(waiting = WAITING, "more refusals come than the database takes; one is not in the audit");
        }
    }

    /// Whether a failed sign-in is one of the first of its account, and of its tenant.
    fn is_to_be_noted(&self, tenant: TenantId, whose: Option<UserId>, now: Timestamp) -> bool {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        if accounts.take((tenant, whose), nanos(now)).is_err() {
            return false;
        }
        drop(accounts);
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner).take(tenant, nanos(now)).is_ok()
    }
}

impl AuditSink for AuditedRefusals {
    fn entered(&self, tenant: &Tenant) {
        telemetry::record_tenant(tenant.slug.as_str());
    }

    fn refused(&self, refused: DeniedAction) {
        let now = self.clock.now();
        let mut people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        if people.take((refused.tenant, refused.by), nanos(now)).is_err() {
            return;
        }
        drop(people);
        let DeniedAction { tenant, by, action, team } = refused;
        self.note(tenant, Entry::refused(by, action).team(team), now);
    }

    fn missed(&self, missed: FailedSignIn) {
        let FailedSignIn { tenant, whose, way } = missed;
        let now = self.clock.now();
        self.log.lock().unwrap_or_else(PoisonError::into_inner).line(now, tenant, way);
        let Some(tenant) = tenant.filter(|tenant| self.is_to_be_noted(*tenant, whose, now)) else { return };
        let entry = Entry::of(None, Act::SignIn).was_refused().after("way", way.as_str());
        self.note(tenant, whose.into_iter().fold(entry, Entry::subject), now);
    }
}

async fn serve(
    store: Arc<dyn Store>,
    rng: Arc<dyn Rng>,
    mut waiting: mpsc::Receiver<PendingRefusal>,
    stop: CancellationToken,
) {
    loop {
        let next = tokio::select! {
            next = waiting.recv() => next,
            () = stop.cancelled(), if !waiting.is_closed() => {
                waiting.close();
                continue;
            }
        };
        let Some((tenant, entry, at, span)) = next else { return };
        let mut key = [0; 16];
        rng.fill(&mut key);
        let writer = entry.by.map_or_else(Uuid::nil, |by| by.0);
        let write = Write { tenant, operation: OperationId(Uuid::from_bytes(key)), writer, at };
        // The store has logged its trouble; the refusal itself was said long ago.
        let _noted = store.note(write, entry).instrument(span).await;
    }
}

/// The lines about failed sign-ins in this minute: so many, and then a count.
#[derive(Debug, Default)]
struct LineBudget {
    minute: i64,
    written: u32,
    left_out: u64,
}

impl LineBudget {
    /// Whether there is room for one more in this minute; with the number that were left out in a minute that is over.
    fn next(&mut self, now: Timestamp) -> (bool, Option<u64>) {
        let minute = now.0.div_euclid(60_000);
        let mut over = None;
        if minute != self.minute {
            over = (self.left_out > 0).then_some(self.left_out);
            *self = Self { minute, ..Self::default() };
        }
        if self.written < LOGGED_A_MINUTE {
            self.written += 1;
            return (true, over);
        }
        self.left_out += 1;
        (false, over)
    }

    fn line(&mut self, now: Timestamp, tenant: Option<TenantId>, way: SignInMethod) {
        let (has_room, over) = self.next(now);
        if let Some(count) = over {
            tracing::warn!(count, "further sign-ins failed in the minute before");
        }
        if has_room {
            let tenant = tenant.map(|tenant| tenant.0);
            tracing::warn!(tenant = ?tenant, way = way.as_str(), "a sign-in failed");
        } else if self.left_out == 1 {
            tracing::warn!(
                lines = LOGGED_A_MINUTE,
                "more sign-ins fail than are logged; the rest of this minute is counted"
            );
        }
    }
}

impl fmt::Debug for AuditedRefusals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditedRefusals").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_sign_ins_have_so_many_lines_a_minute_and_then_a_count() {
        let mut lines = LineBudget::default();
        let mut written = 0;
        for second in 0..60 {
            for _ in 0..10 {
                written += u32::from(lines.next(Timestamp(second * 1_000)).0);
            }
        }
        assert_eq!(written, LOGGED_A_MINUTE);
        assert_eq!(lines.next(Timestamp(60_000)), (true, Some(540)));
        assert_eq!(lines.next(Timestamp(60_001)), (true, None));
        // A clock that is put back begins a minute, and nothing breaks.
        assert_eq!(lines.next(Timestamp(0)), (true, None));
    }
}
