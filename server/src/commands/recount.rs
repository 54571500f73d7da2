//! `pulsestage recount`: counts votes again and says what differs.

use clap::Args;
use std::fmt::{self, Write};
use std::process::ExitCode;

use super::with_service;
use crate::config::{StoreArgs, parse_slug};
use pulsestage::service::{Recounted, Service};
use pulsestage::text::Slug;

/// The flags of `recount`.
#[derive(Debug, Args)]
pub struct RecountArgs {
    /// Where the data is.
    #[command(flatten)]
    pub store: StoreArgs,
    /// Slug of one tenant; by default all.
    #[arg(long, value_parser = parse_slug)]
    pub tenant: Option<Slug>,
    /// Correct wrong counts. Open pages show the correction at once.
    #[arg(long)]
    pub repair: bool,
}

/// Counts again; gives what to print. The code says no also when what differed was put right.
///
/// # Errors
/// When the database cannot be opened, or there is no such tenant.
pub async fn run(args: &RecountArgs) -> anyhow::Result<(String, ExitCode)> {
    let counted = async |service: &Service| Ok(service.recount(args.tenant.as_ref(), args.repair).await?);
    let tenants = with_service(&args.store, counted).await?;
    let report = RecountReport { tenants: &tenants, repaired: args.repair };
    Ok((report.to_string(), report.code()))
}

/// What a recount came to, as a table for people.
#[derive(Debug)]
pub(super) struct RecountReport<'a> {
    /// Each tenant.
    pub(super) tenants: &'a [Recounted],
    /// Whether what differed was put right.
    pub(super) repaired: bool,
}

impl RecountReport<'_> {
    /// Whether some count is not the number of its votes still, or was not.
    pub(super) fn differs(&self) -> bool {
        self.tenants.iter().any(|tenant| !tenant.miscounts.is_empty())
    }

    /// What the process ends with.
    pub(super) fn code(&self) -> ExitCode {
        if self.differs() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }
}

impl fmt::Display for RecountReport<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = format!("{:<24}  {:<36}  {:>8}  {:>8}\n", "tenant", "question", "shown", "votes");
        for tenant in self.tenants {
            for miscount in &tenant.miscounts {
                let (slug, id) = (&tenant.tenant.slug, miscount.question.to_string());
                writeln!(table, "{slug:<24}  {id:<36}  {:>8}  {:>8}", miscount.shown, miscount.votes)?;
            }
        }
        let questions: i64 = self.tenants.iter().map(|tenant| tenant.questions).sum();
        let differ: usize = self.tenants.iter().map(|tenant| tenant.miscounts.len()).sum();
        let what = if self.repaired { "corrected" } else { "differ" };
        if differ > 0 {
            f.write_str(&table)?;
        }
        write!(f, "{questions} questions counted, {differ} {what}")
    }
}
