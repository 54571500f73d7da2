//! Everything that can be set of a server: the flags of `serve`, their environment and their `--help`.

use clap::{Args, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::installation_key::KeyArgs;
use crate::limits::LimitArgs;
use crate::mail::MailArgs;
use crate::metrics::MetricsArgs;
use crate::oidc::OidcArgs;
use crate::origin::{Authority, BaseDomain, parse_host, parse_other_origin, parse_public_url};
use crate::telemetry::LogFormat;
use pulsestage::second_factor::Requirement;
use pulsestage::service::SESSION_IDLE_DAYS;
use pulsestage::text::Slug;

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

/// Takes a slug on the command line.
pub(crate) fn parse_slug(text: &str) -> Result<Slug, String> {
    Slug::parse(text).map_err(|problem| format!("the slug {problem}"))
}

fn parse_requirement(text: &str) -> Result<Requirement, String> {
    text.parse().map_err(|_| "take one of off, admins, staff".to_owned())
}
