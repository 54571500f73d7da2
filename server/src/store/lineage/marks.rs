//! How far this process has written: a number in the database that grows with its writes, told to whoever keeps the same
//! outside the database.
//!
//! On SQLite the number is raised in the transaction of each group of writes, which has a commit anyway. On PostgreSQL
//! each write has a transaction of its own, and one row that all of them raise would make them wait for each other: there
//! it is raised soon after, by somebody else, once for all that was written meanwhile.

use std::sync::{Arc, Mutex, PoisonError};

use pulsestage::ports::StoreResult;
use pulsestage::time::Timestamp;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::store::db_error::DbResult;
use crate::store::{SqlStore, Tx, sql};

/// The run of a process that has a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarkOwner {
    /// The instance.
    pub instance: Uuid,
    /// This run of it.
    pub session: Uuid,
}

/// Hears how far this process has written, each time that more is committed. It is called between a commit and the
/// answers to those whose writes it has, so it must be quick.
pub trait MarkKeeper: Send + Sync {
    /// This run has come so far.
    fn keep(&self, owner: MarkOwner, number: i64);
}

/// Where writes tell that they were done. Cheap to clone; all clones are one.
#[derive(Clone, Default)]
pub(in crate::store) struct Marks(Arc<Shared>);

#[derive(Default)]
struct Shared {
    current: Mutex<Option<Marking>>,
    /// Something was written that no mark has yet, on PostgreSQL.
    wrote: Notify,
}

#[derive(Clone)]
struct Marking {
    owner: MarkOwner,
    keeper: Arc<dyn MarkKeeper>,
}

impl std::fmt::Debug for Marks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Marks").field(&self.owner()).finish()
    }
}

impl Marks {
    fn set(&self, marking: Option<Marking>) {
        *self.0.current.lock().unwrap_or_else(PoisonError::into_inner) = marking;
    }

    fn current(&self) -> Option<Marking> {
        self.0.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Nothing is marked any more, and whoever keeps it is let go.
    pub(in crate::store) fn end(&self) {
        self.set(None);
    }

    /// Whose mark is raised; nobody's for a command beside the server.
    pub(in crate::store) fn owner(&self) -> Option<MarkOwner> {
        self.current().map(|marking| marking.owner)
    }

    /// The mark was raised, and that is committed. Nothing when it is not the one that is raised now, or is not there any
    /// more, which whoever looks at the history finds out.
    pub(in crate::store) fn raised(&self, owner: MarkOwner, number: Option<i64>) {
        if let (Some(number), Some(marking)) = (number, self.current())
            && marking.owner == owner
        {
            marking.keeper.keep(owner, number);
        }
    }

    /// Something was written on PostgreSQL.
    pub(in crate::store) fn wrote(&self) {
        self.0.wrote.notify_one();
    }
}

/// Raises a mark in a transaction; its number, or nothing when it is not there or another run's.
pub(in crate::store) async fn raise(tx: &mut Tx, owner: MarkOwner) -> DbResult<Option<i64>> {
    Ok(fetch_optional!(scalar tx, sql::lineage::RAISE_MARK, owner.instance, owner.session)?)
}

impl SqlStore {
    /// Begins to mark how far this process has written. The run that it follows on, if any, is `previous`, and the mark
    /// goes on from `number` where it is not there. Older marks than `pruned_before` are removed, and all but `most`.
    ///
    /// # Errors
    /// When the database is in trouble; nothing is marked then.
    pub async fn begin_marks(
        &self,
        owner: MarkOwner,
        (previous, number): (Option<Uuid>, i64),
        keeper: Arc<dyn MarkKeeper>,
        at: Timestamp,
        (pruned_before, most): (Timestamp, i64),
    ) -> StoreResult<i64> {
        self.marks().set(None);
        let begun = self.upkeep(async move |db| {
            tx!(db.begin(), tx => {
                let number: i64 = fetch_one!(
                    scalar &mut tx, sql::lineage::BEGIN_MARK, owner.instance, owner.session, previous, number, at.0
                )?;
                execute!(&mut tx, sql::lineage::PRUNE_MARKS, pruned_before.0, most)?;
                Ok(number)
            })
        });
        let number = begun.await?;
        keeper.keep(owner, number);
        self.marks().set(Some(Marking { owner, keeper }));
        Ok(number)
    }

    /// Waits until something was written that no mark has: for ever on SQLite, where each write has its own.
    pub async fn wrote(&self) {
        self.marks().0.wrote.notified().await;
    }

    /// Raises the mark of this process, for what was written since.
    ///
    /// # Errors
    /// When the database is in trouble.
    pub async fn raise_mark(&self) -> StoreResult<()> {
        let Some(owner) = self.marks().owner() else { return Ok(()) };
        let raised = self.upkeep(async move |db| tx!(db.begin(), tx => { raise(&mut tx, owner).await })).await?;
        self.marks().raised(owner, raised);
        Ok(())
    }

    /// Says in the mark of this process that it is there still.
    ///
    /// # Errors
    /// When the database is in trouble.
    pub async fn touch_mark(&self, at: Timestamp) -> StoreResult<()> {
        let Some(owner) = self.marks().owner() else { return Ok(()) };
        self.upkeep(async move |db| {
            tx!(db.begin(), tx => {
                execute!(&mut tx, sql::lineage::TOUCH_MARK, owner.instance, owner.session, at.0)?;
                Ok(())
            })
        })
        .await
    }
}
