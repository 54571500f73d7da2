//! What of a tenant's frames one stream is sent: what its client chose, and what it may see.

use bytes::Bytes;
use std::borrow::Cow;

use super::filter::StreamFilter;
use crate::bus::frame::{Batch, Frame, select};
use crate::bus::{Chunk, Share, StreamFormat};
use pulsestage::audience::{Audience, StaffOf, Viewer};
use pulsestage::id::ParticipantId;

/// One stream's choice, and how it is sent what it chose.
#[derive(Debug)]
pub(crate) struct Choice {
    /// The browser: what is for its own questions' asker is for it.
    participant: Option<ParticipantId>,
    /// Who chose or may see otherwise than everybody. Few do, and there are very many streams.
    special: Option<Box<Special>>,
    form: StreamFormat,
}

#[derive(Debug)]
struct Special {
    filter: StreamFilter,
    staff: StaffOf,
}

impl Choice {
    /// What passes this filter of what this viewer may see.
    pub(crate) fn new(filter: StreamFilter, viewer: Viewer, form: StreamFormat) -> Self {
        let Viewer { participant, staff } = viewer;
        let special = (!filter.is_open() || staff != StaffOf::Nobody).then(|| Box::new(Special { filter, staff }));
        Self { participant, special, form }
    }

    /// How its client is sent everything.
    pub(crate) const fn form(&self) -> StreamFormat {
        self.form
    }

    /// Its part of a chunk, of whose facts it has those up to `seen`. What many are sent is shared with them.
    pub(crate) fn of_chunk<'a>(&self, chunk: &'a Chunk, seen: i64) -> Cow<'a, Bytes> {
        let is_new = |first: i64| first > seen;
        if chunk.facts.is_none_or(|(first, _)| is_new(first))
            && let Some(share) = self.share(chunk.is_private, || chunk.iter())
        {
            return Cow::Borrowed(chunk.written(share, self.form));
        }
        // A client that comes back may have some facts of a batch already.
        let is_new = |frame: &Frame| frame.cursor.is_none_or(|cursor| is_new(cursor.seq));
        Cow::Owned(self.form.wrap(chunk.select(|frame| self.takes(frame), is_new)))
    }

    /// Its part of what was missed.
    pub(crate) fn of_batch(&self, batch: &Batch) -> Bytes {
        match self.share(batch.is_private, || batch.frames.iter()) {
            Some(share) => batch.written(share, self.form).clone(),
            None => self.form.wrap(select(batch.tenant, batch.at, &batch.frames, |frame| self.takes(frame))),
        }
    }

    /// Which share of these frames it gets; `None` when it gets what hardly anybody else does.
    fn share<'a, I: Iterator<Item = &'a Frame>>(&self, is_private: bool, frames: impl Fn() -> I) -> Option<Share> {
        match self.special.as_deref() {
            Some(special) if !special.filter.is_open() => None,
            Some(special) if special.staff != StaffOf::Nobody && is_private => None,
            _ if !is_private => Some(Share::Everything),
            _ => (!frames().any(|frame| self.is_addressed(frame))).then_some(Share::Public),
        }
    }

    fn is_addressed(&self, frame: &Frame) -> bool {
        matches!(frame.audience, Audience::Asker(asker) if self.participant == Some(asker))
    }

    fn takes(&self, frame: &Frame) -> bool {
        let passes = self.special.as_deref().is_none_or(|special| special.filter.takes(frame));
        let is_for_us = match frame.audience {
            Audience::Everybody => true,
            Audience::Staff => self.special.as_deref().is_some_and(|special| special.staff.covers(frame.team)),
            Audience::Asker(_) => self.is_addressed(frame),
        };
        passes && is_for_us
    }
}
