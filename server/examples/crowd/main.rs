//! A crowd against the real binary: scenarios that a live event meets, each of which measures and verifies.
//!
//! `cargo run --release -p server --example crowd -- all` prints one table a scenario and exits with 1 when something
//! was lost, doubled, too much or too late. It starts the server itself, on a database of its own in a temporary folder.

mod crowd_server;
mod holder;
mod measure;
mod scenarios;
mod streams;

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

use crate::scenarios::{ScenarioReport, herd, idle, noisy, slow, votes, watched};

/// A crowd against the real binary.
#[derive(Debug, Parser)]
#[command(name = "crowd")]
struct CrowdCli {
    /// The server to try; looked for beside this program when not given.
    #[arg(long, env = "PULSESTAGE_BIN")]
    server: Option<PathBuf>,
    #[command(subcommand)]
    scenario: Scenario,
}

#[derive(Debug, Subcommand)]
enum Scenario {
    /// Everybody is cut off at once and comes back at once.
    Herd(herd::HerdArgs),
    /// One reader of many reads nothing.
    Slow(slow::SlowArgs),
    /// Everybody votes while everybody watches.
    Votes(votes::VotesArgs),
    /// One tenant of many makes ten times the noise that it may.
    Noisy(noisy::NoisyArgs),
    /// Everybody watches and nothing happens.
    Idle(idle::IdleArgs),
    /// Many tenants are watched and nothing happens.
    Watched(watched::WatchedArgs),
    /// Opens streams and holds them: what `idle` starts as processes of their own.
    #[command(hide = true)]
    Hold(holder::HolderArgs),
    /// Every scenario with its defaults.
    All,
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = CrowdCli::parse();
    let scenarios = match cli.scenario {
        Scenario::All => {
            let names = ["herd", "slow", "votes", "noisy", "idle", "watched"];
            names.map(|name| CrowdCli::parse_from(["crowd", name]).scenario).into()
        }
        // It is told where its server is.
        Scenario::Hold(args) => match holder::run(&args).await {
            Ok(()) => return ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("crowd: {error:#}");
                return ExitCode::FAILURE;
            }
        },
        one => vec![one],
    };
    let server = match cli.server.map_or_else(crowd_server::beside, Ok) {
        Ok(server) => server,
        Err(error) => {
            eprintln!("crowd: {error:#}");
            return ExitCode::FAILURE;
        }
    };
    let mut all_well = true;
    for scenario in scenarios {
        let tried = match scenario {
            Scenario::Herd(args) => herd::run(&server, &args).await,
            Scenario::Slow(args) => slow::run(&server, &args).await,
            Scenario::Votes(args) => votes::run(&server, &args).await,
            Scenario::Noisy(args) => noisy::run(&server, &args).await,
            Scenario::Idle(args) => idle::run(&server, &args).await,
            Scenario::Watched(args) => watched::run(&server, &args).await,
            Scenario::Hold(_) | Scenario::All => continue,
        };
        all_well &= tried.as_ref().is_ok_and(ScenarioReport::is_well);
        match tried {
            Ok(report) => println!("{report}"),
            Err(error) => eprintln!("crowd: {error:#}"),
        }
    }
    if all_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
