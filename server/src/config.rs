//! Everything that can be set, in one place: flags, environment and `--help` are this file.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::audit_command::AuditCommand;
use crate::backup_command::BackupArgs;
use crate::copy_command::CopyArgs;
use crate::http::host::{Authority, BaseDomain};
use crate::installation_key::KeyArgs;
use crate::limits::LimitArgs;
use crate::mail::MailArgs;
use crate::metrics::MetricsArgs;
use crate::oidc::OidcArgs;
use crate::origin::{parse_host, parse_other_origin, parse_public_url};
use crate::recount::RecountArgs;
use crate::rehearse::args::RehearseArgs;
use crate::restore_command::RestoreArgs;
use crate::second_factor_command::SecondFactorArgs;
use crate::tenant_command::TenantCommand;
use crate::verify_command::VerifyArgs;
use pulsestage::second_factor::Requirement;
use pulsestage::service::SESSION_IDLE_DAYS;
use pulsestage::text::Slug;
use pulsestage::user::Role;

/// PulseStage: live questions and answers for town halls and all-hands.
#[derive(Debug, Parser)]
#[command(name = "pulsestage", version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// What to do; `serve` when nothing is said.
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
    /// Make a one-time sign-in link and print it.
    Link(LinkArgs),
    /// Make, list, limit and archive tenants.
    #[command(subcommand)]
    Tenant(TenantCommand),
    /// Remove old entries of the audit.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Take away the second factor of somebody who has lost it.
    SecondFactor(SecondFactorArgs),
    /// Write everything to one file, while the server runs.
    Backup(BackupArgs),
    /// Make a backup the database, which must be empty unless `--replace` is given.
    Restore(RestoreArgs),
    /// Say whether a backup is whole, can be restored, and is sound: 0 when it is, 1 when it is not, 2 when that could not
    /// be found out.
    Verify(VerifyArgs),
    /// Count votes again, and say whether every count that is shown is the number of its votes.
    Recount(RecountArgs),
    /// Copy everything of one database into an empty one, on either engine, and compare the two.
    Copy(CopyArgs),
    /// Try the live core with a simulated audience, and say whether it holds.
    Rehearse(Box<RehearseArgs>),
}

/// Where the data is.
#[derive(Clone, Debug, Args)]
pub struct StoreArgs {
    /// Folder for everything PulseStage keeps; made when it is not there.
    #[arg(long, env = "PULSESTAGE_DATA_DIR", default_value = "data")]
    pub data_dir: PathBuf,
    /// `sqlite://PATH` or `postgres://USER:PASSWORD@HOST/NAME`; SQLite in the data folder when not given.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// How SQLite confirms a write: `full` survives a power cut, `normal` is faster and survives a crash of the program.
    #[arg(long, env = "PULSESTAGE_SQLITE_SYNC", value_enum, default_value_t = SqliteSync::Full)]
    pub sqlite_sync: SqliteSync,
}

impl StoreArgs {
    /// The address of the database that is meant.
    #[must_use]
    pub fn url(&self) -> String {
        self.database_url
            .clone()
            .unwrap_or_else(|| format!("sqlite://{}", self.data_dir.join("pulsestage.db").display()))
    }
}

/// SQLite's `synchronous` setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SqliteSync {
    /// An acknowledged write is on the disk.
    Full,
    /// An acknowledged write is with the operating system.
    Normal,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for machines.
    Json,
}

/// The flags of `serve`.
#[derive(Clone, Debug, Args)]
pub struct ServeArgs {
    /// Address and port to listen on.
    #[arg(long, env = "PULSESTAGE_ADDR", default_value = "127.0.0.1:3000")]
    pub addr: SocketAddr,
    /// Where the data is.
    #[command(flatten)]
    pub store: StoreArgs,
    /// Seconds for which a database that does not answer is waited for at the start, with a line a second that says what
    /// is wrong; 0 gives up at once. What waiting cannot mend, such as a wrong password, ends the start at once.
    #[arg(long, env = "PULSESTAGE_DATABASE_WAIT_S", value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(0..=86_400))]
    pub database_wait_s: u64,
    /// Where the installation's key is.
    #[command(flatten)]
    pub key: KeyArgs,
    /// `redis://HOST` when several instances share one Postgres: it carries the word that something changed.
    #[arg(long, env = "REDIS_URL", hide_env_values = true)]
    pub redis_url: Option<String>,
    /// Fill an empty database with demo data; a database that has data is left as it is.
    #[arg(long, env = "PULSESTAGE_DEMO")]
    pub demo: bool,
    /// The address people reach this server at, such as `https://ask.example.com`; links and secure cookies follow it.
    /// Requests for another host are refused then, save for `--also-host` and `--base-domain`.
    #[arg(long, env = "PULSESTAGE_PUBLIC_URL", value_name = "URL", value_parser = parse_public_url)]
    pub public_url: Option<String>,
    /// How tenants are reached.
    #[command(flatten)]
    pub hosts: HostArgs,
    /// Seconds between heartbeats on every stream.
    #[arg(long, env = "PULSESTAGE_HEARTBEAT_S", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub heartbeat_s: u64,
    /// Milliseconds for which changes are gathered before they are sent together; 0 sends each look at once.
    #[arg(long, env = "PULSESTAGE_WINDOW_MS", default_value_t = 50, value_parser = clap::value_parser!(u64).range(0..=10_000))]
    pub window_ms: u64,
    /// Send streams as they are also to clients that take gzip, which makes a busy board's a fifth as large.
    #[arg(long, env = "PULSESTAGE_NO_STREAM_COMPRESSION")]
    pub no_stream_compression: bool,
    /// Threads that write to streams; half as many as there are cores when not given.
    #[arg(long, env = "PULSESTAGE_STREAM_THREADS", value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub stream_threads: Option<u16>,
    /// Seconds for which a server that is told to stop goes on as before while `/health/ready` says `stopping`, so that whoever
    /// sends people here has noticed before nothing is accepted any more. 0 stops accepting at once.
    #[arg(long, env = "PULSESTAGE_LINGER_S", value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(0..=600))]
    pub linger_s: u64,
    /// Seconds over which streams end after that, so that their clients do not come back all at once.
    #[arg(long, env = "PULSESTAGE_DRAIN_S", value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(0..=600))]
    pub drain_s: u64,
    /// Who must have a second factor, unless a provider vouches for them: nobody (`off`), `admins` and owners, or all
    /// `staff`, which is moderators as well. Whoever must and has none sets it up before anything else.
    #[arg(long, env = "PULSESTAGE_REQUIRE_SECOND_FACTOR", value_name = "WHO", default_value = "off", value_parser = parse_requirement)]
    pub require_second_factor: Requirement,
    /// How connections are encrypted.
    #[command(flatten)]
    pub tls: TlsArgs,
    /// Remove entries of the audit that are older than so many days; they are kept for good when not given.
    #[arg(long, env = "PULSESTAGE_AUDIT_DAYS", value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub audit_days: Option<u32>,
    /// How log lines look. What is logged is set by `RUST_LOG`, such as `info,pulsestage_server=debug`.
    #[arg(long, env = "PULSESTAGE_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    /// Log with each request the address that it came from; without it no address is in any line.
    #[arg(long, env = "PULSESTAGE_LOG_ADDRESSES")]
    pub log_addresses: bool,
    /// Origins of other sites whose pages may use this server with cookies, such as `https://intranet.example.com`; comma-separated.
    #[arg(long, env = "PULSESTAGE_CORS_ORIGIN", value_delimiter = ',', value_parser = parse_other_origin)]
    pub cors_origin: Vec<String>,
    /// Folder with the built pages; looked for beside the binary when not given.
    #[arg(long, env = "PULSESTAGE_SITE_DIR")]
    pub site_dir: Option<PathBuf>,
    /// How much is taken of everything.
    #[command(flatten)]
    pub limits: LimitArgs,
    /// Where metrics are served.
    #[command(flatten)]
    pub metrics: MetricsArgs,
    /// Days without a request after which moderators, admins and owners are signed out; 0 is never. A session lasts two weeks at
    /// most.
    #[arg(long, env = "PULSESTAGE_SESSION_IDLE_DAYS", value_name = "DAYS", default_value_t = SESSION_IDLE_DAYS, value_parser = clap::value_parser!(u32).range(0..=14))]
    pub session_idle_days: u32,
    /// How mail is sent.
    #[command(flatten)]
    pub mail: MailArgs,
    /// Who vouches for people.
    #[command(flatten)]
    pub oidc: OidcArgs,
}

/// How tenants are reached.
#[derive(Clone, Debug, Default, Args)]
pub struct HostArgs {
    /// Give every tenant a host of its own under this domain: with `ask.example.com` the tenant `acme` is at
    /// `acme.ask.example.com`. Hosts that are none of these are not found then.
    #[arg(long, env = "PULSESTAGE_BASE_DOMAIN", value_name = "DOMAIN")]
    pub base_domain: Option<BaseDomain>,
    /// Further hosts that this server answers under where `--public-url` is set, such as the name that a proxy or a monitor
    /// inside uses; comma-separated. One without a port is meant with any.
    #[arg(long, env = "PULSESTAGE_ALSO_HOST", value_name = "HOSTS", value_delimiter = ',', value_parser = parse_host)]
    pub also_host: Vec<Authority>,
}

/// Files for TLS: both or none.
#[derive(Clone, Debug, Default, Args)]
pub struct TlsArgs {
    /// Chain of certificates in PEM: connections are TLS then, with HTTP/2. Read again on SIGHUP.
    #[arg(long, env = "PULSESTAGE_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// Private key of the first certificate, in PEM.
    #[arg(long, env = "PULSESTAGE_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
}

impl ServeArgs {
    /// How many threads write to streams.
    #[must_use]
    pub fn stream_threads(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        self.stream_threads.map_or_else(|| cores().div_ceil(2), usize::from)
    }

    /// The time for which a server that is told to stop goes on accepting.
    #[must_use]
    pub const fn linger(&self) -> Duration {
        Duration::from_secs(self.linger_s)
    }

    /// The time over which streams end when the server is stopped.
    #[must_use]
    pub const fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_s)
    }

    /// The time between heartbeats.
    #[must_use]
    pub const fn heartbeat(&self) -> Duration {
        Duration::from_secs(self.heartbeat_s)
    }

    /// The time for which changes are gathered.
    #[must_use]
    pub const fn window(&self) -> Duration {
        Duration::from_millis(self.window_ms)
    }
}

/// The flags of `link`.
#[derive(Debug, Args)]
pub struct LinkArgs {
    /// Where the data is.
    #[command(flatten)]
    pub store: StoreArgs,
    /// The tenant to open, by its slug.
    #[arg(long, default_value = "default", value_parser = parse_slug)]
    pub tenant: Slug,
    /// What the bearer may do: moderator, admin or owner.
    #[arg(long, default_value = "moderator", value_parser = parse_staff_role)]
    pub role: Role,
    /// Withdraw the links of the same tenant and role that nobody has used yet.
    #[arg(long)]
    pub replace: bool,
    /// Make none; say which links of the tenant wait to be used.
    #[arg(long, conflicts_with_all = ["replace", "role", "withdraw_all"])]
    pub list: bool,
    /// Make none; withdraw every link of the tenant that nobody has used yet.
    #[arg(long, conflicts_with_all = ["replace", "role"])]
    pub withdraw_all: bool,
    /// The address people reach the server at; the link starts with it.
    #[arg(long, env = "PULSESTAGE_PUBLIC_URL", default_value = "http://127.0.0.1:3000", value_parser = parse_public_url)]
    pub public_url: String,
}

/// Takes a slug on the command line.
pub(crate) fn parse_slug(text: &str) -> Result<Slug, String> {
    Slug::parse(text).map_err(|problem| format!("the slug {problem}"))
}

fn parse_requirement(text: &str) -> Result<Requirement, String> {
    text.parse().map_err(|_| "take one of off, admins, staff".to_owned())
}

fn parse_staff_role(text: &str) -> Result<Role, String> {
    text.parse()
        .ok()
        .filter(|role| *role >= Role::Moderator)
        .ok_or_else(|| "take one of moderator, admin, owner".to_owned())
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
