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
    /// Folder for the data; created when it does not exist.
    #[arg(long, env = "PULSESTAGE_DATA_DIR", default_value = "data")]
    pub data_dir: PathBuf,
    /// `sqlite://PATH` or `postgres://USER:PASSWORD@HOST/NAME`; by default SQLite in the data folder.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// How SQLite confirms a write: `full` survives a power cut, `normal` is faster and survives a crash of the program.
    #[arg(long, env = "PULSESTAGE_SQLITE_SYNC", value_enum, default_value_t = SqliteSync::Full)]
    pub sqlite_sync: SqliteSync,
}

impl StoreArgs {
    /// The address of the database.
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
    /// Seconds to wait at the start for a database that does not answer, with a log line a second; 0 does not wait. Errors
    /// that waiting cannot fix, such as a wrong password, end the start at once.
    #[arg(long, env = "PULSESTAGE_DATABASE_WAIT_S", value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(0..=86_400))]
    pub database_wait_s: u64,
    /// Where the installation's key is.
    #[command(flatten)]
    pub key: KeyArgs,
    /// `redis://HOST` when several instances share one PostgreSQL: notifies the others of changes.
    #[arg(long, env = "REDIS_URL", hide_env_values = true)]
    pub redis_url: Option<String>,
    /// Fill an empty database with demo data; a database with data is not changed.
    #[arg(long, env = "PULSESTAGE_DEMO")]
    pub demo: bool,
    /// The public address of this server, such as `https://ask.example.com`, for links and secure cookies. Requests for
    /// another host are then refused, except those of `--also-host` and `--base-domain`.
    #[arg(long, env = "PULSESTAGE_PUBLIC_URL", value_name = "URL", value_parser = parse_public_url)]
    pub public_url: Option<String>,
    /// How tenants are reached.
    #[command(flatten)]
    pub hosts: HostArgs,
    /// Seconds between heartbeats on every stream.
    #[arg(long, env = "PULSESTAGE_HEARTBEAT_S", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub heartbeat_s: u64,
    /// Milliseconds for which changes are collected before they are sent together; 0 sends them at once.
    #[arg(long, env = "PULSESTAGE_WINDOW_MS", default_value_t = 50, value_parser = clap::value_parser!(u64).range(0..=10_000))]
    pub window_ms: u64,
    /// Do not compress streams. With gzip, the stream of a busy board is a fifth of the size.
    #[arg(long, env = "PULSESTAGE_NO_STREAM_COMPRESSION")]
    pub no_stream_compression: bool,
    /// Do not let browsers keep a copy of the board to open it without a network. Browsers that have one remove it at their
    /// next visit.
    #[arg(long, env = "PULSESTAGE_NO_OFFLINE_PAGES")]
    pub no_offline_pages: bool,
    /// Threads that write to streams; by default half the number of cores.
    #[arg(long, env = "PULSESTAGE_STREAM_THREADS", value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub stream_threads: Option<u16>,
    /// Seconds for which the server still accepts requests after SIGTERM, while `/health/ready` says `stopping`, so that
    /// proxies notice before it stops accepting. 0 stops accepting at once.
    #[arg(long, env = "PULSESTAGE_LINGER_S", value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(0..=600))]
    pub linger_s: u64,
    /// Seconds over which streams are then closed, so that their clients do not reconnect all at once.
    #[arg(long, env = "PULSESTAGE_DRAIN_S", value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(0..=600))]
    pub drain_s: u64,
    /// Who must have a second factor, except with single sign-on: nobody (`off`), `admins` (with owners), or `staff`
    /// (with moderators). People without one set it up at their next sign-in.
    #[arg(long, env = "PULSESTAGE_REQUIRE_SECOND_FACTOR", value_name = "WHO", default_value = "off", value_parser = parse_requirement)]
    pub require_second_factor: Requirement,
    /// How connections are encrypted.
    #[command(flatten)]
    pub tls: TlsArgs,
    /// Delete audit entries older than this many days; by default they are kept for ever.
    #[arg(long, env = "PULSESTAGE_AUDIT_DAYS", value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub audit_days: Option<u32>,
    /// Format of log lines. `RUST_LOG` sets what is logged, such as `info,pulsestage_server=debug`.
    #[arg(long, env = "PULSESTAGE_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    /// Log the client address of each request; by default no address is logged.
    #[arg(long, env = "PULSESTAGE_LOG_ADDRESSES")]
    pub log_addresses: bool,
    /// Origins of other sites whose pages may use this server with cookies, such as `https://intranet.example.com`; comma-separated.
    #[arg(long, env = "PULSESTAGE_CORS_ORIGIN", value_delimiter = ',', value_parser = parse_other_origin)]
    pub cors_origin: Vec<String>,
    /// Folder with the built pages; by default beside the binary.
    #[arg(long, env = "PULSESTAGE_SITE_DIR")]
    pub site_dir: Option<PathBuf>,
    /// Limits.
    #[command(flatten)]
    pub limits: LimitArgs,
    /// Where metrics are served.
    #[command(flatten)]
    pub metrics: MetricsArgs,
    /// Days of inactivity after which moderators, admins and owners are signed out; 0 is never. A session lasts at most
    /// two weeks.
    #[arg(long, env = "PULSESTAGE_SESSION_IDLE_DAYS", value_name = "DAYS", default_value_t = SESSION_IDLE_DAYS, value_parser = clap::value_parser!(u32).range(0..=14))]
    pub session_idle_days: u32,
    /// How mail is sent.
    #[command(flatten)]
    pub mail: MailArgs,
    /// Single sign-on.
    #[command(flatten)]
    pub oidc: OidcArgs,
}

/// How tenants are reached.
#[derive(Clone, Debug, Default, Args)]
pub struct HostArgs {
    /// Give every tenant its own host under this domain: with `ask.example.com` the tenant `acme` is at
    /// `acme.ask.example.com`. Other hosts are then answered with 404.
    #[arg(long, env = "PULSESTAGE_BASE_DOMAIN", value_name = "DOMAIN")]
    pub base_domain: Option<BaseDomain>,
    /// Further hosts to answer under when `--public-url` is set, such as the internal name that a proxy or a monitor uses;
    /// comma-separated. A host without a port matches any port.
    #[arg(long, env = "PULSESTAGE_ALSO_HOST", value_name = "HOSTS", value_delimiter = ',', value_parser = parse_host)]
    pub also_host: Vec<Authority>,
}

/// Files for TLS: both or none.
#[derive(Clone, Debug, Default, Args)]
pub struct TlsArgs {
    /// Certificate chain in PEM: enables TLS and HTTP/2. Read again on SIGHUP.
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
    text.parse().map_err(|_| "use off, admins or staff".to_owned())
}
