//! A server: everything that one instance of the server is made of, save the listening socket.

use axum::Router;
use axum::extract::Request;
use axum::http::Method;
use axum::middleware::{self, Next};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use pulsestage::ports::{Clock, LogStore, NewTenant, Store, TenantStore, Unlimited};
use pulsestage::second_factor::Requirement;
use pulsestage::service::{SESSION_IDLE_DAYS, Service};
use pulsestage::tenant::TenantSettings;
use pulsestage::text::{Name, Slug};
use pulsestage_server::access::Watcher;
use pulsestage_server::auth::{Cookies, HashCost, PasswordKeeper};
use pulsestage_server::bus::Bus;
use pulsestage_server::compose::{Composed, InstancePorts, InstanceSettings, Tasks, compose};
use pulsestage_server::limits::LimitArgs;
use pulsestage_server::lineage::ReplacedCount;
use pulsestage_server::mail::MailArgs;
use pulsestage_server::oidc::OidcArgs;
use pulsestage_server::origin::{Authority, BaseDomain};
use pulsestage_server::state::{AppState, Site};
use pulsestage_server::store::{Durability, Options, SqlStore, open};
use pulsestage_server::system::{InstallationKey, SystemClock, SystemRng};

use super::{Call, Database, Folder, HandClock, LogStub, Room, Wire, soon};

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
    pub(crate) work: HashCost,
    /// Who must have a second factor.
    pub(crate) second_factor: Requirement,
    /// How it sends mail.
    pub(crate) mail: MailArgs,
    /// Who vouches for people.
    pub(crate) oidc: OidcArgs,
    /// Whether it logs addresses.
    pub(crate) log_addresses: bool,
    /// Whether browsers keep a copy of the board.
    pub(crate) offline_pages: bool,
}

impl Plan {
    /// What it sets of an instance, with the built pages in this folder.
    fn settings(self, site: &Folder) -> InstanceSettings {
        let options = leptos::config::LeptosOptions::builder()
            .output_name("pulsestage")
            .site_root(site.path().display().to_string())
            .site_pkg_dir("pkg")
            .env(leptos::config::Env::PROD)
            .hash_files(self.hashed)
            .build();
        InstanceSettings {
            reached_at: self.public_url.clone().unwrap_or_else(|| "http://ask.test".to_owned()),
            is_secure: self.public_url.as_deref().is_some_and(|url| url.starts_with("https://")),
            site: Site {
                options,
                origin: self.public_url,
                base_domain: self.base_domain,
                also_hosts: self.also_hosts,
                offline_pages: self.offline_pages,
            },
            origins: self.origins,
            window: self.window,
            heartbeat: self.heartbeat,
            drain: Duration::ZERO,
            redis_url: self.redis_url,
            limits: self.limits,
            open_files: 1_000,
            password_work: self.work,
            second_factor: self.second_factor,
            session_idle_days: Some(SESSION_IDLE_DAYS),
            mail: self.mail,
            oidc: self.oidc,
            compresses_streams: true,
            logs_addresses: self.log_addresses,
        }
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
            work: HashCost::LEAST,
            second_factor: Requirement::Off,
            mail: MailArgs::default(),
            oidc: OidcArgs::default(),
            log_addresses: false,
            offline_pages: true,
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
    _site: Folder,
    /// Dropped last: the store is at work on it until then.
    _database: Option<Database>,
}

impl TestServer {
    /// A server on a fresh database of the engine that is tried, with the two tenants `default` and `acme`.
    pub(crate) async fn new(plan: Plan) -> (Self, Room, Room) {
        let database = Database::new().await;
        let mut server = Self::on(open_store(&database.url()).await, plan);
        server._database = Some(database);
        // Furniture counts for nobody's limits.
        let movers = server.service.clone().limited_by(Arc::new(Unlimited));
        let movers = movers.asking_second_factor(Arc::new(server.key), Requirement::Off);
        let default = Room::furnish(&movers, "default").await;
        let acme = Room::furnish(&movers, "acme").await;
        (server, default, acme)
    }

    /// A server on this store.
    pub(crate) fn on(store: SqlStore, plan: Plan) -> Self {
        let (server, watcher) = Self::compose(store, None, plan);
        // Not one of the tasks that tests wait for.
        tokio::spawn(watcher.run(server.stop.clone()));
        server
    }

    /// A server that tells streams this log, for tests with a paused clock. The tenant of the log is in a database,
    /// which is given as well; the clock goes on while it is asked.
    pub(crate) async fn on_log(log: &LogStub, plan: Plan) -> (Self, SqlStore) {
        let running = Running::start();
        let database = Database::new().await;
        let store = open_store(&database.url()).await;
        let tenant = NewTenant {
            id: LogStub::TENANT,
            slug: Slug::default_tenant(),
            name: Name::parse("Log").unwrap(),
            settings: TenantSettings::default(),
            epoch: LogStub::EPOCH,
            at: SystemClock.now(),
            first_team: None,
        };
        store.create_tenant(tenant).await.unwrap();
        drop(running);
        // Nobody is signed in, so there is nothing to watch.
        let (mut server, _watcher) = Self::compose(store.clone(), Some(Arc::new(log.clone())), plan);
        let service = server.service.clone();
        let looked_up = middleware::from_fn(move |request: Request, next: Next| {
            let service = service.clone();
            async move {
                let running = Running::start();
                // From here on it is known without the database, for a moment.
                let _known = service.public_tenant(&Slug::default_tenant()).await;
                drop(running);
                next.run(request).await
            }
        });
        server.router = server.router.clone().layer(looked_up);
        server._database = Some(database);
        (server, store)
    }

    fn compose(store: SqlStore, log: Option<Arc<dyn LogStore>>, plan: Plan) -> (Self, Watcher) {
        let (hand, site, key) = (HandClock::default(), Folder::site(), InstallationKey::new([7; 32]));
        let (stop, feeders) = (CancellationToken::new(), TaskTracker::new());
        let ports = InstancePorts {
            store,
            log,
            clock: Arc::new(hand.clone()),
            rng: Arc::new(SystemRng),
            key,
            replaced: ReplacedCount::default(),
            park: None,
            tasks: Tasks {
                stop: stop.clone(),
                streams_stop: stop.clone(),
                jobs_stop: stop.clone(),
                jobs: TaskTracker::new(),
                feeders: feeders.clone(),
                // Of its own: a test waits for the tailers to go, and these stay as long as the server.
                others: TaskTracker::new(),
            },
        };
        let Composed { state, router, store, passwords, watcher, .. } = compose(plan.settings(&site), ports).unwrap();
        let (service, bus) = (state.service().clone(), state.bus().clone());
        let server = Self {
            state,
            router,
            service,
            store,
            bus,
            clock: hand,
            stop,
            tasks: feeders,
            passwords,
            key,
            _site: site,
            _database: None,
        };
        (server, watcher)
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

/// While it is there, a paused clock goes.
struct Running;

impl Running {
    fn start() -> Self {
        tokio::time::resume();
        Self
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        tokio::time::pause();
    }
}

/// Opens a database as the tests do: quick, for no test pulls the plug.
pub(crate) async fn open_store(url: &str) -> SqlStore {
    open(url, Options { durability: Durability::Normal, connections: 8, ..Options::default() }).await.unwrap()
}
