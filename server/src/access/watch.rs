//! Reads what was revoked, by whichever instance or command, and ends the passes that it names.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use pulsestage::ports::{Clock, Store};
use tokio::sync::Notify;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::AccessRegister;

/// The time between two reads without a notification.
const EVERY: Duration = Duration::from_millis(500);
/// How far back is read: a revocation becomes visible some time after its moment, and clocks of instances differ.
const BACK_MS: i64 = 60_000;
/// Revocations are forgotten when they are so old.
const OLD_MS: i64 = 10 * 60_000;
/// Readings between two of these clearances.
const SWEEP: u32 = 120;

/// The reader of an instance.
pub struct Watcher {
    /// What it ends.
    pub passes: AccessRegister,
    /// Where it reads.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Notified when there may be something to read.
    pub wake: Arc<Notify>,
    /// Has those who hold streams look at once which of them have to end, if anybody holds any.
    pub look: Option<Box<dyn Fn() + Send + Sync>>,
}

impl Watcher {
    /// Reads until it is told to stop.
    pub async fn run(self, stop: CancellationToken) {
        let mut known = HashSet::new();
        let mut readings = 0_u32;
        let mut is_well = true;
        loop {
            let went = self.read(&mut known).await;
            if !went && is_well {
                tracing::warn!(
                    "what was revoked cannot be read; streams of people who are kept out go on until it can"
                );
            }
            is_well = went;
            readings = readings.wrapping_add(1);
            if readings.is_multiple_of(SWEEP) {
                let until = self.clock.now().plus_millis(-OLD_MS);
                // Logged by the store; the next sweep does it.
                let _next_time = self.store.forget_revocations(until).await;
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.wake.notified() => {}
                () = sleep(EVERY) => {}
            }
        }
    }

    /// Reads once; says whether that went well. What is `known` was acted on before.
    async fn read(&self, known: &mut HashSet<Uuid>) -> bool {
        let since = self.clock.now().plus_millis(-BACK_MS);
        let Ok(revoked) = self.store.revocations_since(since).await else { return false };
        let mut any = false;
        for (id, revocation) in &revoked {
            if !known.contains(id) {
                any |= self.passes.end(revocation);
            }
        }
        // Older ones are not read again.
        *known = revoked.into_iter().map(|(id, _)| id).collect();
        if any && let Some(look) = &self.look {
            look();
        }
        true
    }
}
