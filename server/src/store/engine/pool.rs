//! The connections to PostgreSQL: none is used again in the middle of an exchange, and none that the server does not
//! answer on keeps its place.
//!
//! A request that gives up, or whose client leaves, drops its statement on the way. sqlx reads the rest of the answer
//! before it uses the connection again, and waits for it without an end: for as long as the server hangs, or until the
//! system gives the connection up, which takes a quarter of an hour when the network is cut. Here it is given
//! [`DRAIN`] and closed after that, so that its place in the pool is free for a connection to a server that answers.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, Executor, PgConnection, PgPool, Postgres, SqlSafeStr, Transaction};
use tokio::time::{Instant, timeout};
use tracing::Instrument;

use crate::store::db_error::unanswered;
use crate::store::sql;

/// A connection that has been idle for longer is tried before it is used.
const STALE: Duration = Duration::from_secs(20);
/// How long a connection that was dropped has for the rest of its answer.
const DRAIN: Duration = Duration::from_secs(1);
/// How long a transaction may take to begin.
const BEGIN: Duration = Duration::from_millis(2_500);
/// For how long connections are rolled back when they come back, after a transaction whose beginning was given up.
const WARY: Duration = Duration::from_secs(10);

/// When the beginning of a transaction was last given up.
static GIVEN_UP: Mutex<Option<Instant>> = Mutex::new(None);

/// Opens a pool of at most so many connections.
pub(in crate::store) async fn open(server: PgConnectOptions, connections: u32, wait: Duration) -> sqlx::Result<PgPool> {
    PgPoolOptions::new()
        .max_connections(connections.max(1))
        .acquire_timeout(wait)
        .test_before_acquire(false)
        .after_connect(|connection, _| Box::pin(set_up(connection)))
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                // Asking each time would be one more round trip in every request.
                Ok(meta.idle_for < STALE || matches!(timeout(DRAIN, connection.ping()).await, Ok(Ok(()))))
            })
        })
        .after_release(|connection, _| Box::pin(is_free(connection)))
        .connect_with(server)
        .await
}

/// Tells the server what it is to end by itself. One that does not know a setting goes without it.
async fn set_up(connection: &mut PgConnection) -> sqlx::Result<()> {
    for settings in sql::start::POOLED {
        match connection.execute(sqlx::raw_sql(settings)).await {
            Ok(_) | Err(sqlx::Error::Database(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Reads what is left of the last answer; an error has the connection closed without a word.
async fn is_free(connection: &mut PgConnection) -> sqlx::Result<bool> {
    let drained = async {
        // Nothing is sent and nothing waited for where nothing is left, which is the usual case.
        connection.flush().await?;
        if is_wary() {
            // It may be in a transaction of which sqlx knows nothing.
            connection.execute(sqlx::raw_sql(sql::start::ROLLBACK)).await?;
        }
        Ok(true)
    };
    timeout(DRAIN, drained).await.unwrap_or_else(|_| Err(unanswered()))
}

fn is_wary() -> bool {
    let given_up = *GIVEN_UP.lock().unwrap_or_else(PoisonError::into_inner);
    given_up.is_some_and(|at| at.elapsed() < WARY)
}

/// Begins a transaction, and goes on to the end of that also when the request that asked is dropped meanwhile.
///
/// A `BEGIN` that is dropped between its words being sent and its answer being read opens a transaction on the server
/// of which sqlx knows nothing: the connection goes back to the pool, and what the next one writes there is never
/// committed, or refused if the transaction was to read only. Once begun, a dropped transaction rolls back by itself.
/// One whose beginning is not answered is given up, and connections are rolled back for a while before they are used.
pub(in crate::store) async fn begin(
    pool: &PgPool,
    statement: &'static str,
) -> sqlx::Result<Transaction<'static, Postgres>> {
    // Outside of the task: whoever is gone when there is a connection at last takes none.
    let connection = pool.acquire().await?;
    let beginning = async move {
        let beginning = Transaction::begin(connection, Some(statement.into_sql_str()));
        let mut beginning = std::pin::pin!(timeout(BEGIN, beginning));
        match beginning.as_mut().await {
            Ok(begun) => begun,
            Err(_) => {
                // Before the connection is dropped, which is at the end of this task.
                *GIVEN_UP.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
                Err(unanswered())
            }
        }
    };
    // Only a runtime that is shutting down leaves a task unfinished.
    tokio::spawn(beginning.in_current_span()).await.unwrap_or(Err(sqlx::Error::PoolClosed))
}
