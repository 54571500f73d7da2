//! From settings to a running server, and back: open the store, listen, serve, and end within a deadline.

mod begin;
mod prepare;
mod welcome;

use anyhow::Context;
use leptos::config::LeptosOptions;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::accept::{self, Stopping, Tls};
use crate::auth::HashCost;
use crate::compose::{InstancePorts, InstanceSettings, Tasks, compose};
use crate::config::ServeArgs;
use crate::housekeeping::Housekeeper;
use crate::limits::{AcceptLimiter, raise_open_files};
use crate::metrics;
use crate::park::{Park, ParkSettings};
use crate::state::{AppState, Site};
use crate::store::SqlStore;
use crate::system::{SystemClock, SystemRng};

use self::prepare::{find_site, tls};

pub use self::prepare::open_store;
pub use self::welcome::{make_link, welcome};

/// How long open requests may take to finish once we are asked to stop.
pub const STOP_DEADLINE: Duration = Duration::from_millis(1_500);
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
    /// Ends the doing of background jobs.
    stop_jobs: CancellationToken,
    /// What does background jobs.
    jobs: TaskTracker,
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
    let (stop_jobs, jobs) = (CancellationToken::new(), TaskTracker::new());
    let (clock, rng) = (Arc::new(SystemClock), Arc::new(SystemRng));
    let park_settings = ParkSettings {
        threads: args.stream_threads(),
        heartbeat: args.heartbeat(),
        clock: clock.clone(),
        rng: rng.clone(),
    };
    let park = Park::start(park_settings, &connections).context("the threads of the streams could not be started")?;
    let instance = compose(
        instance_settings(args, site, addr, tls.is_some()),
        InstancePorts {
            store: store.clone(),
            log: None,
            clock: clock.clone(),
            rng: rng.clone(),
            key,
            replaced: lineage.replaced(),
            park: Some(park.clone()),
            tasks: Tasks {
                stop: stop_feeding.clone(),
                streams_stop: stopping.stop.clone(),
                jobs_stop: stop_jobs.clone(),
                jobs: jobs.clone(),
                feeders: feeders.clone(),
                others: feeders.clone(),
            },
        },
    )?;
    feeders.spawn(instance.watcher.run(stop_feeding.clone()));
    let state = instance.state;
    let housekeeper = Housekeeper::new(store.clone(), clock, rng, instance.notifier)
        .pruning_audit(args.audit_days)
        .measuring_for(state.metrics().sizes.clone());
    feeders.spawn(housekeeper.run(stop_feeding.clone()));
    feeders.spawn(lineage.run(stop_feeding.clone()));
    let metrics_addr = metrics_listener.as_ref().map(|listener| listener.local_addr()).transpose()?;
    if let Some(listener) = metrics_listener {
        let exposed = (state.metrics().clone(), state.limits().clone());
        feeders.spawn(metrics::serve(listener, exposed, stop_feeding.clone()));
    }
    let context = accept::ConnectionContext {
        router: instance.router,
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
        stop_jobs,
        jobs,
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
        self.stop_jobs.cancel();
        self.jobs.close();
        self.jobs.wait().await;
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

/// What these flags set of an instance that listens at this address.
fn instance_settings(args: &ServeArgs, options: LeptosOptions, addr: SocketAddr, is_tls: bool) -> InstanceSettings {
    let origin = args.public_url.as_deref().map(|url| url.trim_end_matches('/').to_owned());
    InstanceSettings {
        reached_at: reached_at(origin.as_deref(), is_tls, addr),
        is_secure: is_tls || origin.as_deref().is_some_and(|origin| origin.starts_with("https://")),
        site: Site {
            options,
            origin,
            base_domain: args.hosts.base_domain.clone(),
            also_hosts: args.hosts.also_host.clone(),
            offline_pages: !args.no_offline_pages,
        },
        origins: args.cors_origin.clone(),
        window: args.window(),
        heartbeat: args.heartbeat(),
        drain: args.drain(),
        redis_url: args.redis_url.clone(),
        limits: args.limits.clone(),
        open_files: raise_open_files(),
        password_work: HashCost::OWASP,
        second_factor: args.require_second_factor,
        session_idle_days: (args.session_idle_days > 0).then_some(args.session_idle_days),
        mail: args.mail.clone(),
        oidc: args.oidc.clone(),
        compresses_streams: !args.no_stream_compression,
        logs_addresses: args.log_addresses,
    }
}

/// The origin that people reach us at: the one that was set, or our own address.
fn reached_at(origin: Option<&str>, tls: bool, addr: SocketAddr) -> String {
    let scheme = if tls { "https" } else { "http" };
    origin.map_or_else(|| format!("{scheme}://{addr}"), ToOwned::to_owned)
}
