//! The commands of the binary: their flags, what each does, and what it prints.
//!
//! Each file is one command: its flags, and a `run` that gives what to print. [`run`] here is the only place that knows all
//! of them. A command that works on the database beside a server gets its use cases by `with_service`.

pub mod audit;
pub mod backup;
pub mod copy;
pub mod link;
pub mod recount;
pub mod restore;
pub mod second_factor;
pub mod serve;
pub mod tenant;
pub mod verify;

use clap::{Parser, Subcommand};
use std::process::ExitCode;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};

use self::audit::AuditCommand;
use self::backup::BackupArgs;
use self::copy::CopyArgs;
use self::link::LinkArgs;
use self::recount::RecountArgs;
use self::restore::RestoreArgs;
use self::second_factor::SecondFactorArgs;
use self::tenant::TenantCommand;
use self::verify::VerifyArgs;
use crate::compose::command_service;
use crate::config::{ServeArgs, StoreArgs};
use crate::rehearse::{self, args::RehearseArgs};
use crate::telemetry::LogFormat;
use crate::{lifecycle, telemetry};
use pulsestage::service::Service;

/// PulseStage: live questions and answers for town halls and all-hands.
#[derive(Debug, Parser)]
#[command(name = "pulsestage", version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// The command; `serve` by default.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The flags of `serve`, so that they may be given without naming it.
    #[command(flatten)]
    pub serve: ServeArgs,
}

/// The commands of the binary.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server (the default).
    Serve(Box<ServeArgs>),
    /// Create a one-time sign-in link and print it.
    Link(LinkArgs),
    /// Create, list, limit and archive tenants.
    #[command(subcommand)]
    Tenant(TenantCommand),
    /// Delete old audit entries.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Reset the second factor of a person who has lost it.
    SecondFactor(SecondFactorArgs),
    /// Write everything to one file, while the server runs.
    Backup(BackupArgs),
    /// Restore a backup into the database, which must be empty unless `--replace` is given.
    Restore(RestoreArgs),
    /// Check that a backup is complete and can be restored. Exit code 0: yes, 1: no, 2: it could not be checked.
    Verify(VerifyArgs),
    /// Count all votes again and compare them with the counts that are shown.
    Recount(RecountArgs),
    /// Copy a database into an empty one, between SQLite and PostgreSQL, and compare the two.
    Copy(CopyArgs),
    /// Simulate an audience and check latencies, losses and memory.
    Rehearse(Box<RehearseArgs>),
}

/// Does what the command line says; gives what the process ends with.
///
/// # Errors
/// When it could not be done; the message says why.
pub async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let command = cli.command.unwrap_or_else(|| Command::Serve(Box::new(cli.serve)));
    // A rehearsal prints its own progress.
    match &command {
        Command::Serve(args) => telemetry::start(args.log_format),
        Command::Rehearse(_) => {}
        _ => telemetry::start(LogFormat::Text),
    }
    let (text, code) = match command {
        Command::Serve(args) => return serve::run(*args).await.map(|()| ExitCode::SUCCESS),
        Command::Rehearse(args) => return Ok(rehearse::run(&args).await),
        Command::Verify(args) => return unless_interrupted(async { Ok(verify::run(&args).await) }).await,
        Command::Link(args) => (link::run(&args).await?, ExitCode::SUCCESS),
        Command::Tenant(command) => (tenant::run(command).await?, ExitCode::SUCCESS),
        Command::Audit(command) => (audit::run(command).await?, ExitCode::SUCCESS),
        Command::SecondFactor(args) => (second_factor::run(&args).await?, ExitCode::SUCCESS),
        Command::Backup(args) => (unless_interrupted(backup::run(&args)).await?, ExitCode::SUCCESS),
        Command::Restore(args) => (unless_interrupted(restore::run(&args)).await?, ExitCode::SUCCESS),
        Command::Recount(args) => recount::run(&args).await?,
        Command::Copy(args) => copy::run(&args).await?,
    };
    println!("{text}");
    Ok(code)
}

/// Opens the database, has something done with the use cases over it, and closes it.
async fn with_service<T>(args: &StoreArgs, work: impl AsyncFnOnce(&Service) -> anyhow::Result<T>) -> anyhow::Result<T> {
    let store = lifecycle::open_store(args).await?;
    let done = work(&command_service(Arc::new(store.clone()))).await;
    store.close().await;
    done
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

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn serve_is_the_default_command() {
        let bare = Cli::try_parse_from(["pulsestage", "--demo", "--window-ms", "0"]).unwrap();
        assert!(bare.command.is_none() && bare.serve.demo && bare.serve.window_ms == 0);
        let named = Cli::try_parse_from(["pulsestage", "serve", "--addr", "127.0.0.1:0"]).unwrap();
        assert!(matches!(named.command, Some(Command::Serve(args)) if args.addr.port() == 0));
    }

    #[test]
    fn a_certificate_needs_its_key() {
        assert!(Cli::try_parse_from(["pulsestage", "--tls-cert", "a.pem"]).is_err());
        assert!(Cli::try_parse_from(["pulsestage", "--tls-key", "a.pem"]).is_err());
        assert!(Cli::try_parse_from(["pulsestage", "--tls-key", "a.pem", "--tls-cert", "b.pem"]).is_ok());
    }

    #[test]
    fn an_address_that_is_none_is_said_at_the_start() {
        for words in [
            ["--public-url", "https://x/ask"],
            ["--public-url", "ask.example.com"],
            ["--cors-origin", "*"],
            ["--base-domain", "https://ask.example.com"],
            ["--also-host", "https://ask.internal"],
        ] {
            let error = Cli::try_parse_from(["pulsestage"].iter().chain(&words)).unwrap_err().to_string();
            assert!(error.contains(words[0]) && error.contains(words[1]), "{error}");
        }
        let link = Cli::try_parse_from(["pulsestage", "link", "--public-url", "https://x/ask"]);
        assert!(link.unwrap_err().to_string().contains("write https://x"));
    }

    #[test]
    fn a_link_gives_a_staff_role_only() {
        assert!(Cli::try_parse_from(["pulsestage", "link", "--role", "guest"]).is_err());
        assert!(Cli::try_parse_from(["pulsestage", "link", "--role", "admin"]).is_ok());
        assert!(Cli::try_parse_from(["pulsestage", "link", "--role", "admin", "--replace"]).is_ok());
        for pair in [["--list", "--withdraw-all"], ["--list", "--replace"], ["--withdraw-all", "--role=admin"]] {
            assert!(Cli::try_parse_from(["pulsestage", "link"].into_iter().chain(pair)).is_err(), "{pair:?}");
        }
    }
}
