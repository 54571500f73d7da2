//! A stream that was granted: what has to be written first, how it goes on, and its place among all.

use bytes::Bytes;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tracing::{Level, Span};

use super::choice::Choice;
use super::opening::{self, Greeting, retry_millis};
use super::reader::ReplayReader;
use super::stream_permit::StreamPermit;
use super::viewer_key::ViewerKey;
use crate::access::StreamAccess;
use crate::bus::frame::closing;
use crate::bus::{Channel, StreamFormat, Subscription};
use crate::limits::{Permit, StreamConnection};
use crate::state::AppState;
use pulsestage::error::Refusal;
use pulsestage::event::Cursor;
use pulsestage::id::TenantId;
use pulsestage::ports::{Clock, Rng};

/// A stream that was granted and is not written yet.
#[derive(Debug)]
pub(crate) struct OpenedStream {
    /// What is written first, in this order; pieces may be empty.
    pub(crate) opening: [Bytes; 2],
    /// How it goes on.
    pub(crate) reader: ReplayReader,
    /// Its place among all.
    pub(crate) lease: StreamLease,
    /// How long it may live; as long as its client when absent.
    pub(crate) life: Option<Duration>,
}

/// A stream's place among all: letting go of it counts the stream out.
#[derive(Debug)]
pub(crate) struct StreamLease {
    subscription: Subscription,
    _permit: Permit,
    /// Its connection's place among all, once it is its own.
    _connection: Option<StreamConnection>,
    /// For a stream of somebody who is signed in. Boxed: most are not, and there are very many leases.
    pass: Option<Box<StreamAccess>>,
    /// For a stream of anybody else: shared by all of them.
    guests: Option<CancellationToken>,
    /// When it was taken, as the meter counts.
    since: u32,
    /// The request that opened it, where the end of a stream is logged. Boxed and mostly absent, for it is kept as
    /// long.
    span: Option<Box<Span>>,
    ended: Ended,
}

/// Why a stream is over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Its client has gone, or the way to it.
    #[default]
    ClientGone,
    /// Its client read too slowly and missed something.
    TooSlow,
    /// Its time is up.
    LifeOver,
    /// Its reader may not see it any more.
    AccessOver,
    /// The log is another one now.
    LogReplaced,
    /// The server stops.
    Stopping,
}

impl Ended {
    const fn as_str(self) -> &'static str {
        match self {
            Self::ClientGone => "client gone",
            Self::TooSlow => "too slow",
            Self::LifeOver => "life over",
            Self::AccessOver => "access over",
            Self::LogReplaced => "log replaced",
            Self::Stopping => "stopping",
        }
    }
}

impl OpenedStream {
    /// Joins the tenant's channel and reads what the client has missed. `cursor` is absent for a new client,
    /// `Some(None)` for garbage; `viewer` is there for a client that asked to be told it.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(crate) async fn new(
        state: &AppState,
        tenant: TenantId,
        cursor: Option<Option<Cursor>>,
        choice: Choice,
        (permit, access): (Permit, StreamPermit),
        viewer: Option<ViewerKey>,
    ) -> Result<Self, Refusal> {
        let subscription = state.bus().subscribe(tenant).await.map_err(Refusal::from)?;
        let since = subscription.channel().meter().mark();
        let greeting = Greeting { retry_ms: retry_millis(state.rng()), viewer };
        let opening = opening::open(state, &subscription, cursor, &choice, greeting).await?;
        tracing::debug!(tenant.id = %tenant, resumed = cursor.is_some(), "stream opened");
        Ok(Self {
            opening: [opening.greeting, opening.missed],
            reader: ReplayReader::new(opening.place, opening.seq, choice),
            lease: StreamLease {
                subscription,
                _permit: permit,
                _connection: None,
                pass: access.pass,
                guests: access.guests,
                since,
                span: tracing::enabled!(Level::DEBUG).then(|| Box::new(Span::current())),
                ended: Ended::default(),
            },
            life: [state.limits().stream_life.draw(state.rng()), access.life].into_iter().flatten().min(),
        })
    }
}

impl OpenedStream {
    /// The same over a connection that is there for it alone.
    pub(crate) fn over(mut self, connection: StreamConnection) -> Self {
        self.lease._connection = Some(connection);
        self
    }
}

impl StreamLease {
    /// Whether its reader's access has ended.
    pub(crate) fn is_over(&self) -> bool {
        self.pass.as_ref().is_some_and(|pass| pass.is_over())
            || self.guests.as_ref().is_some_and(CancellationToken::is_cancelled)
    }

    /// Waits until its reader's access has ended.
    pub(crate) async fn over(&self) {
        match (&self.pass, &self.guests) {
            (Some(pass), _) => pass.over().await,
            (None, Some(guests)) => guests.cancelled().await,
            (None, None) => pending().await,
        }
    }

    /// Says why the stream ends.
    pub(crate) const fn end(&mut self, why: Ended) {
        self.ended = why;
    }

    /// The channel that the stream reads.
    pub(crate) const fn channel(&self) -> &Arc<Channel> {
        self.subscription.channel()
    }
}

impl Drop for StreamLease {
    fn drop(&mut self) {
        let lasted = self.channel().meter().stayed(self.since);
        let Some(span) = &self.span else { return };
        let (seconds, why) = (lasted.as_secs(), self.ended.as_str());
        span.in_scope(|| tracing::debug!(tenant.id = %self.channel().tenant, seconds, why, "stream closed"));
    }
}

/// What a stream of this tenant that ends says last: when to come back.
pub(crate) fn closing_frame(form: StreamFormat, tenant: TenantId, clock: &dyn Clock, rng: &dyn Rng) -> Bytes {
    form.last(closing(tenant, retry_millis(rng), clock.now()))
}

/// A random part of a time: whoever waits for so long is not there together with all others.
pub(crate) fn share_of(time: Duration, rng: &dyn Rng) -> Duration {
    let mut random = [0; 8];
    rng.fill(&mut random);
    let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX - 1);
    Duration::from_millis(u64::from_le_bytes(random) % (millis + 1))
}
