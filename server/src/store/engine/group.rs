//! Writes on SQLite, many to a transaction.
//!
//! SQLite has one writer, and what costs it most is the commit: with `synchronous = FULL` each one waits for the disk.
//! So writes queue here, and one task takes what has queued while it was at the last commit, does it in one
//! transaction, and answers everybody once that is committed. Nobody waits for company: a lone write is a group of one.
//!
//! Each write is as whole as in a transaction of its own. It runs in a savepoint, so that one which is refused or fails
//! takes back what it did itself and nothing else. When the transaction as a whole is lost, nobody is told otherwise.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::FutureExt;
use pulsestage::ports::PortError;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::store::db_error::{DbError, DbResult, told};
use crate::store::engine::queued_write::{QueuedOperation, QueuedWrite, Tried, WriteOperation};
use crate::store::lineage::marks::{self, Marks};
use crate::store::{Pool, Tx, begin, sql};

/// Writes that may wait; one more is told that we are busy. At the slowest disk's pace a wait of seconds.
pub(in crate::store) const WAITING: usize = 4_096;
/// The most writes of one transaction: their answers come together, so the first must not wait for too many others.
const TOGETHER: usize = 256;

/// The way to the writer. Cheap to clone.
#[derive(Clone)]
pub(in crate::store) struct Queue {
    writes: mpsc::Sender<Box<dyn QueuedWrite>>,
    /// Whether somebody was turned away since the writer last took from the queue: that is logged once.
    full: Arc<AtomicBool>,
    closing: CancellationToken,
    writer: TaskTracker,
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue").field("room", &self.writes.capacity()).finish_non_exhaustive()
    }
}

impl Queue {
    /// Starts a writer on this database. It ends with [`close`](Self::close), or with the last clone of the queue.
    pub(in crate::store) fn start(db: Pool, marks: Marks) -> Self {
        let (writes, waiting) = mpsc::channel(WAITING);
        let queue =
            Self { writes, full: Arc::default(), closing: CancellationToken::new(), writer: TaskTracker::new() };
        let (full, closing) = (queue.full.clone(), queue.closing.clone());
        queue.writer.spawn(serve((db, marks), waiting, full, closing));
        queue
    }

    /// Has a write done, and waits until it is committed or refused.
    ///
    /// Whoever stops waiting leaves a write that is either done or not: one that nobody awaits any more when its turn
    /// comes is passed over.
    pub(in crate::store) async fn write<T: Send + 'static>(&self, work: WriteOperation<T>) -> DbResult<T> {
        let (reply, answer) = oneshot::channel();
        match self.writes.try_send(Box::new(QueuedOperation::new(work, reply))) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                if !self.full.swap(true, Ordering::Relaxed) {
                    tracing::warn!(waiting = WAITING, "more writes come than the database takes; some are turned away");
                }
                return Err(DbError::Told(PortError::Busy));
            }
            Err(TrySendError::Closed(_)) => return Err(sqlx::Error::PoolClosed.into()),
        }
        // No answer at all comes of a group that panicked, which was logged.
        answer.await.unwrap_or(Err(DbError::Told(PortError::Broken)))
    }

    /// Takes no more writes, and waits until those that were taken are done.
    pub(in crate::store) async fn close(&self) {
        self.closing.cancel();
        self.writer.close();
        self.writer.wait().await;
    }
}

/// The writer: one group after another until the queue is closed and empty.
async fn serve(
    (db, marks): (Pool, Marks),
    mut waiting: mpsc::Receiver<Box<dyn QueuedWrite>>,
    full: Arc<AtomicBool>,
    closing: CancellationToken,
) {
    let mut group = Vec::new();
    loop {
        let taken = tokio::select! {
            taken = waiting.recv_many(&mut group, TOGETHER) => taken,
            () = closing.cancelled(), if !waiting.is_closed() => {
                waiting.close();
                continue;
            }
        };
        if taken == 0 {
            return;
        }
        full.store(false, Ordering::Relaxed);
        // A panic is a mistake of ours in one write. Its group is rolled back; those that come later are not to suffer.
        if AssertUnwindSafe(settle(&db, &marks, std::mem::take(&mut group))).catch_unwind().await.is_err() {
            tracing::error!("a group of writes panicked and was rolled back");
        }
    }
}

/// Does a group and answers everybody in it.
async fn settle(db: &Pool, marks: &Marks, mut group: Vec<Box<dyn QueuedWrite>>) {
    group.retain(|write| write.is_awaited());
    if group.is_empty() {
        return;
    }
    let committed = commit(db, marks, &mut group).await.map_err(told);
    for write in group {
        write.answer(committed);
    }
}

async fn commit(db: &Pool, marks: &Marks, group: &mut [Box<dyn QueuedWrite>]) -> DbResult<()> {
    let owner = marks.owner();
    let number = tx!(begin(db), tx => {
        let mut wrote = false;
        for write in group {
            wrote |= run(&mut tx, &mut **write).await?;
        }
        match owner {
            Some(owner) if wrote => marks::raise(&mut tx, owner).await,
            _ => Ok(None),
        }
    })?;
    if let Some(owner) = owner {
        marks.raised(owner, number);
    }
    Ok(())
}

/// Does one write of a group; says whether it is kept. An error is the whole transaction's; the write's own it keeps for
/// its answer.
async fn run(tx: &mut Tx, write: &mut dyn QueuedWrite) -> DbResult<bool> {
    match write.at_once(tx).await {
        Tried::Did => return Ok(true),
        Tried::Failed => {
            step(tx, sql::group::UNDO).await?;
            return Ok(false);
        }
        Tried::ChangedNothing => {}
    }
    step(tx, sql::group::BEGIN).await?;
    let kept = write.whole(tx).await;
    step(tx, if kept { sql::group::KEEP } else { sql::group::UNDO }).await?;
    Ok(kept)
}

async fn step(tx: &mut Tx, statement: &'static str) -> DbResult<()> {
    execute!(tx, statement)?;
    Ok(())
}

#[cfg(test)]
#[path = "group_tests.rs"]
mod tests;
