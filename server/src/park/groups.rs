//! A shard's streams of each tenant's channel, and which one's turn it is. While the streams of a channel that is
//! closed end, those of the one that took its place are here already.
//!
//! Tenants take turns in slices, so that one with ten thousand streams and something new all the time makes another's
//! ten wait for a slice and not for ten thousand.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use crate::bus::{BatchListener, Channel, ChannelId};

/// Streams that are written to before it is another tenant's turn: some milliseconds of work.
const SLICE: usize = 1_024;

/// The streams of one channel.
#[derive(Debug)]
struct ChannelGroup {
    channel: Arc<Channel>,
    /// Keys of its streams.
    members: Vec<usize>,
    /// Who is next.
    next: usize,
    /// How many are to be written to still.
    left: usize,
    /// Whether there is something new for those who had their turn already.
    again: bool,
}

/// All of a shard's streams by channel.
#[derive(Debug, Default)]
pub(super) struct Groups {
    channels: HashMap<ChannelId, ChannelGroup>,
    /// Those with something to write, each once.
    turns: VecDeque<ChannelId>,
}

/// Streams whose turn it is.
#[derive(Debug)]
pub(super) struct Slice {
    /// What they read.
    pub(super) channel: Arc<Channel>,
    /// Their keys.
    pub(super) members: Vec<usize>,
}

impl Groups {
    /// Adds a stream of this channel; says which member of its channel's it is. With the first one, `listener` begins
    /// to hear of the channel's batches.
    pub(super) fn add(&mut self, key: usize, channel: &Arc<Channel>, listener: &Arc<dyn BatchListener>) -> usize {
        let group = self.channels.entry(channel.id).or_insert_with(|| {
            channel.listen(listener.clone());
            ChannelGroup { channel: channel.clone(), members: Vec::new(), next: 0, left: 0, again: false }
        });
        group.members.push(key);
        group.members.len() - 1
    }

    /// Takes a stream out. With the last one, `listener` hears no more. Gives the key of the stream that is now the
    /// member that this one was, if there is one.
    pub(super) fn remove(
        &mut self,
        channel: &Channel,
        member: usize,
        listener: &Arc<dyn BatchListener>,
    ) -> Option<usize> {
        let group = self.channels.get_mut(&channel.id)?;
        group.members.swap_remove(member);
        let moved = group.members.get(member).copied();
        // The one that was moved may have had its turn before it or be left out of it now.
        group.again |= group.left > 0;
        if group.members.is_empty() {
            group.channel.unlisten(listener);
            self.channels.remove(&channel.id);
        }
        moved
    }

    /// Takes note that a channel has something new.
    pub(super) fn pushed(&mut self, channel: ChannelId) {
        let Some(group) = self.channels.get_mut(&channel) else { return };
        if group.left > 0 {
            group.again = true;
        } else {
            group.left = group.members.len();
            self.turns.push_back(channel);
        }
    }

    /// Whether somebody is to be written to.
    pub(super) fn is_busy(&self) -> bool {
        !self.turns.is_empty()
    }

    /// The streams whose turn it is now.
    pub(super) fn turn(&mut self) -> Option<Slice> {
        let channel = self.turns.pop_front()?;
        let group = self.channels.get_mut(&channel)?;
        let all = group.members.len();
        let length = group.left.min(all).min(SLICE);
        let members = (0..length).filter_map(|n| group.members.get((group.next + n) % all).copied()).collect();
        // The next round begins where this one ends: nobody is always the first.
        group.next = (group.next + length) % all.max(1);
        group.left = group.left.min(all) - length;
        if group.left == 0 && group.again {
            group.again = false;
            group.left = all;
        }
        if group.left > 0 {
            self.turns.push_back(channel);
        }
        Some(Slice { channel: group.channel.clone(), members })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulsestage::event::{Cursor, Epoch, LogHead};
    use pulsestage::id::TenantId;
    use pulsestage::time::Timestamp;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use uuid::Uuid;

    #[derive(Default)]
    struct Ears(AtomicUsize);

    impl BatchListener for Ears {
        fn pushed(&self, _: ChannelId) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn channel(tenant: u128) -> Arc<Channel> {
        let (tenant, cursor) = (TenantId(Uuid::from_u128(tenant)), Cursor { epoch: Epoch(1), seq: 0 });
        Arc::new(Channel::new(&LogHead { tenant, cursor, last: None, voted_at: None }, Timestamp(0)))
    }

    fn ears() -> (Arc<Ears>, Arc<dyn BatchListener>) {
        let ears = Arc::new(Ears::default());
        (ears.clone(), ears)
    }

    fn keys(groups: &mut Groups) -> Vec<usize> {
        std::iter::from_fn(|| groups.turn()).flat_map(|slice| slice.members).collect()
    }

    #[test]
    fn each_stream_has_its_turn_once_and_large_tenants_wait_for_small_ones() {
        let (mut groups, (_, listener)) = (Groups::default(), ears());
        let (large, small) = (channel(1), channel(2));
        for key in 0..3_000 {
            assert_eq!(groups.add(key, &large, &listener), key);
        }
        assert_eq!(groups.add(3_000, &small, &listener), 0);
        assert!(!groups.is_busy());
        groups.pushed(large.id);
        groups.pushed(small.id);
        groups.pushed(channel(1).id);
        assert_eq!(groups.turn().unwrap().members.len(), SLICE);
        assert_eq!(groups.turn().unwrap().members, [3_000]);
        let mut rest = keys(&mut groups);
        rest.sort_unstable();
        assert_eq!(rest, (SLICE..3_000).collect::<Vec<_>>());
        assert!(!groups.is_busy());
    }

    #[test]
    fn what_comes_during_a_round_is_for_those_who_had_their_turn_too() {
        let (mut groups, (_, listener)) = (Groups::default(), ears());
        let channel = channel(1);
        (0..1_500).for_each(|key| _ = groups.add(key, &channel, &listener));
        groups.pushed(channel.id);
        groups.turn();
        groups.pushed(channel.id);
        groups.pushed(channel.id);
        assert_eq!(keys(&mut groups).len(), 1_500 - SLICE + 1_500);
    }

    #[test]
    fn nobody_is_left_out_when_others_leave_during_a_round() {
        let (mut groups, (ears, listener)) = (Groups::default(), ears());
        let channel = channel(1);
        (0..1_500).for_each(|key| _ = groups.add(key, &channel, &listener));
        groups.pushed(channel.id);
        groups.turn();
        // The last one takes the place of the first, which had its turn.
        assert_eq!(groups.remove(&channel, 0, &listener), Some(1_499));
        let rest = keys(&mut groups);
        assert!((SLICE..1_500).all(|key| rest.contains(&key)), "{}", rest.len());
        while groups.remove(&channel, 0, &listener).is_some() {}
        assert!(groups.channels.is_empty());
        channel.push(crate::bus::frame::Batch::beat(channel.tenant, Timestamp(0)));
        assert_eq!(ears.0.load(Ordering::Relaxed), 0, "nobody is left to hear of it");
        groups.pushed(channel.id);
        assert!(keys(&mut groups).is_empty());
    }
}
