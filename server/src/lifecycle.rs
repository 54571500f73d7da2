//! From settings to a running server, and back: open the store, listen, serve, and end within a deadline.

mod begin;
mod prepare;
mod welcome;

use anyhow::Context;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::accept::{self, Stopping, Tls};
use crate::access::{AccessRegister, Watcher};
use crate::auth::{Cookies, Invites, PasswordKeeper, Work};
use crate::bus::redis::RedisNotifier;
use crate::bus::{Bus, BusSettings};
use crate::config::ServeArgs;
use crate::csv_reader::CsvTables;
use crate::housekeeping::Housekeeper;
use crate::http::health::Readiness;
use crate::limits::{AcceptLimiter, AuditedRefusals, Limits, raise_open_files};
use crate::mail::MailedNotices;
use crate::metrics::{self, KnownSizes, Metrics, StoreTimes, TimedStore};
use crate::park::{Park, ParkSettings};
use crate::pictures::Redrawer;
use crate::router;
use crate::state::{AppState, Shared, Site};
use crate::store::SqlStore;
use crate::system::{SystemClock, SystemRng};
use crate::unicode::Tables;
use pulsestage::ports::{Notifier, Store};
use pulsestage::service::Service;

use self::prepare::{entrance, find_site, tls};

pub use self::prepare::open_store;
pub use self::welcome::{make_link, welcome};

/// How long open requests may take to finish once we are asked to stop.
pub const STOP_DEADLINE: Duration = Duration::from_millis(1_500);
/// How long work that requests began, such as mail, may take after that.
const BACKGROUND_DEADLINE: Duration = Duration::from_secs(5);
/// How long what goes on by itself, such as housekeeping and what feeds the streams, may take to come to its end.
const FEEDERS_DEADLINE: Duration = Duration::from_secs(1);
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
    stopping: Stopping,
    /// The time for which it goes on accepting once it is told to stop.
    linger: Duration,
    /// Connections and streams.
    connections: TaskTracker,
    /// Ends what feeds the streams.
    stop_feeding: CancellationToken,
    /// What feeds the streams.
    feeders: TaskTracker,
    store: SqlStore,
}

/// Starts a server.
///
/// # Errors
/// When the database, the site folder or the address cannot be used; the message says which and why.
pub async fn start(args: &ServeArgs) -> anyhow::Result<Running> {
    let site = find_site(args)?;
    let tls = tls(args)?;
    let (store, key, lineage) = begin::begin(args).await?;
    let listener = accept::listen(args.addr).with_context(|| format!("{} cannot be listened on", args.addr))?;
    let addr = listener.local_addr()?;
    let metrics_listener = args
        .metrics
        .metrics_addr
        .map(|addr| accept::listen(addr).with_context(|| format!("{addr} cannot be listened on for metrics")));
    let metrics_listener = metrics_listener.transpose()?;
    let stopping = Stopping { lingers: !args.linger().is_zero(), ..Stopping::default() };
    let connections = TaskTracker::new();
    let (stop_feeding, feeders) = (CancellationToken::new(), TaskTracker::new());
    let store_times = StoreTimes::default();
    let shared_store: Arc<dyn Store> = Arc::new(TimedStore::new(Arc::new(store.clone()), store_times.clone()));
    let (clock, rng) = (Arc::new(SystemClock), Arc::new(SystemRng));
    let settings = BusSettings { window: args.window(), heartbeat: args.heartbeat() };
    let bus =
        Bus::new(shared_store.clone(), clock.clone(), rng.clone(), settings, stop_feeding.clone(), feeders.clone());
    let bell: Arc<dyn Notifier> = match &args.redis_url {
        Some(url) => {
            let joined = RedisNotifier::join(url, bus.clone(), &stop_feeding, &feeders);
            Arc::new(joined.context("REDIS_URL is not an address of Redis")?)
        }
        None => Arc::new(bus.clone()),
    };
    let limits = Limits::new(&args.limits, raise_open_files(), clock.clone());
    let refusals =
        AuditedRefusals::start(shared_store.clone(), clock.clone(), rng.clone(), stop_feeding.clone(), &feeders);
    let service = Service::new(shared_store.clone(), bell.clone(), clock.clone(), rng.clone(), Arc::new(key))
        .limited_by(limits.paces.clone())
        .with_open_questions(args.limits.open_questions())
        .watched_by(Arc::new(bus.meters().clone()))
        .guarded_by(Arc::new(PasswordKeeper::new(Work::OWASP, rng.clone())))
        .drawing_by(Arc::new(Redrawer::default()))
        .comparing_by(Arc::new(Tables))
        .asking_second_factor(Arc::new(key), args.require_second_factor)
        .witnessed_by(Arc::new(refusals));
    let origin = args.public_url.as_deref().map(|url| url.trim_end_matches('/').to_owned());
    let invites = Invites::new(reached_at(origin.as_deref(), tls.is_some(), addr), rng.clone());
    let service = service.inviting_by(Arc::new(invites), Arc::new(CsvTables));
    let secure = tls.is_some() || origin.as_deref().is_some_and(|origin| origin.starts_with("https://"));
    let entrance = entrance(args, origin.as_deref(), addr, tls.is_some(), clock.clone())?;
    let service = service
        .telling_by(Arc::new(MailedNotices::new(entrance.mailer.clone(), entrance.background.clone())))
        .idle_after((args.session_idle_days > 0).then_some(args.session_idle_days));
    let settings = ParkSettings {
        threads: args.stream_threads(),
        heartbeat: args.heartbeat(),
        clock: clock.clone(),
        rng: rng.clone(),
    };
    let park = Park::start(settings, &connections).context("the threads of the streams could not be started")?;
    let passes = AccessRegister::default();
    let watcher = Watcher {
        passes: passes.clone(),
        store: shared_store.clone(),
        clock: clock.clone(),
        bell: bus.access(),
        park: Some(park.clone()),
    };
    feeders.spawn(watcher.run(stop_feeding.clone()));
    let sizes = KnownSizes::default();
    let housekeeper = Housekeeper::new(store.clone(), clock.clone(), rng.clone(), bell.clone())
        .pruning_audit(args.audit_days)
        .measuring_for(sizes.clone());
    feeders.spawn(housekeeper.run(stop_feeding.clone()));
    let metrics = Metrics { meters: bus.meters().clone(), store: store_times, sizes, replaced: lineage.replaced() };
    feeders.spawn(lineage.run(stop_feeding.clone()));
    let state = AppState::new(Shared {
        service,
        store: shared_store,
        clock,
        rng,
        bus,
        passes,
        cookies: Cookies::new(key, secure),
        site: Site {
            options: site,
            origin,
            base_domain: args.hosts.base_domain.clone(),
            also_hosts: args.hosts.also_host.clone(),
        },
        origins: args.cors_origin.clone(),
        heartbeat: args.heartbeat(),
        streams_stop: stopping.stop.clone(),
        compresses_streams: !args.no_stream_compression,
        drain: args.drain(),
        limits,
        metrics,
        readiness: Readiness::default(),
        entrance,
        logs_addresses: args.log_addresses,
    });
    let metrics_addr = metrics_listener.as_ref().map(|listener| listener.local_addr()).transpose()?;
    if let Some(listener) = metrics_listener {
        feeders.spawn(metrics::serve(listener, state.clone(), stop_feeding.clone()));
    }
    let context = accept::ConnectionContext {
        router: router::router(state.clone()),
        park: park.clone(),
        tls: tls.clone(),
        connections: state.limits().connections.clone(),
        stopping: stopping.clone(),
    };
    let pacer = AcceptLimiter::new(args.limits.accept_rate);
    connections.spawn(accept::serve(listener, Arc::new(context), pacer, connections.clone()));
    Ok(Running {
        addr,
        metrics_addr,
        state,
        tls,
        demo: args.demo,
        park,
        stopping,
        linger: args.linger(),
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

    /// Ends it. It goes on as before for the time that was set, while it says that it is not ready. Then no connection is
    /// accepted any more; streams are sent away one after the other over the time that was set for that, and requests
    /// that are open finish, in [`STOP_DEADLINE`] after that at the latest; then the database is closed. When `hurry` comes
    /// both times are over at once.
    pub async fn stop(self, hurry: impl Future<Output = ()>) {
        self.state.readiness().set_stopping();
        self.stopping.told.cancel();
        let mut hurry = pin!(hurry);
        // Streams go on meanwhile: clients that were sent away could come back to the server that stops.
        let is_hurried = tokio::select! {
            () = &mut hurry => true,
            () = sleep(self.linger) => false,
        };
        let drain = if is_hurried { Duration::ZERO } else { self.state.drain() };
        self.stopping.stop.cancel();
        self.park.drain(drain);
        self.connections.close();
        let hurried = async {
            tokio::select! {
                () = hurry, if !is_hurried => self.park.drain(Duration::ZERO),
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
        self.state.entrance().background.finish(BACKGROUND_DEADLINE).await;
        self.stop_feeding.cancel();
        self.feeders.close();
        if timeout(FEEDERS_DEADLINE, self.feeders.wait()).await.is_err() {
            tracing::warn!(
                tasks = self.feeders.len(),
                "housekeeping and other tasks did not finish in time and were left"
            );
        }
        if timeout(CLOSE_DEADLINE, self.store.close()).await.is_err() {
            tracing::warn!("the database was at work still and was left");
        }
    }
}

/// The origin that people reach us at: the one that was set, or our own address.
fn reached_at(origin: Option<&str>, tls: bool, addr: SocketAddr) -> String {
    let scheme = if tls { "https" } else { "http" };
    origin.map_or_else(|| format!("{scheme}://{addr}"), ToOwned::to_owned)
}
