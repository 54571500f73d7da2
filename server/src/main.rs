//! The `pulsestage` binary.

use anyhow::Context;
use clap::Parser;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};

use pulsestage_server::audit_command;
use pulsestage_server::backup_command;
use pulsestage_server::config::{Cli, Command, LogFormat, ServeArgs};
use pulsestage_server::copy_command;
use pulsestage_server::install::command_service;
use pulsestage_server::lifecycle;
use pulsestage_server::link_command;
use pulsestage_server::recount::{RecountArgs, Report};
use pulsestage_server::rehearse;
use pulsestage_server::restore_command;
use pulsestage_server::second_factor_command;
use pulsestage_server::telemetry;
use pulsestage_server::tenant_command;
use pulsestage_server::verify_command;

fn main() -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = runtime.block_on(run());
    // A name that is looked up, or a file that another has, may take long and is waited for no more.
    runtime.shutdown_background();
    done
}

async fn run() -> anyhow::Result<ExitCode> {
    let cli = Cli::parse();
    match cli.command {
        None => serve(cli.serve).await?,
        Some(Command::Serve(args)) => serve(*args).await?,
        Some(Command::Link(args)) => {
            telemetry::start(LogFormat::Text);
            println!("{}", link_command::run(args).await?);
        }
        Some(Command::Tenant(command)) => {
            telemetry::start(LogFormat::Text);
            println!("{}", tenant_command::run(command).await?);
        }
        Some(Command::Audit(command)) => {
            telemetry::start(LogFormat::Text);
            println!("{}", audit_command::run(command).await?);
        }
        Some(Command::SecondFactor(args)) => {
            telemetry::start(LogFormat::Text);
            println!("{}", second_factor_command::run(args).await?);
        }
        Some(Command::Backup(args)) => {
            telemetry::start(LogFormat::Text);
            println!("{}", unless_interrupted(backup_command::run(&args)).await?);
        }
        Some(Command::Restore(args)) => {
            telemetry::start(LogFormat::Text);
            println!("{}", unless_interrupted(restore_command::run(&args)).await?);
        }
        Some(Command::Verify(args)) => {
            telemetry::start(LogFormat::Text);
            return unless_interrupted(async { Ok(verify_command::run(&args).await) }).await;
        }
        Some(Command::Recount(args)) => return recount(args).await,
        Some(Command::Copy(args)) => {
            telemetry::start(LogFormat::Text);
            let (text, code) = copy_command::run(&args).await?;
            println!("{text}");
            return Ok(code);
        }
        Some(Command::Rehearse(args)) => return Ok(rehearse::run(&args).await),
    }
    Ok(ExitCode::SUCCESS)
}

async fn serve(args: ServeArgs) -> anyhow::Result<()> {
    telemetry::start(args.log_format);
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

/// Does something long unless somebody says stop: what it holds is dropped then, and files that are not whole go.
async fn unless_interrupted<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        done = work => done,
        _ = terminate.recv() => anyhow::bail!("stopped before it was done; nothing was changed"),
        _ = interrupt.recv() => anyhow::bail!("stopped before it was done; nothing was changed"),
    }
}

/// Counts votes again. Whoever asks whether all is well is told no also when it was put right.
async fn recount(args: RecountArgs) -> anyhow::Result<ExitCode> {
    telemetry::start(LogFormat::Text);
    let store = lifecycle::open_store(&args.store).await?;
    let service = command_service(Arc::new(store.clone()));
    let tenants = service.recount(args.tenant.as_ref(), args.repair).await?;
    let report = Report { tenants: &tenants, repaired: args.repair };
    println!("{report}");
    store.close().await;
    Ok(if report.differs() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
