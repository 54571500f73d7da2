//! One instance of the server, put together: where the use cases get their ports, and what request handlers share.
//!
//! [`compose`] makes the whole of it, for `serve` and for the tests; a rehearsal starts `serve`. [`offline_service`] makes
//! the use cases alone, for commands and whatever else works on the database beside a server. Nobody else makes a
//! [`Service`], so a new port of it is wired here and nowhere else.

use anyhow::Context;
use axum::Router;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::access::{AccessRegister, Watcher};
use crate::auth::{Cookies, HashCost, Invites, PasswordKeeper};
use crate::boards::{BoardCache, BoardNotifier};
use crate::bus::redis::RedisNotifier;
use crate::bus::{Bus, BusSettings};
use crate::csv_reader::CsvTables;
use crate::jobs::JobPorts;
use crate::limits::{AuditedRefusals, LimitArgs, Limits};
use crate::lineage::ReplacedCount;
use crate::mail::{MailArgs, MailSetup};
use crate::metrics::{KnownSizes, Metrics};
use crate::oidc::{OidcArgs, Provider};
use crate::park::Park;
use crate::pictures::Redrawer;
use crate::router::router;
use crate::state::{AccountState, AppState, AppStateParts, Readiness, Site};
use crate::store::{SqlStore, StoreTimes};
use crate::system::{InstallationKey, SystemClock, SystemRng};
use crate::unicode::Tables;
use pulsestage::id::TenantId;
use pulsestage::ports::{Change, Clock, LogStore, Notifier, Pseudonyms, Rng, Store};
use pulsestage::second_factor::Requirement;
use pulsestage::service::Service;

/// How long jobs that are under way, such as mail, may take once they are to end.
const JOBS_GRACE: Duration = Duration::from_secs(5);

/// What is set of an instance.
#[derive(Clone, Debug)]
pub struct InstanceSettings {
    /// The built pages, and the names it is reached by.
    pub site: Site,
    /// The origin that the links it makes begin with.
    pub reached_at: String,
    /// Whether its cookies are sent over TLS only.
    pub is_secure: bool,
    /// Origins of other sites that may use it with cookies.
    pub origins: Vec<String>,
    /// How long changes are gathered.
    pub window: Duration,
    /// The time between heartbeats on a stream.
    pub heartbeat: Duration,
    /// The time over which streams end once they are to end.
    pub drain: Duration,
    /// The Redis that it shares with other instances.
    pub redis_url: Option<String>,
    /// How much it takes of everything.
    pub limits: LimitArgs,
    /// How many files it may have open.
    pub open_files: usize,
    /// How much work a hash of a password is.
    pub password_work: HashCost,
    /// Who must have a second factor.
    pub second_factor: Requirement,
    /// Days without a request after which sessions of staff are over.
    pub session_idle_days: Option<u32>,
    /// How it sends mail.
    pub mail: MailArgs,
    /// Who vouches for people.
    pub oidc: OidcArgs,
    /// Whether clients that take gzip are sent it.
    pub compresses_streams: bool,
    /// Whether the addresses that requests come from are logged.
    pub logs_addresses: bool,
}

/// What an instance gets from whoever starts it.
pub struct InstancePorts {
    /// The database.
    pub store: SqlStore,
    /// The log that the streams are told; the database's own when not given.
    pub log: Option<Arc<dyn LogStore>>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub rng: Arc<dyn Rng>,
    /// The installation's key.
    pub key: InstallationKey,
    /// How often the database was found to be replaced.
    pub replaced: ReplacedCount,
    /// Where streams are parked; without it they are bodies of responses.
    pub park: Option<Park>,
    /// What runs besides requests.
    pub tasks: Tasks,
}

/// What runs besides requests, and how it is ended.
#[derive(Clone, Debug, Default)]
pub struct Tasks {
    /// Ends all of it.
    pub stop: CancellationToken,
    /// Cancelled when every stream is to end itself.
    pub streams_stop: CancellationToken,
    /// Ends the doing of background jobs.
    pub jobs_stop: CancellationToken,
    /// What does background jobs.
    pub jobs: TaskTracker,
    /// What feeds the streams.
    pub feeders: TaskTracker,
    /// Everything else.
    pub others: TaskTracker,
}

/// An instance that was put together.
pub struct Composed {
    /// What its handlers share.
    pub state: AppState,
    /// Every route of it.
    pub router: Router,
    /// The database, with deadlines and timed.
    pub store: Arc<dyn Store>,
    /// Tells streams that something changed, on every instance.
    pub notifier: Arc<dyn Notifier>,
    /// Hashes its passwords.
    pub passwords: PasswordKeeper,
    /// Ends the streams of people whose access has ended, once it runs.
    pub watcher: Watcher,
}

/// Puts an instance together and starts what runs besides requests, save the watcher.
///
/// # Errors
/// When Redis, mail or the provider cannot be used as they are set; the message says which and why.
pub fn compose(settings: InstanceSettings, ports: InstancePorts) -> anyhow::Result<Composed> {
    let InstancePorts { store, log, clock, rng, key, replaced, park, tasks } = ports;
    let store_times = StoreTimes::default();
    let bounded = store.bounded(store_times.clone());
    let store: Arc<dyn Store> = Arc::new(bounded.clone());
    let bus_settings = BusSettings { window: settings.window, heartbeat: settings.heartbeat };
    let (stop, feeders) = (tasks.stop.clone(), tasks.feeders.clone());
    let log: Arc<dyn LogStore> = match log {
        Some(log) => log,
        None => store.clone(),
    };
    let bus = Bus::new(log, clock.clone(), rng.clone(), bus_settings, stop.clone(), feeders);
    let notifier: Arc<dyn Notifier> = match &settings.redis_url {
        Some(url) => {
            let joined = RedisNotifier::join(url, bus.clone(), &stop, &tasks.feeders);
            Arc::new(joined.context("REDIS_URL is not an address of Redis")?)
        }
        None => Arc::new(bus.clone()),
    };
    let boards = BoardCache::new(store.clone(), clock.clone());
    let notifier: Arc<dyn Notifier> = Arc::new(BoardNotifier { boards: boards.clone(), next: notifier });
    let provider = settings.oidc.settings().map(|oidc| Provider::new(oidc, &settings.reached_at, clock.clone()));
    let provider = provider.transpose().context("the OpenID Connect provider cannot be used")?;
    let ports = JobPorts { store: bounded, key, clock: clock.clone(), rng: rng.clone() };
    let mail = MailSetup::new(&settings.mail, &settings.reached_at, ports)?;
    let mail_counts = mail.as_ref().map(|mail| mail.queue.counts().clone()).unwrap_or_default();
    let account = AccountState { mail: mail.as_ref().map(|mail| mail.queue.clone()), provider: provider.map(Arc::new) };
    let limits = Limits::new(&settings.limits, settings.open_files, clock.clone());
    let refusals = AuditedRefusals::start(store.clone(), clock.clone(), rng.clone(), stop, &tasks.others);
    let passwords = PasswordKeeper::new(settings.password_work, rng.clone());
    let service = service(store.clone(), notifier.clone(), clock.clone(), rng.clone(), Arc::new(key))
        .limited_by(limits.paces.clone())
        .with_open_questions(settings.limits.open_questions())
        .watched_by(Arc::new(bus.meters().clone()))
        .reading_boards_by(Arc::new(boards.clone()))
        .inviting_by(Arc::new(Invites::new(settings.reached_at, rng.clone())), Arc::new(CsvTables))
        .guarded_by(Arc::new(passwords.clone()))
        .drawing_by(Arc::new(Redrawer::default()))
        .asking_second_factor(Arc::new(key), settings.second_factor)
        .idle_after(settings.session_idle_days)
        .witnessed_by(Arc::new(refusals));
    let service = match mail {
        Some(mail) => {
            let service = service.telling_by(Arc::new(mail.queue.clone()));
            tasks.jobs.spawn(mail.runner(service.clone()).run(tasks.jobs_stop, JOBS_GRACE));
            service
        }
        None => service,
    };
    let passes = AccessRegister::default();
    let watcher = Watcher {
        passes: passes.clone(),
        store: store.clone(),
        clock: clock.clone(),
        wake: bus.access(),
        look: park.map(|park| Box::new(move || park.look()) as Box<dyn Fn() + Send + Sync>),
    };
    let metrics = Metrics {
        meters: bus.meters().clone(),
        store: store_times,
        sizes: KnownSizes::default(),
        replaced,
        mail: mail_counts,
        boards: boards.clone(),
    };
    let state = AppState::new(AppStateParts {
        service,
        store: store.clone(),
        clock,
        rng,
        bus,
        boards,
        passes,
        cookies: Cookies::new(key, settings.is_secure),
        site: settings.site,
        origins: settings.origins,
        heartbeat: settings.heartbeat,
        streams_stop: tasks.streams_stop,
        compresses_streams: settings.compresses_streams,
        drain: settings.drain,
        limits,
        metrics,
        readiness: Readiness::default(),
        account,
        logs_addresses: settings.logs_addresses,
    });
    Ok(Composed { router: router(state.clone()), state, store, notifier, passwords, watcher })
}

/// The use cases for work beside a server: nobody is held back, and no stream of this process is told anything.
#[must_use]
pub fn offline_service(
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    pseudonyms: Arc<dyn Pseudonyms>,
) -> Service {
    service(store, Arc::new(NoopNotifier), clock, rng, pseudonyms)
}

/// The use cases for a command. It needs no key of the installation's, for it knows no participants: who runs it need not
/// have the server's secrets.
#[must_use]
pub fn command_service(store: Arc<dyn Store>) -> Service {
    let key = InstallationKey::throwaway(&SystemRng);
    offline_service(store, Arc::new(SystemClock), Arc::new(SystemRng), Arc::new(key))
}

/// The use cases with the ports that need no setting, which are the same for everybody.
fn service(
    store: Arc<dyn Store>,
    notifier: Arc<dyn Notifier>,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    pseudonyms: Arc<dyn Pseudonyms>,
) -> Service {
    Service::new(store, notifier, clock, rng, pseudonyms).comparing_by(Arc::new(Tables))
}

/// The notifier of work that has no streams of its own.
#[derive(Clone, Copy, Debug, Default)]
struct NoopNotifier;

impl Notifier for NoopNotifier {
    fn notify(&self, _: TenantId, _: Change) {}
}
