//! What clients that come back have missed, kept for a moment: an audience that was disconnected at once comes back
//! with one cursor.

use std::collections::VecDeque;
use std::sync::Arc;

use super::frame::Batch;

/// How many are kept. A herd has few cursors: the last one, and those of the stragglers.
const KEPT: usize = 8;

/// The latest ones that were put together, each for a cursor and a place in the buffer.
#[derive(Debug, Default)]
pub(super) struct Replays(VecDeque<ReplaySource>);

#[derive(Debug)]
struct ReplaySource {
    seq: i64,
    place: u64,
    missed: Arc<Batch>,
}

impl Replays {
    /// What a client with this cursor misses before this place, if that is known.
    pub(super) fn get(&self, seq: i64, place: u64) -> Option<Arc<Batch>> {
        let known = self.0.iter().find(|known| known.seq == seq && known.place == place)?;
        Some(known.missed.clone())
    }

    /// Forgets them all: they tell what is not to be sent again.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Keeps it instead of the oldest.
    pub(super) fn keep(&mut self, seq: i64, place: u64, missed: Arc<Batch>) {
        // The buffer has moved on: nobody will come to an earlier place.
        self.0.retain(|known| known.place >= place);
        self.0.truncate(KEPT - 1);
        self.0.push_front(ReplaySource { seq, place, missed });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulsestage::id::TenantId;
    use pulsestage::time::Timestamp;

    fn missed() -> Arc<Batch> {
        Arc::new(Batch::new(TenantId(uuid::Uuid::nil()), Vec::new(), Timestamp(0)))
    }

    #[test]
    fn only_the_same_cursor_at_the_same_place_is_the_same() {
        let mut replays = Replays::default();
        let one = missed();
        replays.keep(5, 10, one.clone());
        assert!(replays.get(5, 10).is_some_and(|found| Arc::ptr_eq(&found, &one)));
        assert!(replays.get(4, 10).is_none() && replays.get(5, 11).is_none());
    }

    #[test]
    fn few_are_kept_and_none_of_an_earlier_place() {
        let mut replays = Replays::default();
        for seq in 0..20 {
            replays.keep(seq, 10, missed());
        }
        assert_eq!((0..20).filter(|seq| replays.get(*seq, 10).is_some()).count(), KEPT);
        assert!(replays.get(19, 10).is_some());
        replays.keep(1, 11, missed());
        assert_eq!(replays.0.len(), 1);
    }
}
