//! `pulsestage serve`: the server, from its start to its end.

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};

use crate::config::ServeArgs;
use crate::lifecycle;

/// Serves until it is told to stop.
///
/// # Errors
/// When it cannot start; the message says why.
pub async fn run(args: ServeArgs) -> anyhow::Result<()> {
    // Signals are caught from the start, so that one that comes while the database opens is not lost.
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let running = tokio::select! {
        started = lifecycle::start(&args) => started?,
        () = async {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        } => {
            tracing::info!("stopped before it served anybody");
            return Ok(());
        }
    };
    let welcome = lifecycle::welcome(&running).await.context("the sign-in links could not be made")?;
    // To standard output alone: links are secrets and have no place in a log.
    println!("{welcome}");
    tracing::info!(addr = %running.addr, "listening");
    loop {
        tokio::select! {
            _ = interrupt.recv() => break,
            _ = terminate.recv() => break,
            _ = hangup.recv() => running.reload(),
        }
    }
    let streams = running.state.bus().metrics().total_connections;
    tracing::info!(streams, "stopping; a second signal ends streams at once");
    let again = async {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    running.stop(again).await;
    Ok(())
}
