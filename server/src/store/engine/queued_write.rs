//! A write on its way: what there is to do, and whom to tell.

use futures::future::BoxFuture;
use pulsestage::ports::PortError;
use tokio::sync::oneshot;
use tracing::{Instrument, Span};

use crate::store::Tx;
use crate::store::db_error::{DbError, DbResult};

/// A part of a write, done in a transaction that somebody else begins and ends.
type Step<T> = Box<dyn for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, DbResult<T>> + Send>;

/// What there is to do for one write.
pub(in crate::store) struct WriteOperation<T> {
    /// The usual case in one go, for engines on which that is quicker; see [`WriteOperation::or_at_once`].
    at_once: Option<Step<Option<T>>>,
    /// The write in every case.
    pub(in crate::store) whole: Step<T>,
}

impl<T> WriteOperation<T> {
    /// A write: when it ends in an error, what it did is taken back.
    pub(in crate::store) fn new<F>(whole: F) -> Self
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, DbResult<T>> + Send + 'static,
    {
        Self { at_once: None, whole: Box::new(whole) }
    }

    /// The same write in one round trip, for a group on SQLite. It opens the group's savepoint, and either does the
    /// whole write and releases it, or changes nothing, releases it and says `None`: then the write is done at length.
    pub(in crate::store) fn or_at_once<F>(mut self, at_once: F) -> Self
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, DbResult<Option<T>>> + Send + 'static,
    {
        self.at_once = Some(Box::new(at_once));
        self
    }
}

/// What came of trying a write at once.
pub(in crate::store) enum Tried {
    /// It is done.
    Did,
    /// It is to be done at length.
    ChangedNothing,
    /// It failed half-way, and its savepoint is open still.
    Failed,
}

/// A write with whoever waits for it, as the group sees it.
pub(in crate::store) trait QueuedWrite: Send {
    /// Whether anybody waits for its answer still.
    fn is_awaited(&self) -> bool;
    /// Tries to do it in one go.
    fn at_once<'t>(&'t mut self, tx: &'t mut Tx) -> BoxFuture<'t, Tried>;
    /// Does it, inside a savepoint; says whether that is to be kept.
    fn whole<'t>(&'t mut self, tx: &'t mut Tx) -> BoxFuture<'t, bool>;
    /// Tells what came of it. Where its transaction was lost so is everything that it found, a refusal as well.
    fn answer(self: Box<Self>, committed: Result<(), PortError>);
}

/// The one form of a [`QueuedWrite`].
pub(in crate::store) struct QueuedOperation<T> {
    at_once: Option<Step<Option<T>>>,
    whole: Option<Step<T>>,
    outcome: Option<DbResult<T>>,
    reply: oneshot::Sender<DbResult<T>>,
    /// The request that it belongs to, for what is logged.
    span: Span,
}

impl<T> QueuedOperation<T> {
    pub(in crate::store) fn new(work: WriteOperation<T>, reply: oneshot::Sender<DbResult<T>>) -> Self {
        Self { at_once: work.at_once, whole: Some(work.whole), outcome: None, reply, span: Span::current() }
    }
}

impl<T: Send> QueuedWrite for QueuedOperation<T> {
    fn is_awaited(&self) -> bool {
        !self.reply.is_closed()
    }

    fn at_once<'t>(&'t mut self, tx: &'t mut Tx) -> BoxFuture<'t, Tried> {
        let span = self.span.clone();
        let tried = async move {
            let Some(step) = self.at_once.take() else { return Tried::ChangedNothing };
            match step(tx).await {
                Ok(None) => Tried::ChangedNothing,
                Ok(Some(value)) => {
                    self.outcome = Some(Ok(value));
                    Tried::Did
                }
                Err(failure) => {
                    self.outcome = Some(Err(failure));
                    Tried::Failed
                }
            }
        };
        Box::pin(tried.instrument(span))
    }

    fn whole<'t>(&'t mut self, tx: &'t mut Tx) -> BoxFuture<'t, bool> {
        let span = self.span.clone();
        let done = async move {
            let Some(step) = self.whole.take() else { return false };
            let outcome = step(tx).await;
            let kept = outcome.is_ok();
            self.outcome = Some(outcome);
            kept
        };
        Box::pin(done.instrument(span))
    }

    fn answer(self: Box<Self>, committed: Result<(), PortError>) {
        let outcome = match (committed, self.outcome) {
            (Ok(()), Some(outcome)) => outcome,
            (Ok(()), None) => Err(DbError::Told(PortError::Broken)),
            (Err(store_error), _) => Err(DbError::Told(store_error)),
        };
        // Nobody may be waiting any more; what is committed stays so.
        let _left = self.reply.send(outcome);
    }
}
