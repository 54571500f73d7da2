//! The replay buffer: what one tenant's streams were sent lately, kept once for all of them and bounded. A stream keeps
//! only its place in it, so a client that does not read costs no more than one that does.

use bytes::Bytes;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::frame::{Batch, Frame, select};
use super::framing::{Framed, Framing, StreamFormat};
use super::share::{Share, SharedPieces};
use pulsestage::event::EventType;
use pulsestage::time::Timestamp;

/// Most batches that a buffer keeps: at 20 batches a second a stream may stall for most of a minute.
pub(super) const MAX_BATCHES: usize = 1_024;
/// Most bytes that a buffer keeps, what they are deflated to not counted; one batch is always kept however large it is.
const MAX_BYTES: usize = 4 << 20;
/// Most bytes that are read from it in one go, if they are of more than one batch.
const MAX_CHUNK: usize = 64 << 10;

/// Batches in the order in which they were made, the last of them all.
#[derive(Debug)]
pub(super) struct ReplayBuffer {
    batches: VecDeque<Arc<Batch>>,
    bytes: usize,
    /// The number of the oldest batch kept.
    oldest: u64,
    /// The last fact that is in the buffer or went through it.
    seq: i64,
    /// Everything that was made after this is here.
    since: Timestamp,
}

/// What a stream finds in the buffer at its place.
#[derive(Debug)]
pub enum BufferRead {
    /// This.
    Chunk(Chunk),
    /// Nothing yet.
    Nothing,
    /// The buffer has moved past its place: the stream was too slow and has missed something.
    Missed,
}

/// Some batches in a row, ready to be written by every stream that is at their place.
#[derive(Debug)]
pub struct Chunk {
    /// The place at which it is read.
    pub from: u64,
    /// The place after it.
    pub to: u64,
    /// The batches, at least one.
    pub batches: Vec<Arc<Batch>>,
    /// The first and the last fact among them.
    pub facts: Option<(i64, i64)>,
    /// Whether it only says that we are alive.
    pub is_beat: bool,
    /// Whether some of their frames are not for everybody.
    pub is_private: bool,
    /// What many streams are sent of them.
    shared: Box<SharedPieces>,
}

impl Chunk {
    fn new(from: u64, batches: Vec<Arc<Batch>>) -> Self {
        let mut facts = batches.iter().filter_map(|batch| batch.facts);
        let first = facts.next();
        let facts = first.map(|(first, last)| (first, facts.fold(last, |_, (_, last)| last)));
        let is_beat = batches.iter().all(|batch| batch.is_beat);
        let is_private = batches.iter().any(|batch| batch.is_private);
        let to = from + batches.len() as u64;
        Self { from, to, batches, facts, is_beat, is_private, shared: Box::default() }
    }

    /// What all streams of this share and form are sent, in one piece that is made once.
    #[must_use]
    pub fn written(&self, share: Share, form: StreamFormat) -> &Bytes {
        if let [only] = self.batches.as_slice() {
            return only.written(share, form);
        }
        let share = if self.is_private { share } else { Share::Everything };
        let framed = self.shared.get_coded(share, form.coding, || {
            let bare = StreamFormat { framing: Framing::Bare, ..form };
            Framed::new(&self.batches.iter().map(|batch| &**batch.written(share, bare)).collect::<Vec<_>>().concat())
        });
        framed.get(form.framing)
    }

    /// What a stream is sent that gets what hardly anybody else does: the frames that pass, or the cursor past them.
    #[must_use]
    pub fn select(&self, passes: impl Fn(&Frame) -> bool, is_new: impl Fn(&Frame) -> bool) -> Bytes {
        let Some(last) = self.batches.last() else { return Bytes::new() };
        select(last.tenant, last.at, self.iter().filter(|frame| is_new(frame)), passes)
    }

    /// Its frames, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Frame> {
        self.batches.iter().flat_map(|batch| &batch.frames)
    }

    /// How many frames it has.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.batches.iter().map(|batch| batch.frames.len()).sum()
    }
}

impl ReplayBuffer {
    /// An empty buffer that goes on after this fact.
    pub(super) fn new(seq: i64, now: Timestamp) -> Self {
        Self { batches: VecDeque::new(), bytes: 0, oldest: 0, seq, since: now }
    }

    /// The place after the last batch, and the last fact before it.
    pub(super) fn tail(&self) -> (u64, i64) {
        (self.oldest + self.batches.len() as u64, self.seq)
    }

    /// Puts a batch at the end; what no longer fits goes at the other.
    pub(super) fn push(&mut self, batch: Batch) {
        self.bytes += batch.whole.bare().len();
        self.seq = batch.facts.map_or(self.seq, |(_, last)| last);
        self.batches.push_back(Arc::new(batch));
        while self.batches.len() > MAX_BATCHES || (self.bytes > MAX_BYTES && self.batches.len() > 1) {
            if let Some(gone) = self.batches.pop_front() {
                self.bytes -= gone.whole.bare().len();
                self.oldest += 1;
                self.since = self.since.max(gone.at);
            }
        }
    }

    /// The first and the last of the facts in the buffer of which this says something that is not to be sent again.
    pub(super) fn stale(&self, is_stale: impl Fn(&Frame) -> bool) -> Option<(i64, i64)> {
        let frames = self.batches.iter().flat_map(|batch| &batch.frames);
        let mut seqs = frames.filter(|frame| is_stale(frame)).filter_map(|frame| frame.cursor).map(|cursor| cursor.seq);
        let first = seqs.next()?;
        Some((first, seqs.next_back().unwrap_or(first)))
    }

    /// Puts the frames that `renew` makes in the place of those that it makes them of. Whoever reads on is sent these.
    pub(super) fn renew(&mut self, renew: impl Fn(&Frame) -> Option<Frame>) {
        for batch in &mut self.batches {
            let renewed: Vec<Option<Frame>> = batch.frames.iter().map(&renew).collect();
            if renewed.iter().all(Option::is_none) {
                continue;
            }
            let frames = renewed.into_iter().zip(&batch.frames).map(|(new, old)| new.unwrap_or_else(|| old.clone()));
            let new = Batch::new(batch.tenant, frames.collect(), batch.at);
            self.bytes = self.bytes - batch.whole.bare().len() + new.whole.bare().len();
            *batch = Arc::new(new);
        }
    }

    /// Whether nothing is missed by going on from this place.
    pub(super) const fn has(&self, place: u64) -> bool {
        place >= self.oldest
    }

    /// What is in the buffer from this place on, as far as it is read in one go.
    pub(super) fn read(&self, place: u64) -> Option<Vec<Arc<Batch>>> {
        let skip = usize::try_from(place.checked_sub(self.oldest)?).unwrap_or(usize::MAX);
        let mut bytes = 0;
        let fits = |batch: &&Arc<Batch>| {
            let is_first = bytes == 0;
            bytes += batch.whole.bare().len();
            is_first || bytes <= MAX_CHUNK
        };
        Some(self.batches.iter().skip(skip).take_while(fits).cloned().collect())
    }

    /// What a client that has everything up to a fact misses before this place: the facts after it, then the last
    /// count of each question and team that was counted since `slack_ms` before that fact. `None` when the buffer does not go
    /// back so far.
    ///
    /// The slack is there because a count can be in an earlier batch than a fact that was committed after it: another
    /// instance, which the client followed until now, may have read the two the other way round.
    pub(super) fn missed(&self, seq: i64, place: u64, slack_ms: i64) -> Option<Vec<Frame>> {
        let holds = |batch: &&Arc<Batch>| batch.facts.is_some_and(|(first, last)| first <= seq && seq <= last);
        let since = self.batches.iter().find(holds)?.at.plus_millis(-slack_ms);
        if self.since >= since {
            return None;
        }
        let length = usize::try_from(place.checked_sub(self.oldest)?).unwrap_or(usize::MAX);
        let before = || self.batches.iter().take(length);
        let frames = before().flat_map(|batch| &batch.frames);
        let facts = frames.filter(|frame| frame.cursor.is_some_and(|cursor| cursor.seq > seq));
        let mut counts = HashMap::new();
        for frame in before().filter(|batch| batch.at >= since).flat_map(|batch| &batch.frames) {
            if let Some(counted) = frame.counts {
                counts.insert(counted, frame);
            }
            // Whether the tenant shows them may be another now. If it does, they come with this fact.
            if frame.event_type == Some(EventType::TenantUpdated) {
                counts.retain(|_, frame| frame.event_type != Some(EventType::TeamCounted));
            }
        }
        Some(facts.chain(counts.into_values()).cloned().collect())
    }
}

impl BufferRead {
    /// What these batches, read at this place, are to a stream.
    pub(super) fn of(place: u64, batches: Option<Vec<Arc<Batch>>>) -> Self {
        match batches {
            None => Self::Missed,
            Some(none) if none.is_empty() => Self::Nothing,
            Some(batches) => Self::Chunk(Chunk::new(place, batches)),
        }
    }
}

#[cfg(test)]
#[path = "replay_buffer_tests.rs"]
mod tests;
