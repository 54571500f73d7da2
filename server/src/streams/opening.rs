//! How a stream begins: where the live tail starts is fixed first, then the past is read up to there.

use bytes::{Bytes, BytesMut};
use std::sync::Arc;

use super::choice::Choice;
use super::viewer_key::ViewerKey;
use crate::bus::frame::{Batch, Frame, encode, with_retry};
use crate::bus::{Channel, Subscription};
use crate::metrics::ReplaySource;
use crate::state::AppState;
use pulsestage::error::Refusal;
use pulsestage::event::{Cursor, Envelope, Event, Stale};
use pulsestage::id::TenantId;
use pulsestage::ports::Rng;
use pulsestage::time::Timestamp;

/// A client that has missed more facts than this loads the board instead: it is smaller.
pub const MAX_REPLAY: usize = 1_000;
/// One more than that: enough to see that it is too much.
const REPLAY_PAGE: i64 = MAX_REPLAY as i64 + 1;
/// MeterCounts are sent that changed since this long before the client's last fact: a vote's time is taken before its
/// commit.
const TALLY_SLACK_MS: i64 = 10_000;
/// The bounds of `retry:`, in milliseconds. Each client gets its own, so that a herd comes back spread out.
const RETRY_MS: (u64, u64) = (1_000, 3_000);
/// The same for a client that asks now and then instead of reading a stream.
const POLL_MS: (u64, u64) = (3_000, 5_000);

/// Most bytes of a replay: more is more than a board.
const MAX_REPLAY_BYTES: usize = 512 << 10;

/// A beginning: what to write first and where to go on.
pub(crate) struct Opening {
    /// The first bytes.
    pub(crate) greeting: Bytes,
    /// What the client has missed; shared with others who have missed the same.
    pub(crate) missed: Bytes,
    /// The place in the replay buffer where the live tail starts.
    pub(crate) place: u64,
    /// The last fact that the client has after the first bytes.
    pub(crate) seq: i64,
}

/// What the past is for one client.
enum Past {
    /// It goes on from a cursor: these facts are missing, then these counts.
    ReplaySource(Arc<Batch>, ReplaySource),
    /// It starts here and now.
    None,
    /// Its cursor is of no use: it must load the board.
    Resync,
}

/// What a client is told about itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Greeting {
    /// When it is to come back, in milliseconds.
    pub(super) retry_ms: u64,
    /// What its stream may carry, for a client that asks for it.
    pub(super) viewer: Option<ViewerKey>,
}

/// The delay before a client comes back, drawn for each of them.
pub(crate) fn retry_millis(rng: &dyn Rng) -> u64 {
    drawn(RETRY_MS, rng)
}

fn drawn((least, most): (u64, u64), rng: &dyn Rng) -> u64 {
    let mut random = [0; 8];
    rng.fill(&mut random);
    least + u64::from_le_bytes(random) % (most - least)
}

/// What a client has missed up to now, as a stream that is opened now would begin: for one that asks now and then.
///
/// # Errors
/// When the database cannot be read.
pub(crate) async fn missed_so_far(
    state: &AppState,
    tenant: TenantId,
    cursor: Option<Option<Cursor>>,
    choice: &Choice,
    viewer: ViewerKey,
) -> Result<Bytes, Refusal> {
    // Nobody reads the channel for long; it stays open until some time after the last who did.
    let subscription = state.bus().subscribe(tenant).await.map_err(Refusal::from)?;
    let greeting = Greeting { retry_ms: drawn(POLL_MS, state.rng()), viewer: Some(viewer) };
    let opening = open(state, &subscription, cursor, choice, greeting).await?;
    Ok(Bytes::from([opening.greeting, opening.missed].concat()))
}

/// Reads what a client needs before the live tail, and codes it. `cursor` is absent for a new client, `Some(None)` for
/// garbage.
pub(super) async fn open(
    state: &AppState,
    subscription: &Subscription,
    cursor: Option<Option<Cursor>>,
    choice: &Choice,
    told: Greeting,
) -> Result<Opening, Refusal> {
    let channel = subscription.channel();
    // Subscribe, then read the past, then listen: nothing that is committed from here on is missed.
    let (place, tail) = channel.tail();
    let past = match cursor {
        None => Past::None,
        Some(None) => Past::Resync,
        Some(Some(cursor)) if cursor.epoch != channel.epoch => {
            // It may be from a board that is newer than what we know.
            state.bus().look();
            Past::Resync
        }
        Some(Some(cursor)) => past_of(state, channel, cursor, (place, tail)).await?,
    };
    let start = match (&past, cursor) {
        (Past::ReplaySource(..), Some(Some(cursor))) => cursor,
        // A client without a past may come back with what it got here, so it gets where it is now.
        _ => Cursor { epoch: channel.epoch, seq: tail },
    };
    let now = state.clock().now();
    let mut greeting = BytesMut::new();
    if let Some(viewer) = told.viewer {
        greeting.extend_from_slice(&viewer.message());
    }
    let connected = signal(channel.tenant, Event::Connected, start, now);
    greeting.extend_from_slice(&with_retry(told.retry_ms, &connected));
    let missed = match past {
        Past::None => Bytes::new(),
        Past::Resync => {
            channel.meter().resynced(1);
            greeting.extend_from_slice(&signal(channel.tenant, Event::Resync, start, now));
            Bytes::new()
        }
        Past::ReplaySource(batch, source) => {
            channel.meter().replayed(source);
            choice.of_batch(&batch)
        }
    };
    // Asked after the place was fixed: what changes from here on is in the replay buffer.
    if let Some(since) = channel.stale_since() {
        greeting.extend_from_slice(&encode(None, &envelope(channel.tenant, Event::Stale(Stale { since }), now)));
    }
    let greeting = choice.form().first(greeting.freeze());
    Ok(Opening { greeting, missed, place, seq: start.seq.max(tail) })
}

/// The facts after the cursor as far as the live tail, then the counts that may have changed since: from the replay
/// buffer if it goes back so far, otherwise from the database.
async fn past_of(
    state: &AppState,
    channel: &Channel,
    cursor: Cursor,
    (place, tail): (u64, i64),
) -> Result<Past, Refusal> {
    let now = state.clock().now();
    let retractions = channel.retractions();
    if let Some(missed) = channel.missed(cursor.seq, place, TALLY_SLACK_MS, now) {
        return Ok(Past::of(missed, ReplaySource::ReplayBuffer));
    }
    let (log, tenant) = (state.bus().log(), channel.tenant);
    if cursor.seq > tail && cursor.seq > log.head(tenant).await.map_err(Refusal::from)?.seq {
        // From the future: the log was restored from an older copy, or the cursor was made up.
        return Ok(Past::Resync);
    }
    let facts = log.facts_after(tenant, cursor.seq, REPLAY_PAGE).await.map_err(Refusal::from)?;
    // Read after the facts: whatever was removed before they were read is below it.
    if cursor.seq < log.log_floor(tenant).await.map_err(Refusal::from)? {
        return Ok(Past::Resync);
    }
    let facts: Vec<_> = facts.into_iter().filter(|fact| fact.seq <= tail).collect();
    let since = match log.fact_time(tenant, cursor.seq).await.map_err(Refusal::from)? {
        Some(at) => at.plus_millis(-TALLY_SLACK_MS),
        // Before the first fact there was nothing to count, and of one that was removed the time is not known.
        None => Timestamp(0),
    };
    let tallies = log.tallies_since(tenant, since).await.map_err(Refusal::from)?;
    channel.told_aside(&tallies);
    let totals = log.team_totals(tenant).await.map_err(Refusal::from)?;
    let frames = facts.iter().map(|fact| Frame::fact(cursor.epoch, fact));
    let frames = frames.chain(tallies.iter().map(|tally| Frame::tally(tenant, tally, now)));
    let frames = frames.chain(totals.into_iter().map(|totals| Frame::totals(tenant, totals, now))).collect();
    Ok(Past::of(
        channel.keep_missed(cursor.seq, place, Batch::new(tenant, frames, now), retractions),
        ReplaySource::Database,
    ))
}

impl Past {
    /// What was missed, unless it is so much that the board is less.
    fn of(missed: Arc<Batch>, source: ReplaySource) -> Self {
        let facts = missed.frames.iter().filter(|frame| frame.cursor.is_some()).count();
        if facts > MAX_REPLAY || missed.whole.bare().len() > MAX_REPLAY_BYTES {
            Self::Resync
        } else {
            Self::ReplaySource(missed, source)
        }
    }
}

fn signal(tenant: TenantId, event: Event, cursor: Cursor, at: Timestamp) -> Bytes {
    encode(Some(cursor), &envelope(tenant, event, at))
}

const fn envelope(tenant: TenantId, event: Event, at: Timestamp) -> Envelope {
    Envelope { tenant_id: tenant, event, timestamp: at }
}
