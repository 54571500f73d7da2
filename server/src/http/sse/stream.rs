//! One stream: its beginning, then whatever the ring has for it. It keeps a place, never a queue, so a client that
//! does not read costs the same as one that does; when the ring has moved past its place it ends and comes back.

use bytes::{Bytes, BytesMut};
use futures::Stream as Chunks;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::filter::Filter;
use super::opening::{self, retry_millis};
use crate::bus::frame::{Batch, Frame, retry};
use crate::bus::{Found, Subscription};
use crate::state::AppState;
use pulsestage::error::Refusal;
use pulsestage::event::Cursor;
use pulsestage::id::TenantId;

/// A stream that is being written to one client.
pub(super) struct Stream {
    subscription: Subscription,
    pushed: watch::Receiver<u64>,
    filter: Filter,
    /// What is written first.
    opening: Option<Bytes>,
    place: u64,
    /// The last fact that the client has.
    seq: i64,
    stop: CancellationToken,
    /// Written last, so that the client comes back at its own time.
    farewell: Option<Bytes>,
}

impl Stream {
    /// Joins the tenant's channel and reads what the client has missed.
    pub(super) async fn open(
        state: &AppState,
        tenant: TenantId,
        cursor: Option<Option<Cursor>>,
        filter: Filter,
    ) -> Result<Self, Refusal> {
        let subscription = state.bus().subscribe(tenant).await.map_err(Refusal::from)?;
        let pushed = subscription.channel().watch();
        let opening = opening::open(state, &subscription, cursor, &filter).await?;
        tracing::debug!(tenant.id = %tenant, resumed = cursor.is_some(), "stream opened");
        Ok(Self {
            subscription,
            pushed,
            filter,
            opening: Some(opening.bytes),
            place: opening.place,
            seq: opening.seq,
            stop: state.streams_stop().clone(),
            farewell: Some(retry(retry_millis(state.chance()))),
        })
    }

    /// The stream as chunks for a response body.
    pub(super) fn into_chunks(self) -> impl Chunks<Item = Result<Bytes, Infallible>> {
        futures::stream::unfold(self, |mut stream| async move { stream.next().await.map(|bytes| (Ok(bytes), stream)) })
    }

    /// The next bytes, or the end.
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(opening) = self.opening.take() {
            return Some(opening);
        }
        loop {
            // Marked before the ring is read: what is pushed after the reading wakes us.
            self.pushed.mark_unchanged();
            match self.subscription.channel().read(self.place) {
                Found::Batches(batches, place) => {
                    self.place = place;
                    let bytes = self.chosen(&batches);
                    if !bytes.is_empty() {
                        return Some(bytes);
                    }
                }
                Found::Missed => {
                    tracing::debug!(tenant.id = %self.subscription.channel().tenant, "stream too slow, ended to be resumed");
                    return self.farewell.take();
                }
                Found::Nothing => {
                    // Without a farewell it has said it: this is the end.
                    self.farewell.as_ref()?;
                    tokio::select! {
                        biased;
                        () = self.stop.cancelled() => return self.farewell.take(),
                        changed = self.pushed.changed() => changed.ok()?,
                    }
                }
            }
        }
    }

    /// What this client takes of some batches. One that takes everything shares the memory of the batch.
    fn chosen(&mut self, batches: &[Arc<Batch>]) -> Bytes {
        let seen = self.seq;
        self.seq = batches.iter().filter_map(|batch| batch.facts).fold(seen, |seq, (_, last)| seq.max(last));
        let takes_all = |batch: &Batch| self.filter.is_open() && batch.facts.is_none_or(|(first, _)| first > seen);
        if let [batch] = batches
            && takes_all(batch)
        {
            return batch.whole.clone();
        }
        let mut bytes = BytesMut::new();
        for batch in batches {
            if takes_all(batch) {
                bytes.extend_from_slice(&batch.whole);
            } else {
                let new = |frame: &&Frame| frame.cursor.is_none_or(|cursor| cursor.seq > seen);
                let frames: Vec<Frame> = batch.frames.iter().filter(new).cloned().collect();
                opening::append(&mut bytes, &frames, &self.filter);
            }
        }
        bytes.freeze()
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        tracing::debug!(tenant.id = %self.subscription.channel().tenant, "stream closed");
    }
}
