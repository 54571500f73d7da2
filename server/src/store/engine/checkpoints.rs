//! Emptying the write-ahead log of SQLite after something was taken back.
//!
//! The log is a file of its own, in which each page stands as it was written until another takes its place. What was
//! taken back would so be found there, and in a copy of it, long after it has left the database. So a write that takes
//! something back asks for the log to be copied into the database and emptied
//! (<https://www.sqlite.org/pragma.html#pragma_wal_checkpoint>), which is done soon and by somebody else.

use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use tokio::sync::Notify;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::store::sql;

/// The time between two of them, and until one that somebody was in the way of is tried again.
const PAUSE: Duration = Duration::from_secs(1);
/// How long one waits for whoever is in its way; the writer may wait as long for it.
const PATIENCE: Duration = Duration::from_millis(100);

/// Where an empty log is asked for. Cheap to clone.
#[derive(Clone, Debug)]
pub(in crate::store) struct Checkpoints {
    wanted: Arc<Notify>,
    closing: CancellationToken,
    task: TaskTracker,
}

impl Checkpoints {
    /// Starts with an empty log: the process before may have ended too soon.
    pub(in crate::store) fn start(file: SqliteConnectOptions) -> Self {
        let this = Self { wanted: Arc::default(), closing: CancellationToken::new(), task: TaskTracker::new() };
        this.want();
        this.task.spawn(serve(file.busy_timeout(PATIENCE), this.wanted.clone(), this.closing.clone()));
        this
    }

    /// Asks for one. Many who ask at once are served by one.
    pub(in crate::store) fn want(&self) {
        self.wanted.notify_one();
    }

    /// Ends the task. Who closes the last connection empties the log anyway.
    pub(in crate::store) async fn close(&self) {
        self.closing.cancel();
        self.task.close();
        self.task.wait().await;
    }
}

async fn serve(file: SqliteConnectOptions, wanted: Arc<Notify>, closing: CancellationToken) {
    let mut connection = None;
    let mut is_told = false;
    loop {
        tokio::select! {
            () = closing.cancelled() => break,
            () = wanted.notified() => {}
        }
        match empty(&file, &mut connection).await {
            Ok(true) => is_told = false,
            // A reader or another process is in the way.
            Ok(false) => wanted.notify_one(),
            Err(error) => {
                connection = None;
                wanted.notify_one();
                if !std::mem::replace(&mut is_told, true) {
                    tracing::warn!(%error, "the write-ahead log could not be emptied; trying again");
                }
            }
        }
        tokio::select! {
            () = closing.cancelled() => break,
            () = sleep(PAUSE) => {}
        }
    }
    if let Some(connection) = connection {
        // It is closed either way.
        let _ = connection.close().await;
    }
}

/// Empties the log; says whether it is empty.
async fn empty(file: &SqliteConnectOptions, connection: &mut Option<SqliteConnection>) -> sqlx::Result<bool> {
    let connection = match connection {
        Some(connection) => connection,
        none => none.insert(file.connect().await?),
    };
    // Most of the work first, while nobody waits for it.
    let _: (i64, i64, i64) = sqlx::query_as(sql::wal::COPY).fetch_one(&mut *connection).await?;
    let (in_the_way, ..): (i64, i64, i64) = sqlx::query_as(sql::wal::EMPTY).fetch_one(&mut *connection).await?;
    Ok(in_the_way == 0)
}
