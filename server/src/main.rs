//! The `pulsestage` binary.

use clap::Parser;
use std::process::ExitCode;

use pulsestage_server::commands::{self, Cli};

fn main() -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = runtime.block_on(commands::run(Cli::parse()));
    // A name that is looked up, or a file that another has, may take long and is waited for no more.
    runtime.shutdown_background();
    done
}
