//! A server: everything that one instance of the server is made of, save the listening socket.

use axum::Router;
use axum::http::Method;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use pulsestage::ports::{Clock, Mailer, Notifier, Store, Unlimited};
use pulsestage::second_factor::Requirement;
use pulsestage::service::Service;
use pulsestage_server::access::{AccessRegister, Watcher};
use pulsestage_server::auth::{Cookies, Invites, PasswordKeeper, Work};
use pulsestage_server::bus::redis::RedisNotifier;
use pulsestage_server::bus::{Bus, BusSettings};
use pulsestage_server::csv_reader::CsvTables;
use pulsestage_server::http::account::AccountState;
use pulsestage_server::http::health::Readiness;
use pulsestage_server::http::host::{Authority, BaseDomain};
use pulsestage_server::limits::{AuditedRefusals, LimitArgs, Limits};
use pulsestage_server::lineage::ReplacedCount;
use pulsestage_server::mail::{MailArgs, MailedNotices, Smtp};
use pulsestage_server::metrics::{KnownSizes, Metrics, StoreTimes, TimedStore};
use pulsestage_server::oidc::{OidcArgs, Provider};
use pulsestage_server::pictures::Redrawer;
use pulsestage_server::router::router;
use pulsestage_server::state::{AppState, Shared, Site};
use pulsestage_server::store::{Durability, Options, SqlStore, open};
use pulsestage_server::system::{InstallationKey, SystemRng};
use pulsestage_server::unicode::Tables;

use super::{Call, Folder, HandClock, Room, Wire, soon};

/// How a server is built.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// How long changes are gathered.
    pub(crate) window: Duration,
    /// Time between heartbeats.
    pub(crate) heartbeat: Duration,
    /// Other sites that may use it.
    pub(crate) origins: Vec<String>,
    /// The address people reach it at.
    pub(crate) public_url: Option<String>,
    /// Where tenants have hosts of their own.
    pub(crate) base_domain: Option<BaseDomain>,
    /// Further hosts that are its own.
    pub(crate) also_hosts: Vec<Authority>,
    /// Whether the names of built files carry a hash.
    pub(crate) hashed: bool,
    /// The Redis that it shares with others.
    pub(crate) redis_url: Option<String>,
    /// How much it takes of everything.
    pub(crate) limits: LimitArgs,
    /// How much work a hash of a password is.
    pub(crate) work: Work,
    /// Who must have a second factor.
    pub(crate) second_factor: Requirement,
    /// How it sends mail.
    pub(crate) mail: MailArgs,
    /// Who vouches for people.
    pub(crate) oidc: OidcArgs,
    /// Whether it logs addresses.
    pub(crate) log_addresses: bool,
}

impl Plan {
    fn entrance(&self, clock: Arc<dyn Clock>) -> AccountState {
        let mailer = Smtp::new(&self.mail).unwrap().map(|smtp| Arc::new(smtp) as Arc<dyn Mailer>);
        let origin = self.public_url.as_deref().unwrap_or("http://ask.test");
        let provider = self.oidc.settings().map(|settings| Provider::new(settings, origin, clock).unwrap());
        AccountState::new(mailer, provider.map(Arc::new))
    }
}

impl Default for Plan {
    fn default() -> Self {
        // A heartbeat in the middle of a test would be one message too many.
        let heartbeat = Duration::from_secs(3_600);
        Self {
            window: Duration::from_millis(5),
            heartbeat,
            origins: Vec::new(),
            public_url: None,
            base_domain: None,
            also_hosts: vec![super::HOST.parse().unwrap()],
            hashed: false,
            redis_url: None,
            limits: LimitArgs::NONE,
            work: Work::LEAST,
            second_factor: Requirement::Off,
            mail: MailArgs::default(),
            oidc: OidcArgs::default(),
            log_addresses: false,
        }
    }
}

/// One instance of the server.
pub(crate) struct TestServer {
    pub(crate) state: AppState,
    pub(crate) router: Router,
    pub(crate) service: Service,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) bus: Bus,
    pub(crate) clock: HandClock,
    pub(crate) stop: CancellationToken,
    pub(crate) tasks: TaskTracker,
    pub(crate) passwords: PasswordKeeper,
    key: InstallationKey,
    _folders: Vec<Folder>,
}

impl TestServer {
    /// A server on a fresh SQLite database, with the two tenants `default` and `acme`.
    pub(crate) async fn new(plan: Plan) -> (Self, Room, Room) {
        let folder = Folder::new();
        let store = open_store(&folder.sqlite_url()).await;
        let mut server = Self::on(Arc::new(store), plan);
        server._folders.push(folder);
        // Furniture counts for nobody's limits.
        let movers = server.service.clone().limited_by(Arc::new(Unlimited));
        let movers = movers.asking_second_factor(Arc::new(server.key), Requirement::Off);
        let default = Room::furnish(&movers, "default").await;
        let acme = Room::furnish(&movers, "acme").await;
        (server, default, acme)
    }

    /// A server on this store.
    pub(crate) fn on(store: Arc<dyn Store>, plan: Plan) -> Self {
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let hand = HandClock::default();
        let (clock, rng, key) = (Arc::new(hand.clone()), Arc::new(SystemRng), InstallationKey::new([7; 32]));
        let store_times = StoreTimes::default();
        let store: Arc<dyn Store> = Arc::new(TimedStore::new(store, store_times.clone()));
        let settings = BusSettings { window: plan.window, heartbeat: plan.heartbeat };
        let bus = Bus::new(store.clone(), clock.clone(), rng.clone(), settings, stop.clone(), tasks.clone());
        let bell: Arc<dyn Notifier> = match &plan.redis_url {
            Some(url) => Arc::new(RedisNotifier::join(url, bus.clone(), &stop, &tasks).unwrap()),
            None => Arc::new(bus.clone()),
        };
        let limits = Limits::new(&plan.limits, 1_000, clock.clone());
        // Of its own: a test waits for the tailers to go, and this one stays as long as the server.
        let others = TaskTracker::new();
        let refusals = AuditedRefusals::start(store.clone(), clock.clone(), rng.clone(), stop.clone(), &others);
        let passwords = PasswordKeeper::new(plan.work, rng.clone());
        let entrance = plan.entrance(clock.clone());
        let service = Service::new(store.clone(), bell, clock.clone(), rng.clone(), Arc::new(key))
            .limited_by(limits.paces.clone())
            .with_open_questions(plan.limits.open_questions())
            .watched_by(Arc::new(bus.meters().clone()))
            .inviting_by(Arc::new(Invites::new("http://ask.test".to_owned(), rng.clone())), Arc::new(CsvTables))
            .telling_by(Arc::new(MailedNotices::new(entrance.mailer.clone(), entrance.background.clone())))
            .guarded_by(Arc::new(passwords.clone()))
            .drawing_by(Arc::new(Redrawer::default()))
            .comparing_by(Arc::new(Tables))
            .asking_second_factor(Arc::new(key), plan.second_factor)
            .witnessed_by(Arc::new(refusals));
        let site = Folder::site();
        let options = leptos::config::LeptosOptions::builder()
            .output_name("pulsestage")
            .site_root(site.path().display().to_string())
            .site_pkg_dir("pkg")
            .env(leptos::config::Env::PROD)
            .hash_files(plan.hashed)
            .build();
        let passes = AccessRegister::default();
        let watcher = Watcher {
            passes: passes.clone(),
            store: store.clone(),
            clock: clock.clone(),
            bell: bus.access(),
            park: None,
        };
        // Not one of the tasks that tests count.
        tokio::spawn(watcher.run(stop.clone()));
        let secure = plan.public_url.as_deref().is_some_and(|url| url.starts_with("https://"));
        let state = AppState::new(Shared {
            service: service.clone(),
            store: store.clone(),
            clock,
            rng,
            bus: bus.clone(),
            passes,
            cookies: Cookies::new(key, secure),
            site: Site { options, origin: plan.public_url, base_domain: plan.base_domain, also_hosts: plan.also_hosts },
            origins: plan.origins,
            heartbeat: plan.heartbeat,
            streams_stop: stop.clone(),
            compresses_streams: true,
            drain: Duration::ZERO,
            limits,
            metrics: Metrics {
                meters: bus.meters().clone(),
                store: store_times,
                sizes: KnownSizes::default(),
                replaced: ReplacedCount::default(),
            },
            readiness: Readiness::default(),
            entrance,
            logs_addresses: plan.log_addresses,
        });
        let router = router(state.clone());
        Self { state, router, service, store, bus, clock: hand, stop, tasks, passwords, key, _folders: vec![site] }
    }

    /// A request with GET.
    pub(crate) fn get(&self, path: &str) -> Call {
        Call::new(&self.router, Method::GET, path)
    }

    /// A request with any method.
    pub(crate) fn request(&self, method: Method, path: &str) -> Call {
        Call::new(&self.router, method, path)
    }

    /// A call of a server function by POST.
    pub(crate) fn function(&self, name: &str) -> Call {
        Call::new(&self.router, Method::POST, &format!("/api/fn/{name}"))
    }

    /// Opens a stream; it must be granted.
    pub(crate) async fn stream(&self, query: &str) -> Wire {
        Wire::of(self.get(&format!("/sse?{query}")).open().await)
    }

    /// The cookie of a participant.
    pub(crate) fn participant(&self, number: u128) -> String {
        let cookie = self.state.cookies().device_cookie(Uuid::from_u128(number));
        format!("{}={}", cookie.name(), cookie.value())
    }

    /// The cookie of a participant that another installation signed.
    pub(crate) fn foreign_participant(number: u128) -> String {
        let cookie = Cookies::new(InstallationKey::new([8; 32]), false).device_cookie(Uuid::from_u128(number));
        format!("{}={}", cookie.name(), cookie.value())
    }

    /// Ends its tasks and waits for them.
    pub(crate) async fn close(self) {
        self.stop.cancel();
        self.tasks.close();
        soon("the tasks of a server to end", self.tasks.wait()).await;
    }

    /// The key that signs its cookies.
    pub(crate) fn key(&self) -> InstallationKey {
        self.key
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        // Its tasks end with the test, not some time after it.
        self.stop.cancel();
    }
}

/// Opens a database as the tests do: quick, for no test pulls the plug.
pub(crate) async fn open_store(url: &str) -> SqlStore {
    open(url, Options { durability: Durability::Normal, connections: 8, ..Options::default() }).await.unwrap()
}
