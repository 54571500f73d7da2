//! `pulsestage recount`: counts votes again and says what differs.

use clap::Args;
use std::fmt::{self, Write};

use crate::config::StoreArgs;
use pulsestage::service::Recounted;
use pulsestage::text::Slug;

/// The flags of `recount`.
#[derive(Debug, Args)]
pub struct RecountArgs {
    /// Where the data is.
    #[command(flatten)]
    pub store: StoreArgs,
    /// One tenant, by its slug; all of them when not given.
    #[arg(long, value_parser = parse_slug)]
    pub tenant: Option<Slug>,
    /// Make every count that differs the number of its votes. Open screens see it at once.
    #[arg(long)]
    pub repair: bool,
}

fn parse_slug(text: &str) -> Result<Slug, String> {
    Slug::parse(text).map_err(|problem| format!("the slug {problem}"))
}

/// What a recount came to, as a table for people.
#[derive(Debug)]
pub struct Report<'a> {
    /// Each tenant.
    pub tenants: &'a [Recounted],
    /// Whether what differed was put right.
    pub repaired: bool,
}

impl Report<'_> {
    /// Whether some count is not the number of its votes still, or was not.
    #[must_use]
    pub fn differs(&self) -> bool {
        self.tenants.iter().any(|tenant| !tenant.miscounts.is_empty())
    }
}

impl fmt::Display for Report<'_> {
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
        let what = if self.repaired { "put right" } else { "differ" };
        if differ > 0 {
            f.write_str(&table)?;
        }
        write!(f, "{questions} questions counted, {differ} {what}")
    }
}
