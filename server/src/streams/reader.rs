//! What a stream is, whoever writes it: a position in the replay buffer and what its client is sent of it.

use bytes::Bytes;
use std::borrow::Cow;

use super::choice::Choice;
use crate::bus::{Chunk, StreamFormat};

/// One client's way through the replay buffer.
#[derive(Debug)]
pub(crate) struct ReplayReader {
    /// Where it reads next.
    place: u64,
    /// The last fact that its client has.
    seq: i64,
    choice: Choice,
}

impl ReplayReader {
    /// A reader that goes on from this place; its client has the facts up to `seq`.
    pub(crate) const fn new(place: u64, seq: i64, choice: Choice) -> Self {
        Self { place, seq, choice }
    }

    /// Where it reads next.
    pub(crate) const fn place(&self) -> u64 {
        self.place
    }

    /// How its client is sent everything.
    pub(crate) const fn form(&self) -> StreamFormat {
        self.choice.form()
    }

    /// What its client is sent of a chunk read at its place; it goes on after it.
    pub(crate) fn take<'a>(&mut self, chunk: &'a Chunk) -> Cow<'a, Bytes> {
        let seen = self.seq;
        self.place = chunk.to;
        self.seq = chunk.facts.map_or(seen, |(_, last)| seen.max(last));
        self.choice.of_chunk(chunk, seen)
    }

    /// Goes on after a chunk without its client being written anything.
    pub(crate) const fn skip(&mut self, chunk: &Chunk) {
        self.place = chunk.to;
    }
}
