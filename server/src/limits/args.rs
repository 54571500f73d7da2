//! The settings of every limit. docs/LIMITS.md says how their defaults were chosen.

use clap::Args;
use std::time::Duration;

use super::connections::ConnectionLimits;
use super::files;
use super::life::StreamLife;
use super::rate::Limit;
use super::streams::StreamLimits;

/// Limits. A rate such as `120/min` allows a burst of 120 and refills 120 in a minute; 0 is no limit, here and for
/// streams.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Limits")]
pub struct LimitArgs {
    /// Open streams in total; by default as many as the limit of open files allows.
    #[arg(long, env = "PULSESTAGE_MAX_STREAMS", value_name = "COUNT")]
    pub max_streams: Option<usize>,
    /// Open streams of one tenant; by default three quarters of the total.
    #[arg(long, env = "PULSESTAGE_MAX_STREAMS_PER_TENANT", value_name = "COUNT")]
    pub max_streams_per_tenant: Option<usize>,
    /// Open streams of one participant: each tab has one.
    #[arg(long, env = "PULSESTAGE_MAX_STREAMS_PER_PARTICIPANT", value_name = "COUNT", default_value_t = 32)]
    pub max_streams_per_participant: usize,
    /// Open streams of one network from clients without a cookie.
    #[arg(long, env = "PULSESTAGE_STREAMS_PER_UNKNOWN_NETWORK", value_name = "COUNT", default_value_t = 50)]
    pub streams_per_unknown_network: usize,
    /// Maximum age of a stream in seconds, plus or minus a fifth, before its client reconnects; 0 is unlimited.
    #[arg(long, env = "PULSESTAGE_STREAM_LIFE_S", value_name = "SECONDS", default_value_t = 900, value_parser = clap::value_parser!(u64).range(0..=604_800))]
    pub stream_life_s: u64,
    /// Votes of one participant.
    #[arg(long, env = "PULSESTAGE_VOTES_PER_PARTICIPANT", value_name = "RATE", default_value = "120/min")]
    pub votes_per_participant: Limit,
    /// Questions of one participant.
    #[arg(long, env = "PULSESTAGE_ASKS_PER_PARTICIPANT", value_name = "RATE", default_value = "6/min")]
    pub asks_per_participant: Limit,
    /// Unanswered questions of one participant on the board.
    #[arg(long, env = "PULSESTAGE_OPEN_QUESTIONS_PER_PARTICIPANT", value_name = "COUNT", default_value_t = 20)]
    pub open_questions_per_participant: u32,
    /// Questions of one tenant.
    #[arg(long, env = "PULSESTAGE_ASKS_PER_TENANT", value_name = "RATE", default_value = "600/min")]
    pub asks_per_tenant: Limit,
    /// Answers, tags and other changes by one moderator.
    #[arg(long, env = "PULSESTAGE_CHANGES_PER_MODERATOR", value_name = "RATE", default_value = "240/min")]
    pub changes_per_moderator: Limit,
    /// Boards loaded by one participant, with or without a page.
    #[arg(long, env = "PULSESTAGE_READS_PER_PARTICIPANT", value_name = "RATE", default_value = "120/min")]
    pub reads_per_participant: Limit,
    /// Searches of one participant: one for each pause while something is typed.
    #[arg(long, env = "PULSESTAGE_SEARCHES_PER_PARTICIPANT", value_name = "RATE", default_value = "240/min")]
    pub searches_per_participant: Limit,
    /// Votes and questions of one tenant.
    #[arg(long, env = "PULSESTAGE_WRITES_PER_TENANT", value_name = "RATE", default_value = "10000/5s")]
    pub writes_per_tenant: Limit,
    /// Boards of one tenant loaded by known clients.
    #[arg(long, env = "PULSESTAGE_READS_PER_TENANT", value_name = "RATE", default_value = "20000/50s")]
    pub reads_per_tenant: Limit,
    /// Searches of one tenant by known clients.
    #[arg(long, env = "PULSESTAGE_SEARCHES_PER_TENANT", value_name = "RATE", default_value = "10000/20s")]
    pub searches_per_tenant: Limit,
    /// Boards of one tenant loaded by clients without a cookie from one network.
    #[arg(long, env = "PULSESTAGE_READS_PER_UNKNOWN_NETWORK", value_name = "RATE", default_value = "600/min")]
    pub reads_per_unknown_network: Limit,
    /// Boards of one tenant loaded by all clients without a cookie, new browsers included.
    #[arg(long, env = "PULSESTAGE_UNKNOWN_READS_PER_TENANT", value_name = "RATE", default_value = "10000/50s")]
    pub unknown_reads_per_tenant: Limit,
    /// Writes sent to the database at once; others wait in a queue in which tenants take turns.
    #[arg(long, env = "PULSESTAGE_WRITES_AT_ONCE", value_name = "COUNT", default_value_t = 256, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub writes_at_once: u16,
    /// New browsers of one network in one tenant.
    #[arg(long, env = "PULSESTAGE_NEWCOMERS_PER_NETWORK", value_name = "RATE", default_value = "6000/min")]
    pub newcomers_per_network: Limit,
    /// Failed passwords, links and single sign-ons from one network. Beyond this, failures are answered with 429; correct
    /// ones still work.
    #[arg(long, env = "PULSESTAGE_SIGN_INS_PER_NETWORK", value_name = "RATE", default_value = "60/min")]
    pub sign_ins_per_network: Limit,
    /// Wrong join codes from one network; beyond this, they are answered with 429.
    #[arg(long, env = "PULSESTAGE_MISSED_CODES_PER_NETWORK", value_name = "RATE", default_value = "30/min")]
    pub missed_codes_per_network: Limit,
    /// Wrong passwords for one account, except from browsers that were signed in to it before; half as many from one
    /// network.
    #[arg(long, env = "PULSESTAGE_PASSWORDS_PER_ACCOUNT", value_name = "RATE", default_value = "20/h")]
    pub passwords_per_account: Limit,
    /// Emails requested for one address.
    #[arg(long, env = "PULSESTAGE_LETTERS_PER_ACCOUNT", value_name = "RATE", default_value = "5/h")]
    pub letters_per_account: Limit,
    /// Open connections of one network, if `--proxies` is 0; by default three quarters of what the limit of open files
    /// allows.
    #[arg(long, env = "PULSESTAGE_CONNECTIONS_PER_NETWORK", value_name = "COUNT")]
    pub connections_per_network: Option<usize>,
    /// Accepted connections.
    #[arg(long, env = "PULSESTAGE_ACCEPT_RATE", value_name = "RATE", default_value = "10000/5s")]
    pub accept_rate: Limit,
    /// Number of your reverse proxies in front of the server; that many addresses at the end of `X-Forwarded-For` are
    /// trusted.
    #[arg(long, env = "PULSESTAGE_PROXIES", value_name = "COUNT", default_value_t = 0)]
    pub proxies: u8,
}

impl LimitArgs {
    /// No limit at all.
    pub const NONE: Self = Self {
        max_streams: Some(0),
        max_streams_per_tenant: Some(0),
        max_streams_per_participant: 0,
        streams_per_unknown_network: 0,
        stream_life_s: 0,
        votes_per_participant: Limit::NONE,
        asks_per_participant: Limit::NONE,
        open_questions_per_participant: 0,
        asks_per_tenant: Limit::NONE,
        changes_per_moderator: Limit::NONE,
        reads_per_participant: Limit::NONE,
        searches_per_participant: Limit::NONE,
        writes_per_tenant: Limit::NONE,
        reads_per_tenant: Limit::NONE,
        searches_per_tenant: Limit::NONE,
        reads_per_unknown_network: Limit::NONE,
        unknown_reads_per_tenant: Limit::NONE,
        writes_at_once: u16::MAX,
        newcomers_per_network: Limit::NONE,
        sign_ins_per_network: Limit::NONE,
        missed_codes_per_network: Limit::NONE,
        passwords_per_account: Limit::NONE,
        letters_per_account: Limit::NONE,
        connections_per_network: Some(0),
        accept_rate: Limit::NONE,
        proxies: 0,
    };

    /// How many streams there may be where so many files may be open.
    #[must_use]
    pub fn streams(&self, open_files: usize) -> StreamLimits {
        let total = self.max_streams.unwrap_or_else(|| files::streams_of(open_files));
        let per_tenant = self.max_streams_per_tenant.unwrap_or_else(|| files::share_of(total));
        StreamLimits {
            total,
            per_tenant,
            per_participant: self.max_streams_per_participant,
            per_unknown_network: self.streams_per_unknown_network,
        }
    }

    /// How many open questions a participant may have; any number when absent.
    #[must_use]
    pub fn open_questions(&self) -> Option<u32> {
        Some(self.open_questions_per_participant).filter(|most| *most > 0)
    }

    /// How many connections there may be where so many files may be open. Behind proxies all of them are the proxies' own.
    #[must_use]
    pub fn connections(&self, open_files: usize) -> ConnectionLimits {
        let total = files::connections_of(open_files);
        let per_network = self.connections_per_network.unwrap_or_else(|| files::share_of(total));
        ConnectionLimits { total, per_network: if self.proxies > 0 { 0 } else { per_network } }
    }

    /// How long streams live.
    #[must_use]
    pub fn stream_life(&self) -> StreamLife {
        StreamLife::new(Duration::from_secs(self.stream_life_s))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory, Parser};

    #[derive(Parser)]
    struct LimitsLine {
        #[command(flatten)]
        limits: LimitArgs,
    }

    fn parsed(words: &[&str]) -> Result<LimitArgs, clap::Error> {
        LimitsLine::try_parse_from(["x"].iter().chain(words)).map(|line| line.limits)
    }

    #[test]
    fn streams_fit_into_the_open_files_unless_somebody_says_how_many() {
        let streams = |words: &[&str]| {
            let StreamLimits { total, per_tenant, per_participant, .. } = parsed(words).unwrap().streams(20_000);
            (total, per_tenant, per_participant)
        };
        assert_eq!(streams(&[]), (18_000, 13_500, 32));
        assert_eq!(streams(&["--max-streams", "400"]), (400, 300, 32));
        assert_eq!(streams(&["--max-streams", "0"]), (0, 0, 32));
        assert_eq!(streams(&["--max-streams-per-tenant", "0", "--max-streams-per-participant", "0"]), (18_000, 0, 0));
    }

    #[test]
    fn one_network_leaves_a_quarter_of_the_connections_unless_there_are_proxies() {
        let connections = |words: &[&str]| {
            let ConnectionLimits { total, per_network } = parsed(words).unwrap().connections(20_000);
            (total, per_network)
        };
        assert_eq!(connections(&[]), (19_000, 14_250));
        assert_eq!(connections(&["--connections-per-network", "5000"]), (19_000, 5_000));
        assert_eq!(connections(&["--connections-per-network", "0"]), (19_000, 0));
        assert_eq!(connections(&["--proxies", "1"]), (19_000, 0), "all of them come from the proxy");
    }

    #[test]
    fn a_limit_that_cannot_be_read_is_said() {
        let error = parsed(&["--votes-per-participant", "many"]).unwrap_err().to_string();
        assert!(error.contains("120/min") && error.contains("--votes-per-participant"), "{error}");
        assert_eq!(parsed(&["--votes-per-participant", "0"]).unwrap().votes_per_participant, Limit::NONE);
    }

    #[test]
    fn every_limit_is_described_with_its_default_and_its_variable() {
        let text = include_str!("../../../docs/LIMITS.md");
        let command = LimitsLine::command();
        let flags: Vec<_> = command.get_arguments().filter_map(|arg| Some((arg, arg.get_long()?))).collect();
        assert_eq!(flags.len(), 26);
        for (arg, long) in flags {
            let row = text.lines().find(|line| line.starts_with(&format!("| `--{long}` |")));
            let row = row.unwrap_or_else(|| panic!("--{long} is not in docs/LIMITS.md"));
            for default in arg.get_default_values() {
                let default = default.to_str().unwrap();
                assert!(row.contains(&format!("| `{default}`")), "--{long} has the default {default}: {row}");
            }
            let variable = format!("PULSESTAGE_{}", long.replace('-', "_").to_uppercase());
            assert_eq!(arg.get_env().unwrap().to_str(), Some(variable.as_str()), "the one rule that the text gives");
        }
    }
}
