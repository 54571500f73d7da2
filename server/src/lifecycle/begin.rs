//! The first steps of a start: the database is waited for, and one instance at a time makes what is not there yet.

use anyhow::Context;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until};

use super::prepare::{open_store, prepare};
use crate::config::ServeArgs;
use crate::installation_key::{self, KeyError};
use crate::lineage::Watch;
use crate::store::{OpenError, SqlStore, StartLock};
use crate::system::{InstallationKey, SystemClock, SystemRng};
use pulsestage::error::Refusal;
use pulsestage::ports::{PortError, StoreError};

/// How often somebody who looks at the log is told what is waited for.
const LINE: Duration = Duration::from_secs(1);
/// The longest that one answer of the database is waited for before it is asked anew, over a new connection.
const PATIENCE: Duration = Duration::from_secs(5);
/// The least time that an answer is given: the last try before the end is a try.
const LEAST: Duration = Duration::from_secs(1);

/// What is waited for, while something is.
type Waited = Mutex<Option<String>>;

/// Opens the database and does the first steps, or waits until another instance has done them. A database that does not
/// answer is waited for as long as is set, with a line a second that says what is wrong.
///
/// Waiting cannot mend a wrong password or a newer schema: that ends at once.
///
/// # Errors
/// The message says what is wrong and what to do.
pub(super) async fn begin(args: &ServeArgs) -> anyhow::Result<(SqlStore, InstallationKey, Watch)> {
    let wait = Duration::from_secs(args.database_wait_s);
    let give_up = Instant::now() + wait;
    let waited = Waited::default();
    let told = async {
        let mut lines = interval_at(Instant::now() + LINE, LINE);
        lines.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            lines.tick().await;
            if let Some(what) = &*waited.lock().unwrap_or_else(std::sync::PoisonError::into_inner) {
                tracing::warn!("waiting for the database: {what}");
            }
        }
    };
    tokio::select! {
        begun = begin_until(args, give_up, wait, &waited) => begun,
        () = told => anyhow::bail!("the log ended"),
    }
}

async fn begin_until(
    args: &ServeArgs,
    give_up: Instant,
    wait: Duration,
    waited: &Waited,
) -> anyhow::Result<(SqlStore, InstallationKey, Watch)> {
    let wait_for = |what: Option<String>| *waited.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = what;
    wait_for(Some("it has not answered yet".to_owned()));
    loop {
        let tried = Instant::now();
        let left = give_up.saturating_duration_since(tried);
        let patience = if wait.is_zero() { PATIENCE } else { left.clamp(LEAST, PATIENCE) };
        let error = match first_steps(args, patience, &wait_for).await {
            Ok(begun) => return Ok(begun),
            Err(error) => error,
        };
        if !passes(&error) || wait.is_zero() {
            return Err(error);
        }
        if Instant::now() >= give_up {
            return Err(error.context(format!("the database did not come within {} s", wait.as_secs())));
        }
        wait_for(Some(told(&error)));
        sleep_until((tried + LINE).min(give_up)).await;
    }
}

async fn first_steps(
    args: &ServeArgs,
    patience: Duration,
    wait_for: &(impl Fn(Option<String>) + Sync),
) -> anyhow::Result<(SqlStore, InstallationKey, Watch)> {
    let taken = || wait_for(Some("another instance is preparing it".to_owned()));
    let lock = StartLock::take(&args.store.url(), patience, taken).await?;
    // From here on it answers, and what takes long is work: a migration of a large database is not hurried.
    wait_for(None);
    let store = open_store(&args.store).await?;
    let (key, lineage) = match made(args, &store).await {
        Ok(made) => made,
        Err(error) => {
            store.close().await;
            return Err(error);
        }
    };
    lock.release(patience).await;
    Ok((store, key, lineage))
}

async fn made(args: &ServeArgs, store: &SqlStore) -> anyhow::Result<(InstallationKey, Watch)> {
    let folder = args.store.data_dir.clone();
    let lineage = Watch::start(store.clone(), folder, Arc::new(SystemClock), Arc::new(SystemRng));
    let lineage = lineage.await.context("whether the database was put back could not be found out")?;
    let key = installation_key::open(store, &args.store.data_dir, &args.key, &SystemRng).await?;
    prepare(store, key, args.demo).await.context("what an empty database starts with could not be made")?;
    Ok((key, lineage))
}

/// Whether waiting may mend it.
fn passes(error: &anyhow::Error) -> bool {
    let busy = |error: &StoreError| matches!(error, StoreError::Port(PortError::Busy));
    error.chain().any(|cause| {
        cause.downcast_ref::<OpenError>().is_some_and(OpenError::passes)
            || matches!(cause.downcast_ref::<KeyError>(), Some(KeyError::Store(error)) if busy(error))
            || matches!(cause.downcast_ref::<Refusal>(), Some(Refusal::Unavailable { .. }))
            || cause.downcast_ref::<StoreError>().is_some_and(busy)
    })
}

/// The error with its causes, on one line. Some have the text of their cause in their own.
fn told(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if !line.contains(&cause) {
            line += if line.is_empty() { "" } else { ": " };
            line += &cause;
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Error, ErrorKind};

    #[test]
    fn a_line_says_each_thing_once() {
        let refused = sqlx::Error::Io(Error::new(ErrorKind::ConnectionRefused, "connection refused"));
        let error = anyhow::Error::from(OpenError::Connect(refused));
        assert!(passes(&error));
        let line = told(&error.context("the start failed"));
        assert_eq!(line.matches("connection refused").count(), 1, "{line}");
        assert!(line.starts_with("the start failed: the database cannot be opened: "), "{line}");
    }

    #[test]
    fn what_an_operator_must_mend_is_not_waited_for() {
        assert!(!passes(&OpenError::Url.into()) && !passes(&OpenError::Newer(9).into()));
        assert!(!passes(&anyhow::Error::from(KeyError::Variable)));
        assert!(!passes(&anyhow::Error::from(Refusal::Internal).context("the first tenant could not be made")));
        let busy = || StoreError::Port(PortError::Busy);
        for error in [KeyError::Store(busy()).into(), OpenError::Texts(busy()).into(), Refusal::from(busy()).into()] {
            assert!(passes(&error), "{error:#}");
        }
    }
}
