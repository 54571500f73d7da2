//! `pulsestage copy`: everything of one database into another.

use clap::Args;
use std::fmt::Write;
use std::process::ExitCode;
use std::sync::Arc;

use super::recount::RecountReport;
use crate::compose::command_service;
use crate::store::{Copied, CopyProgress, copy};
use crate::system::SystemRng;

/// The flags of `copy`.
#[derive(Debug, Args)]
pub struct CopyArgs {
    /// The database to copy: `sqlite://PATH` or `postgres://USER:PASSWORD@HOST/NAME`. It is only read.
    #[arg(long, env = "PULSESTAGE_COPY_FROM", value_name = "URL", hide_env_values = true)]
    pub from: String,
    /// The database to copy to; it must exist and be empty. A SQLite file is created.
    #[arg(long, env = "PULSESTAGE_COPY_TO", value_name = "URL", hide_env_values = true)]
    pub to: String,
}

/// Copies, and counts the votes of the copy again.
///
/// # Errors
/// When nothing was copied; the message says why and what to do.
pub async fn run(args: &CopyArgs) -> anyhow::Result<(String, ExitCode)> {
    let Copied { tables, tenants, store } = copy(&args.from, &args.to, &SystemRng, &tell).await?;
    let counted = command_service(Arc::new(store.clone())).recount(None, false).await;
    store.close().await;
    let counted = counted?;
    let report = RecountReport { tenants: &counted, repaired: false };
    let mut text = listed(&tables, tenants);
    write!(text, "\n{report}")?;
    if report.differs() {
        text += "\nThe counts differ in the source as well, for the copy is the same. \
            `pulsestage recount --repair` puts them right.";
    }
    Ok((text, report.code()))
}

/// A line for each table, and what was done in all.
fn listed(tables: &[(String, u64, String)], tenants: usize) -> String {
    let mut text = format!("{:<24}  {:>10}  checksum, equal on both sides\n", "table", "rows");
    for (name, rows, sum) in tables {
        text += &format!("{name:<24}  {rows:>10}  {}\n", sum.get(..16).unwrap_or(sum));
    }
    let rows: u64 = tables.iter().map(|(_, rows, _)| rows).sum();
    text += &format!(
        "Copied {rows} rows of {} tables and compared them. {tenants} tenants have a log of a new epoch: open pages load \
         their boards again. The installation's key is not in a database: keep installation.key, or PULSESTAGE_KEY, as it is.",
        tables.len()
    );
    text
}

fn tell(progress: CopyProgress<'_>) {
    match progress {
        CopyProgress::Waits => tracing::info!("an instance is preparing the database to copy to; waiting for it"),
        CopyProgress::Rows(table, rows) => tracing::info!(table, rows, "copied"),
        CopyProgress::Compared(table, rows) => tracing::info!(table, rows, "compared"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_copied_is_a_table() {
        let text = listed(&[("votes".to_owned(), 12, "ab".repeat(32)), ("teams".to_owned(), 1, "cd".repeat(32))], 3);
        assert!(text.contains("votes                             12  abababababababab\n"), "{text}");
        assert!(text.contains("Copied 13 rows of 2 tables and compared them. 3 tenants"), "{text}");
    }
}
