//! Where a handler leaves a stream for the connection that it came over.
//!
//! A connection whose socket can be taken out of hyper puts a upgrade_slot into every request. The handler does its
//! checks as always, leaves the opened stream there and answers with the head; once the answer has passed all layers
//! the connection finds both, and hands the bare socket on.

use axum::http::response::Parts;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::opened_stream::OpenedStream;

/// A place for one stream. Cheap to clone; all clones are one place.
#[derive(Clone, Default)]
pub(crate) struct UpgradeSlot(Arc<Mutex<SlotContent>>);

#[derive(Default)]
struct SlotContent {
    opened: Option<OpenedStream>,
    head: Option<Parts>,
}

impl UpgradeSlot {
    /// Leaves a stream.
    pub(crate) fn claim(&self, opened: OpenedStream) {
        self.lock().opened = Some(opened);
    }

    /// Whether a stream was left.
    pub(crate) fn is_claimed(&self) -> bool {
        self.lock().opened.is_some()
    }

    /// Adds the head of the response that it is to begin with.
    pub(crate) fn complete(&self, head: Parts) {
        self.lock().head = Some(head);
    }

    /// Whether both are there.
    pub(crate) fn is_complete(&self) -> bool {
        self.lock().head.is_some()
    }

    /// Takes the stream and its head, if both are there.
    pub(crate) fn take(&self) -> Option<(OpenedStream, Parts)> {
        let mut claim = self.lock();
        let head = claim.head.take()?;
        Some((claim.opened.take()?, head))
    }

    fn lock(&self) -> MutexGuard<'_, SlotContent> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for UpgradeSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpgradeSlot").field("claimed", &self.is_claimed()).finish()
    }
}
