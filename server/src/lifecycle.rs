//! From settings to a running server, and back: open the store, listen, serve, and end within a deadline.

use anyhow::Context;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::accept::{self, Tls};
use crate::access::{Passes, Watcher};
use crate::auth::{Cookies, Invites, PasswordKeeper, Secret, Work};
use crate::bus::redis::SharedBell;
use crate::bus::{Bus, BusSettings};
use crate::config::{ServeArgs, SqliteSync, StoreArgs};
use crate::demo::{self, DemoPorts, Seeded};
use crate::http::doors::{Entrance, claim_link};
use crate::http::health::Readiness;
use crate::http::session::{moderators_page, tenant_page};
use crate::limits::{Limits, NotedRefusals, Pacer, raise_open_files};
use crate::mail::Smtp;
use crate::metrics::{self, Metrics, StoreTimes, TimedStore};
use crate::oidc::Provider;
use crate::park::{Park, ParkSettings};
use crate::sheets::CsvSheets;
use crate::state::{AppState, Shared, Site};
use crate::store::{Durability, Options, SqlStore};
use crate::world::{Key, SystemChance, SystemClock};
use crate::{install, router, store};
use pulsestage::error::Refusal;
use pulsestage::ports::{Chance, Clock, Mailer, Notifier, Store};
use pulsestage::service::Service;
use pulsestage::tenant::Tenant;
use pulsestage::text::Slug;
use pulsestage::user::Role;

/// How long open requests may take to finish once we are asked to stop.
pub const STOP_DEADLINE: Duration = Duration::from_millis(1_500);
/// How long the database may take to close after that. What was confirmed is safe without it.
const CLOSE_DEADLINE: Duration = Duration::from_millis(400);

/// A server that is running.
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    /// Where it serves metrics, if it does.
    pub metrics_addr: Option<SocketAddr>,
    /// What its handlers share.
    pub state: AppState,
    tls: Option<Tls>,
    /// Whether it shows demo data.
    demo: bool,
    park: Park,
    /// Ends the accepting, and then the streams.
    stop: CancellationToken,
    /// Connections and streams.
    connections: TaskTracker,
    /// Ends what feeds the streams.
    stop_feeding: CancellationToken,
    /// What feeds the streams.
    feeders: TaskTracker,
    store: SqlStore,
}

/// Opens the database that is meant and brings its tables up to date.
///
/// # Errors
/// When it cannot be opened; the message says why and what to do.
pub async fn open_store(args: &StoreArgs) -> anyhow::Result<SqlStore> {
    let durability = match args.sqlite_sync {
        SqliteSync::Full => Durability::Full,
        SqliteSync::Normal => Durability::Normal,
    };
    let options = Options { durability, ..Options::default() };
    Ok(store::open(&args.url(), options).await?)
}

/// Starts a server.
///
/// # Errors
/// When the database, the site folder or the address cannot be used; the message says which and why.
pub async fn start(args: &ServeArgs) -> anyhow::Result<Running> {
    let site = find_site(args)?;
    let tls = tls(args)?;
    let store = open_store(&args.store).await?;
    let key = Key::new(
        store.installation_key(&SystemChance).await.context("the key of this installation could not be read")?,
    );
    prepare(&store, key, args.demo).await?;
    let listener = accept::listen(args.addr).with_context(|| format!("{} cannot be listened on", args.addr))?;
    let addr = listener.local_addr()?;
    let metrics_listener = args
        .metrics
        .metrics_addr
        .map(|addr| accept::listen(addr).with_context(|| format!("{addr} cannot be listened on for metrics")));
    let metrics_listener = metrics_listener.transpose()?;
    let (stop, connections) = (CancellationToken::new(), TaskTracker::new());
    let (stop_feeding, feeders) = (CancellationToken::new(), TaskTracker::new());
    let store_times = StoreTimes::default();
    let shared_store: Arc<dyn Store> = Arc::new(TimedStore::new(Arc::new(store.clone()), store_times.clone()));
    let (clock, chance) = (Arc::new(SystemClock), Arc::new(SystemChance));
    let settings = BusSettings { window: args.window(), heartbeat: args.heartbeat() };
    let bus = Bus::new(shared_store.clone(), clock.clone(), &*chance, settings, stop_feeding.clone(), feeders.clone());
    let bell: Arc<dyn Notifier> = match &args.redis_url {
        Some(url) => {
            let joined = SharedBell::join(url, bus.clone(), &stop_feeding, &feeders);
            Arc::new(joined.context("REDIS_URL is not an address of Redis")?)
        }
        None => Arc::new(bus.clone()),
    };
    let limits = Limits::new(&args.limits, raise_open_files(), clock.clone());
    let refusals =
        NotedRefusals::start(shared_store.clone(), clock.clone(), chance.clone(), stop_feeding.clone(), &feeders);
    let service = Service::new(shared_store.clone(), bell, clock.clone(), chance.clone(), Arc::new(key))
        .paced_by(limits.paces.clone())
        .watched_by(Arc::new(bus.meters().clone()))
        .guarded_by(Arc::new(PasswordKeeper::new(Work::OWASP, chance.clone())))
        .witnessed_by(Arc::new(refusals));
    let origin = args.public_url.as_deref().map(|url| url.trim_end_matches('/').to_owned());
    let invites = Invites::new(reached_at(origin.as_deref(), tls.is_some(), addr), chance.clone());
    let service = service.inviting_by(Arc::new(invites), Arc::new(CsvSheets));
    let secure = tls.is_some() || origin.as_deref().is_some_and(|origin| origin.starts_with("https://"));
    let entrance = entrance(args, origin.as_deref(), addr, tls.is_some(), clock.clone())?;
    let settings = ParkSettings {
        threads: args.stream_threads(),
        heartbeat: args.heartbeat(),
        clock: clock.clone(),
        chance: chance.clone(),
    };
    let park = Park::start(settings, &connections).context("the threads of the streams could not be started")?;
    let passes = Passes::default();
    let watcher = Watcher {
        passes: passes.clone(),
        store: shared_store.clone(),
        clock: clock.clone(),
        bell: bus.access(),
        park: Some(park.clone()),
    };
    feeders.spawn(watcher.run(stop_feeding.clone()));
    let metrics = Metrics { meters: bus.meters().clone(), store: store_times };
    let state = AppState::new(Shared {
        service,
        store: shared_store,
        clock,
        chance,
        bus,
        passes,
        cookies: Cookies::new(key, secure),
        site: Site { options: site, origin, base_domain: args.hosts.base_domain.clone() },
        origins: args.cors_origin.clone(),
        heartbeat: args.heartbeat(),
        streams_stop: stop.clone(),
        compresses_streams: !args.no_stream_compression,
        drain: args.drain(),
        limits,
        metrics,
        readiness: Readiness::default(),
        entrance,
    });
    let metrics_addr = metrics_listener.as_ref().map(|listener| listener.local_addr()).transpose()?;
    if let Some(listener) = metrics_listener {
        feeders.spawn(metrics::serve(listener, state.clone(), stop_feeding.clone()));
    }
    let house = accept::House {
        router: router::router(state.clone()),
        park: park.clone(),
        tls: tls.clone(),
        stop: stop.clone(),
    };
    let pacer = Pacer::new(args.limits.accept_rate);
    connections.spawn(accept::serve(listener, Arc::new(house), pacer, connections.clone()));
    Ok(Running {
        addr,
        metrics_addr,
        state,
        tls,
        demo: args.demo,
        park,
        stop,
        connections,
        stop_feeding,
        feeders,
        store,
    })
}

impl Running {
    /// Reads the certificate again, if there is one.
    pub fn reload(&self) {
        match self.tls.as_ref().map(Tls::reload) {
            None => {}
            Some(Ok(())) => tracing::info!("read the certificate again"),
            Some(Err(error)) => tracing::error!(error = format!("{error:#}"), "the certificate stays as it was"),
        }
    }

    /// Ends it. No connection is accepted any more; streams are sent away one after the other over the time that was
    /// set, or at once when `hurry` comes; requests that are open finish, in [`STOP_DEADLINE`] after that at the latest;
    /// then the database is closed.
    pub async fn stop(self, hurry: impl Future<Output = ()>) {
        self.state.readiness().set_stopping();
        let drain = self.state.drain();
        self.stop.cancel();
        self.park.drain(drain);
        self.connections.close();
        let hurried = async {
            tokio::select! {
                () = hurry => self.park.drain(Duration::ZERO),
                () = sleep(drain) => {}
            }
            sleep(STOP_DEADLINE).await;
        };
        tokio::select! {
            () = self.connections.wait() => {}
            () = hurried => {
                tracing::warn!(connections = self.connections.len(), "some connections did not finish in time and were cut");
            }
        }
        self.stop_feeding.cancel();
        self.feeders.close();
        let closed = async {
            self.feeders.wait().await;
            self.store.close().await;
        };
        if tokio::time::timeout(CLOSE_DEADLINE, closed).await.is_err() {
            tracing::warn!("the database was at work still and was left");
        }
    }
}

/// Mail and the provider, as far as they are set up.
fn entrance(
    args: &ServeArgs,
    origin: Option<&str>,
    addr: SocketAddr,
    is_tls: bool,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<Entrance> {
    let mailer = Smtp::new(&args.mail)?.map(|smtp| Arc::new(smtp) as Arc<dyn Mailer>);
    let origin = reached_at(origin, is_tls, addr);
    let provider = args.oidc.settings().map(|settings| Provider::new(settings, &origin, clock));
    let provider = provider.transpose().context("the OpenID Connect provider cannot be used")?;
    Ok(Entrance::new(mailer, provider.map(Arc::new)))
}

fn tls(args: &ServeArgs) -> anyhow::Result<Option<Tls>> {
    let (Some(certificate), Some(key)) = (&args.tls.tls_cert, &args.tls.tls_key) else { return Ok(None) };
    Ok(Some(Tls::new(certificate.clone(), key.clone())?))
}

/// Makes sure that there is somebody to serve: demo data if asked for, otherwise an empty tenant with one team.
async fn prepare(store: &SqlStore, key: Key, demo: bool) -> anyhow::Result<()> {
    let shared: Arc<dyn Store> = Arc::new(store.clone());
    if demo {
        let ports = DemoPorts {
            store: shared.clone(),
            chance: Arc::new(SystemChance),
            pseudonyms: Arc::new(key),
            now: SystemClock.now(),
        };
        match demo::seed(ports).await.context("the demo data could not be written")? {
            Seeded::Filled { questions } => tracing::info!(questions, "filled the empty database with demo data"),
            Seeded::HasData => tracing::info!("the database has data, so the demo data was left out"),
        }
    }
    let made = install::first_tenant(shared, key).await.context("the first tenant could not be made")?;
    if made {
        tracing::info!("made the first tenant");
    }
    Ok(())
}

/// Makes a one-time link for a tenant.
///
/// # Errors
/// When there is no such tenant.
pub async fn make_link(service: &Service, origin: &str, tenant: &Slug, role: Role) -> Result<String, Refusal> {
    let secret = Secret::new(&SystemChance as &dyn Chance);
    service.put_link(tenant, role, secret.hash()).await?;
    Ok(format!("{}/sign-in/{}", origin.trim_end_matches('/'), secret.reveal()))
}

/// What the terminal shows once the server is up: the addresses to open. Whoever reads it may claim an installation that
/// nobody owns, by a fresh one-time link; with demo data they come in to each tenant, by one as well.
///
/// # Errors
/// When the links cannot be kept.
pub async fn welcome(running: &Running) -> Result<String, Refusal> {
    const SHOWN: usize = 5;
    let service = running.state.service();
    let origin = reached_at(running.state.site().origin.as_deref(), running.tls.is_some(), running.addr);
    let mut text = "\nPulseStage is running. Stop it with Ctrl-C.\n".to_owned();
    for Tenant { slug, name, .. } in service.tenants().await?.iter().take(SHOWN) {
        let Ok(slug) = Slug::parse(slug) else { continue };
        text += &format!(
            "\n  {name}\n    questions   {origin}{}\n    moderators  {origin}{}\n",
            tenant_page(slug.as_str()),
            moderators_page(slug.as_str()),
        );
        if running.demo {
            text += &format!("    sign in     {}\n", make_link(service, &origin, &slug, Role::Owner).await?);
        }
    }
    if running.demo {
        text += "\nEach sign-in link works once, within a day. `pulsestage link --tenant SLUG` makes another.\n";
        return Ok(text);
    }
    let claim = Secret::new(running.state.chance());
    match service.offer_claim(&Slug::default_tenant(), claim.hash()).await {
        Ok(true) => {
            let link = claim_link(&origin, &claim);
            text += &format!(
                "\nNobody owns this installation yet. Open this link to claim it:\n\n  {link}\n\nIt works once, within a day; each start prints another until somebody has.\n"
            );
        }
        // Without a default tenant there is nothing to be claimed.
        Ok(false) | Err(Refusal::NotFound { .. }) => {
            text += "\nIf nobody can sign in, `pulsestage link --tenant SLUG --role owner` makes a one-time link.\n";
        }
        Err(refusal) => return Err(refusal),
    }
    Ok(text)
}

/// The origin that people reach us at: the one that was set, or our own address.
fn reached_at(origin: Option<&str>, tls: bool, addr: SocketAddr) -> String {
    let scheme = if tls { "https" } else { "http" };
    origin.map_or_else(|| format!("{scheme}://{addr}"), ToOwned::to_owned)
}

/// The folder with the built pages: the one that was named, or the one beside the binary.
fn find_site(args: &ServeArgs) -> anyhow::Result<leptos::config::LeptosOptions> {
    let binary = std::env::current_exe().context("the place of this program is not known")?;
    let beside = binary.parent().unwrap_or_else(|| Path::new("."));
    let candidates: Vec<PathBuf> = match &args.site_dir {
        Some(named) => vec![named.clone()],
        None => vec![beside.join("site"), beside.join("../site"), PathBuf::from("target/site")],
    };
    let found = candidates.iter().find(|folder| folder.join("pkg").is_dir());
    let folder = found.with_context(|| {
        let tried: Vec<String> = candidates.iter().map(|folder| folder.display().to_string()).collect();
        format!(
            "the built pages were not found in {}; build them with scripts/build or name their folder with --site-dir",
            tried.join(", ")
        )
    })?;
    let options = leptos::config::LeptosOptions::builder()
        .output_name("pulsestage")
        .site_root(folder.display().to_string())
        .site_pkg_dir("pkg")
        .site_addr(args.addr)
        // cargo-leptos puts the list of hashed names beside the binary when names are hashed.
        .hash_files(beside.join("hash.txt").is_file());
    Ok(match std::env::var("LEPTOS_WATCH") {
        Ok(_) => options.env(leptos::config::Env::DEV).build(),
        Err(_) => options.env(leptos::config::Env::PROD).build(),
    })
}
