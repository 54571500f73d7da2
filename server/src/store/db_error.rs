//! The one way out of the store: every failure becomes a refusal or a [`PortError`] here, and is logged here, once.
//!
//! What is logged never has a value in it that somebody typed: only codes, names of constraints, places.

use pulsestage::error::Refusal;
use pulsestage::ports::{PortError, StoreError};
use sqlx::postgres::PgDatabaseError;

/// Why something in the store did not go well.
#[derive(Debug)]
pub(in crate::store) enum DbError {
    /// A rule of ours.
    Refused(Refusal),
    /// The database.
    Sql(sqlx::Error),
    /// A row that this version cannot read: what kind of row, and where it gave up.
    Unreadable(&'static str, String),
    /// Trouble outside of the domain that was logged already, where it befell several writes at once.
    Told(PortError),
}

/// What a step inside the store answers.
pub(in crate::store) type DbResult<T> = Result<T, DbError>;

impl From<Refusal> for DbError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<sqlx::Error> for DbError {
    fn from(error: sqlx::Error) -> Self {
        Self::Sql(error)
    }
}

impl DbError {
    /// StoreResult JSON that does not read. The place is told and the text is not: it is somebody's question.
    pub(in crate::store) fn json(what: &'static str, error: &serde_json::Error) -> Self {
        Self::Unreadable(
            what,
            format!("{:?} error at line {} column {}", error.classify(), error.line(), error.column()),
        )
    }
}

/// Logs trouble outside of the domain and says what of it concerns the domain.
pub(in crate::store) fn store_error(failure: DbError) -> StoreError {
    match failure {
        DbError::Refused(refusal) => StoreError::Refused(refusal),
        store_error => told(store_error).into(),
    }
}

/// Logs trouble and says of which kind it is.
pub(in crate::store) fn told(failure: DbError) -> PortError {
    match failure {
        DbError::Refused(refusal) => {
            tracing::error!(%refusal, "a rule stood where only a database error can");
            PortError::Broken
        }
        DbError::Sql(error) if is_full(&error) => {
            tracing::error!(%error, "the disk of the database takes no more");
            PortError::Full
        }
        DbError::Sql(error) if passes(&error) => {
            tracing::warn!(%error, "the database is busy or away");
            PortError::Busy
        }
        DbError::Sql(error) => {
            tracing::error!(%error, "the database failed");
            PortError::Broken
        }
        DbError::Unreadable(what, why) => {
            tracing::error!(what, why, "a stored row cannot be read by this version");
            PortError::Broken
        }
        DbError::Told(store_error) => store_error,
    }
}

/// Whether the same thing may well work in a moment: the database is busy, away, or going away. A connection that was cut
/// in the middle of an answer shows as a message that nobody expected, and a begin or a worker of which nothing is known
/// as an error of its own.
fn passes(error: &sqlx::Error) -> bool {
    use sqlx::Error as E;
    match error {
        E::PoolTimedOut | E::PoolClosed | E::Io(_) | E::Tls(_) | E::Protocol(_) | E::BeginFailed | E::WorkerCrashed => {
            true
        }
        E::Database(error) => {
            let code = error.code().unwrap_or_default();
            if error.try_downcast_ref::<PgDatabaseError>().is_some() {
                postgres_passes(&code)
            } else {
                sqlite_passes(&code)
            }
        }
        _ => false,
    }
}

/// The error of a database that was asked and said nothing in time.
pub(in crate::store) fn unanswered() -> sqlx::Error {
    sqlx::Error::Io(std::io::Error::new(std::io::ErrorKind::TimedOut, "it did not answer in time"))
}

/// Whether a database that cannot be opened may be waited for. Beside what [`passes`] while we serve, this is not what only
/// an operator can mend: a password, a name, a certificate, something that is no PostgreSQL.
pub(in crate::store) fn comes_back(error: &sqlx::Error) -> bool {
    use std::io::ErrorKind::{InvalidData, InvalidInput, PermissionDenied, Unsupported};
    match error {
        sqlx::Error::Io(error) => !matches!(error.kind(), InvalidData | InvalidInput | PermissionDenied | Unsupported),
        sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) => false,
        sqlx::Error::Database(of_server) => {
            let code = of_server.code().unwrap_or_default();
            let keeps_out = matches!(code.get(..2), Some("28")) || code == "3D000";
            !keeps_out && passes(error)
        }
        other => passes(other),
    }
}

/// Whether there is no room for what was to be written: what is there can be read, and it passes once there is.
fn is_full(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(error) = error else { return false };
    let code = error.code().unwrap_or_default();
    match error.try_downcast_ref::<PgDatabaseError>() {
        Some(_) => postgres_is_full(&code),
        None => sqlite_is_full(&code),
    }
}

/// Of PostgreSQL's codes: `disk_full`.
fn postgres_is_full(code: &str) -> bool {
    code == "53100"
}

/// Of SQLite's codes: `FULL`, and the errors of input and output that a full disk, a quota or a limit of a file's size
/// leads to, in the file, its log and the index of that (`IOERR_WRITE`, `_FSYNC`, `_SHMOPEN`, `_SHMSIZE`, `_SHMMAP`).
fn sqlite_is_full(code: &str) -> bool {
    matches!(code, "13" | "778" | "1034" | "4618" | "4874" | "5386")
}

/// Whether another has a SQLite file at the moment.
pub(in crate::store) fn is_taken(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| sqlite_passes(&error.code().unwrap_or_default()))
}

/// Of PostgreSQL's codes: what is not the request's fault and may be otherwise in a moment.
///
/// Lost connections (08), a transaction that lost to another (40), a server without room (53), one that lets nobody in
/// (28, 3D000: a password that is being changed, a database that is being restored), one that starts, stops or is cut off
/// (57), one that only reads, as a standby does after a failover until it is promoted (25006), a transaction that ended
/// under us (25P01 to 25P04), a lock that was not to be had (55P03), and a statement that was prepared before the tables
/// were changed by a newer instance (0A000, 26000).
fn postgres_passes(code: &str) -> bool {
    let class = code.get(..2).unwrap_or_default();
    matches!(class, "08" | "28" | "40" | "53" | "57") && !matches!(code, "53100" | "40002")
        || matches!(
            code,
            "25006" | "25P01" | "25P02" | "25P03" | "25P04" | "3D000" | "55P03" | "0A000" | "26000" | "58030"
        )
}

/// Of SQLite's codes: busy and locked. The low byte is the kind, the rest says more.
fn sqlite_passes(code: &str) -> bool {
    const BUSY: i32 = 5;
    const LOCKED: i32 = 6;
    code.parse::<i32>().is_ok_and(|code| matches!(code & 0xff, BUSY | LOCKED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_busy_and_the_rest_is_broken() {
        assert_eq!(store_error(sqlx::Error::PoolTimedOut.into()), StoreError::Port(PortError::Busy));
        assert_eq!(store_error(sqlx::Error::RowNotFound.into()), StoreError::Port(PortError::Broken));
        assert_eq!(store_error(Refusal::Frozen.into()), StoreError::Refused(Refusal::Frozen));
        for code in ["5", "261", "517", "6", "262"] {
            assert!(sqlite_passes(code), "{code}");
        }
        for code in ["", "1", "11", "13", "2067", "nonsense"] {
            assert!(!sqlite_passes(code), "{code}");
        }
        for code in ["13", "778", "1034", "4874"] {
            assert!(sqlite_is_full(code), "{code}");
        }
        for code in ["", "1", "5", "10", "11", "14", "266", "nonsense"] {
            assert!(!sqlite_is_full(code), "{code}");
        }
        assert!(postgres_is_full("53100") && !postgres_is_full("53200"));
        let passing = [
            "08000", "08003", "08006", "08P01", "25006", "25P02", "25P03", "26000", "28P01", "3D000", "40001", "40P01",
            "53300", "55P03", "57014", "57P01", "57P02", "57P03", "57P05", "0A000",
        ];
        for code in passing {
            assert!(postgres_passes(code), "{code}");
        }
        for code in ["", "4", "23505", "40002", "53100", "42P01", "XX000"] {
            assert!(!postgres_passes(code), "{code}");
        }
    }

    #[test]
    fn a_database_that_goes_is_busy_whatever_the_error() {
        use std::io::{Error as Io, ErrorKind};
        let cut = || sqlx::Error::Protocol("unexpected message".to_owned());
        for error in [sqlx::Error::Io(Io::from(ErrorKind::UnexpectedEof)), cut(), sqlx::Error::BeginFailed] {
            assert_eq!(store_error(error.into()), StoreError::Port(PortError::Busy));
        }
        // At the start some of them are of no use to wait for.
        for kind in [ErrorKind::ConnectionRefused, ErrorKind::TimedOut, ErrorKind::NotFound, ErrorKind::UnexpectedEof] {
            assert!(comes_back(&sqlx::Error::Io(Io::from(kind))), "{kind:?}");
        }
        assert!(!comes_back(&cut()) && !comes_back(&sqlx::Error::Io(Io::from(ErrorKind::InvalidData))));
    }

    #[test]
    fn unreadable_json_is_told_without_its_text() {
        let error = serde_json::from_str::<i64>("\"a secret\"").unwrap_err();
        let DbError::Unreadable(_, why) = DbError::json("event", &error) else { panic!("{error}") };
        assert_eq!(why, "Data error at line 1 column 10");
    }
}
