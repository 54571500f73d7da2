//! What can be said about a rehearsal on the command line.

use clap::{ArgAction, Args};
use std::path::PathBuf;
use std::time::Duration;

use pulsestage::text::Slug;

/// The flags of `rehearse`.
#[derive(Clone, Debug, Args)]
pub struct RehearseArgs {
    /// How many people take part: each loads the page, keeps a stream open and holds a board of its own.
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub participants: u32,
    /// Questions that are asked during the rehearsal, each minute.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(0..=6_000))]
    pub asks_per_minute: u32,
    /// Votes that are given during the rehearsal, each second.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    pub votes_per_second: u32,
    /// How long people ask and vote once everybody is in, such as `30s` or `5m`.
    #[arg(long, default_value = "30s", value_parser = parse_duration)]
    pub duration: Duration,
    /// The time over which people come in, such as `10s`.
    #[arg(long, default_value = "10s", value_parser = parse_duration)]
    pub join: Duration,
    /// Questions that are there when people come in; more are put when voters would run out of questions.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(0..=500))]
    pub questions: u32,
    /// Rehearse against a running server, such as `http://10.0.0.5:3000`, instead of an instance of its own.
    /// It asks and votes there: see `--yes-write-to-this-tenant`.
    #[arg(long)]
    pub url: Option<String>,
    /// The tenant to rehearse in, by its slug; best one that was made for it.
    #[arg(long, requires = "url", value_parser = parse_slug)]
    pub tenant: Option<Slug>,
    /// Says that the tenant may be written to: votes and questions are taken back at the end.
    #[arg(long, requires = "url")]
    pub yes_write_to_this_tenant: bool,
    /// One JSON document on standard output instead of the table.
    #[arg(long)]
    pub json: bool,
    /// Folder with the built pages for the instance; looked for beside the binary when not given.
    #[arg(long, env = "PULSESTAGE_SITE_DIR")]
    pub site_dir: Option<PathBuf>,
    /// What must hold for the rehearsal to pass.
    #[command(flatten)]
    pub limits: RehearsalLimits,
}

/// What must hold for a rehearsal to pass.
#[derive(Clone, Copy, Debug, Args)]
pub struct RehearsalLimits {
    /// The most milliseconds from a vote to any screen, for 99 of 100.
    #[arg(long, default_value_t = 300, action = ArgAction::Set)]
    pub max_vote_to_screen_ms: u64,
    /// The most events that may be missing, on all boards together.
    #[arg(long, default_value_t = 0)]
    pub max_lost: u64,
    /// The most events that may come twice on one connection.
    #[arg(long, default_value_t = 0)]
    pub max_doubled: u64,
    /// The most joins, votes and questions that may be refused or never answered.
    #[arg(long, default_value_t = 0)]
    pub max_failed: u64,
    /// The most memory that the server may have used, in megabytes; measured in an instance of its own alone.
    #[arg(long, default_value_t = 120)]
    pub max_memory_mb: u64,
}

/// A number with `ms`, `s`, `m` or `h` behind it; seconds without.
fn parse_duration(text: &str) -> Result<Duration, String> {
    const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let millis = match unit {
        "ms" => 1,
        "s" | "" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err("take a number with ms, s, m or h behind it, such as 30s".to_owned()),
    };
    let number: u64 = number.parse().map_err(|_| "take a whole number with a unit, such as 30s".to_owned())?;
    let duration = Duration::from_millis(number.saturating_mul(millis));
    if duration > LONGEST { Err("a day is the longest".to_owned()) } else { Ok(duration) }
}

fn parse_slug(text: &str) -> Result<Slug, String> {
    Slug::parse(text).map_err(|problem| format!("the slug {problem}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit_or_are_seconds() {
        for (text, millis) in [("30s", 30_000), ("250ms", 250), ("2m", 120_000), ("1h", 3_600_000), ("7", 7_000)] {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for bad in ["", "s", "-1s", "1.5s", "30 s", "30d", "9999999999999999999h", "99999999h", "١s"] {
            assert!(parse_duration(bad).is_err(), "{bad}");
        }
    }
}
