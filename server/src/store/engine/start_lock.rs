//! The lock of the first steps: of instances that start together on one database, one at a time makes its tables, its
//! first tenant and the fingerprint of its key.
//!
//! On PostgreSQL it is an advisory lock of a session, which the server releases when the connection ends, however it
//! ends. On SQLite it is a lock on a file beside the database, which the system releases with the process. It is not the
//! database file itself: closing any descriptor of that would drop the locks that SQLite holds on it
//! (<https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_>).

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection};
use tokio::time::{sleep, timeout};

use crate::store::db_error::unanswered;
use crate::store::engine::open::{Address, OpenError, connect, make_parent};
use crate::store::sql;

/// The number of the lock: no other lock of ours or of sqlx's in the same database has it.
const NUMBER: i64 = 0x7075_6c73_6573_7461;
/// How long until a lock that another instance has is tried again.
const PAUSE: Duration = Duration::from_millis(100);

/// The lock, held until it is dropped or released.
#[derive(Debug)]
pub struct StartLock(Held);

#[derive(Debug)]
enum Held {
    File(#[expect(dead_code, reason = "closing it releases the lock")] File),
    Server(PgConnection),
    /// The file system knows no locks: each first step is safe by itself.
    Nothing,
}

impl StartLock {
    /// Takes the lock, and waits for as long as another instance has it: `taken` is told each time that it has.
    /// The database itself may take `patience` for each of its answers.
    ///
    /// # Errors
    /// As [`open`](crate::store::open()).
    pub async fn take(url: &str, patience: Duration, taken: impl Fn() + Send) -> Result<Self, OpenError> {
        match Address::parse(url)? {
            Address::File(path) => Self::of_file(&path, taken).await,
            Address::Server(server) => Self::of_server(*server, patience, taken).await,
        }
    }

    /// Lets the next instance in.
    pub async fn release(self, patience: Duration) {
        if let Held::Server(session) = self.0 {
            // A connection that cannot say goodbye is closed all the same.
            let _ended = timeout(patience, session.close()).await;
        }
    }

    async fn of_file(path: &Path, taken: impl Fn() + Send) -> Result<Self, OpenError> {
        make_parent(path).await?;
        let mut name = path.as_os_str().to_owned();
        name.push(".start-lock");
        let name = PathBuf::from(name);
        let file = open_private(&name).map_err(|error| OpenError::File(name.clone(), error))?;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self(Held::File(file))),
                Err(TryLockError::WouldBlock) => {
                    taken();
                    sleep(PAUSE).await;
                }
                Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Interrupted => {}
                Err(TryLockError::Error(error)) => {
                    tracing::debug!(%error, "the file system of the database knows no locks");
                    return Ok(Self(Held::Nothing));
                }
            }
        }
    }

    async fn of_server(
        server: PgConnectOptions,
        patience: Duration,
        taken: impl Fn() + Send,
    ) -> Result<Self, OpenError> {
        let mut session = connect(&server, patience).await?;
        // An instance whose machine is gone must not hold the lock for the hours after which the server misses it, nor
        // one that is at long work be cut off. A server that knows one of these settings not goes without it.
        for setting in sql::start::SESSION {
            let _unknown_there = answered(patience, sqlx::query(setting).execute(&mut session)).await;
        }
        loop {
            let locked: bool =
                answered(patience, sqlx::query_scalar(sql::start::TRY_LOCK).bind(NUMBER).fetch_one(&mut session))
                    .await
                    .map_err(OpenError::Connect)?;
            if locked {
                return Ok(Self(Held::Server(session)));
            }
            taken();
            sleep(PAUSE).await;
        }
    }
}

async fn answered<T>(patience: Duration, asked: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
    timeout(patience, asked).await.unwrap_or_else(|_| Err(unanswered()))
}

fn open_private(path: &Path) -> io::Result<File> {
    let mut file = OpenOptions::new();
    file.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
    file.open(path)
}
