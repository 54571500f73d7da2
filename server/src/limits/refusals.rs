//! Refusals on their way into the audit: noted after they were said, by a task of its own, and only so many of each
//! person's, so that whoever asks for what they may not have, again and again, fills neither the disk nor the queue.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::{self, error::TrySendError};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::keyed::Keyed;
use super::rate::{Limit, Rate, nanos};
use pulsestage::audit::Entry;
use pulsestage::id::{OperationId, TenantId, UserId};
use pulsestage::ports::{Chance, Clock, Refused, Store, Witness, Write};
use pulsestage::time::Timestamp;

/// Refusals of one person that are noted at once, and again in each minute.
pub const NOTED_A_MINUTE: u32 = 30;
/// Refusals that may wait to be noted.
const WAITING: usize = 256;

/// Has refusals noted in the audit.
pub struct NotedRefusals {
    clock: Arc<dyn Clock>,
    people: Mutex<Keyed<(TenantId, UserId)>>,
    queue: mpsc::Sender<(Refused, Timestamp)>,
}

impl NotedRefusals {
    /// Begins to note them in this store, until it is stopped; then it notes what waits still.
    #[must_use]
    pub fn start(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        chance: Arc<dyn Chance>,
        stop: CancellationToken,
        tasks: &TaskTracker,
    ) -> Self {
        let (queue, waiting) = mpsc::channel(WAITING);
        tasks.spawn(serve(store, chance, waiting, stop));
        let limit = Limit(Rate::new(NOTED_A_MINUTE, Duration::from_secs(60)));
        Self { clock, people: Mutex::new(Keyed::new(limit)), queue }
    }
}

impl Witness for NotedRefusals {
    fn refused(&self, refused: Refused) {
        let now = self.clock.now();
        let mut people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        if people.take((refused.tenant, refused.by), nanos(now)).is_err() {
            return;
        }
        drop(people);
        if let Err(TrySendError::Full(_)) = self.queue.try_send((refused, now)) {
            tracing::warn!(waiting = WAITING, "more refusals come than the database takes; one is not in the audit");
        }
    }
}

async fn serve(
    store: Arc<dyn Store>,
    chance: Arc<dyn Chance>,
    mut waiting: mpsc::Receiver<(Refused, Timestamp)>,
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
        let Some((Refused { tenant, by, action, team }, at)) = next else { return };
        let mut key = [0; 16];
        chance.fill(&mut key);
        let write = Write { tenant, operation: OperationId(Uuid::from_bytes(key)), writer: by.0, at };
        // The store has logged its trouble; the refusal itself was said long ago.
        let _noted = store.note(write, Entry::refused(by, action).team(team)).await;
    }
}

impl fmt::Debug for NotedRefusals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NotedRefusals").finish_non_exhaustive()
    }
}
