//! What a stream is, whoever writes it: a place in the ring and what its client chose to see.

use bytes::Bytes;
use std::borrow::Cow;

use super::filter::Filter;
use super::opening::chosen;
use crate::bus::{Chunk, Coding};

/// One client's way through the ring.
#[derive(Debug)]
pub(crate) struct Reader {
    /// Where it reads next.
    place: u64,
    /// The last fact that its client has.
    seq: i64,
    // Few have one, and there are very many readers.
    filter: Option<Box<Filter>>,
    coding: Coding,
}

impl Reader {
    /// A reader that goes on from this place; its client has the facts up to `seq`.
    pub(super) fn new(place: u64, seq: i64, filter: Filter, coding: Coding) -> Self {
        Self { place, seq, filter: (!filter.is_open()).then(|| Box::new(filter)), coding }
    }

    /// Where it reads next.
    pub(crate) const fn place(&self) -> u64 {
        self.place
    }

    /// How its client is sent everything.
    pub(crate) const fn coding(&self) -> Coding {
        self.coding
    }

    /// What its client takes of a chunk read at its place; it goes on after it. One that takes everything shares the
    /// chunk's memory.
    pub(crate) fn take<'a>(&mut self, chunk: &'a Chunk) -> Cow<'a, Bytes> {
        let seen = self.seq;
        self.place = chunk.to;
        self.seq = chunk.facts.map_or(seen, |(_, last)| seen.max(last));
        let is_new = |first: i64| first > seen;
        if self.filter.is_none() && chunk.facts.is_none_or(|(first, _)| is_new(first)) {
            return Cow::Borrowed(chunk.coded(self.coding));
        }
        let open = Filter::default();
        let filter = self.filter.as_deref().unwrap_or(&open);
        // A client that comes back may have some facts of a batch already.
        let frames = chunk.batches.iter().flat_map(|batch| &batch.frames);
        let new = frames.filter(|frame| frame.cursor.is_none_or(|cursor| is_new(cursor.seq)));
        Cow::Owned(self.coding.wrap(chosen(new, filter)))
    }

    /// Goes on after a chunk without its client being written anything.
    pub(crate) const fn skip(&mut self, chunk: &Chunk) {
        self.place = chunk.to;
    }
}
