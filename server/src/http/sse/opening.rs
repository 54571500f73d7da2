//! How a stream begins: where the live tail starts is fixed first, then the past is read up to there.

use bytes::{Bytes, BytesMut};

use super::filter::Filter;
use crate::bus::frame::{Frame, advance, encode, retry};
use crate::bus::{Channel, Subscription};
use crate::state::AppState;
use pulsestage::error::Refusal;
use pulsestage::event::{Cursor, Envelope, Event};
use pulsestage::id::TenantId;
use pulsestage::ports::Chance;
use pulsestage::time::Timestamp;

/// A client that has missed more facts than this loads the board instead: it is smaller.
const MAX_REPLAY: i64 = 1_000;
/// Counts are sent that changed since this long before the client's last fact: a vote's time is taken before its commit.
const TALLY_SLACK_MS: i64 = 10_000;
/// The bounds of `retry:`, in milliseconds. Each client gets its own, so that a herd comes back spread out.
const RETRY_MS: (u64, u64) = (1_000, 3_000);

/// A beginning: what to write first and where to go on.
pub(super) struct Opening {
    /// The first bytes.
    pub(super) bytes: Bytes,
    /// The place in the ring where the live tail starts.
    pub(super) place: u64,
    /// The last fact that the client has after the first bytes.
    pub(super) seq: i64,
}

/// What the past is for one client.
enum Past {
    /// It goes on from a cursor: these facts are missing, then these counts.
    Replay(Vec<Frame>),
    /// It starts here and now.
    None,
    /// Its cursor is of no use: it must load the board.
    Resync,
}

/// The delay before a client comes back, drawn for each of them.
pub(super) fn retry_millis(chance: &dyn Chance) -> u64 {
    let mut random = [0; 8];
    chance.fill(&mut random);
    RETRY_MS.0 + u64::from_le_bytes(random) % (RETRY_MS.1 - RETRY_MS.0)
}

/// Reads what a client needs before the live tail. `cursor` is absent for a new client, `Some(None)` for garbage.
pub(super) async fn open(
    state: &AppState,
    subscription: &Subscription,
    cursor: Option<Option<Cursor>>,
    filter: &Filter,
) -> Result<Opening, Refusal> {
    let channel = subscription.channel();
    // Subscribe, then read the past, then listen: nothing that is committed from here on is missed.
    let (place, tail) = channel.tail();
    let past = match cursor {
        None => Past::None,
        Some(None) => Past::Resync,
        Some(Some(cursor)) if cursor.epoch != channel.epoch => Past::Resync,
        Some(Some(cursor)) => past_of(state, channel, cursor, tail).await?,
    };
    let start = match (&past, cursor) {
        (Past::Replay(_), Some(Some(cursor))) => cursor,
        // A client without a past may come back with what it got here, so it gets where it is now.
        _ => Cursor { epoch: channel.epoch, seq: tail },
    };
    let now = state.clock().now();
    let mut bytes = BytesMut::new();
    bytes.extend_from_slice(&retry(retry_millis(state.chance())));
    bytes.extend_from_slice(&signal(channel.tenant, Event::Connected, start, now));
    match past {
        Past::None => {}
        Past::Resync => bytes.extend_from_slice(&signal(channel.tenant, Event::Resync, start, now)),
        Past::Replay(frames) => append(&mut bytes, &frames, filter),
    }
    Ok(Opening { bytes: bytes.freeze(), place, seq: start.seq.max(tail) })
}

/// The facts after the cursor as far as the live tail, then the counts that may have changed since.
async fn past_of(state: &AppState, channel: &Channel, cursor: Cursor, tail: i64) -> Result<Past, Refusal> {
    let (store, tenant) = (state.store(), channel.tenant);
    if cursor.seq > tail && cursor.seq > store.head(tenant).await.map_err(Refusal::from)?.seq {
        // From the future: the log was restored from an older copy, or the cursor was made up.
        return Ok(Past::Resync);
    }
    let facts = store.facts_after(tenant, cursor.seq, MAX_REPLAY + 1).await.map_err(Refusal::from)?;
    let facts: Vec<_> = facts.into_iter().filter(|fact| fact.seq <= tail).collect();
    let since = match store.fact_time(tenant, cursor.seq).await.map_err(Refusal::from)? {
        Some(at) => at.plus_millis(-TALLY_SLACK_MS),
        // Before the first fact there was nothing to count.
        None => Timestamp(0),
    };
    if facts.len() > usize::try_from(MAX_REPLAY).unwrap_or(usize::MAX) {
        return Ok(Past::Resync);
    }
    let now = state.clock().now();
    let tallies = store.tallies_since(tenant, since).await.map_err(Refusal::from)?;
    channel.told_aside(&tallies);
    let frames = facts.iter().map(|fact| Frame::fact(cursor.epoch, fact));
    Ok(Past::Replay(frames.chain(tallies.iter().map(|tally| Frame::tally(tenant, tally, now))).collect()))
}

/// Writes the frames that pass; of the facts that do not, the last one's cursor, so that the client moves on.
pub(super) fn append(bytes: &mut BytesMut, frames: &[Frame], filter: &Filter) {
    let mut hidden = None;
    for frame in frames {
        if filter.takes(frame) {
            // A shown fact carries the cursor past the hidden ones before it.
            if frame.cursor.is_some() {
                hidden = None;
            }
            bytes.extend_from_slice(&frame.bytes);
        } else if frame.cursor.is_some() {
            hidden = frame.cursor;
        }
    }
    if let Some(cursor) = hidden {
        bytes.extend_from_slice(&advance(cursor));
    }
}

fn signal(tenant: TenantId, event: Event, cursor: Cursor, at: Timestamp) -> Bytes {
    encode(Some(cursor), &Envelope { tenant_id: tenant, event, timestamp: at })
}
